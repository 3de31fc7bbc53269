/* SPDX-License-Identifier: GPL-2.0 */
/* Which account belongs to which vCPU, and which vCPUs to which VM. */
#ifndef EXITSTAT_REGISTRY_H
#define EXITSTAT_REGISTRY_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "leaves.h"
#include "way.h"

struct exitstat_meeting;
struct kvm;
struct kvm_vcpu;

/**
 * struct exitstat_vm - what exitstat knows of a VM
 * @kvm: the VM's address, a key: KVM may have freed what was there
 * @link: how the way into KVM finds this record
 * @all: entry of the list of VMs
 * @of_id: entry of those by number
 * @vcpus: its vCPUs' records, by index
 * @nr_vcpus: how many these are
 * @id: a number that no other VM ever gets
 * @start_ns: when it first ran, CLOCK_BOOTTIME
 * @vmm: the process that made it
 * @exposure: what it sees of the leaves, EXITSTAT_EXPOSE_*
 * @restricted: its kernel wants that its programs see nothing
 * @histograms: its vCPUs' accounts have histograms
 * @ended: its accounts are among the dead
 * @rcu: for taking it off the list, and for freeing
 */
struct exitstat_vm {
	struct kvm *kvm;
	struct exitstat_link link;
	struct list_head all;
	struct hlist_node of_id;
	struct list_head vcpus;
	u32 nr_vcpus;
	u64 id;
	u64 start_ns;
	pid_t vmm;
	u8 exposure;
	bool restricted;
	bool histograms;
	bool ended;
	struct rcu_head rcu;
};

/**
 * struct exitstat_vcpu - what exitstat knows of a vCPU
 * @vcpu: the vCPU's address, a key
 * @link: how the way into KVM finds this record
 * @index: which of its VM's vCPUs it is, in the order in which they were made
 * @of_vm: entry of its VM's list
 * @vm: its VM
 * @account: its account
 * @death: which death of all vCPUs' its own was, 0 while it lives
 * @rcu: for freeing, when nobody can look for it any more
 */
struct exitstat_vcpu {
	union {
		struct {
			struct kvm_vcpu *vcpu;
			struct exitstat_link link;
		};
		struct rcu_head rcu;
	};
	u32 index;
	struct list_head of_vm;
	struct exitstat_vm *vm;
	struct exitstat_account *account;
	u64 death;
};

/* Whether a new VM sees the leaves. */
extern unsigned int exitstat_expose;

/* Whether a new VM has histograms. */
extern bool exitstat_histograms;

extern atomic_long_t exitstat_nr_vms;
extern atomic_long_t exitstat_nr_vcpus;
extern atomic_long_t exitstat_failed_allocations;

/* Who reads it is a reader of RCU. */
extern struct list_head exitstat_vms;

void exitstat_registry_init(void);
void exitstat_registry_exit(void);
void exitstat_forget_vms(void);
int exitstat_attach(const struct exitstat_meeting *met);
struct exitstat_vm *exitstat_vm_of_id(u64 id);
u64 exitstat_ask_dead(struct exitstat_query *query, u64 now);

#endif /* EXITSTAT_REGISTRY_H */
