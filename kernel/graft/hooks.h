/* SPDX-License-Identifier: GPL-2.0 */
/* The calls that the graft puts into KVM; nothing at all with KVM_EXITSTAT=n. */
#ifndef EXITSTAT_HOOKS_H
#define EXITSTAT_HOOKS_H

#ifdef CONFIG_KVM_EXITSTAT

#include "events.h"

#else

struct kvm;
struct kvm_vcpu;

static inline int exitstat_init(void) { return 0; }
static inline void exitstat_cleanup(void) {}
static inline void exitstat_entry(struct kvm_vcpu *vcpu) {}
static inline u64 exitstat_now(void) { return 0; }
static inline void exitstat_exit(u32 reason, u64 now) {}
static inline void exitstat_run(struct kvm_vcpu *vcpu) {}
static inline void exitstat_load(struct kvm_vcpu *vcpu) {}
static inline void exitstat_put(struct kvm_vcpu *vcpu) {}
static inline void exitstat_halt(void) {}
static inline void exitstat_wake(void) {}
static inline void exitstat_destroy_vm(struct kvm *kvm) {}

static inline bool exitstat_cpuid(struct kvm_vcpu *vcpu, u32 leaf, u32 index, u32 *eax, u32 *ebx,
				  u32 *ecx, u32 *edx)
{
	return false;
}

#endif
#endif /* EXITSTAT_HOOKS_H */
