// SPDX-License-Identifier: GPL-2.0
/*
 * Which account belongs to which vCPU, and which vCPUs to which VM.
 *
 * How a record is found is the way's: see way.h. Here the addresses of KVM's structures are
 * keys, never followed: a VM may end unseen while the module's hooks are taken away.
 *
 * vCPUs come one by one and go with their VM. Who opens or ends accounts holds
 * members_mutex; who reads, RCU. A VM's sum goes over its own list, and nothing that
 * becomes of other VMs disturbs it.
 *
 * The host's sum has the accounts of the dead in one. Each vCPU that is added to it gets the
 * number of its death, and its record stays on the lists for a grace period. So who has
 * read the sum up to a death adds the accounts without a number or with a later one: each
 * vCPU once, in one pass.
 */
#include <linux/kvm_host.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <asm/tsc.h>

#include "events.h"
#include "meet.h"
#include "registry.h"

static DEFINE_MUTEX(members_mutex);
static LIST_HEAD(all_vms);
static u64 last_id;

/*
 * The lists and the dead; raw, as a callback of RCU and a reader may not sleep. A reader waits
 * its turn, where it would have to look again and again while VMs end one after the other.
 */
static DEFINE_RAW_SPINLOCK(lists_lock);
static struct exitstat_account dead;
static u64 deaths;

struct exitstat_reasons exitstat_reasons;
bool exitstat_scope_host __read_mostly;
bool exitstat_expose __read_mostly = true;
unsigned int exitstat_numbering __read_mostly = EXITSTAT_FALL_2022;
atomic_long_t exitstat_nr_vms;
atomic_long_t exitstat_nr_vcpus;
atomic_long_t exitstat_failed_allocations;

/** exitstat_registry_init - before the first VM; what the dead have left stays */
void exitstat_registry_init(void)
{
	exitstat_reasons_init(&exitstat_reasons, boot_cpu_has(X86_FEATURE_SVM) ?
			      EXITSTAT_SPACE_SVM : EXITSTAT_SPACE_VMX);
	exitstat_account_init(&dead, exitstat_reasons.other);
}

/*
 * At the limit of its memory cgroup a VMM is not to be killed for this: its vCPU runs
 * uncounted. That is told in exitstat_attach(), once.
 */
#define GFP_RECORD	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* With the mutex held memory is not reclaimed: others wait. */
#define GFP_MEETING	(GFP_NOWAIT | __GFP_NOWARN)

/*
 * A function of its own, so that it can be made to fail: a vCPU must run, uncounted,
 * when there is no memory for its account.
 */
static noinline struct exitstat_account *exitstat_account_alloc(gfp_t gfp)
{
	return (struct exitstat_account *)get_zeroed_page(gfp);
}

static void free_vcpu(struct exitstat_vcpu *v)
{
	free_page((unsigned long)v->account);
	kfree(v);
}

static void free_vm(struct exitstat_vm *vm)
{
	struct exitstat_vcpu *v, *next;

	list_for_each_entry_safe(v, next, &vm->vcpus, of_vm)
		free_vcpu(v);
	kfree(vm);
}

static void free_vm_rcu(struct rcu_head *rcu)
{
	free_vm(container_of(rcu, struct exitstat_vm, rcu));
}

/* Nobody who reads has a sum of the dead without it any more. */
static void unlist_vm_rcu(struct rcu_head *rcu)
{
	struct exitstat_vm *vm = container_of(rcu, struct exitstat_vm, rcu);
	unsigned long flags;

	raw_spin_lock_irqsave(&lists_lock, flags);
	list_del_rcu(&vm->all);
	raw_spin_unlock_irqrestore(&lists_lock, flags);
	call_rcu(&vm->rcu, free_vm_rcu);
}

/*
 * What opening an account takes, allocated before the mutex is taken: a VMM at its limit, whose
 * allocations reclaim memory, must not hold up others. What was not needed is freed.
 */
struct opening {
	struct exitstat_vcpu *v;
	struct exitstat_vm *vm;
};

static struct exitstat_vcpu *alloc_vcpu(struct kvm_vcpu *vcpu, gfp_t gfp)
{
	struct exitstat_vcpu *v = kzalloc(sizeof(*v), gfp);

	if (!v)
		return NULL;
	v->vcpu = vcpu;
	v->account = exitstat_account_alloc(gfp);
	if (!v->account) {
		kfree(v);
		return NULL;
	}
	exitstat_account_init(v->account, exitstat_reasons.other);
	return v;
}

static struct exitstat_vm *alloc_vm(struct kvm *kvm, pid_t vmm, gfp_t gfp)
{
	struct exitstat_vm *vm = kzalloc(sizeof(*vm), gfp);

