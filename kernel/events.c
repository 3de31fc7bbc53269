// SPDX-License-Identifier: GPL-2.0
/*
 * From KVM's events to the account of the vCPU that has them.
 *
 * The account of the vCPU that is loaded on a CPU is in a per-CPU pointer. load and put
 * come from the scheduler, too, so whoever else writes an account disables preemption.
 */
#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <asm/msr.h>

#include "debugfs.h"
#include "events.h"
#include "registry.h"

DEFINE_PER_CPU(struct exitstat_account *, exitstat_loaded);

/** exitstat_init - before the first VM */
void exitstat_init(void)
{
	exitstat_registry_init();
	exitstat_debugfs_init();
}

/** exitstat_cleanup - after the last event; there may still be VMs */
void exitstat_cleanup(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		per_cpu(exitstat_loaded, cpu) = NULL;
	exitstat_debugfs_exit();
	exitstat_registry_exit();
}

/**
 * exitstat_load - a vCPU is put on this CPU; preemption is disabled
 * @vcpu: the vCPU
 */
void exitstat_load(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account = exitstat_find_account(vcpu);

	this_cpu_write(exitstat_loaded, account);
	if (account && unlikely(account->state == EXITSTAT_STATE_PREEMPTED))
		exitstat_account_resume(account, rdtsc());
}

/**
 * exitstat_open - open the account of a vCPU that has none
 * @vcpu: the vCPU, which is loaded
 * @gfp: how to allocate it
 */
void exitstat_open(struct kvm_vcpu *vcpu, gfp_t gfp)
{
	exitstat_attach(vcpu, gfp);
	preempt_disable();
	exitstat_load(vcpu);
	preempt_enable();
}

/* The event of a loaded vCPU whose thread may be preempted. */
static __always_inline void to_loaded_account(void (*event)(struct exitstat_account *, u64))
{
	struct exitstat_account *account;

	preempt_disable();
	account = this_cpu_read(exitstat_loaded);
	if (likely(account))
		event(account, rdtsc());
	preempt_enable();
}

/** exitstat_halt - the vCPU's thread is about to poll or block for an event */
void exitstat_halt(void)
{
	to_loaded_account(exitstat_account_halt);
}

/** exitstat_wake - the vCPU's thread has stopped to wait */
void exitstat_wake(void)
{
	to_loaded_account(exitstat_account_wake);
}

/* exitstat_cpuid(), for a leaf that is exitstat's. */
bool exitstat_cpuid_leaf(struct kvm_vcpu *vcpu, u32 leaf, u32 index, u32 *eax, u32 *ebx,
			 u32 *ecx, u32 *edx)
{
	struct exitstat_regs regs;

	if (!exitstat_answer(vcpu, leaf, index, &regs))
		return false;
	*eax = regs.eax;
	*ebx = regs.ebx;
	*ecx = regs.ecx;
	*edx = regs.edx;
	return true;
}
