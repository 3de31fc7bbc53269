// SPDX-License-Identifier: GPL-2.0
/* From a leaf to its answer: which accounts are in its scope. Here nothing sleeps. */
#include <linux/kvm_host.h>
#include <linux/rculist.h>
#include <asm/tsc.h>

#include "answer.h"
#include "events.h"
#include "exitstat_host.h"
#include "registry.h"
#include "sampling.h"

bool exitstat_scope_host __read_mostly;
unsigned int exitstat_numbering __read_mostly = EXITSTAT_FALL_2022;

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

static void ask_host(struct exitstat_query *query, u64 now)
{
	u64 buried = exitstat_ask_dead(query, now);
	struct exitstat_vm *vm;

	list_for_each_entry_rcu(vm, &exitstat_vms, all)
		ask_vm(query, vm, buried, now);
}

/**
 * struct scope - who asks
 * @vm: the VM
 * @v: the vCPU, or NULL
 * @host: the sum of all VMs is wanted
 */
struct scope {
	struct exitstat_vm *vm;
	struct exitstat_vcpu *v;
	bool host;
};

static void ask_scope(struct exitstat_query *query, const struct scope *scope, u64 now)
{
	if (query->this_vcpu) {
		if (scope->v)
			exitstat_query_add(query, scope->v->account, now);
	} else if (scope->host) {
		ask_host(query, now);
	} else {
		ask_vm(query, scope->vm, 0, now);
	}
}

static struct exitstat_regs answer(const struct scope *scope, u32 leaf, u32 ecx)
{
	struct exitstat_query query;

	leaf = exitstat_renumber(leaf, READ_ONCE(exitstat_numbering));
	exitstat_query_init(&query, &exitstat_reasons, leaf, ecx);
	if (exitstat_sampling_is_on())
		query.features |= EXITSTAT_FEATURE_SAMPLING;
	if (exitstat_can_sample())
		query.features |= EXITSTAT_FEATURE_RESTRICT;
	ask_scope(&query, scope, rdtsc());
	return exitstat_query_answer(&query, tsc_khz);
}

/*
 * A vCPU that asks without ever having entered the guest enters it by ways that we do not
 * see, as TDX guests do with the graft: better no answer than zeros.
 */
static bool is_seen(const struct exitstat_vcpu *v)
{
	return !v || READ_ONCE(v->account->state) != EXITSTAT_STATE_BEFORE;
}

static bool asks_as_kernel(struct kvm_vcpu *vcpu)
{
	return !exitstat_guest_cpl(vcpu) && !exitstat_guest_is_nested(vcpu);
}

static bool is_exposed(const struct exitstat_vm *vm, struct kvm_vcpu *vcpu)
{
	u8 exposure = READ_ONCE(vm->exposure);

	if (exposure == EXITSTAT_EXPOSE_NONE)
		return false;
	if (exposure == EXITSTAT_EXPOSE_ALL && !READ_ONCE(vm->restricted))
		return true;
	return asks_as_kernel(vcpu);
}

static struct exitstat_regs answer_restrict(struct exitstat_vm *vm, struct kvm_vcpu *vcpu,
					    u32 ecx)
{
	struct exitstat_regs regs = { 0 };

	if (!asks_as_kernel(vcpu))
		return regs;
	if (ecx <= 1)
		WRITE_ONCE(vm->restricted, ecx);
	if (READ_ONCE(vm->restricted))
		regs.eax |= EXITSTAT_RESTRICTED_BY_GUEST;
	if (READ_ONCE(vm->exposure) == EXITSTAT_EXPOSE_KERNEL)
		regs.eax |= EXITSTAT_RESTRICTED_BY_HOST;
	return regs;
}

/* The leaves that are about the vCPU that asks, not about accounts. */
static struct exitstat_regs answer_vcpu(const struct scope *scope, struct kvm_vcpu *vcpu,
					u32 leaf, u32 ecx)
{
	if (leaf == EXITSTAT_LEAF_RESTRICT)
		return answer_restrict(scope->vm, vcpu, ecx);
	return exitstat_sampling_answer(scope->v->account, vcpu, &exitstat_reasons, leaf, ecx);
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
	struct scope scope = { .host = READ_ONCE(exitstat_scope_host) };
	bool shown;

	rcu_read_lock();
	scope.v = exitstat_find_vcpu(vcpu);
	scope.vm = scope.v ? scope.v->vm : exitstat_find_vm(vcpu->kvm);
	shown = scope.vm && is_exposed(scope.vm, vcpu) && is_seen(scope.v);
	if (shown && scope.v && leaf >= EXITSTAT_LEAF_SELECT && leaf <= EXITSTAT_LEAF_RESTRICT)
		*regs = answer_vcpu(&scope, vcpu, leaf, ecx);
	else if (shown)
		*regs = answer(&scope, leaf, ecx);
	else if (scope.v && leaf == EXITSTAT_LEAF_SAMPLE && asks_as_kernel(vcpu))
		shown = exitstat_last_sample(scope.v->account, regs);
	rcu_read_unlock();
	return shown;
}

static struct exitstat_vcpu *vcpu_of_index(struct exitstat_vm *vm, u32 index)
{
	struct exitstat_vcpu *v;

	list_for_each_entry_rcu(v, &vm->vcpus, of_vm)
		if (v->index == index)
			return v;
	return NULL;
}

/**
 * exitstat_ask - the answer that a vCPU would get, for the host
 * @id: the VM's number
 * @index: the vCPU's index, or EXITSTAT_NO_VCPU
 * @leaf: EAX, for which exitstat_is_leaf() is true
 * @ecx: ECX
 * @regs: where the answer goes
 *
 * It is of this VM, whether the VM may see it or not.
 *
 * Return: 0; -ESRCH when there is no such VM, -ENOENT when there is no such vCPU.
 */
int exitstat_ask(u64 id, u32 index, u32 leaf, u32 ecx, struct exitstat_regs *regs)
{
	struct scope scope = { .host = false };
	int error = 0;

	rcu_read_lock();
	scope.vm = exitstat_vm_of_id(id);
	if (scope.vm && index != EXITSTAT_NO_VCPU)
		scope.v = vcpu_of_index(scope.vm, index);
	if (!scope.vm)
		error = -ESRCH;
	else if (!scope.v && index != EXITSTAT_NO_VCPU)
		error = -ENOENT;
	else
		*regs = answer(&scope, leaf, ecx);
	rcu_read_unlock();
	return error;
}
