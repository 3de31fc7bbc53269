// SPDX-License-Identifier: GPL-2.0
/*
 * The whole command with a host that has exitstat, where there is none: the CPUs, threads and
 * their affinity are real, and so are the accounting and the leaves. The clock is the TSC's.
 * EXITSTAT_VCPUS says how many vCPUs have run, if not as many as there are CPUs. With
 * EXITSTAT_MOVES who may use several CPUs is moved to another while he asks, now and then.
 */
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "exitstat_abi.h"
#include "machine.h"
#include "on-paper.h"

#define TSC_KHZ	2400000

static struct machine *new_machine(void)
{
	const char *vcpus = getenv("EXITSTAT_VCPUS");

	return machine_new(EXITSTAT_SPACE_SVM, vcpus ? atoi(vcpus) :
			   sysconf(_SC_NPROCESSORS_CONF), TSC_KHZ);
}

/* What the CPUIDs themselves take is ahead of it by a little. */
static void pass_time(struct machine *machine)
{
	static uint64_t start;
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	if (!start)
		start = ns - machine_ns(machine);
	if (machine_ns(machine) < ns - start)
		machine_pass(machine, (ns - start - machine_ns(machine)) * TSC_KHZ / 1000000);
}

static int another_cpu(const cpu_set_t *allowed)
{
	int cpu, now = sched_getcpu();

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (cpu != now && CPU_ISSET(cpu, allowed))
			return cpu;
	return now;
}

static void move(void)
{
	static unsigned int asked;
	cpu_set_t allowed, other;

	if (!getenv("EXITSTAT_MOVES") || ++asked % 3)
		return;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	CPU_ZERO(&other);
	CPU_SET(another_cpu(&allowed), &other);
	sched_setaffinity(0, sizeof(other), &other);
	sched_setaffinity(0, sizeof(allowed), &allowed);
}

void on_paper(unsigned int leaf, unsigned int index, unsigned int *eax, unsigned int *ebx,
	      unsigned int *ecx, unsigned int *edx)
{
	static struct machine *machine;
	uint32_t regs[4];

	if (!machine)
		machine = new_machine();
	pass_time(machine);
	machine_cpuid(machine, sched_getcpu(), leaf, index, regs);
	*eax = regs[0];
	*ebx = regs[1];
	*ecx = regs[2];
	*edx = regs[3];
	move();
}
