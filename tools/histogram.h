/* SPDX-License-Identifier: GPL-2.0 */
/* exitstat histogram: what is asked for (histogram.c), and how it is told. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include "columns.h"

/**
 * struct subject - what there is a histogram of
 * @name: as it was asked for
 * @events: what is counted
 * @selector: its histogram's
 */
struct subject {
	char name[32];
	const char *events;
	uint32_t selector;
};

#define NR_PERCENTILES	4

/* histogram.c: which percentiles are told, too */
extern const struct percentile {
	const char *name;
	double percent;
} percentiles[NR_PERCENTILES];
uint64_t bucket_end(const struct exitstat_histogram *histogram, int bucket);

/* histogram_draw.c: those of each scope, one below the other */
void histograms_draw(const struct tool *tool, const struct report *report);

/* histogram_json.c: those of a scope, an array */
struct json_t *histograms_json(const struct tool *tool, const struct report *report, size_t scope);

#endif /* HISTOGRAM_H */
