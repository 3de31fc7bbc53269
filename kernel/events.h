/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What KVM tells exitstat. Both ways into KVM call these functions, each on the
 * vCPU's own thread.
 */
#ifndef EXITSTAT_EVENTS_H
#define EXITSTAT_EVENTS_H

#include "leaves.h"

struct kvm;
struct kvm_vcpu;

void exitstat_init(void);
void exitstat_cleanup(void);

void exitstat_entry(void);
void exitstat_entry_of(struct kvm_vcpu *vcpu);
void exitstat_exit(u32 reason);
void exitstat_run(struct kvm_vcpu *vcpu, gfp_t gfp);
void exitstat_load(struct kvm_vcpu *vcpu);
void exitstat_put(struct kvm_vcpu *vcpu);
void exitstat_halt(void);
void exitstat_wake(void);
void exitstat_destroy_vcpu(struct kvm_vcpu *vcpu);
void exitstat_destroy_vm(struct kvm *kvm);

bool exitstat_cpuid_leaf(struct kvm_vcpu *vcpu, u32 leaf, u32 index, u32 *eax, u32 *ebx,
			 u32 *ecx, u32 *edx);

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
