/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle: `perf stat -e kvm:kvm_exit` on threads of this process.
 *
 * perf_start() returns when perf counts; perf_stop() when it has written its figures.
 */
#ifndef PERF_H
#define PERF_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define PERF_MAX_EVENTS	8

struct perf {
	pid_t pid;
	int go, ready;
	int nr;
	char output[32];
	uint64_t exits[PERF_MAX_EVENTS];	/* [0]: all; [i + 1]: those of reasons[i] */
};

void perf_start(struct perf *perf, const pid_t *threads, int nr_threads,
		const uint32_t *reasons, int nr_reasons);
void perf_stop(struct perf *perf);

#endif /* PERF_H */
