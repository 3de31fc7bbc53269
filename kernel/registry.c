// SPDX-License-Identifier: GPL-2.0
/*
 * Which account belongs to which vCPU, and which vCPUs to which VM.
 *
 * KVM's structures get no field: records are found by the address of the vCPU or the
 * VM. Lookups and sums run under RCU. Membership changes under a lock, with a sequence
 * count, so that a sum never has a vCPU twice, as live and as gone, or not at all.
 */
#include <linux/hashtable.h>
#include <linux/kvm_host.h>
#include <linux/rculist.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <asm/tsc.h>

#include "events.h"
#include "registry.h"

/**
 * struct exitstat_vm - what exitstat knows of a VM
 * @kvm: the VM
 * @by_kvm: entry of the hash table of VMs
 * @all: entry of the list of VMs
 * @vcpus: its vCPUs' records
 * @gone: the sum of its destroyed vCPUs' accounts
 * @vmm: the process that made it
 * @exposed: it sees the leaves
 * @rcu: for freeing
 */
struct exitstat_vm {
	struct kvm *kvm;
	struct hlist_node by_kvm;
	struct list_head all;
	struct list_head vcpus;
	struct exitstat_account *gone;
	pid_t vmm;
	bool exposed;
	struct rcu_head rcu;
};

/**
 * struct exitstat_vcpu - what exitstat knows of a vCPU
 * @vcpu: the vCPU
 * @by_vcpu: entry of the hash table of vCPUs
 * @of_vm: entry of its VM's list
 * @account: its account
 * @rcu: for freeing
 */
struct exitstat_vcpu {
	struct kvm_vcpu *vcpu;
	struct hlist_node by_vcpu;
	struct list_head of_vm;
	struct exitstat_account *account;
	struct rcu_head rcu;
};

static DEFINE_HASHTABLE(vms_by_kvm, 8);
static DEFINE_HASHTABLE(vcpus_by_vcpu, 10);
static LIST_HEAD(all_vms);
static DEFINE_SPINLOCK(members_lock);
static seqcount_spinlock_t members_seq = SEQCNT_SPINLOCK_ZERO(members_seq, &members_lock);

/* The sum of the accounts of destroyed VMs. */
static struct exitstat_account gone_vms;

struct exitstat_reasons exitstat_reasons;
bool exitstat_scope_host;
bool exitstat_expose = true;
atomic_long_t exitstat_nr_vms;
atomic_long_t exitstat_nr_vcpus;
atomic_long_t exitstat_failed_allocations;

/** exitstat_registry_init - before anything else of exitstat */
void exitstat_registry_init(void)
{
	exitstat_reasons_init(&exitstat_reasons, boot_cpu_has(X86_FEATURE_SVM) ?
			      EXITSTAT_SPACE_SVM : EXITSTAT_SPACE_VMX);
	memset(&gone_vms, 0, sizeof(gone_vms));
	exitstat_account_init(&gone_vms, exitstat_reasons.other);
}

/*
 * A function of its own, so that it can be made to fail: a vCPU must run, uncounted,
 * when there is no memory for its account.
 */
static noinline struct exitstat_account *exitstat_account_alloc(gfp_t gfp)
{
	return (struct exitstat_account *)get_zeroed_page(gfp);
}

static void account_free(struct exitstat_account *account)
{
	free_page((unsigned long)account);
}

static struct exitstat_vm *find_vm(struct kvm *kvm)
{
	struct exitstat_vm *vm;

	hash_for_each_possible_rcu(vms_by_kvm, vm, by_kvm, (unsigned long)kvm,
				   lockdep_is_held(&members_lock))
		if (vm->kvm == kvm)
			return vm;
	return NULL;
}

static struct exitstat_vcpu *find_vcpu(struct kvm_vcpu *vcpu)
{
	struct exitstat_vcpu *v;

	hash_for_each_possible_rcu(vcpus_by_vcpu, v, by_vcpu, (unsigned long)vcpu,
				   lockdep_is_held(&members_lock))
		if (v->vcpu == vcpu)
			return v;
	return NULL;
}

/**
 * exitstat_find_account - find a vCPU's account
 * @vcpu: the vCPU
 *
 * The caller disables preemption, or is the vCPU's thread and not in its destruction.
 *
 * Return: the account, NULL when the vCPU has none.
 */
struct exitstat_account *exitstat_find_account(struct kvm_vcpu *vcpu)
{
	struct exitstat_vcpu *v = find_vcpu(vcpu);

	return v ? v->account : NULL;
}

static struct exitstat_vm *alloc_vm(struct kvm *kvm, gfp_t gfp)
{
	struct exitstat_vm *vm = kzalloc(sizeof(*vm), gfp);

