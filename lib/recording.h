/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What a recording holds. */
#ifndef EXITSTAT_RECORDING_H
#define EXITSTAT_RECORDING_H

#include "handle.h"

/* The first line: who was asked, CPUID in a guest, or the host's device. */
#define EXITSTAT_RECORDING	"exitstat-recording 1"
#define EXITSTAT_HOST_RECORDING	"exitstat-recording 1 host"

struct recorded_answer {
	uint64_t time_ns;
	int cpu;
	uint32_t leaf, ecx;
	struct exitstat_regs regs;
};

/**
 * struct exitstat_recording - a recording being replayed
 * @answers: its lines
 * @nr: how many
 * @next: the first that has not been replayed
 */
struct exitstat_recording {
	struct recorded_answer *answers;
	size_t nr, next;
};

/* recording.c: the answers go to the handle's recording. */
int exitstat_parse_recording(struct exitstat *es, FILE *file, const char *path);

#endif /* EXITSTAT_RECORDING_H */
