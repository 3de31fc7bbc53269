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

static DEFINE_PER_CPU(struct exitstat_account *, loaded_account);

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
		per_cpu(loaded_account, cpu) = NULL;
	exitstat_debugfs_exit();
	exitstat_registry_exit();
}

/** exitstat_entry - the next instruction is the guest's; preemption is disabled */
void exitstat_entry(void)
{
	struct exitstat_account *account = this_cpu_read(loaded_account);

	if (likely(account))
		exitstat_account_entry(account, rdtsc());
}

static noinline void meet(struct kvm_vcpu *vcpu)
{
	if (!exitstat_find_account(vcpu))
		exitstat_attach(vcpu, GFP_ATOMIC | __GFP_ACCOUNT);
	exitstat_load(vcpu);
	exitstat_entry();
}

/**
 * exitstat_entry_of - exitstat_entry(), for who may meet a vCPU in the middle of its life
 * @vcpu: the vCPU, for which an account is opened if it has none
 */
void exitstat_entry_of(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account = this_cpu_read(loaded_account);

	if (likely(account))
		exitstat_account_entry(account, rdtsc());
	else
		meet(vcpu);
}

/**
 * exitstat_exit - the CPU has left the guest; preemption is disabled
 * @reason: VMX basic exit reason, or the low 32 bits of the SVM exit code
 */
void exitstat_exit(u32 reason)
{
	struct exitstat_account *account = this_cpu_read(loaded_account);

	if (likely(account))
		exitstat_account_exit(account, exitstat_reason_slot(&exitstat_reasons, reason),
				      rdtsc());
}

/**
 * exitstat_load - a vCPU is put on this CPU; preemption is disabled
 * @vcpu: the vCPU
 */
void exitstat_load(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account = exitstat_find_account(vcpu);

	this_cpu_write(loaded_account, account);
	if (account && unlikely(account->state == EXITSTAT_STATE_PREEMPTED))
		exitstat_account_resume(account, rdtsc());
}

/**
 * exitstat_put - a vCPU is taken off this CPU; preemption is disabled
 * @vcpu: the vCPU
 *
 * The scheduler does so when the vCPU's thread is preempted or goes to sleep. When it is
 * neither, KVM_RUN is over, or another ioctl, which the account does not mind.
 */
void exitstat_put(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account = this_cpu_read(loaded_account);

	if (!account)
		return;
	this_cpu_write(loaded_account, NULL);
	if (vcpu->preempted)
		exitstat_account_preempt(account, rdtsc());
	else if (task_is_running(current))
		exitstat_account_return(account, rdtsc());
}

static noinline void open_account(struct kvm_vcpu *vcpu, gfp_t gfp)
{
	exitstat_attach(vcpu, gfp);
	preempt_disable();
	exitstat_load(vcpu);
	preempt_enable();
}

/**
 * exitstat_run - KVM_RUN has begun, and loaded the vCPU
 * @vcpu: the vCPU, for which an account is opened if it has none
 * @gfp: how to allocate it
 */
void exitstat_run(struct kvm_vcpu *vcpu, gfp_t gfp)
{
	struct exitstat_account *account;

	preempt_disable();
	account = this_cpu_read(loaded_account);
	if (!account) {
		account = exitstat_find_account(vcpu);
		this_cpu_write(loaded_account, account);
	}
	if (likely(account))
		exitstat_account_run(account, rdtsc());
	preempt_enable();

	if (unlikely(!account))
		open_account(vcpu, gfp);
}

/* The event of a loaded vCPU whose thread may be preempted. */
static __always_inline void to_loaded_account(void (*event)(struct exitstat_account *, u64))
{
	struct exitstat_account *account;

	preempt_disable();
	account = this_cpu_read(loaded_account);
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
