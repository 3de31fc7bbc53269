/* SPDX-License-Identifier: GPL-2.0 */
/* Which account belongs to which vCPU, and which vCPUs to which VM. */
#ifndef EXITSTAT_REGISTRY_H
#define EXITSTAT_REGISTRY_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "leaves.h"
#include "way.h"

struct kvm;
struct kvm_vcpu;

/**
 * struct exitstat_vm - what exitstat knows of a VM
 * @kvm: the VM's address, a key: KVM may have freed what was there
 * @link: how the way into KVM finds this record
 * @all: entry of the list of VMs
 * @vcpus: its vCPUs' records
 * @id: a number that no other VM ever gets
 * @vmm: the process that made it
 * @exposed: it sees the leaves
 * @ended: its accounts are among the dead
 * @rcu: for taking it off the list, and for freeing
 */
struct exitstat_vm {
	struct kvm *kvm;
	struct exitstat_link link;
	struct list_head all;
	struct list_head vcpus;
	u64 id;
	pid_t vmm;
	bool exposed;
	bool ended;
	struct rcu_head rcu;
};

/**
 * struct exitstat_vcpu - what exitstat knows of a vCPU
 * @vcpu: the vCPU's address, a key
 * @link: how the way into KVM finds this record
 * @of_vm: entry of its VM's list
 * @vm: its VM
 * @account: its account
 * @death: which death of all vCPUs' its own was, 0 while it lives
 */
struct exitstat_vcpu {
	struct kvm_vcpu *vcpu;
	struct exitstat_link link;
	struct list_head of_vm;
	struct exitstat_vm *vm;
	struct exitstat_account *account;
	u64 death;
};

/* Answer with the sums of all VMs instead of the reader's own. */
extern bool exitstat_scope_host;

/* Whether a new VM sees the leaves. */
extern bool exitstat_expose;

/* The term whose numbers the course leaves have: an enum exitstat_numbering. */
extern unsigned int exitstat_numbering;

extern atomic_long_t exitstat_nr_vms;
extern atomic_long_t exitstat_nr_vcpus;
extern atomic_long_t exitstat_failed_allocations;

typedef void exitstat_visit(void *data, const struct exitstat_vm *vm);

void exitstat_registry_init(void);
void exitstat_forget_vms(void);
int exitstat_attach(struct kvm_vcpu *vcpu, struct kvm *kvm, pid_t vmm);
int exitstat_set_exposed(u64 id, bool exposed);
void exitstat_visit_vms(exitstat_visit *visit, void *data);
bool exitstat_answer(struct kvm_vcpu *vcpu, u32 leaf, u32 ecx, struct exitstat_regs *regs);

#endif /* EXITSTAT_REGISTRY_H */