	if (!vm)
		return NULL;
	vm->gone = exitstat_account_alloc(gfp);
	if (!vm->gone) {
		kfree(vm);
		return NULL;
	}
	vm->kvm = kvm;
	/* A VM runs in the process that made it, though maybe made by another thread. */
	vm->vmm = task_tgid_nr(current);
	vm->exposed = READ_ONCE(exitstat_expose);
	INIT_LIST_HEAD(&vm->vcpus);
	exitstat_account_init(vm->gone, exitstat_reasons.other);
	return vm;
}

static void free_vm(struct exitstat_vm *vm)
{
	account_free(vm->gone);
	kfree(vm);
}

static void free_vm_rcu(struct rcu_head *rcu)
{
	free_vm(container_of(rcu, struct exitstat_vm, rcu));
}

static struct exitstat_vcpu *alloc_vcpu(struct kvm_vcpu *vcpu, gfp_t gfp)
{
	struct exitstat_vcpu *v = kzalloc(sizeof(*v), gfp);

	if (!v)
		return NULL;
	v->account = exitstat_account_alloc(gfp);
	if (!v->account) {
		kfree(v);
		return NULL;
	}
	v->vcpu = vcpu;
	exitstat_account_init(v->account, exitstat_reasons.other);
	return v;
}

static void free_vcpu(struct exitstat_vcpu *v)
{
	account_free(v->account);
	kfree(v);
}

static void free_vcpu_rcu(struct rcu_head *rcu)
{
	free_vcpu(container_of(rcu, struct exitstat_vcpu, rcu));
}

static void add_vm(struct exitstat_vm *vm)
{
	hash_add_rcu(vms_by_kvm, &vm->by_kvm, (unsigned long)vm->kvm);
	list_add_tail_rcu(&vm->all, &all_vms);
	atomic_long_inc(&exitstat_nr_vms);
}

static void add_vcpu(struct exitstat_vm *vm, struct exitstat_vcpu *v)
{
	hash_add_rcu(vcpus_by_vcpu, &v->by_vcpu, (unsigned long)v->vcpu);
	list_add_tail_rcu(&v->of_vm, &vm->vcpus);
	atomic_long_inc(&exitstat_nr_vcpus);
}

/**
 * exitstat_attach - open a vCPU's account
 * @vcpu: the vCPU, which runs or is about to, on the present thread
 * @gfp: how to allocate
 *
 * Without memory the vCPU stays without an account until the next attempt.
 */
void exitstat_attach(struct kvm_vcpu *vcpu, gfp_t gfp)
{
	struct exitstat_vm *vm, *new_vm;
	struct exitstat_vcpu *v;
	unsigned long flags;

	/* It is told below, once. */
	gfp |= __GFP_NOWARN;
	v = alloc_vcpu(vcpu, gfp);

	/* Two vCPUs of a new VM may both bring a record for it; one is used. */
	rcu_read_lock();
	vm = find_vm(vcpu->kvm);
	rcu_read_unlock();
	new_vm = vm ? NULL : alloc_vm(vcpu->kvm, gfp);
	if (!v || (!vm && !new_vm))
		goto no_memory;

	spin_lock_irqsave(&members_lock, flags);
	vm = find_vm(vcpu->kvm);
	write_seqcount_begin(&members_seq);
	if (!vm) {
		vm = new_vm;
		new_vm = NULL;
		add_vm(vm);
	}
	add_vcpu(vm, v);
	write_seqcount_end(&members_seq);
	spin_unlock_irqrestore(&members_lock, flags);
	if (new_vm)
		free_vm(new_vm);
	return;

no_memory:
	if (v)
		free_vcpu(v);
	if (new_vm)
		free_vm(new_vm);
	atomic_long_inc(&exitstat_failed_allocations);
	pr_warn_once("exitstat: no memory for an account: a vCPU runs uncounted\n");
}

static void remove_vcpu(struct exitstat_vm *vm, struct exitstat_vcpu *v)
{
	exitstat_account_close(v->account, rdtsc());
	exitstat_account_fold(vm->gone, v->account);
	hash_del_rcu(&v->by_vcpu);
	list_del_rcu(&v->of_vm);
	atomic_long_dec(&exitstat_nr_vcpus);
	call_rcu(&v->rcu, free_vcpu_rcu);
}

/**
 * exitstat_destroy_vcpu - a vCPU is being destroyed
 * @vcpu: the vCPU, loaded nowhere
 *
 * Its account stays in the VM's sum.
 */
void exitstat_destroy_vcpu(struct kvm_vcpu *vcpu)
{
	struct exitstat_vcpu *v;
	unsigned long flags;

	spin_lock_irqsave(&members_lock, flags);
	v = find_vcpu(vcpu);
	if (v) {
		write_seqcount_begin(&members_seq);
		remove_vcpu(find_vm(vcpu->kvm), v);
		write_seqcount_end(&members_seq);
	}
	spin_unlock_irqrestore(&members_lock, flags);
}

