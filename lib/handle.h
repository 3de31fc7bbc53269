/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What a handle is: known to the library only. */
#ifndef EXITSTAT_HANDLE_H
#define EXITSTAT_HANDLE_H

#include <stdbool.h>
#include <stdio.h>

#include "exitstat.h"

#define EXPORT __attribute__((visibility("default")))

/**
 * struct exitstat_source - where answers come from
 * @begin: get ready to read @cpu's vCPU or EXITSTAT_VM: sets the handle's time and cpu
 * @query: the answer to one CPUID, which it counts with exitstat_count_own()
 * @end: what @begin did is over
 * @cpus: see exitstat_cpus()
 */
struct exitstat_source {
	int (*begin)(struct exitstat *es, int cpu);
	int (*query)(struct exitstat *es, uint32_t leaf, uint32_t ecx, struct exitstat_regs *regs);
	void (*end)(struct exitstat *es);
	int (*cpus)(struct exitstat *es, int *cpus, size_t max);
};

struct exitstat_recording;

/**
 * struct exitstat - a handle
 * @source: where answers come from
 * @recording: what is replayed, NULL for the CPU
 * @record: where answers are written to, or NULL
 * @host: what exitstat_open() found
 * @scope: what is being read, a CPU or EXITSTAT_VM
 * @cpu: the CPU that reads
 * @time_ns: when it reads
 * @own: CPUIDs executed
 * @own_of: those of each CPU
 * @nr_own_of: size of @own_of
 * @pinned: within a reading, on @cpu; a CPUID outside of one is of whichever CPU it runs on
 * @affinity: the CPUs to go back to at the end of a reading, or NULL
 * @affinity_size: its size in bytes
 * @message: why the last function failed
 */
struct exitstat {
	const struct exitstat_source *source;
	struct exitstat_recording *recording;
	FILE *record;
	struct exitstat_host host;
	int scope;
	int cpu;
	uint64_t time_ns;
	uint64_t own;
	uint64_t *own_of;
	size_t nr_own_of;
	bool pinned;
	void *affinity;
	size_t affinity_size;
	char message[320];
};

extern const struct exitstat_source exitstat_cpuid_source;
extern const struct exitstat_source exitstat_replay_source;

/* handle.c: leave the message of an error, and return the error */
__attribute__((format(printf, 3, 4)))
int exitstat_fail(struct exitstat *es, int error, const char *format, ...);
int exitstat_begin(struct exitstat *es, int cpu);
int exitstat_end(struct exitstat *es);
int exitstat_count_own(struct exitstat *es, int cpu);
uint64_t exitstat_own(const struct exitstat *es);

/* replay.c, record.c */
void exitstat_recording_free(struct exitstat_recording *recording);
int exitstat_record_answer(struct exitstat *es, uint32_t leaf, uint32_t ecx,
			   const struct exitstat_regs *regs);
int exitstat_record_flush(struct exitstat *es);

/* probe.c: is this the answer of exitstat, in a version that we know? */
int exitstat_check_identity(struct exitstat *es);

#endif /* EXITSTAT_HANDLE_H */
