/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vCPU's histograms: how long its exits, the VMM's work on them, and its stays in the states
 * halted and preempted have taken, one by one.
 */
#ifndef EXITSTAT_HISTOGRAM_H
#define EXITSTAT_HISTOGRAM_H

#include "exitstat_abi.h"
#include "reasons.h"
#include "types.h"

/* On since histograms were first wanted: without, an exit is an instruction longer. */
DECLARE_STATIC_KEY_FALSE(exitstat_histograms_key);

struct exitstat_row {
	u64 buckets[EXITSTAT_NR_BUCKETS];
	u64 longest;
};

/**
 * struct exitstat_histograms - the histograms that belong to an account
 * @host: cycles of the account's host state that no later exit is to have
 * @vmm: cycles of its VMM state that no later return is to have
 * @stays: cycles of its states that no later stay is to have: halted, preempted
 * @row: by slot, the reason's row
 * @exits: host time of exits, from each exit to the next entry
 * @returns: the VMM's time, by the reason of the exit
 * @halted: how long it was halted
 * @preempted: how long it was preempted
 *
 * The time of what ended is what its state has now and did not have then. So an exit has all of
 * its pieces, whatever interrupted it.
 */
struct exitstat_histograms {
	u64 host, vmm;
	u64 stays[2];
	u8 row[EXITSTAT_NR_SLOTS];
	struct exitstat_row exits[EXITSTAT_NR_ROWS];
	struct exitstat_row returns[EXITSTAT_NR_ROWS];
	struct exitstat_row halted, preempted;
};

static_assert(sizeof(struct exitstat_histograms) <= 4 * PAGE_SIZE);

static __always_inline void exitstat_row_add(struct exitstat_row *row, u64 cycles)
{
	if (unlikely(cycles > row->longest))
		row->longest = cycles;
	/* Who has seen the bucket sees that the longest is no shorter. */
	smp_wmb();
	row->buckets[exitstat_bucket(cycles)]++;
}

void exitstat_histograms_init(struct exitstat_histograms *histograms,
			      const struct exitstat_reasons *reasons);
void exitstat_histograms_fold(struct exitstat_histograms *into,
			      const struct exitstat_histograms *histograms);

#endif /* EXITSTAT_HISTOGRAM_H */
