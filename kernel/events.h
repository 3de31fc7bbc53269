/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What KVM tells exitstat. Both ways into KVM call these functions, each on the
 * vCPU's own thread.
 */
#ifndef EXITSTAT_EVENTS_H
#define EXITSTAT_EVENTS_H

#include <linux/irqflags.h>
#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <asm/msr.h>

#include "leaves.h"
#include "way.h"

/* The account of the vCPU that is loaded on a CPU. */
DECLARE_PER_CPU(struct exitstat_account *, exitstat_loaded);

/* This host's exit reasons, filled in by exitstat_registry_init(). */
extern struct exitstat_reasons exitstat_reasons;

int exitstat_init(void);
void exitstat_cleanup(void);
void exitstat_forget(void);

void exitstat_load(struct kvm_vcpu *vcpu);
void exitstat_go_on(struct exitstat_account *account);
void exitstat_halt(void);
void exitstat_wake(void);
void exitstat_destroy_vm(struct kvm *kvm);
void exitstat_open(struct kvm_vcpu *vcpu);

void exitstat_sleep(struct kvm_vcpu *vcpu, struct exitstat_account *account);
void exitstat_entry_unmet(struct kvm_vcpu *vcpu);
bool exitstat_cpuid_leaf(struct kvm_vcpu *vcpu, u32 leaf, u32 index, u32 *eax, u32 *ebx,
			 u32 *ecx, u32 *edx);

/*
 * The account of the vCPU that is loaded here, for a thread that could be preempted until now:
 * exitstat may have been switched off meanwhile, and then the account is about to be closed.
 */
static __always_inline struct exitstat_account *exitstat_loaded_account(void)
{
	return exitstat_enabled() ? this_cpu_read(exitstat_loaded) : NULL;
}

/** exitstat_now - the host's TSC, for exitstat_exit() */
static __always_inline u64 exitstat_now(void)
{
	return exitstat_enabled() ? rdtsc() : 0;
}

/**
 * exitstat_entry - the next instruction is the guest's; preemption is disabled
 * @vcpu: the vCPU
 *
 * This, exit, put and run are inline: a call would be a tenth of what they execute.
 */
static __always_inline void exitstat_entry(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account;

	if (!exitstat_enabled())
		return;
	account = this_cpu_read(exitstat_loaded);
	if (likely(account))
		exitstat_account_entry(account, rdtsc());
	else
		exitstat_entry_unmet(vcpu);
}

/**
 * exitstat_exit - the CPU has left the guest; preemption is disabled
 * @reason: VMX basic exit reason, or the low 32 bits of the SVM exit code
 * @now: when that was: exitstat_now()
 */
static __always_inline void exitstat_exit(u32 reason, u64 now)
{
	struct exitstat_account *account;

	if (!exitstat_enabled())
		return;
	account = this_cpu_read(exitstat_loaded);
	if (likely(account))
		exitstat_account_exit(account, exitstat_reason_slot(&exitstat_reasons, reason),
				      now);
}

/**
 * exitstat_put - a vCPU is taken off this CPU; preemption is disabled
 * @vcpu: the vCPU
 *
 * The scheduler does so, with interrupts disabled, when the vCPU's thread is preempted or
 * goes to sleep. When it is not the scheduler, KVM_RUN is over, or another ioctl, which the
 * account does not mind.
 */
static __always_inline void exitstat_put(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account;

	if (!exitstat_enabled())
		return;
	account = this_cpu_read(exitstat_loaded);
	if (!account)
		return;
	this_cpu_write(exitstat_loaded, NULL);
	if (vcpu->preempted)
		exitstat_account_preempt(account, rdtsc());
	else if (!irqs_disabled())
		exitstat_account_return(account, rdtsc());
	else if (account->state == EXITSTAT_STATE_HOST)
		exitstat_sleep(vcpu, account);
}

/**
 * exitstat_try_run - KVM_RUN has begun, and loaded the vCPU
 * @vcpu: the vCPU
 *
 * Return: false when it has no account.
 */
static __always_inline bool exitstat_try_run(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account;

	preempt_disable();
	account = exitstat_loaded_account();
	if (!account) {
		exitstat_load(vcpu);
		account = this_cpu_read(exitstat_loaded);
	}
	if (likely(account)) {
		if (likely(account->state == EXITSTAT_STATE_VMM))
			exitstat_go_on(account);
		exitstat_account_run(account, rdtsc());
	}
	preempt_enable();
	return account;
}

/**
 * exitstat_run - KVM_RUN has begun, and loaded the vCPU; may sleep
 * @vcpu: the vCPU, for which an account is opened if it has none
 */
static __always_inline void exitstat_run(struct kvm_vcpu *vcpu)
{
	if (exitstat_enabled() && unlikely(!exitstat_try_run(vcpu)))
		exitstat_open(vcpu);
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
	return exitstat_is_leaf(leaf) && exitstat_enabled() &&
	       exitstat_cpuid_leaf(vcpu, leaf, index, eax, ebx, ecx, edx);
}

#endif /* EXITSTAT_EVENTS_H */
