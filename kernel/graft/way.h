/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is the graft's own of the two ways into KVM: a switch, and a pointer of exitstat's in
 * KVM's structures for a vCPU and a VM.
 */
#ifndef EXITSTAT_WAY_H
#define EXITSTAT_WAY_H

#include <linux/jump_label.h>
#include <linux/kvm_host.h>
#include <linux/rcupdate.h>

struct exitstat_vm;
struct exitstat_vcpu;

struct exitstat_link {
};

DECLARE_STATIC_KEY_TRUE(exitstat_key);

int exitstat_way_init(void);
void exitstat_way_exit(void);

static __always_inline bool exitstat_enabled(void)
{
	return static_branch_likely(&exitstat_key);
}

/* What is found stays for as long as the caller is a reader of RCU, or its vCPU's thread. */
static inline struct exitstat_vcpu *exitstat_find_vcpu(struct kvm_vcpu *vcpu)
{
	return rcu_dereference_raw(vcpu->arch.exitstat);
}

static inline struct exitstat_vcpu *exitstat_find_vcpu_here(struct kvm_vcpu *vcpu)
{
	return exitstat_find_vcpu(vcpu);
}

static inline struct exitstat_vm *exitstat_find_vm(struct kvm *kvm)
{
	return rcu_dereference_raw(kvm->arch.exitstat);
}

/* With the registry's mutex held, while KVM's structure is there. */
int exitstat_link_vcpu(struct exitstat_vcpu *v);
int exitstat_link_vm(struct exitstat_vm *vm);
void exitstat_unlink_vcpu(struct exitstat_vcpu *v);
void exitstat_unlink_vm(struct exitstat_vm *vm);

#endif /* EXITSTAT_WAY_H */
