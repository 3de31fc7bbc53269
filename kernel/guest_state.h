/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the processor tells of the guest that has just exited, and an NMI for it: all for sampling,
 * on the vCPU's own thread, while the vCPU is loaded.
 */
#ifndef EXITSTAT_GUEST_STATE_H
#define EXITSTAT_GUEST_STATE_H

#include "types.h"

struct kvm_vcpu;

/* No base of an interrupt descriptor table. */
#define EXITSTAT_NO_IDT	(~0ull)

bool exitstat_guest_is_nested(struct kvm_vcpu *vcpu);
u64 exitstat_guest_idt(struct kvm_vcpu *vcpu);
u8 exitstat_guest_cpl(struct kvm_vcpu *vcpu);
u32 exitstat_guest_eax(struct kvm_vcpu *vcpu);
u64 exitstat_guest_rip(struct kvm_vcpu *vcpu);
bool exitstat_guest_blocks_nmi(struct kvm_vcpu *vcpu);
bool exitstat_guest_in_delivery(struct kvm_vcpu *vcpu);
u64 exitstat_guest_exit_is_about(struct kvm_vcpu *vcpu, u32 reason);

/*
 * What it takes of KVM, from the way into it: whether there is all of it; SVM's VMCB of the guest
 * that runs, nested or not; and an NMI before the guest's next instruction.
 */
struct vmcb;

bool exitstat_can_sample(void);
struct vmcb *exitstat_vmcb(struct kvm_vcpu *vcpu);
void exitstat_inject_nmi(struct kvm_vcpu *vcpu);

#endif /* EXITSTAT_GUEST_STATE_H */
