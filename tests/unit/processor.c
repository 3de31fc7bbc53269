// SPDX-License-Identifier: GPL-2.0
#include "processor.h"

struct processor processor;

bool exitstat_guest_is_nested(struct kvm_vcpu *vcpu)
{
	(void)vcpu;
	return processor.nested;
}

u64 exitstat_guest_idt(struct kvm_vcpu *vcpu)
{
	(void)vcpu;
	return processor.idt;
}

u8 exitstat_guest_cpl(struct kvm_vcpu *vcpu)
{
	(void)vcpu;
	return processor.cpl;
}

u32 exitstat_guest_eax(struct kvm_vcpu *vcpu)
{
	(void)vcpu;
	return processor.eax;
}

u64 exitstat_guest_rip(struct kvm_vcpu *vcpu)
{
	(void)vcpu;
	return processor.rip;
}

bool exitstat_guest_blocks_nmi(struct kvm_vcpu *vcpu)
{
	(void)vcpu;
	return processor.blocks_nmi;
}

bool exitstat_guest_in_delivery(struct kvm_vcpu *vcpu)
{
	(void)vcpu;
	return processor.in_delivery;
}

u64 exitstat_guest_exit_is_about(struct kvm_vcpu *vcpu, u32 reason)
{
	(void)vcpu;
	(void)reason;
	return processor.about;
}

bool exitstat_can_sample(void)
{
	return processor.can_sample;
}

void exitstat_inject_nmi(struct kvm_vcpu *vcpu)
{
	(void)vcpu;
	processor.nmis++;
}
