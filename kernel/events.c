// SPDX-License-Identifier: GPL-2.0
/*
 * From KVM's events to the account of the vCPU that has them.
 *
 * The account of the vCPU that is loaded on a CPU is in a per-CPU pointer. load and put
 * come from the scheduler, too, so whoever else writes an account disables preemption.
 */
#include <linux/kvm_host.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "answer.h"
#include "events.h"
#include "meet.h"
#include "registry.h"

DEFINE_PER_CPU(struct exitstat_account *, exitstat_loaded);

/**
 * exitstat_init - before the first VM
 *
 * Return: 0, or -ENOMEM from the module.
 */
int exitstat_init(void)
{
	exitstat_registry_init();
	return exitstat_way_init();
}

/** exitstat_forget - no event comes any more: all accounts go; there may still be VMs */
void exitstat_forget(void)
{
	int cpu;

	/* Where exitstat is switched off only, a vCPU that is loaded meanwhile writes the same. */
	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(exitstat_loaded, cpu), NULL);
	exitstat_end_meetings();
	exitstat_forget_vms();
}

/** exitstat_cleanup - after the last event; there may still be VMs */
void exitstat_cleanup(void)
{
	exitstat_forget();
	exitstat_way_exit();
	exitstat_registry_exit();
}

/* How long this thread was runnable without a CPU since it ran the vCPU, in cycles. */
static u64 waited(const struct exitstat_account *account)
{
	s64 ns = current->sched_info.run_delay - account->run_delay;

	if (likely(!ns) || account->thread != current || ns < 0)
		return 0;
	return mul_u64_u32_div(ns, tsc_khz, NSEC_PER_MSEC);
}

/**
 * exitstat_go_on - the vCPU's thread has a CPU, for KVM_RUN; preemption is disabled
 * @account: the vCPU's account
 */
void exitstat_go_on(struct exitstat_account *account)
{
	u64 cycles = waited(account);

	account->thread = current;
	account->run_delay = current->sched_info.run_delay;
	if (cycles || account->interrupted != EXITSTAT_STATE_NONE)
		exitstat_account_resume(account, cycles, rdtsc());
}

/**
 * exitstat_load - a vCPU is put on this CPU; preemption is disabled
 * @vcpu: the vCPU
 *
 * While the VMM has the vCPU any thread may do so, for some ioctl; what matters is KVM_RUN.
 */
void exitstat_load(struct kvm_vcpu *vcpu)
{
	struct exitstat_vcpu *v;

	/*
	 * Also when it is switched off: put may have been before load, and then what is loaded
	 * here is another vCPU's.
	 */
	v = exitstat_enabled() ? exitstat_find_vcpu_here(vcpu) : NULL;
	if (!v) {
		this_cpu_write(exitstat_loaded, NULL);
		return;
	}
	this_cpu_write(exitstat_loaded, v->account);
	if (v->account->state != EXITSTAT_STATE_VMM)
		exitstat_go_on(v->account);
}

/**
 * exitstat_open - open the account of a vCPU that has none; may sleep
 * @vcpu: the vCPU, which is loaded
 */
void exitstat_open(struct kvm_vcpu *vcpu)
{
	const struct exitstat_meeting met = exitstat_meeting_of(vcpu);

	if (exitstat_attach(&met))
		return;
	preempt_disable();
	exitstat_load(vcpu);
	preempt_enable();
}

/* exitstat_entry(), for a vCPU without an account as far as we know. */
void exitstat_entry_unmet(struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account;

	exitstat_load(vcpu);
	account = this_cpu_read(exitstat_loaded);
	if (account)
		exitstat_account_entry(account, rdtsc());
	else
		exitstat_meet(vcpu);
}

/*
 * exitstat_put(), for a thread that the scheduler takes off and that KVM does not call
 * preempted. It is all the same when KVM_RUN is not going to enter the guest.
 */
void exitstat_sleep(struct kvm_vcpu *vcpu, struct exitstat_account *account)
{
	if (task_is_running(current))
		exitstat_account_preempt(account, rdtsc());
	else if (vcpu->arch.mp_state != KVM_MP_STATE_RUNNABLE)
		exitstat_account_sleep(account, rdtsc());
}

/*
 * The event of a loaded vCPU whose thread may be preempted. That exitstat is on is asked before
 * as well: off costs a static branch.
 */
static __always_inline void to_loaded_account(void (*event)(struct exitstat_account *, u64))
{
	struct exitstat_account *account;

	if (!exitstat_enabled())
		return;
	preempt_disable();
	account = exitstat_loaded_account();
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
