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
 * struct exitstat_tally - where exits are counted
 * @row: by slot, the reason's row: so many bytes from here
 */
struct exitstat_tally {
	u16 row[EXITSTAT_NR_SLOTS];
};

/* Which row is which. */
enum {
	EXITSTAT_ROWS_EXITS,	/* host time of exits, from each exit to the next entry */
	EXITSTAT_ROWS_RETURNS = EXITSTAT_NR_ROWS, /* the VMM's time, by the reason of the exit */
	EXITSTAT_ROW_HALTED = 2 * EXITSTAT_NR_ROWS,	/* how long it was halted */
	EXITSTAT_ROW_PREEMPTED,		/* how long it was preempted */
	EXITSTAT_ALL_ROWS
};

/**
 * struct exitstat_histograms - the histograms that belong to an account
 * @tally: where @rows has each slot's row of exits
 * @used: a bit for each row that is not empty, so that who reads need not look at the others
 * @rows: the rows
 */
struct exitstat_histograms {
	struct exitstat_tally tally;
	u32 used;
	struct exitstat_row rows[EXITSTAT_ALL_ROWS];
};

static_assert(sizeof(struct exitstat_histograms) <= 4 * PAGE_SIZE);

/**
 * struct exitstat_odd_tallies - for entries that have something else to count than one exit
 * @none: nothing
 * @returned: an exit and its return
 * @row: of every slot, empty and without room: so nothing is counted at once
 */
struct exitstat_odd_tallies {
	struct exitstat_tally none, returned;
	struct exitstat_row row;
};

extern const struct exitstat_odd_tallies exitstat_odd_tallies;

static __always_inline struct exitstat_row *exitstat_row_of(const struct exitstat_tally *tally,
							    u8 slot)
{
	return (struct exitstat_row *)((unsigned long)tally + tally->row[slot]);
}

/* The row of the returns that these exits cause. */
static __always_inline struct exitstat_row *
exitstat_returns_of(struct exitstat_histograms *histograms, u8 slot)
{
	return exitstat_row_of(&histograms->tally, slot) + EXITSTAT_ROWS_RETURNS;
}

/*
 * Count one more, if that is all: it is no new longest, and neither in the first bucket nor in
 * the last. KCSAN is told as in exitstat_write_begin(): readers look while this is written.
 */
static __always_inline bool exitstat_row_count(struct exitstat_row *row, u64 cycles)
{
	if (unlikely(cycles - EXITSTAT_SHORTEST >= row->limit))
		return false;
	kcsan_nestable_atomic_begin();
	row->buckets[exitstat_middle_bucket(cycles)]++;
	kcsan_nestable_atomic_end();
	return true;
}

void exitstat_row_add(struct exitstat_row *row, u64 cycles);
void exitstat_histograms_add(struct exitstat_histograms *histograms, struct exitstat_row *row,
			     u64 cycles);
void exitstat_histograms_init(struct exitstat_histograms *histograms,
			      const struct exitstat_reasons *reasons);
void exitstat_histograms_fold(struct exitstat_histograms *into,
			      const struct exitstat_histograms *histograms);

#endif /* EXITSTAT_HISTOGRAM_H */
