// SPDX-License-Identifier: GPL-2.0
/* Records by the addresses of KVM's structures, in tables that grow with their number. */
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/percpu.h>
#include <linux/rhashtable.h>

#include "registry.h"

static struct rhashtable vcpus, vms;

/*
 * The vCPU that was last put on a CPU is often the next one, too. What is remembered holds
 * until a record is unlinked, anybody's: another vCPU may get that address. All CPUs read it, and
 * whatever else they read must not leave their caches when a vCPU ends.
 */
static struct {
	unsigned long n ____cacheline_aligned_in_smp;
} unlinked;

struct last {
	struct kvm_vcpu *vcpu;
	struct exitstat_vcpu *v;
	unsigned long unlinked;
};

static DEFINE_PER_CPU(struct last, last_found);

/* The keys are addresses, of which a multiplication makes a better hash than a dozen shifts. */
static u32 hash_address(const void *key, u32 length, u32 seed)
{
	return hash_64(*(const unsigned long *)key ^ seed, 32);
}

static int is_not(const void *address, const void *key)
{
	return address != *(void * const *)key;
}

static int is_not_vcpu(struct rhashtable_compare_arg *arg, const void *v)
{
	return is_not(((const struct exitstat_vcpu *)v)->vcpu, arg->key);
}

static int is_not_vm(struct rhashtable_compare_arg *arg, const void *vm)
{
	return is_not(((const struct exitstat_vm *)vm)->kvm, arg->key);
}

static const struct rhashtable_params vcpu_params = {
	.key_len = sizeof(struct kvm_vcpu *),
	.key_offset = offsetof(struct exitstat_vcpu, vcpu),
	.head_offset = offsetof(struct exitstat_vcpu, link.node),
	.hashfn = hash_address,
	.obj_cmpfn = is_not_vcpu,
	.automatic_shrinking = true,
};

static const struct rhashtable_params vm_params = {
	.key_len = sizeof(struct kvm *),
	.key_offset = offsetof(struct exitstat_vm, kvm),
	.head_offset = offsetof(struct exitstat_vm, link.node),
	.hashfn = hash_address,
	.obj_cmpfn = is_not_vm,
	.automatic_shrinking = true,
};

/**
 * exitstat_way_init - before the first record
 *
 * Return: 0, or -ENOMEM.
 */
int exitstat_way_init(void)
{
	int error = rhashtable_init(&vcpus, &vcpu_params);

	if (error)
		return error;
	error = rhashtable_init(&vms, &vm_params);
	if (error)
		rhashtable_destroy(&vcpus);
	return error;
}

/** exitstat_way_exit - after the last record is unlinked; may sleep */
void exitstat_way_exit(void)
{
	rhashtable_destroy(&vms);
	rhashtable_destroy(&vcpus);
}

struct exitstat_vcpu *exitstat_find_vcpu(struct kvm_vcpu *vcpu)
{
	struct exitstat_vcpu *v;

	rcu_read_lock();
	v = rhashtable_lookup(&vcpus, &vcpu, vcpu_params);
	rcu_read_unlock();
	return v;
}

struct exitstat_vcpu *exitstat_find_vcpu_here(struct kvm_vcpu *vcpu)
{
	struct last *last = this_cpu_ptr(&last_found);
	unsigned long now = READ_ONCE(unlinked.n);

	if (likely(last->vcpu == vcpu && last->unlinked == now))
		return last->v;
	last->v = exitstat_find_vcpu(vcpu);
	last->unlinked = now;
	last->vcpu = last->v ? vcpu : NULL;
	return last->v;
}

struct exitstat_vm *exitstat_find_vm(struct kvm *kvm)
{
	struct exitstat_vm *vm;

	rcu_read_lock();
	vm = rhashtable_lookup(&vms, &kvm, vm_params);
	rcu_read_unlock();
	return vm;
}

int exitstat_link_vcpu(struct exitstat_vcpu *v)
{
	return rhashtable_insert_fast(&vcpus, &v->link.node, vcpu_params);
}

int exitstat_link_vm(struct exitstat_vm *vm)
{
	return rhashtable_insert_fast(&vms, &vm->link.node, vm_params);
}

void exitstat_unlink_vcpu(struct exitstat_vcpu *v)
{
	rhashtable_remove_fast(&vcpus, &v->link.node, vcpu_params);
	WRITE_ONCE(unlinked.n, unlinked.n + 1);
}

void exitstat_unlink_vm(struct exitstat_vm *vm)
{
	rhashtable_remove_fast(&vms, &vm->link.node, vm_params);
}
