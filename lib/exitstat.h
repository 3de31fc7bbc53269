/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * libexitstat: read the VM exit statistics that KVM with exitstat gives its guests.
 *
 *	struct exitstat *es = exitstat_new();
 *	struct exitstat_sample sample;
 *
 *	if (!es || exitstat_open(es) ||
 *	    exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &sample))
 *		errx(2, "%s", es ? exitstat_message(es) : "out of memory");
 *	printf("%" PRIu64 " exits\n", sample.total.count);
 *	exitstat_free(es);
 *
 * A handle is used by one thread at a time. Functions that return int return 0, or an
 * enum exitstat_error and leave a sentence for exitstat_message(). See libexitstat(3);
 * what the counters mean is in exitstat(7).
 */
#ifndef EXITSTAT_H
#define EXITSTAT_H

#include <stddef.h>
#include <stdint.h>

#include "exitstat_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A handle: where the answers come from, and how many CPUIDs that took. */
struct exitstat;

enum exitstat_error {
	EXITSTAT_ERR_SYSTEM = -1,	/* errno says why */
	EXITSTAT_ERR_NOT_A_VM = -2,	/* no hypervisor here */
	EXITSTAT_ERR_NOT_EXPOSED = -3,	/* a VM, but its host does not answer */
	EXITSTAT_ERR_ABI = -4,		/* an ABI version that this library does not know */
	EXITSTAT_ERR_ANSWER = -5,	/* an answer that makes no sense */
	EXITSTAT_ERR_REPLAY = -6,	/* not a recording, or not of what is asked for */
	EXITSTAT_ERR_END = -7,		/* the recording has no further sample */
	EXITSTAT_ERR_BACKWARDS = -8,	/* counters started anew: the VM has moved */
	EXITSTAT_ERR_CPU = -9,		/* a CPU that is not, or no longer, to be had */
	EXITSTAT_ERR_VM = -10,		/* a VM that is not, or no longer, there */
	EXITSTAT_ERR_DEVICE = -11,	/* no /dev/exitstat, or no permission to open it */
	EXITSTAT_ERR_CUT = -12,		/* the recording ends within a sample */
	EXITSTAT_ERR_RECORD = -13,	/* it was read, but could not be recorded */
};

/* CPUID's four output registers. */
struct exitstat_regs {
	uint32_t eax, ebx, ecx, edx;
};

/* How the host answers exitstat's first leaf. */
enum exitstat_answer {
	EXITSTAT_ANSWER_SIGNATURE,	/* as exitstat does */
	EXITSTAT_ANSWER_ZEROS,		/* as KVM without exitstat does for AMD vCPUs */
	EXITSTAT_ANSWER_ECHO,		/* with the highest basic leaf, as for Intel vCPUs */
	EXITSTAT_ANSWER_OTHER
};

/* What exitstat_open() finds out about the host, whether or not it succeeds. */
struct exitstat_host {
	int is_vm;			/* CPUID's hypervisor bit */
	char vendor[13];		/* of the vCPUs, such as GenuineIntel */
	char hypervisor[13];		/* such as KVMKVMKVM, empty when not in a VM */
	enum exitstat_answer answer;
	uint32_t closed;		/* to programs, so that perf reads it: EXITSTAT_RESTRICTED_* */
	uint32_t abi;			/* of the host, 0 without exitstat */
	uint32_t space;			/* what a reason is: EXITSTAT_SPACE_* */
	uint32_t tsc_khz;		/* frequency of the host's TSC */
	uint32_t features;		/* EXITSTAT_FEATURE_* */
	uint32_t vcpus;			/* in scope */
};

/*
 * A number of events and the cycles that go with them. @own is how many CPUIDs this
 * handle had executed in the sample's scope when the counter was read, that one
 * included: two readings of a counter have the difference of @own between them.
 */
struct exitstat_count {
	uint64_t count, cycles, own;
};

