/* SPDX-License-Identifier: GPL-2.0 */
/* vCPUs that were in KVM_RUN already when exitstat came. */
#ifndef EXITSTAT_MEET_H
#define EXITSTAT_MEET_H

#include <linux/types.h>

struct kvm;
struct kvm_vcpu;

/**
 * struct exitstat_meeting - a vCPU that has entered the guest without an account
 * @vcpu: the vCPU, a key
 * @kvm: its VM, a key
 * @vmm: the process that runs it
 */
struct exitstat_meeting {
	struct kvm_vcpu *vcpu;
	struct kvm *kvm;
	pid_t vmm;
};

void exitstat_meet(struct kvm_vcpu *vcpu);
bool exitstat_next_meeting(struct exitstat_meeting *meeting);
void exitstat_cancel_meetings(const struct kvm *kvm);
void exitstat_postpone_meetings(void);
void exitstat_end_meetings(void);

/* registry.c */
void exitstat_meet_vcpus(void);

#endif /* EXITSTAT_MEET_H */
