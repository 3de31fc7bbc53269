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

/* The cycles that are no longer in the first bucket. */
#define EXITSTAT_SHORTEST	(1 << 7)

/**
 * struct exitstat_row - one histogram
 * @limit: what is longer than EXITSTAT_SHORTEST by less is no new longest, nor in the last bucket
 * @longest: the longest that is in it
 * @buckets: how often
 */
struct exitstat_row {
	u64 limit;
	u64 longest;
	u64 buckets[EXITSTAT_NR_BUCKETS];
};

/**
 * struct exitstat_tally - where the exits are counted that are in one piece
 * @row: by slot, the reason's row: so many bytes from here
 */
struct exitstat_tally {
	u16 row[EXITSTAT_NR_SLOTS];
};

/**
 * struct exitstat_histograms - the histograms that belong to an account
 * @tally: where @exits has each slot's row
 * @host: cycles of the account's host state that are not those of the exit that is interrupted
 * @vmm: cycles of its VMM state that no later return is to have
 * @halts: cycles of its state halted that no later stay is to have
 * @waits: the same of its state preempted
 * @exits: host time of exits, from each exit to the next entry
 * @returns: the VMM's time, by the reason of the exit
 * @halted: how long it was halted
 * @preempted: how long it was preempted
 *
 * The time of what ended is what its state has now and did not have then. So an exit has all of
 * its pieces, whatever interrupted it.
 */
struct exitstat_histograms {
	struct exitstat_tally tally;
	u64 host, vmm;
	u64 halts, waits;
	struct exitstat_row exits[EXITSTAT_NR_ROWS];
	struct exitstat_row returns[EXITSTAT_NR_ROWS];
	struct exitstat_row halted, preempted;
};

static_assert(sizeof(struct exitstat_histograms) <= 4 * PAGE_SIZE);

extern const struct exitstat_tally *const exitstat_no_tally;

static __always_inline struct exitstat_row *exitstat_row_of(const struct exitstat_tally *tally,
							    u8 slot)
{
	return (struct exitstat_row *)((unsigned long)tally + tally->row[slot]);
}

/* Does exitstat_row_count() count it, or exitstat_row_add() only? */
static __always_inline bool exitstat_row_has(const struct exitstat_row *row, u64 cycles)
{
	return cycles - EXITSTAT_SHORTEST < row->limit;
}

/* KCSAN is told as in exitstat_write_begin(): readers look while this is written. */
static __always_inline void exitstat_row_count(struct exitstat_row *row, u64 cycles)
{
	kcsan_nestable_atomic_begin();
	row->buckets[exitstat_middle_bucket(cycles)]++;
	kcsan_nestable_atomic_end();
}

void exitstat_row_add(struct exitstat_row *row, u64 cycles);
void exitstat_histograms_init(struct exitstat_histograms *histograms,
			      const struct exitstat_reasons *reasons);
void exitstat_histograms_fold(struct exitstat_histograms *into,
			      const struct exitstat_histograms *histograms);

#endif /* EXITSTAT_HISTOGRAM_H */
