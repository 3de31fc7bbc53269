/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is the module's own of the two ways into KVM: it is on while it is loaded, and finds
 * its records by hash tables, as KVM's structures have no field for it.
 */
#ifndef EXITSTAT_WAY_H
#define EXITSTAT_WAY_H

#include <linux/compiler.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;
struct exitstat_vm;
struct exitstat_vcpu;

struct exitstat_link {
	struct rhash_head node;
};

static __always_inline bool exitstat_enabled(void)
{
	return true;
}

int exitstat_way_init(void);
void exitstat_way_exit(void);

/* What is found stays for as long as the caller is a reader of RCU, or its vCPU's thread. */
struct exitstat_vcpu *exitstat_find_vcpu(struct kvm_vcpu *vcpu);
struct exitstat_vm *exitstat_find_vm(struct kvm *kvm);

/* The same for a vCPU that is put on this CPU; preemption is disabled. */
struct exitstat_vcpu *exitstat_find_vcpu_here(struct kvm_vcpu *vcpu);

/* With the registry's mutex held. Return: 0, or an error for want of memory. */
int exitstat_link_vcpu(struct exitstat_vcpu *v);
int exitstat_link_vm(struct exitstat_vm *vm);
void exitstat_unlink_vcpu(struct exitstat_vcpu *v);
void exitstat_unlink_vm(struct exitstat_vm *vm);

#endif /* EXITSTAT_WAY_H */
