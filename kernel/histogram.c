// SPDX-License-Identifier: GPL-2.0
/* Rows of buckets, and what is made of them. */
#include "histogram.h"

DEFINE_STATIC_KEY_FALSE(exitstat_histograms_key);

#define FROM(tally)	{ [0 ... EXITSTAT_NR_SLOTS - 1] = \
			  offsetof(struct exitstat_odd_tallies, row) - \
			  offsetof(struct exitstat_odd_tallies, tally) }

const struct exitstat_odd_tallies exitstat_odd_tallies = {
	.none.row = FROM(none),
	.returned.row = FROM(returned),
};

static u64 limit_of(u64 longest)
{
	u64 last = exitstat_bucket_begin(EXITSTAT_NR_BUCKETS - 1);

	if (longest < EXITSTAT_SHORTEST)
		return 0;
	return (longest < last ? longest + 1 : last) - EXITSTAT_SHORTEST;
}

/**
 * exitstat_row_add - count one more
 * @row: the row, which nobody else writes
 * @cycles: how long it took
 */
void exitstat_row_add(struct exitstat_row *row, u64 cycles)
{
	if (cycles > row->longest) {
		row->longest = cycles;
		row->limit = limit_of(cycles);
	}
	/* Who has seen the bucket sees that the longest is no shorter. */
	smp_wmb();
	row->buckets[exitstat_bucket(cycles)]++;
}

/**
 * exitstat_histograms_add - count one more in one of the histograms
 * @histograms: the histograms, which nobody else writes
 * @row: the row, which may be empty
 * @cycles: how long it took
 *
 * exitstat_row_count() counts nothing in a row that is empty.
 */
void exitstat_histograms_add(struct exitstat_histograms *histograms, struct exitstat_row *row,
			     u64 cycles)
{
	histograms->used |= 1u << (row - histograms->rows);
	exitstat_row_add(row, cycles);
}

/**
 * exitstat_histograms_init - make histograms ready for use
 * @histograms: zeros
 * @reasons: the vendor's table
 */
void exitstat_histograms_init(struct exitstat_histograms *histograms,
			      const struct exitstat_reasons *reasons)
{
	u8 slot;

	for (slot = 0; slot < EXITSTAT_NR_SLOTS; slot++)
		histograms->tally.row[slot] =
			(unsigned long)&histograms->rows[reasons->row[slot]] -
			(unsigned long)&histograms->tally;
}

static void fold_row(struct exitstat_row *into, const struct exitstat_row *row)
{
	int bucket;

	for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket++)
		into->buckets[bucket] += row->buckets[bucket];
	if (row->longest > into->longest)
		into->longest = row->longest;
}

/**
 * exitstat_histograms_fold - add the histograms of a vCPU that is no more to those of its like
 * @into: the sum; the caller serialises its writers
 * @histograms: the vCPU's
 */
void exitstat_histograms_fold(struct exitstat_histograms *into,
			      const struct exitstat_histograms *histograms)
{
	int row;

	into->used |= histograms->used;
	for (row = 0; row < EXITSTAT_ALL_ROWS; row++)
		if (histograms->used & 1u << row)
			fold_row(&into->rows[row], &histograms->rows[row]);
}
