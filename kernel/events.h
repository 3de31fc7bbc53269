/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What KVM tells exitstat. Both ways into KVM call these functions, each on the
 * vCPU's own thread.
 */
#ifndef EXITSTAT_EVENTS_H
#define EXITSTAT_EVENTS_H

#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <asm/msr.h>

#include "leaves.h"

/* The account of the vCPU that is loaded on a CPU. */
DECLARE_PER_CPU(struct exitstat_account *, exitstat_loaded);

/* This host's exit reasons, filled in by exitstat_registry_init(). */
extern struct exitstat_reasons exitstat_reasons;

void exitstat_init(void);
void exitstat_cleanup(void);

void exitstat_load(struct kvm_vcpu *vcpu);
void exitstat_halt(void);
void exitstat_wake(void);
void exitstat_destroy_vcpu(struct kvm_vcpu *vcpu);
void exitstat_destroy_vm(struct kvm *kvm);
void exitstat_open(struct kvm_vcpu *vcpu, gfp_t gfp);

bool exitstat_cpuid_leaf(struct kvm_vcpu *vcpu, u32 leaf, u32 index, u32 *eax, u32 *ebx,
			 u32 *ecx, u32 *edx);

/**
 * exitstat_entry - the next instruction is the guest's; preemption is disabled
 *
 * This, exit, put and run are inline: a call would be a tenth of what they execute.
 */
static __always_inline void exitstat_entry(void)
{
	struct exitstat_account *account = this_cpu_read(exitstat_loaded);

	if (likely(account))
		exitstat_account_entry(account, rdtsc());
}

/**
 * exitstat_exit - the CPU has left the guest; preemption is disabled
 * @reason: VMX basic exit reason, or the low 32 bits of the SVM exit code
 */
static __always_inline void exitstat_exit(u32 reason)
{
	struct exitstat_account *account = this_cpu_read(exitstat_loaded);

	if (likely(account))
		exitstat_account_exit(account, exitstat_reason_slot(&exitstat_reasons, reason),
				      rdtsc());
}

/**
 * exitstat_put - a vCPU is taken off this CPU; preemption is disabled
 * @vcpu: the vCPU
 *
 * The scheduler does so when the vCPU's thread is preempted or goes to sleep. When it is
 * neither, KVM_RUN is over, or another ioctl, which the account does not mind.
 */
static __always_inline void exitstat_put(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account = this_cpu_read(exitstat_loaded);

	if (!account)
		return;
	this_cpu_write(exitstat_loaded, NULL);
	if (vcpu->preempted)
		exitstat_account_preempt(account, rdtsc());
	else if (task_is_running(current))
		exitstat_account_return(account, rdtsc());
}

/**
 * exitstat_run - KVM_RUN has begun, and loaded the vCPU
 * @vcpu: the vCPU, for which an account is opened if it has none
 * @gfp: how to allocate it
 */
static __always_inline void exitstat_run(struct kvm_vcpu *vcpu, gfp_t gfp)
{
	struct exitstat_account *account;

	preempt_disable();
	account = this_cpu_read(exitstat_loaded);
	if (!account) {
		exitstat_load(vcpu);
		account = this_cpu_read(exitstat_loaded);
	}
	if (likely(account))
		exitstat_account_run(account, rdtsc());
	preempt_enable();

	if (unlikely(!account))
		exitstat_open(vcpu, gfp);
}

/**
 * exitstat_cpuid - a guest executes CPUID
 * @vcpu: the vCPU
 * @leaf: EAX
 * @index: ECX
 * @eax: where the answer's EAX goes
 * @ebx: and its EBX
 * @ecx: and its ECX
 * @edx: and its EDX
 *
 * Return: true when exitstat has answered, and written all four registers.
 */
static __always_inline bool exitstat_cpuid(struct kvm_vcpu *vcpu, u32 leaf, u32 index, u32 *eax,
					   u32 *ebx, u32 *ecx, u32 *edx)
{
	return exitstat_is_leaf(leaf) &&
	       exitstat_cpuid_leaf(vcpu, leaf, index, eax, ebx, ecx, edx);
}

#endif /* EXITSTAT_EVENTS_H */
