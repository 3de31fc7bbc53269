// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Answers from the CPUID instruction, on the CPU that is asked for. */
#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "handle.h"

/*
 * __get_cpuid() would refuse leaves above the highest that the CPU declares. What was asked
 * while the thread changed its CPU is asked again.
 */
static int cpuid_query(struct exitstat *es, uint32_t leaf, uint32_t ecx,
		       struct exitstat_regs *regs)
{
	int cpu = sched_getcpu(), err;

	while (cpu >= 0) {
		if (es->pinned && cpu != es->cpu)
			return exitstat_cpu_gone(es);
		es->cpu = cpu;
		__cpuid_count(leaf, ecx, regs->eax, regs->ebx, regs->ecx, regs->edx);
		err = exitstat_count_own(es, cpu);
		cpu = sched_getcpu();
		if (err || cpu == es->cpu)
			return err;
		exitstat_drop_answer(es, leaf);
	}
	return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "cannot tell which CPU this is: %s",
			     strerror(errno));
}

const struct exitstat_source exitstat_cpuid_source = {
	.on = exitstat_on_cpu,
	.query = cpuid_query,
	.cpus = exitstat_own_cpus,
	.witness = exitstat_own_witness,
	.time = exitstat_take_time,
};
