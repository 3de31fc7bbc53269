// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Answers from the CPUID instruction, on the CPU that is asked for. */
#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "handle.h"

/* __get_cpuid() would refuse leaves above the highest that the CPU declares. */
static int cpuid_query(struct exitstat *es, uint32_t leaf, uint32_t ecx,
		       struct exitstat_regs *regs)
{
	if (!es->pinned)
		es->cpu = sched_getcpu();
	if (es->cpu < 0)
		return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "cannot tell which CPU this is: %s",
				     strerror(errno));
	__cpuid_count(leaf, ecx, regs->eax, regs->ebx, regs->ecx, regs->edx);
	return exitstat_count_own(es, es->cpu);
}

/* The kernel refuses a set smaller than its own, whose size nobody tells. */
static int get_affinity(struct exitstat *es)
{
	size_t cpus;

	for (cpus = es->affinity_size ? es->affinity_size * 8 : 1024; cpus <= 1 << 20; cpus *= 2) {
		if (CPU_ALLOC_SIZE(cpus) != es->affinity_size) {
			free(es->affinity);
			es->affinity = calloc(1, CPU_ALLOC_SIZE(cpus));
			es->affinity_size = CPU_ALLOC_SIZE(cpus);
		}
		if (!es->affinity)
			break;
		if (!sched_getaffinity(0, es->affinity_size, es->affinity))
			return 0;
		if (errno != EINVAL)
			break;
	}
	if (!es->affinity)
		es->affinity_size = 0;
	return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "cannot tell this process's CPUs: %s",
			     strerror(errno));
}

static int run_on(struct exitstat *es, int cpu)
{
	cpu_set_t *set;
	int err = 0;

	/* The affinity's size is a power of two of at least 1024 bits. */
	if ((size_t)cpu >= es->affinity_size * 8) {
		errno = EINVAL;
		err = -1;
	} else {
		set = calloc(1, es->affinity_size);
		if (set)
			CPU_SET_S(cpu, es->affinity_size, set);
		err = set ? sched_setaffinity(0, es->affinity_size, set) : -1;
		free(set);
	}
	if (!err)
		return 0;
	return exitstat_fail(es, EXITSTAT_ERR_SYSTEM,
			     "cannot run on CPU %d: %s; choose a CPU that is online and that this "
			     "process may use", cpu, strerror(errno));
}

/*
 * The whole VM is read from one CPU, too, because the cost of the reading is measured
 * on the vCPU that reads.
 */
static int cpuid_begin(struct exitstat *es, int cpu)
{
	struct timespec now;
	int err;

	err = get_affinity(es);
	if (err)
		return err;
	es->cpu = cpu == EXITSTAT_VM ? sched_getcpu() : cpu;
	err = run_on(es, es->cpu);
	if (err)
		return err;
	es->pinned = true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	es->time_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	return 0;
}

static void cpuid_end(struct exitstat *es)
{
	sched_setaffinity(0, es->affinity_size, es->affinity);
	es->pinned = false;
}

static int cpuid_cpus(struct exitstat *es, int *cpus, size_t max)
{
	int err = get_affinity(es), n = 0;
	size_t cpu;

	if (err)
		return err;
	for (cpu = 0; cpu < es->affinity_size * 8; cpu++) {
		if (!CPU_ISSET_S(cpu, es->affinity_size, (cpu_set_t *)es->affinity))
			continue;
		if ((size_t)n < max)
			cpus[n] = cpu;
		n++;
	}
	return n;
}

const struct exitstat_source exitstat_cpuid_source = {
	.begin = cpuid_begin,
	.query = cpuid_query,
	.end = cpuid_end,
	.cpus = cpuid_cpus,
};