/**
 * exitstat_destroy_vm - a VM is being destroyed
 * @kvm: the VM
 *
 * Its accounts stay in the host's sum.
 */
void exitstat_destroy_vm(struct kvm *kvm)
{
	struct exitstat_vcpu *v, *next;
	struct exitstat_vm *vm;
	unsigned long flags;

	/* Nobody else changes what is being destroyed, so the record stays without a lock. */
	rcu_read_lock();
	vm = find_vm(kvm);
	rcu_read_unlock();
	if (!vm)
		return;
	/* One by one: the guests of other VMs that ask meanwhile have to wait. */
	list_for_each_entry_safe(v, next, &vm->vcpus, of_vm)
		exitstat_destroy_vcpu(v->vcpu);

	spin_lock_irqsave(&members_lock, flags);
	write_seqcount_begin(&members_seq);
	exitstat_account_fold(&gone_vms, vm->gone);
	hash_del_rcu(&vm->by_kvm);
	list_del_rcu(&vm->all);
	atomic_long_dec(&exitstat_nr_vms);
	write_seqcount_end(&members_seq);
	spin_unlock_irqrestore(&members_lock, flags);
	call_rcu(&vm->rcu, free_vm_rcu);
}

/** exitstat_registry_exit - nobody asks any more; VMs that are left are forgotten */
void exitstat_registry_exit(void)
{
	struct exitstat_vm *vm, *next;

	list_for_each_entry_safe(vm, next, &all_vms, all)
		exitstat_destroy_vm(vm->kvm);
	rcu_barrier();
}

/**
 * exitstat_set_exposed - show the leaves to a VM, or hide them from it
 * @vmm: the process that made it; all its VMs are meant
 * @exposed: show them
 *
 * Return: 0, -ESRCH when no VM of that process has run yet.
 */
int exitstat_set_exposed(pid_t vmm, bool exposed)
{
	struct exitstat_vm *vm;
	int error = -ESRCH;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &all_vms, all) {
		if (vm->vmm == vmm) {
			WRITE_ONCE(vm->exposed, exposed);
			error = 0;
		}
	}
	rcu_read_unlock();
	return error;
}

/**
 * exitstat_visit_vms - visit the VMs, in the order of their first run
 * @visit: called with @data, the process that made the VM, and whether it sees the leaves;
 *	   must not sleep
 * @data: for @visit
 */
void exitstat_visit_vms(exitstat_visit *visit, void *data)
{
	struct exitstat_vm *vm;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &all_vms, all)
		visit(data, vm->vmm, READ_ONCE(vm->exposed));
	rcu_read_unlock();
}

static void ask_vm(struct exitstat_query *query, struct exitstat_vm *vm, u64 now)
{
	struct exitstat_vcpu *v;

	list_for_each_entry_rcu(v, &vm->vcpus, of_vm) {
		exitstat_query_add(query, v->account, now);
		query->vcpus++;
	}
	exitstat_query_add(query, vm->gone, now);
}

static void ask_host(struct exitstat_query *query, u64 now)
{
	struct exitstat_vm *vm;

	list_for_each_entry_rcu(vm, &all_vms, all)
		ask_vm(query, vm, now);
	exitstat_query_add(query, &gone_vms, now);
}

static void ask_scope(struct exitstat_query *query, struct exitstat_vm *vm,
		      struct kvm_vcpu *vcpu, u64 now)
{
	struct exitstat_account *account;

	if (query->this_vcpu) {
		account = exitstat_find_account(vcpu);
		if (account)
			exitstat_query_add(query, account, now);
	} else if (READ_ONCE(exitstat_scope_host)) {
		ask_host(query, now);
	} else {
		ask_vm(query, vm, now);
	}
}

/**
 * exitstat_answer - answer a leaf
 * @vcpu: the vCPU that executes CPUID
 * @leaf: EAX, for which exitstat_is_leaf() is true
 * @ecx: ECX
 * @regs: where the answer goes
 *
 * Return: false when exitstat does not know the VM, or is not to show itself to it, and
 * CPUID is to answer as ever.
 */
bool exitstat_answer(struct kvm_vcpu *vcpu, u32 leaf, u32 ecx, struct exitstat_regs *regs)
{
	struct exitstat_query query;
	struct exitstat_vm *vm;
	unsigned int seq;

	rcu_read_lock();
	vm = find_vm(vcpu->kvm);
	if (vm && !READ_ONCE(vm->exposed))
		vm = NULL;
	if (vm) {
		do {
			seq = read_seqcount_begin(&members_seq);
			exitstat_query_init(&query, &exitstat_reasons, leaf, ecx);
			ask_scope(&query, vm, vcpu, rdtsc());
		} while (read_seqcount_retry(&members_seq, seq));
		*regs = exitstat_query_answer(&query, tsc_khz);
	}
	rcu_read_unlock();
	return vm;
}
