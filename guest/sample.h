/* SPDX-License-Identifier: GPL-2.0 */
/* Samples: every so many exits the host gives this CPU an NMI. */
#ifndef EXITSTAT_GUEST_SAMPLE_H
#define EXITSTAT_GUEST_SAMPLE_H

#include <linux/types.h>

struct perf_event;

int exitstat_sample_init(void);
void exitstat_sample_exit(void);
int exitstat_sample_event_init(struct perf_event *event);
int exitstat_sample_check_period(struct perf_event *event, u64 period);
void exitstat_sample_start(struct perf_event *event);
void exitstat_sample_stop(struct perf_event *event);

#endif