	if (!vm)
		return NULL;
	vm->kvm = kvm;
	vm->vmm = vmm;
	vm->exposed = READ_ONCE(exitstat_expose);
	INIT_LIST_HEAD(&vm->vcpus);
	return vm;
}

static struct opening prepare(struct kvm_vcpu *vcpu, struct kvm *kvm, pid_t vmm, gfp_t gfp)
{
	struct opening opening = { .v = alloc_vcpu(vcpu, gfp) };

	if (opening.v && !exitstat_find_vm(kvm))
		opening.vm = alloc_vm(kvm, vmm, gfp);
	return opening;
}

static void put_away(struct opening *opening)
{
	if (opening->v)
		free_vcpu(opening->v);
	kfree(opening->vm);
}

static struct exitstat_vm *add_vm(struct opening *opening)
{
	struct exitstat_vm *vm = opening->vm;
	unsigned long flags;

	if (!vm || exitstat_link_vm(vm))
		return NULL;
	opening->vm = NULL;
	vm->id = ++last_id;
	raw_spin_lock_irqsave(&lists_lock, flags);
	list_add_tail_rcu(&vm->all, &all_vms);
	raw_spin_unlock_irqrestore(&lists_lock, flags);
	atomic_long_inc(&exitstat_nr_vms);
	return vm;
}

static bool add_vcpu(struct opening *opening, struct exitstat_vm *vm)
{
	struct exitstat_vcpu *v = opening->v;

	v->vm = vm;
	if (exitstat_link_vcpu(v))
		return false;
	opening->v = NULL;
	list_add_tail_rcu(&v->of_vm, &vm->vcpus);
	atomic_long_inc(&exitstat_nr_vcpus);
	return true;
}

/* One by one, so that interrupts are not off for long. */
static void bury(struct exitstat_vcpu *v)
{
	unsigned long flags;

	exitstat_unlink_vcpu(v);
	raw_spin_lock_irqsave(&lists_lock, flags);
	exitstat_account_close(v->account, rdtsc());
	WRITE_ONCE(v->death, ++deaths);
	exitstat_account_fold(&dead, v->account);
	raw_spin_unlock_irqrestore(&lists_lock, flags);
	atomic_long_dec(&exitstat_nr_vcpus);
}

static void end_vm(struct exitstat_vm *vm)
{
	struct exitstat_vcpu *v;

	list_for_each_entry(v, &vm->vcpus, of_vm)
		bury(v);
	exitstat_unlink_vm(vm);
	WRITE_ONCE(vm->ended, true);
	atomic_long_dec(&exitstat_nr_vms);
	call_rcu(&vm->rcu, unlist_vm_rcu);
}

/* A VM without vCPUs would be one that has never run. */
static void drop_if_empty(struct exitstat_vm *vm)
{
	if (list_empty(&vm->vcpus))
		end_vm(vm);
}

static int attach(struct opening *opening, struct kvm_vcpu *vcpu, struct kvm *kvm)
{
	struct exitstat_vm *vm;

	if (!exitstat_enabled() || exitstat_find_vcpu(vcpu))
		return 0;
	if (!opening->v)
		return -ENOMEM;
	vm = exitstat_find_vm(kvm);
	if (!vm)
		vm = add_vm(opening);
	if (!vm)
		return -ENOMEM;
	if (add_vcpu(opening, vm))
		return 0;
	drop_if_empty(vm);
	return -ENOMEM;
}

/**
 * exitstat_attach - open a vCPU's account; may sleep
 * @vcpu: the vCPU, which runs or is about to
 * @kvm: its VM
 * @vmm: the process that runs it
 *
 * Without memory the vCPU stays without an account until the next attempt.
 *
 * Return: 0, or -ENOMEM.
 */
int exitstat_attach(struct kvm_vcpu *vcpu, struct kvm *kvm, pid_t vmm)
{
	struct opening opening = prepare(vcpu, kvm, vmm, GFP_RECORD);
	int error;

	mutex_lock(&members_mutex);
	error = attach(&opening, vcpu, kvm);
	mutex_unlock(&members_mutex);
	put_away(&opening);
	if (!error)
		return 0;
	atomic_long_inc(&exitstat_failed_allocations);
	pr_warn_once("exitstat: no memory for an account: a vCPU runs uncounted\n");
	return error;
}

/** exitstat_meet_vcpus - open the accounts of the vCPUs that were met since */
void exitstat_meet_vcpus(void)
{
	struct exitstat_meeting met;
	struct opening opening;
	int error;

	/* All along, so that no VM of which there is a meeting ends meanwhile. */
	mutex_lock(&members_mutex);
	while (exitstat_next_meeting(&met)) {
		opening = prepare(met.vcpu, met.kvm, met.vmm, GFP_MEETING);
		error = attach(&opening, met.vcpu, met.kvm);
		put_away(&opening);
		if (!error)
			continue;
		atomic_long_inc(&exitstat_failed_allocations);
		exitstat_postpone_meetings();
		exitstat_cancel_meetings(NULL);
	}
	mutex_unlock(&members_mutex);
}

