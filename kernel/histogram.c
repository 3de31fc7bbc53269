// SPDX-License-Identifier: GPL-2.0
/* Rows of buckets, and what is made of them. */
#include "histogram.h"

DEFINE_STATIC_KEY_FALSE(exitstat_histograms_key);

/**
 * exitstat_histograms_init - make histograms ready for use
 * @histograms: zeros
 * @reasons: the vendor's table
 */
void exitstat_histograms_init(struct exitstat_histograms *histograms,
			      const struct exitstat_reasons *reasons)
{
	memcpy(histograms->row, reasons->row, sizeof(histograms->row));
}

static void fold_rows(struct exitstat_row *into, const struct exitstat_row *row, int n)
{
	int bucket;

	for (; n; n--, into++, row++) {
		for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket++)
			into->buckets[bucket] += row->buckets[bucket];
		if (row->longest > into->longest)
			into->longest = row->longest;
	}
}

/**
 * exitstat_histograms_fold - add the histograms of a vCPU that is no more to those of its like
 * @into: the sum; the caller serialises its writers
 * @histograms: the vCPU's
 */
void exitstat_histograms_fold(struct exitstat_histograms *into,
			      const struct exitstat_histograms *histograms)
{
	fold_rows(into->exits, histograms->exits, EXITSTAT_NR_ROWS);
	fold_rows(into->returns, histograms->returns, EXITSTAT_NR_ROWS);
	fold_rows(&into->halted, &histograms->halted, 1);
	fold_rows(&into->preempted, &histograms->preempted, 1);
}