struct exitstat_reason {
	uint32_t reason;		/* the low 16 bits, as a selector has them */
	struct exitstat_count exits;	/* cycles: the host kernel's */
	struct exitstat_count vmm;	/* returns to userspace, and its cycles */
};

#define EXITSTAT_MAX_REASONS	256

/* Instead of a CPU's number: the sum over the VM's vCPUs. */
#define EXITSTAT_VM	(-1)

/*
 * What to read, and pay for: a CPUID for each state, and for each of the witness's; three for each
 * reason.
 */
#define EXITSTAT_READ_STATES	(1u << 0)
#define EXITSTAT_READ_REASONS	(1u << 1)
#define EXITSTAT_READ_ALL	(EXITSTAT_READ_STATES | EXITSTAT_READ_REASONS)

/*
 * A vCPU beside the sum over the VM's, where more are in scope than this system has CPUs online:
 * some may be another VM's, and end. The cycles of all its states, and when they were read; a
 * @time_ns of 0 is no witness.
 */
struct exitstat_witness {
	int cpu;
	uint64_t time_ns;
	uint64_t cycles;
};

/**
 * struct exitstat_sample - the counters at one time, or the difference of two samples
 *
 * Counts and cycles are of all of 64 bits, and wrap: a vCPU's cycles after a century, their
 * sum over 4,096 vCPUs after ten days. The sum of the states needs more than 64 bits.
 *
 * @cpu: the CPU whose vCPU it is about, EXITSTAT_VM for all of them
 * @what: EXITSTAT_READ_*, what of it was read
 * @space: EXITSTAT_SPACE_*
 * @tsc_khz: frequency of the host's TSC, the unit of all cycles
 * @vcpus: vCPUs in scope
 * @time_ns: CLOCK_MONOTONIC when it was read; of a reading that takes long, the states
 * @elapsed_ns: since the vCPUs started (their mean), or between the two samples;
 *	without EXITSTAT_READ_STATES a single sample has 0
 * @total: exits of all reasons
 * @vmm: returns to userspace for all reasons
 * @states: times entered and cycles, by enum exitstat_state
 * @own: CPUIDs that this handle has executed in this scope, and their host cycles; in a
 *	difference those that were left out
 * @cost: CPUID exits and their cycles, measured around this reading
 * @witness: where the states' sum may not tell whether the counters have started anew
 * @nr_reasons: how many of @reasons are filled in
 * @reasons: those that have exits, ascending
 */
struct exitstat_sample {
	int cpu;
	unsigned int what;
	uint32_t space;
	uint32_t tsc_khz;
	uint32_t vcpus;
	uint64_t time_ns;
	uint64_t elapsed_ns;
	struct exitstat_count total;
	struct exitstat_count vmm;
	struct exitstat_count states[EXITSTAT_NR_STATES];
	struct exitstat_count own;
	struct exitstat_count cost;
	struct exitstat_witness witness;
	size_t nr_reasons;
	struct exitstat_reason reasons[EXITSTAT_MAX_REASONS];
};

/** exitstat_new - a new handle, which reads this CPU's CPUID; NULL without memory */
struct exitstat *exitstat_new(void);

/** exitstat_free - let go of a handle; NULL is fine. Closes the recording. */
void exitstat_free(struct exitstat *es);

/** exitstat_message - one sentence on why the last function failed, without newline */
const char *exitstat_message(const struct exitstat *es);

/**
 * exitstat_replay - take the answers from a recording; before exitstat_open()
 *
 * Of a recording that was cut off what is whole is replayed: 0 is returned, and
 * exitstat_message() says so. Otherwise that is empty.
 */
int exitstat_replay(struct exitstat *es, const char *path);

/** exitstat_is_replay - do the answers come from a recording? */
int exitstat_is_replay(const struct exitstat *es);

/**
 * exitstat_record - write every answer to a file; before exitstat_open()
 *
 * From when on that fails, nothing is written, and functions that succeed otherwise return
 * EXITSTAT_ERR_RECORD: what they have read is right.
 */
