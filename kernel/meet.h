/* SPDX-License-Identifier: GPL-2.0 */
/* vCPUs without an account, among them those that were in KVM_RUN already when exitstat came. */
#ifndef EXITSTAT_MEET_H
#define EXITSTAT_MEET_H

#include <linux/types.h>

struct kvm;
struct kvm_vcpu;

/**
 * struct exitstat_meeting - a vCPU without an account
 * @vcpu: the vCPU, a key
 * @kvm: its VM, a key
 * @index: which of the VM's vCPUs it is, in the order in which they were made
 * @vmm: the process that runs it
 */
struct exitstat_meeting {
	struct kvm_vcpu *vcpu;
	struct kvm *kvm;
	u32 index;
	pid_t vmm;
};

struct exitstat_meeting exitstat_meeting_of(struct kvm_vcpu *vcpu);
void exitstat_meet(struct kvm_vcpu *vcpu);
bool exitstat_next_meeting(struct exitstat_meeting *meeting);
void exitstat_cancel_meetings(const struct kvm *kvm);
void exitstat_postpone_meetings(void);
void exitstat_end_meetings(void);

/* registry.c */
void exitstat_meet_vcpus(void);

#endif /* EXITSTAT_MEET_H */
