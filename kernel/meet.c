// SPDX-License-Identifier: GPL-2.0
/*
 * vCPUs that were in KVM_RUN already when exitstat came. They are met at a VM entry, where
 * nothing may sleep or allocate, so a worker opens their accounts; what they do until then is
 * not counted.
 */
#include <linux/jiffies.h>
#include <linux/kvm_host.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#include "meet.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_dfl_wq	system_unbound_wq
#endif

/* Those for whom there is no room ask again at their next entry. */
static struct exitstat_meeting meetings[64];
static unsigned int nr_meetings;
static unsigned long not_before;
static DEFINE_RAW_SPINLOCK(meetings_lock);

static void meet_vcpus(struct work_struct *work)
{
	exitstat_meet_vcpus();
}

static DECLARE_WORK(meet_work, meet_vcpus);

/**
 * exitstat_meeting_of - all that opening an account takes
 * @vcpu: the vCPU, on its own thread
 *
 * A VM runs in the process that made it, though maybe made by another thread.
 */
struct exitstat_meeting exitstat_meeting_of(struct kvm_vcpu *vcpu)
{
	return (struct exitstat_meeting){
		.vcpu = vcpu,
		.kvm = vcpu->kvm,
		.index = vcpu->vcpu_idx,
		.vmm = task_tgid_nr(current),
	};
}

static bool want_meeting(struct kvm_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < nr_meetings; i++)
		if (meetings[i].vcpu == vcpu)
			return false;
	if (nr_meetings == ARRAY_SIZE(meetings))
		return false;
	meetings[nr_meetings] = exitstat_meeting_of(vcpu);
	WRITE_ONCE(nr_meetings, nr_meetings + 1);
	return true;
}

/**
 * exitstat_meet - have the account of a vCPU opened
 * @vcpu: the vCPU, on its own thread; interrupts may be disabled
 */
void exitstat_meet(struct kvm_vcpu *vcpu)
{
	unsigned long flags;
	bool wanted;

	if (time_before(jiffies, READ_ONCE(not_before)) ||
	    READ_ONCE(nr_meetings) == ARRAY_SIZE(meetings))
		return;
	raw_spin_lock_irqsave(&meetings_lock, flags);
	wanted = want_meeting(vcpu);
	raw_spin_unlock_irqrestore(&meetings_lock, flags);
	/* On any CPU: a vCPU of realtime priority may never leave this one to a worker. */
	if (wanted)
		queue_work(system_dfl_wq, &meet_work);
}

/**
 * exitstat_next_meeting - take a vCPU whose account is to be opened
 * @meeting: where it goes
 *
 * Return: false when there is none.
 */
bool exitstat_next_meeting(struct exitstat_meeting *meeting)
{
	unsigned long flags;
	bool any;

	raw_spin_lock_irqsave(&meetings_lock, flags);
	any = nr_meetings;
	if (any) {
		*meeting = meetings[nr_meetings - 1];
		WRITE_ONCE(nr_meetings, nr_meetings - 1);
	}
	raw_spin_unlock_irqrestore(&meetings_lock, flags);
	return any;
}

/**
 * exitstat_cancel_meetings - a VM is being destroyed: its vCPUs want no accounts
 * @kvm: the VM, NULL for all
 */
void exitstat_cancel_meetings(const struct kvm *kvm)
{
	unsigned int i, left = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&meetings_lock, flags);
	for (i = 0; i < nr_meetings; i++)
		if (kvm && meetings[i].kvm != kvm)
			meetings[left++] = meetings[i];
	WRITE_ONCE(nr_meetings, left);
	raw_spin_unlock_irqrestore(&meetings_lock, flags);
}

/** exitstat_postpone_meetings - there is no memory: let a second pass before the next try */
void exitstat_postpone_meetings(void)
{
	WRITE_ONCE(not_before, jiffies + HZ);
}

/** exitstat_end_meetings - nobody is met any more; may sleep */
void exitstat_end_meetings(void)
{
	exitstat_cancel_meetings(NULL);
	cancel_work_sync(&meet_work);
}
