/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What a handle is: known to the library only. */
#ifndef EXITSTAT_HANDLE_H
#define EXITSTAT_HANDLE_H

#include <stdbool.h>
#include <stdio.h>

#include "exitstat.h"

#define EXPORT __attribute__((visibility("default")))

/* A reading, made of queries. */
typedef int exitstat_work(struct exitstat *es, void *data);

/**
 * struct exitstat_source - where answers come from
 * @on: does @work where @cpu's vCPU answers, or EXITSTAT_VM; sets the handle's time
 * @query: the answer to one question; sets the cpu. A CPUID counts by exitstat_count_own()
 * @cpus: see exitstat_cpus()
 * @witness: the CPU that is a sample's witness when there are @vcpus in scope; EXITSTAT_VM for
 *	none. NULL where the sum is always of one VM
 * @time: sets the handle's time anew amid a reading; NULL where all answers are of one time,
 *	or have one each
 * @free: the handle is let go of; may be NULL
 */
struct exitstat_source {
	int (*on)(struct exitstat *es, int cpu, exitstat_work *work, void *data);
	int (*query)(struct exitstat *es, uint32_t leaf, uint32_t ecx, struct exitstat_regs *regs);
	int (*cpus)(struct exitstat *es, int *cpus, size_t max);
	int (*witness)(struct exitstat *es, uint32_t vcpus);
	void (*time)(struct exitstat *es);
	void (*free)(struct exitstat *es);
};

/**
 * struct exitstat_listener - who hears every answer
 * @answer: there is one, or one was dropped: to leaf EXITSTAT_DROPPED
 * @end: that was the last of a reading, which returns @err, or else why it was not heard
 * @free: the handle is let go of
 */
struct exitstat_listener {
	void (*answer)(struct exitstat *es, uint32_t leaf, uint32_t ecx,
		       const struct exitstat_regs *regs);
	int (*end)(struct exitstat *es, int err);
	void (*free)(struct exitstat *es);
};

struct exitstat_recording;
struct exitstat_device;

/**
 * struct exitstat - a handle
 * @source: where answers come from
 * @listener: who hears them, or NULL
 * @recording: what is replayed, or NULL
 * @device: the host's device that is asked, or NULL
 * @from_host: the answers are, or were recorded, of a VM seen from its host: none was an exit
 * @by_perf: the guest's kernel is asked, or was, which takes two CPUIDs an answer
 * @record: where answers are written to, or NULL
 * @record_error: errno of what could not be written, from when on nothing is
 * @host: what exitstat_open() found
 * @reading: what is asked belongs to a reading
 * @scope: what is being read, a CPU or EXITSTAT_VM
 * @cpu: the CPU that reads
 * @time_ns: when it reads
 * @own: CPUIDs executed
 * @own_of: those of each CPU
 * @nr_own_of: size of @own_of
 * @pinned: the reading is of @cpu; any other is of whichever CPU it runs on
 * @message: why the last function failed
 */
struct exitstat {
	const struct exitstat_source *source;
	const struct exitstat_listener *listener;
	struct exitstat_recording *recording;
	struct exitstat_device *device;
	bool from_host;
	bool by_perf;
	FILE *record;
	int record_error;
	struct exitstat_host host;
	bool reading;
	int scope;
	int cpu;
	uint64_t time_ns;
	uint64_t own;
	uint64_t *own_of;
	size_t nr_own_of;
	bool pinned;
	char message[320];
};

/*
 * Nobody's leaf: for who listens, a CPUID whose answer was dropped, ECX being the leaf that was
 * asked.
 */
#define EXITSTAT_DROPPED	0xffffffff

extern const struct exitstat_source exitstat_cpuid_source;
extern const struct exitstat_source exitstat_perf_source;

/* cpu.c: what sources in a guest have in common */
int exitstat_on_cpu(struct exitstat *es, int cpu, exitstat_work *work, void *data);
int exitstat_own_cpus(struct exitstat *es, int *cpus, size_t max);
int exitstat_own_witness(struct exitstat *es, uint32_t vcpus);
int exitstat_cpu_gone(struct exitstat *es);

/* handle.c: leave the message of an error, and return the error */
__attribute__((format(printf, 3, 4)))
int exitstat_fail(struct exitstat *es, int error, const char *format, ...);
int exitstat_on(struct exitstat *es, int cpu, exitstat_work *work, void *data);
int exitstat_end_reading(struct exitstat *es, int err);
void exitstat_take_time(struct exitstat *es);
int exitstat_count_own(struct exitstat *es, int cpu);
int exitstat_count_answer(struct exitstat *es, int cpu);
void exitstat_drop_answer(struct exitstat *es, uint32_t leaf);
uint64_t exitstat_own(const struct exitstat *es);

/* probe.c: is this the answer of exitstat, in a version that we know? */
int exitstat_check_identity(struct exitstat *es);
bool exitstat_is_signature(const struct exitstat_regs *regs);

#endif /* EXITSTAT_HANDLE_H */
