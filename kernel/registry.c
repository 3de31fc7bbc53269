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
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <asm/tsc.h>

#include "events.h"
#include "exitstat_host.h"
#include "meet.h"
#include "records.h"
#include "registry.h"

static DEFINE_MUTEX(members_mutex);
static u64 last_id;
LIST_HEAD(exitstat_vms);

/* By number. The numbers are consecutive, so that VMs are evenly spread. */
static struct hlist_head vms_of_id[1024];

/*
 * The lists and the dead; raw, as a callback of RCU and a reader may not sleep. A reader waits
 * its turn, where it would have to look again and again while VMs end one after the other.
 */
static DEFINE_RAW_SPINLOCK(lists_lock);
static struct exitstat_account dead;
static u64 deaths;

struct exitstat_reasons exitstat_reasons;
unsigned int exitstat_expose __read_mostly = EXITSTAT_EXPOSE_ALL;
bool exitstat_histograms __read_mostly;
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

/** exitstat_registry_exit - after the last VM, and the last question: what the dead took goes */
void exitstat_registry_exit(void)
{
	kvfree(dead.histograms);
	dead.histograms = NULL;
}

static struct hlist_head *bucket_of(u64 id)
{
	return &vms_of_id[id % ARRAY_SIZE(vms_of_id)];
}

/*
 * At the limit of its memory cgroup a VMM is not to be killed for this: its vCPU runs uncounted
 * until it is met. That is told in exitstat_attach(), once.
 */
#define GFP_RECORD	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* With the mutex held memory is not reclaimed: others wait. No cgroup is charged by a worker. */
#define GFP_MEETING	(GFP_NOWAIT | __GFP_NOWARN)

static void free_vm_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct exitstat_vm, rcu));
}

static void free_vcpu_rcu(struct rcu_head *rcu)
{
	exitstat_free_vcpu(container_of(rcu, struct exitstat_vcpu, rcu));
}

/*
 * Nobody who reads has a sum of the dead without it any more. Each vCPU is freed by a callback of
 * its own: between two of them there may be other work.
 */
static void unlist_vm_rcu(struct rcu_head *rcu)
{
	struct exitstat_vm *vm = container_of(rcu, struct exitstat_vm, rcu);
	struct exitstat_vcpu *v;
	unsigned long flags;

	raw_spin_lock_irqsave(&lists_lock, flags);
	list_del_rcu(&vm->all);
	hlist_del_rcu(&vm->of_id);
	raw_spin_unlock_irqrestore(&lists_lock, flags);
	rcu_read_lock();
	list_for_each_entry_rcu(v, &vm->vcpus, of_vm)
		call_rcu(&v->rcu, free_vcpu_rcu);
	rcu_read_unlock();
	call_rcu(&vm->rcu, free_vm_rcu);
}

/*
 * What opening an account takes, allocated before the mutex is taken: a VMM at its limit, whose
 * allocations reclaim memory, must not hold up others. What was not needed is freed. @found: the VM
 * had a record; @histograms: whether it has them as far as was known.
 */
struct opening {
	bool found, histograms;
	struct exitstat_vcpu *v;
	struct exitstat_vm *vm;
	struct exitstat_histograms *of_dead;
};

static struct opening prepare(const struct exitstat_meeting *met, gfp_t gfp)
{
	struct opening opening = { .v = exitstat_alloc_vcpu(met, gfp) };
	const struct exitstat_vm *vm;

	if (!opening.v)
		return opening;
	/* Without the mutex, who switches exitstat off may end it. */
	rcu_read_lock();
	vm = exitstat_find_vm(met->kvm);
	opening.found = vm;
	opening.histograms = vm && vm->histograms;
	rcu_read_unlock();
	if (!opening.found) {
		opening.vm = exitstat_alloc_vm(met, gfp);
		opening.histograms = opening.vm && opening.vm->histograms;
	}
	if (!opening.histograms)
		return opening;
	opening.v->account->histograms = exitstat_alloc_histograms(gfp);
	if (!READ_ONCE(dead.histograms))
		opening.of_dead = exitstat_alloc_histograms(gfp);
	return opening;
}

static void put_away(struct opening *opening)
{
	if (opening->v)
		exitstat_free_vcpu(opening->v);
	kfree(opening->vm);
	kvfree(opening->of_dead);
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
	list_add_tail_rcu(&vm->all, &exitstat_vms);
	hlist_add_head_rcu(&vm->of_id, bucket_of(vm->id));
	raw_spin_unlock_irqrestore(&lists_lock, flags);
	atomic_long_inc(&exitstat_nr_vms);
	return vm;
}

/* The last one with a lower index, as the list is in their order; or the list's head. */
static struct list_head *before(const struct exitstat_vm *vm, u32 index)
{
	struct exitstat_vcpu *v;

	list_for_each_entry_reverse(v, &vm->vcpus, of_vm)
		if (v->index < index)
			break;
	return &v->of_vm;
}

/*
 * All of a VM's accounts have histograms, or none. When another thread has made the VM meanwhile,
 * and the parameter has changed between, what was allocated is not what it takes.
 */