int exitstat_record(struct exitstat *es, const char *path);

/**
 * struct exitstat_vm - a VM, as its host knows it
 * @id: its number, from 1 on, which no other VM gets as long as exitstat is loaded
 * @start_ns: when it first ran, CLOCK_BOOTTIME
 * @pid: the process that made it
 * @vcpus: its vCPUs that have run
 * @exposure: what it sees of the leaves, EXITSTAT_EXPOSE_* of exitstat_host.h
 */
struct exitstat_vm {
	uint64_t id;
	uint64_t start_ns;
	int pid;
	uint32_t vcpus;
	uint32_t exposure;
};

/* What the host's exitstat says of itself; see exitstat_host.h. */
struct exitstat_device_info {
	uint32_t version, way, space, tsc_khz, enabled;
	uint64_t vms, vcpus, failed_allocations;
};

/**
 * exitstat_device - on a host: take the answers from /dev/exitstat; before exitstat_record()
 * and exitstat_open()
 *
 * Then choose a VM with exitstat_choose_vm(), as often as wanted. CPUs are the VM's vCPUs by
 * their index, and no answer costs an exit.
 */
int exitstat_device(struct exitstat *es);

/** exitstat_device_info - what there is on this host */
int exitstat_device_info(struct exitstat *es, struct exitstat_device_info *info);

/**
 * exitstat_vms - the VMs of this host that have run, in the order of their numbers
 * @es: a handle on the device
 * @vms: where an array of them goes, to be freed with free(); NULL when there are none
 *
 * Return: how many there are; enum exitstat_error.
 */
long exitstat_vms(struct exitstat *es, struct exitstat_vm **vms);

/**
 * exitstat_choose_vm - which VM the answers are of
 * @es: a handle on the device
 * @id: its number
 *
 * After it, exitstat_open() for what exitstat_host() tells. A VM that is not, or no longer,
 * there is EXITSTAT_ERR_VM as soon as something is asked of it.
 */
int exitstat_choose_vm(struct exitstat *es, uint64_t id);

/**
 * exitstat_expose - show the leaves to a VM, or hide them from it
 * @es: a handle on the device
 * @id: the VM's number
 * @exposure: EXITSTAT_EXPOSE_* of exitstat_host.h
 *
 * Return: 0; enum exitstat_error.
 */
int exitstat_expose(struct exitstat *es, uint64_t id, uint32_t exposure);

/** exitstat_is_host - are the answers, or were they recorded, of a VM seen from its host? */
int exitstat_is_host(const struct exitstat *es);

/** exitstat_open - find out whether exitstat is there and which it is */
int exitstat_open(struct exitstat *es);

/** exitstat_host - what exitstat_open() found; valid as long as the handle */
const struct exitstat_host *exitstat_host(const struct exitstat *es);

/**
 * exitstat_cpus - the CPUs whose vCPUs the calling thread may read
 * @es: the handle
 * @cpus: where their numbers go, ascending; may be NULL when @max is 0
 * @max: room for how many
 *
 * Return: how many there are, which may be more than @max; enum exitstat_error, which is
 * EXITSTAT_ERR_END where a recording has no further one.
 */
int exitstat_cpus(struct exitstat *es, int *cpus, size_t max);

/**
 * exitstat_read - read the counters
 * @es: the handle
 * @cpu: a CPU, or EXITSTAT_VM
 * @what: EXITSTAT_READ_*, 0 for the totals only
 * @sample: where they go
 *
 * A vCPU can only read its own counters, so a thread runs on @cpu for as long as it takes,
 * and has ended when this returns. Another one does so for the witness, on the first CPU that
 * the calling thread may use; where it may not go there, there is none. The calling thread stays
 * where it is.
 */
int exitstat_read(struct exitstat *es, int cpu, unsigned int what,
		  struct exitstat_sample *sample);