/**
 * exitstat_destroy_vm - a VM is being destroyed; may sleep
 * @kvm: the VM, whose vCPUs do not run any more
 *
 * Its accounts stay in the host's sum.
 */
void exitstat_destroy_vm(struct kvm *kvm)
{
	struct exitstat_vm *vm;

	mutex_lock(&members_mutex);
	exitstat_cancel_meetings(kvm);
	vm = exitstat_find_vm(kvm);
	if (vm)
		end_vm(vm);
	mutex_unlock(&members_mutex);
}

/** exitstat_forget_vms - no event comes any more: end all accounts; may sleep */
void exitstat_forget_vms(void)
{
	struct exitstat_vm *vm;

	mutex_lock(&members_mutex);
	exitstat_cancel_meetings(NULL);
	/* Only a VM that was ended before now can leave the list meanwhile. */
	rcu_read_lock();
	list_for_each_entry_rcu(vm, &all_vms, all)
		if (!vm->ended)
			end_vm(vm);
	rcu_read_unlock();
	mutex_unlock(&members_mutex);
	/* Two callbacks follow each other. */
	rcu_barrier();
	rcu_barrier();
}

/**
 * exitstat_set_exposed - show the leaves to a VM, or hide them from it
 * @id: the VM's number
 * @exposed: show them
 *
 * Return: 0, -ESRCH when there is no such VM, or none that has run.
 */
int exitstat_set_exposed(u64 id, bool exposed)
{
	struct exitstat_vm *vm;
	int error = -ESRCH;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &all_vms, all) {
		if (vm->id == id && !READ_ONCE(vm->ended)) {
			WRITE_ONCE(vm->exposed, exposed);
			error = 0;
		}
	}
	rcu_read_unlock();
	return error;
}

/**
 * exitstat_visit_vms - visit the VMs, in the order of their first run
 * @visit: called with @data and the VM; must not sleep
 * @data: for @visit
 */
void exitstat_visit_vms(exitstat_visit *visit, void *data)
{
	struct exitstat_vm *vm;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &all_vms, all)
		visit(data, vm);
	rcu_read_unlock();
}

/* The accounts that are not in the sum of the first @buried dead. */
static void ask_vm(struct exitstat_query *query, struct exitstat_vm *vm, u64 buried, u64 now)
{
	struct exitstat_vcpu *v;
	u64 death;

	list_for_each_entry_rcu(v, &vm->vcpus, of_vm) {
		death = READ_ONCE(v->death);
		if (death && death <= buried)
			continue;
		exitstat_query_add(query, v->account, now);
		query->vcpus++;
	}
}

/* Return: how many there are. */
static u64 ask_dead(struct exitstat_query *query, u64 now)
{
	unsigned long flags;
	u64 buried;

	raw_spin_lock_irqsave(&lists_lock, flags);
	exitstat_query_add(query, &dead, now);
	buried = deaths;
	raw_spin_unlock_irqrestore(&lists_lock, flags);
	return buried;
}

static void ask_host(struct exitstat_query *query, u64 now)
{
	u64 buried = ask_dead(query, now);
	struct exitstat_vm *vm;

	list_for_each_entry_rcu(vm, &all_vms, all)
		ask_vm(query, vm, buried, now);
}

static void ask_scope(struct exitstat_query *query, struct exitstat_vm *vm,
		      const struct exitstat_vcpu *v, u64 now)
{
	if (query->this_vcpu) {
		if (v)
			exitstat_query_add(query, v->account, now);
	} else if (READ_ONCE(exitstat_scope_host)) {
		ask_host(query, now);
	} else {
		ask_vm(query, vm, 0, now);
	}
}

/*
 * A vCPU that asks without ever having entered the guest enters it by ways that we do not
 * see, as TDX guests do with the graft: better no answer than zeros.
 */
static bool is_seen(const struct exitstat_vcpu *v)
{
	return !v || READ_ONCE(v->account->state) != EXITSTAT_STATE_BEFORE;
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
	struct exitstat_vcpu *v;
	struct exitstat_vm *vm;
	bool answer;

	leaf = exitstat_renumber(leaf, READ_ONCE(exitstat_numbering));
	rcu_read_lock();
	v = exitstat_find_vcpu(vcpu);
	vm = v ? v->vm : exitstat_find_vm(vcpu->kvm);
	answer = vm && READ_ONCE(vm->exposed) && is_seen(v);
	if (answer) {
		exitstat_query_init(&query, &exitstat_reasons, leaf, ecx);
		ask_scope(&query, vm, v, rdtsc());
		*regs = exitstat_query_answer(&query, tsc_khz);
	}
	rcu_read_unlock();
	return answer;
}
