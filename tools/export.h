/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of exitstat export: what is measured, and Prometheus' text format for it. */
#ifndef EXPORT_H
#define EXPORT_H

#include "tool.h"

enum metric {
	METRIC_UP, METRIC_BUILD_INFO, METRIC_HOST_INFO, METRIC_FAILED_ALLOCATIONS, METRIC_VM_INFO,
	METRIC_VM_START, METRIC_VCPUS, METRIC_EXITS, METRIC_EXIT_SECONDS, METRIC_VMM_RETURNS,
	METRIC_VMM_SECONDS, METRIC_STATE_SECONDS, METRIC_EXIT_DURATION, METRIC_REASON_DURATION,
	METRIC_STATE_DURATION, METRIC_SCRAPE_SECONDS,
	NR_METRICS
};

/* The format wants all lines of a metric together: each has a text of its own. */
struct exposition {
	FILE *file[NR_METRICS];
	char *text[NR_METRICS];
	size_t size[NR_METRICS];
};

#define LABELS_SIZE	2048

/**
 * struct labels - what is written between the braces
 * @size: how much of @text is used
 * @text: such as vm="web",id="3"
 */
struct labels {
	size_t size;
	char text[LABELS_SIZE];
};

/* export_text.c */
void exposition_begin(struct exposition *exposition);
char *exposition_end(struct exposition *exposition, size_t *size);
void labels_add(struct labels *labels, const char *name, const char *value);
void labels_add_number(struct labels *labels, const char *name, uint64_t value);
void expose_count(struct exposition *exposition, enum metric metric, const struct labels *labels,
		  uint64_t value);
void expose_seconds(struct exposition *exposition, enum metric metric,
		    const struct labels *labels, long double value);
void expose_bucket(struct exposition *exposition, enum metric metric,
		   const struct labels *labels, uint64_t value);
void expose_sum(struct exposition *exposition, enum metric metric, const struct labels *labels,
		long double seconds, uint64_t count);

#define NR_DURATION_STATES	3

/**
 * struct durations - how long it all took
 * @exits: exits of all reasons, and on demand of each
 * @stays: in the states of which it is known
 */
struct durations {
	struct distributions exits;
	struct exitstat_histogram stays[NR_DURATION_STATES];
};

/* export_histogram.c */
int read_durations(struct tool *tool, const struct exitstat_sample *sample,
		   struct durations *durations);
void expose_durations(struct exposition *exposition, const struct labels *labels,
		      const struct exitstat_sample *sample, const struct durations *durations);

/* export_scrape.c: all that can be measured now, to be freed; @err is 0 when that is all. */
char *scrape(const struct tool *tool, size_t *size, int *err);

/* textfile.c */
void textfile_write(const struct tool *tool, const char *text, size_t size);

/* export_http.c: until a signal ends it. A static command has no HTTP. */
__attribute__((weak)) int serve_http(const struct tool *tool);

/* export_listen.c: a socket that listens */
int listen_on(const char *where);

#endif /* EXPORT_H */
