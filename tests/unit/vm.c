// SPDX-License-Identifier: GPL-2.0
/* A VM for tests: see vm.h. */
#include <stdlib.h>

#include "vm.h"

u32 vm_space_vmx = EXITSTAT_SPACE_VMX;
u32 vm_space_svm = EXITSTAT_SPACE_SVM;

void vm_open(struct vm *vm, u32 space)
{
	int i;

	memset(vm, 0, sizeof(*vm));
	exitstat_reasons_init(&vm->reasons, space);
	for (i = 0; i < VM_NR_VCPUS; i++)
		exitstat_account_init(&vm->vcpus[i], vm->reasons.other);
	exitstat_account_init(&vm->gone, vm->reasons.other);
	vm->now = 1000;
}

static void ask_scope(const struct vm *vm, struct exitstat_query *query)
{
	int i;

	if (query->this_vcpu) {
		exitstat_query_add(query, &vm->vcpus[0], vm->now);
		return;
	}
	for (i = 0; i < VM_NR_VCPUS; i++, query->vcpus++)
		exitstat_query_add(query, &vm->vcpus[i], vm->now);
	exitstat_query_add(query, &vm->gone, vm->now);
}

struct exitstat_regs vm_ask(const struct vm *vm, u32 leaf, u32 ecx)
{
	struct exitstat_query query;

	/* What was on the caller's stack must not reach the answer. */
	memset(&query, 0xa5, sizeof(query));
	exitstat_query_init(&query, &vm->reasons, leaf, ecx);
	ask_scope(vm, &query);
	return exitstat_query_answer(&query, VM_TSC_KHZ);
}

u8 vm_slot(const struct vm *vm, u32 reason)
{
	u8 slot = exitstat_reason_slot(&vm->reasons, reason);

	if (slot == vm->reasons.other && reason != EXITSTAT_OTHER)
		abort();
	return slot;
}

u32 cpuid_exit(const struct vm *vm)
{
	return vm->reasons.space == EXITSTAT_SPACE_SVM ? 0x72 : 10;
}

static void fill(struct exitstat_account *account, u8 nr_slots, u64 factor)
{
	struct exitstat_reason_count *reason;
	u8 slot;

	for (slot = 0; slot < nr_slots; slot++) {
		reason = &account->reasons[slot];
		*reason = (struct exitstat_reason_count){
			.exits = factor * (slot + 1),
			.cycles = factor * (slot + 1) * 1000,
			.vmm_returns = factor * (slot + 2),
			.vmm_cycles = factor * (slot + 2) * 2000,
		};
		account->exits += reason->exits;
		account->states[EXITSTAT_STATE_HOST].cycles += reason->cycles;
		account->states[EXITSTAT_STATE_VMM].entered += reason->vmm_returns;
		account->states[EXITSTAT_STATE_VMM].cycles += reason->vmm_cycles;
	}
}

void vm_fill(struct vm *vm)
{
	int i;

	for (i = 0; i < VM_NR_VCPUS; i++)
		fill(&vm->vcpus[i], vm->reasons.nr_slots, 1ull << 8 * i);
	fill(&vm->gone, vm->reasons.nr_slots, 1ull << 8 * i);
}

struct exitstat_reason_count vm_sum(const struct vm *vm, u8 slot)
{
	struct exitstat_reason_count sum = vm->gone.reasons[slot];
	int i;

	for (i = 0; i < VM_NR_VCPUS; i++) {
		sum.exits += vm->vcpus[i].reasons[slot].exits;
		sum.cycles += vm->vcpus[i].reasons[slot].cycles;
		sum.vmm_returns += vm->vcpus[i].reasons[slot].vmm_returns;
		sum.vmm_cycles += vm->vcpus[i].reasons[slot].vmm_cycles;
	}
	return sum;
}

int vm_setup(void **state)
{
	static struct vm vm;

	vm_open(&vm, *(u32 *)*state);
	*state = &vm;
	return 0;
}
