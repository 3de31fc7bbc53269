// SPDX-License-Identifier: GPL-2.0
/* What sampling takes of KVM: see guest_state.h. */
#include "svm/svm.h"

#include "guest_state.h"

bool exitstat_can_sample(void)
{
	return true;
}

struct vmcb *exitstat_vmcb(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->vmcb;
}

void exitstat_inject_nmi(struct kvm_vcpu *vcpu)
{
	kvm_inject_nmi(vcpu);
}