/**
 * exitstat_delta - what happened between two samples of the same scope
 * @es: the handle that read them
 * @before: the earlier one
 * @after: the later one
 * @delta: where the difference goes; may not be @before or @after
 *
 * The CPUIDs that this handle executed between are left out of the exits, exactly, and
 * out of the cycles, by their mean cost around the two readings. Counters may wrap
 * between the samples. Counters that started anew are EXITSTAT_ERR_BACKWARDS, even if all
 * are above their old values when both samples have the states, and @delta holds nothing. Those
 * of the witness are looked at where both samples have the same; without, and with more vCPUs in
 * scope than this system can have CPUs, only counters that fell are.
 */
int exitstat_delta(struct exitstat *es, const struct exitstat_sample *before,
		   const struct exitstat_sample *after, struct exitstat_sample *delta);

/**
 * struct exitstat_histogram - how long it took, one by one
 * @selector: of what: a reason or EXITSTAT_ALL_REASONS, with EXITSTAT_OF_EXITS or
 *	EXITSTAT_OF_VMM; or a state, with EXITSTAT_OF_STATE
 * @buckets: how many lasted from exitstat_bucket_begin() of it to that of the next, in cycles
 * @longest: cycles of the longest since the start; in a difference, as in the later reading
 *	when that is longer than in the earlier one, otherwise the end of the highest bucket
 * @exact: @longest is one that was measured
 *
 * What is not over yet is in none. Reasons that are rare share one, EXITSTAT_REASON_OTHER's, and
 * have none of their own.
 */
struct exitstat_histogram {
	uint32_t selector;
	uint64_t buckets[EXITSTAT_NR_BUCKETS];
	uint64_t longest;
	int exact;
};

/**
 * exitstat_read_histograms - read some histograms
 * @es: the handle
 * @cpu: a CPU, or EXITSTAT_VM
 * @histograms: their selectors, and where they go
 * @n: how many they are
 *
 * Where exitstat_host() has no EXITSTAT_FEATURE_HISTOGRAMS they are empty. Each takes a CPUID, and
 * unless it is empty another one and one for each four buckets of which one is not, and for two
 * that have 2^32 - 1 or more; these are not left out. The longest is read last: what is in the buckets is not longer.
 */
int exitstat_read_histograms(struct exitstat *es, int cpu, struct exitstat_histogram *histograms,
			     size_t n);

/** exitstat_subtract_histogram - what happened since @before: @after becomes the difference */
void exitstat_subtract_histogram(const struct exitstat_histogram *before,
				 struct exitstat_histogram *after);

/** exitstat_histogram_count - how many are in a histogram */
uint64_t exitstat_histogram_count(const struct exitstat_histogram *histogram);

/**
 * exitstat_percentile - the cycles that a part of a histogram does not exceed
 * @histogram: the histogram
 * @percent: how many of a hundred, such as 99.9
 *
 * Return: the end of the bucket in which that one is, or the longest if that is less; 0 when the
 * histogram is empty. The true one is not more, and at least two thirds of it: what is told is
 * at most 50 % too long. Below 2^7 cycles, and where the longest is not exact beyond the last
 * bucket's begin, only the upper bound is known.
 */
uint64_t exitstat_percentile(const struct exitstat_histogram *histogram, double percent);

/** exitstat_query - execute one CPUID (or replay it); it counts as the handle's own */
int exitstat_query(struct exitstat *es, uint32_t leaf, uint32_t ecx, struct exitstat_regs *regs);

/** exitstat_reason_name - such as "EPT_VIOLATION" or "npf"; NULL when it has no name */
const char *exitstat_reason_name(uint32_t space, uint32_t reason);

/** exitstat_reason_number - all 32 bits of a reason, as the course leaves want it */
uint32_t exitstat_reason_number(uint32_t reason);

/** exitstat_state_name - "guest", "host", "vmm", "halted", "preempted" */
const char *exitstat_state_name(enum exitstat_state state);

#ifdef __cplusplus
}
#endif
#endif /* EXITSTAT_H */