static int add_histograms(struct opening *opening, const struct exitstat_vm *vm)
{
	unsigned long flags;

	if (vm->histograms != opening->histograms)
		return -EAGAIN;
	if (!vm->histograms)
		return 0;
	if (!opening->v->account->histograms)
		return -ENOMEM;
	if (dead.histograms)
		return 0;
	if (!opening->of_dead)
		return -ENOMEM;
	raw_spin_lock_irqsave(&lists_lock, flags);
	WRITE_ONCE(dead.histograms, opening->of_dead);
	raw_spin_unlock_irqrestore(&lists_lock, flags);
	opening->of_dead = NULL;
	return 0;
}

static int add_vcpu(struct opening *opening, struct exitstat_vm *vm)
{
	struct exitstat_vcpu *v = opening->v;
	int error = add_histograms(opening, vm);

	if (error)
		return error;
	v->vm = vm;
	if (exitstat_link_vcpu(v))
		return -ENOMEM;
	opening->v = NULL;
	list_add_rcu(&v->of_vm, before(vm, v->index));
	WRITE_ONCE(vm->nr_vcpus, vm->nr_vcpus + 1);
	atomic_long_inc(&exitstat_nr_vcpus);
	return 0;
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

	list_for_each_entry(v, &vm->vcpus, of_vm) {
		bury(v);
		cond_resched();
	}
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

static int attach(struct opening *opening, const struct exitstat_meeting *met)
{
	struct exitstat_vm *vm;
	int error;

	if (!exitstat_enabled() || exitstat_find_vcpu(met->vcpu))
		return 0;
	if (!opening->v)
		return -ENOMEM;
	vm = exitstat_find_vm(met->kvm);
	if (!vm)
		vm = add_vm(opening);
	if (!vm)
		return opening->found ? -EAGAIN : -ENOMEM;
	error = add_vcpu(opening, vm);
	if (error)
		drop_if_empty(vm);
	return error;
}

static int try_attach(const struct exitstat_meeting *met)
{
	struct opening opening = prepare(met, GFP_RECORD);
	int error;

	mutex_lock(&members_mutex);
	error = attach(&opening, met);
	mutex_unlock(&members_mutex);
	put_away(&opening);
	return error;
}

/**
 * exitstat_attach - open a vCPU's account; may sleep
 * @met: the vCPU, which runs or is about to
 *
 * Without memory the vCPU stays without an account until the next attempt.
 *
 * Return: 0, or -ENOMEM.
 */
int exitstat_attach(const struct exitstat_meeting *met)
{
	int error;

	do
		error = try_attach(met);
	while (error == -EAGAIN);
	if (!error)
		return 0;
	atomic_long_inc(&exitstat_failed_allocations);
	pr_warn_once("exitstat: no memory for an account: a vCPU runs uncounted\n");
	return error;
}

/**
 * exitstat_meet_vcpus - open the accounts of the vCPUs that were met since
 *
 * Where there is no memory for one, it is to wait, and so are those not met yet: this ends.
 */
void exitstat_meet_vcpus(void)
{
	struct exitstat_meeting met;
	struct opening opening;
	int error;

	/* All along, so that no VM of which there is a meeting ends meanwhile. */
	mutex_lock(&members_mutex);
	while (exitstat_next_meeting(&met)) {
		opening = prepare(&met, GFP_MEETING);
		error = attach(&opening, &met);
		put_away(&opening);
		if (!error)
			continue;
		atomic_long_inc(&exitstat_failed_allocations);
		exitstat_postpone_meetings();
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

/* The first behind @place that has not ended: it stays there until the mutex's holder ends it. */
static struct exitstat_vm *find_living(struct list_head *place)
{
	struct exitstat_vm *vm = list_entry(place, struct exitstat_vm, all);

	rcu_read_lock();
	list_for_each_entry_continue_rcu(vm, &exitstat_vms, all)
		if (!vm->ended)
			break;
	rcu_read_unlock();
	return &vm->all == &exitstat_vms ? NULL : vm;
}

/** exitstat_forget_vms - no event comes any more: end all accounts; may sleep */
void exitstat_forget_vms(void)
{
	struct exitstat_vm *vm, *next;

	mutex_lock(&members_mutex);
	exitstat_cancel_meetings(NULL);
	for (vm = find_living(&exitstat_vms); vm; vm = next) {
		next = find_living(&vm->all);
		end_vm(vm);
	}
	mutex_unlock(&members_mutex);
	/* Two callbacks follow each other. */
	rcu_barrier();
	rcu_barrier();
}

/**
 * exitstat_vm_of_id - a VM by its number; the caller is a reader of RCU
 * @id: the number
 *
 * Return: the VM, NULL when there is none, or it has ended.
 */
struct exitstat_vm *exitstat_vm_of_id(u64 id)
{
	struct exitstat_vm *vm;

	hlist_for_each_entry_rcu(vm, bucket_of(id), of_id)
		if (vm->id == id && !READ_ONCE(vm->ended))
			return vm;
	return NULL;
}

/**
 * exitstat_ask_dead - add the accounts of the dead to a question
 * @query: the question
 * @now: the present, host TSC
 *
 * Return: how many these are: those with a later death are missing.
 */
u64 exitstat_ask_dead(struct exitstat_query *query, u64 now)
{
	unsigned long flags;
	u64 buried;

	raw_spin_lock_irqsave(&lists_lock, flags);
	exitstat_query_add(query, &dead, now);
	buried = deaths;
	raw_spin_unlock_irqrestore(&lists_lock, flags);
	return buried;
}
