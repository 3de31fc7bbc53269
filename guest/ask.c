// SPDX-License-Identifier: GPL-2.0
/*
 * Each question is an exit of the vCPU that asks. They are counted, so that nobody takes them
 * for the guest's own.
 */
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <asm/processor.h>
#if __has_include("asm/cpuid/api.h")	/* newer kernels have CPUID there */
#include <asm/cpuid/api.h>
#endif

#include "ask.h"
#include "exitstat_abi.h"

static DEFINE_PER_CPU(u64, asked);

/**
 * exitstat_ask - execute CPUID, with preemption off
 * @leaf: EXITSTAT_LEAF_*
 * @ecx: what to ask it for
 * @regs: the answer
 *
 * An NMI's question in between is counted in only one of the two, so that this one is repeated.
 *
 * Return: how many questions this CPU has asked, which the answer has counted as exits.
 */
u64 exitstat_ask(u32 leaf, u32 ecx, struct exitstat_regs *regs)
{
	u64 nr;

	do {
		nr = this_cpu_inc_return(asked);
		cpuid_count(leaf, ecx, &regs->eax, &regs->ebx, &regs->ecx, &regs->edx);
	} while (this_cpu_read(asked) != nr);
	return nr;
}

/**
 * exitstat_tell - a question that changes something, and so is asked once
 * @leaf: EXITSTAT_LEAF_*
 * @ecx: what to tell
 * @regs: the answer
 */
void exitstat_tell(u32 leaf, u32 ecx, struct exitstat_regs *regs)
{
	this_cpu_inc(asked);
	cpuid_count(leaf, ecx, &regs->eax, &regs->ebx, &regs->ecx, &regs->edx);
}

/**
 * exitstat_ask_properties - ask leaf PROPERTIES
 * @regs: the answer
 */
void exitstat_ask_properties(struct exitstat_regs *regs)
{
	preempt_disable();
	exitstat_ask(EXITSTAT_LEAF_PROPERTIES, 0, regs);
	preempt_enable();
}

/** exitstat_is_there - has the host exitstat, and does it show it to this VM? */
bool exitstat_is_there(void)
{
	struct exitstat_regs regs;

	preempt_disable();
	exitstat_ask(EXITSTAT_LEAF_IDENTIFY, 0, &regs);
	preempt_enable();
	return regs.eax == EXITSTAT_ABI_VERSION &&
		!memcmp(&regs.ebx, EXITSTAT_SIGNATURE, sizeof(EXITSTAT_SIGNATURE));
}
