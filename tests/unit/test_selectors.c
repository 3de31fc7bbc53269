// SPDX-License-Identifier: GPL-2.0
/* The leaves with a selector or a state: snapshot, vmm, next, state. */
#include "test.h"
#include "answers.h"

#define SNAPSHOT	0x4ffffff2
#define NEXT		0x4ffffff3
#define STATE		0x4ffffff4
#define VMM		0x4ffffff5

#define ALL		(1u << 30)
#define THIS		(1u << 31)
#define NONE		0xffffffff

static const u32 selector_leaves[] = { SNAPSHOT, NEXT, VMM };

static struct exitstat_regs nothing(u32 leaf)
{
	return leaf == NEXT ? (struct exitstat_regs){ .eax = NONE } : zeros;
}

static void assert_selected(const struct vm *vm, u32 selector)
{
	struct exitstat_reason_count sum = { 0 };
	u8 slot;

	for (slot = 0; slot < vm->reasons.nr_slots; slot++)
		if ((vm->reasons.number[slot] & 0xffff) == selector)
			sum = vm_sum(vm, slot);
	assert_answer(vm, SNAPSHOT, selector, both_halves(sum.exits, sum.cycles));
	assert_answer(vm, VMM, selector, both_halves(sum.vmm_returns, sum.vmm_cycles));
}

static void every_reason_is_selected_by_its_low_16_bits(void **state)
{
	struct vm *vm = *state;
	u32 selector;

	vm_fill(vm);
	for (selector = 0; selector < 0x1000; selector++)
		assert_selected(vm, selector);
	for (selector = 0xe000; selector < 0x10000; selector++)
		assert_selected(vm, selector);
}

static void other_is_selected_by_its_name_only(void **state)
{
	struct vm *vm = *state;

	exitstat_account_exit(&vm->vcpus[2], exitstat_reason_slot(&vm->reasons, 0x4321), 100);
	exitstat_account_return(&vm->vcpus[2], 105);
	exitstat_account_run(&vm->vcpus[2], 116);
	exitstat_account_entry(&vm->vcpus[2], 116);
	assert_answer(vm, SNAPSHOT, 0xefff, both_halves(1, 5));
	assert_answer(vm, VMM, 0xefff, both_halves(1, 11));
	assert_answer(vm, SNAPSHOT, 0x4321, zeros);
	assert_answer(vm, VMM, 0x4321, zeros);
}

static void negative_code_is_selected_by_its_low_16_bits(void **state)
{
	struct vm *vm = *state;

	exitstat_account_exit(&vm->vcpus[0], vm_slot(vm, -1u), 100);
	exitstat_account_entry(&vm->vcpus[0], 107);
	assert_answer(vm, SNAPSHOT, 0xffff, both_halves(1, 7));
	assert_answer(vm, NEXT, 0x1000, (struct exitstat_regs){ .eax = 0xffff });
}

static void all_reasons_selects_the_totals_whatever_the_reason(void **state)
{
	static const u32 reasons[] = { 0, 10, 0x49, 35, 0xefff, 0xffff };
	struct vm *vm = *state;
	struct exitstat_reason_count sum, total = { 0 };
	unsigned int i;
	u8 slot;

	vm_fill(vm);
	for (slot = 0; slot < vm->reasons.nr_slots; slot++) {
		sum = vm_sum(vm, slot);
		total.exits += sum.exits;
		total.cycles += sum.cycles;
		total.vmm_returns += sum.vmm_returns;
		total.vmm_cycles += sum.vmm_cycles;
	}
	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		assert_answer(vm, SNAPSHOT, ALL | reasons[i],
			      both_halves(total.exits, total.cycles));
		assert_answer(vm, VMM, ALL | reasons[i],
			      both_halves(total.vmm_returns, total.vmm_cycles));
	}
}

static void reserved_bit_selects_nothing(void **state)
{
	struct vm *vm = *state;
	unsigned int i;
	u32 bit, leaf;

	vm_fill(vm);
	for (i = 0; i < ARRAY_SIZE(selector_leaves); i++)
		for (bit = 1u << 16; bit < ALL; bit <<= 1) {
			leaf = selector_leaves[i];
			assert_answer(vm, leaf, bit | cpuid_exit(vm), nothing(leaf));
			assert_answer(vm, leaf, bit | ALL, nothing(leaf));
			assert_answer(vm, leaf, bit | THIS | cpuid_exit(vm), nothing(leaf));
		}
}

static void this_vcpu_selects_the_account_of_the_reader(void **state)
{
	struct vm *vm = *state;
	u8 slot = vm_slot(vm, cpuid_exit(vm));
	const struct exitstat_account *account = &vm->vcpus[0];
	const struct exitstat_reason_count *reason = &account->reasons[slot];

	vm_fill(vm);
	assert_answer(vm, SNAPSHOT, THIS | cpuid_exit(vm),
		      both_halves(reason->exits, reason->cycles));
	assert_answer(vm, VMM, THIS | cpuid_exit(vm),
		      both_halves(reason->vmm_returns, reason->vmm_cycles));
	assert_answer(vm, SNAPSHOT, THIS | ALL,
		      both_halves(account->exits, account->states[EXITSTAT_STATE_HOST].cycles));
	assert_answer(vm, STATE, THIS | EXITSTAT_STATE_VMM,
		      both_halves(account->states[EXITSTAT_STATE_VMM].entered,
				  account->states[EXITSTAT_STATE_VMM].cycles));
}

static void whole_vm_is_asked_without_bit_31(void **state)
{
	struct vm *vm = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(selector_leaves); i++) {
		assert_false(asks_this_vcpu(vm, selector_leaves[i], cpuid_exit(vm)));
		assert_false(asks_this_vcpu(vm, selector_leaves[i], ALL));
		assert_true(asks_this_vcpu(vm, selector_leaves[i], THIS | cpuid_exit(vm)));
		assert_true(asks_this_vcpu(vm, selector_leaves[i], THIS | ALL));
	}
	assert_false(asks_this_vcpu(vm, STATE, EXITSTAT_STATE_HOST));
	assert_true(asks_this_vcpu(vm, STATE, THIS | EXITSTAT_STATE_HOST));
}

static u32 next(const struct vm *vm, u32 selector)
{
	return vm_ask(vm, NEXT, selector).eax;
}

static void next_walks_over_all_reasons_in_order(void **state)
{
	struct vm *vm = *state;
	u32 reason = 0;
	u8 slot;

	vm_fill(vm);
	for (slot = 0; slot < vm->reasons.nr_slots; slot++, reason++) {
		reason = next(vm, reason);
		assert_int_equal(reason, vm->reasons.number[slot] & 0xffff);
	}
	assert_int_equal(next(vm, reason), NONE);
}

static void next_is_the_reason_itself_when_it_has_exits(void **state)
{
	struct vm *vm = *state;
	u8 slot;
	u32 low;

	for (slot = 0; slot < vm->reasons.nr_slots; slot++) {
		vm_open(vm, vm->reasons.space);
		vm->vcpus[1].reasons[slot].exits = 1;
		low = vm->reasons.number[slot] & 0xffff;
		assert_int_equal(next(vm, 0), low);
		assert_int_equal(next(vm, low), low);
		assert_int_equal(next(vm, low + 1), NONE);
		if (low)
			assert_int_equal(next(vm, low - 1), low);
	}
}

static void next_of_an_empty_vm_is_none(void **state)
{
	struct vm *vm = *state;

	assert_answer(vm, NEXT, 0, (struct exitstat_regs){ .eax = NONE });
	assert_answer(vm, NEXT, 0xffff, (struct exitstat_regs){ .eax = NONE });
	assert_answer(vm, NEXT, THIS, (struct exitstat_regs){ .eax = NONE });
}

static void next_is_the_lowest_over_all_accounts(void **state)
{
	struct vm *vm = *state;
	int turn, i;

	/* Each account has another reason; the order of the accounts must not matter. */
	for (turn = 0; turn < VM_NR_VCPUS; turn++) {
		vm_open(vm, vm->reasons.space);
		for (i = 0; i < VM_NR_VCPUS; i++)
			vm->vcpus[i].reasons[10 + (turn + i) % VM_NR_VCPUS].exits = 1;
		vm->gone.reasons[20].exits = 1;
		assert_int_equal(next(vm, 0), vm->reasons.number[10] & 0xffff);
		assert_int_equal(next(vm, vm->reasons.number[11]), vm->reasons.number[11]);
		assert_int_equal(next(vm, vm->reasons.number[12]), vm->reasons.number[12]);
		assert_int_equal(next(vm, vm->reasons.number[12] + 1), vm->reasons.number[20]);
	}
}

static void next_of_this_vcpu_sees_no_other(void **state)
{
	struct vm *vm = *state;

	vm->vcpus[0].reasons[12].exits = 1;
	vm->vcpus[1].reasons[10].exits = 1;
	assert_int_equal(next(vm, THIS), vm->reasons.number[12]);
	assert_int_equal(next(vm, 0), vm->reasons.number[10]);
}

static void next_passes_over_undefined_reasons(void **state)
{
	struct vm *vm = *state;

	vm_fill(vm);
	assert_int_equal(next(vm, 35), 36);
	assert_int_equal(next(vm, 42), 43);
	assert_int_equal(next(vm, 82), 84);
	assert_int_equal(next(vm, 86), 0xefff);
	assert_int_equal(next(vm, 0xf000), NONE);
}

static void next_is_about_exits_not_returns(void **state)
{
	struct vm *vm = *state;

	/* Other's returns, those of a vCPU that never left the guest, are no exits. */
	vm->vcpus[0].reasons[vm->reasons.other].vmm_returns = 1;
	assert_int_equal(next(vm, 0), NONE);
}

static void next_sees_counts_of_32_bits_of_zeros(void **state)
{
	struct vm *vm = *state;

	vm->vcpus[0].reasons[12].exits = 1ull << 32;
	assert_int_equal(next(vm, 0), vm->reasons.number[12]);
}

static void next_does_not_hear_the_all_reasons_bit(void **state)
{
	struct vm *vm = *state;

	vm_fill(vm);
	assert_int_equal(next(vm, ALL | cpuid_exit(vm)), cpuid_exit(vm));
}

static void every_state_answers_its_own_numbers(void **state)
{
	struct vm *vm = *state;
	u32 i;

	for (i = 0; i < EXITSTAT_NR_STATES; i++) {
		vm->vcpus[0].states[i] = (struct exitstat_state_count){ 10 + i, 100 + i };
		vm->gone.states[i] = (struct exitstat_state_count){ 1000, 10000 };
	}
	for (i = 0; i < EXITSTAT_NR_STATES; i++) {
		assert_answer(vm, STATE, i, both_halves(1010 + i, 10100 + i));
		assert_answer(vm, STATE, THIS | i, both_halves(10 + i, 100 + i));
	}
}

static void states_are_numbered_as_the_abi_says(void **state)
{
	struct vm *vm = *state;
	struct exitstat_account *account = &vm->vcpus[0];

	exitstat_account_entry(account, 0);
	exitstat_account_exit(account, 0, 1);
	exitstat_account_return(account, 11);
	exitstat_account_run(account, 111);
	exitstat_account_halt(account, 111);
	exitstat_account_wake(account, 1111);
	exitstat_account_preempt(account, 1111);
	exitstat_account_entry(account, 11111);
	vm->now = 11111;
	assert_answer(vm, STATE, 0, both_halves(2, 1));
	assert_answer(vm, STATE, 1, both_halves(3, 10));
	assert_answer(vm, STATE, 2, both_halves(1, 100));
	assert_answer(vm, STATE, 3, both_halves(1, 1000));
	assert_answer(vm, STATE, 4, both_halves(1, 10000));
}

static void invalid_state_is_zeros(void **state)
{
	struct vm *vm = *state;
	u32 i;

	for (i = 0; i <= EXITSTAT_NR_STATES; i++)
		vm->vcpus[0].states[i] = (struct exitstat_state_count){ 1, 1 };
	for (i = EXITSTAT_NR_STATES; i <= 0xff; i++) {
		assert_answer(vm, STATE, i, zeros);
		assert_answer(vm, STATE, THIS | i, zeros);
	}
	for (i = 1u << 8; i < THIS; i <<= 1) {
		assert_answer(vm, STATE, i | EXITSTAT_STATE_HOST, zeros);
		assert_answer(vm, STATE, i | THIS | EXITSTAT_STATE_HOST, zeros);
	}
}

static void state_under_way_is_answered_up_to_now_on_every_vcpu(void **state)
{
	struct vm *vm = *state;

	exitstat_account_entry(&vm->vcpus[0], 400);
	exitstat_account_entry(&vm->vcpus[1], 700);
	vm->now = 1000;
	assert_answer(vm, STATE, EXITSTAT_STATE_GUEST, both_halves(2, 900));
	assert_answer(vm, STATE, THIS | EXITSTAT_STATE_GUEST, both_halves(1, 600));
}

static void snapshots_cycles_are_the_host_states(void **state)
{
	struct vm *vm = *state;

	exitstat_account_exit(&vm->vcpus[0], vm_slot(vm, cpuid_exit(vm)), 100);
	exitstat_account_entry(&vm->vcpus[0], 130);
	exitstat_account_exit(&vm->vcpus[0], vm_slot(vm, cpuid_exit(vm)), 140);
	assert_answer(vm, SNAPSHOT, ALL, both_halves(2, 30));
	assert_answer(vm, STATE, EXITSTAT_STATE_HOST, both_halves(2, 30));
}

static void selector_leaves_carry_at_32_bits(void **state)
{
	static const struct exitstat_regs carried = { .ebx = 1, .ecx = 5, .edx = 1 };
	struct vm *vm = *state;
	struct exitstat_account *account = &vm->vcpus[2];
	u8 slot = vm_slot(vm, cpuid_exit(vm));

	account->exits = 0xffffffff;
	account->reasons[slot] = (struct exitstat_reason_count){
		0xffffffff, 0xfffffffb, 0xffffffff, 0xfffffffb
	};
	account->states[EXITSTAT_STATE_HOST].cycles = 0xfffffffb;
	account->states[EXITSTAT_STATE_VMM].entered = 0xffffffff;
	account->states[EXITSTAT_STATE_VMM].cycles = 0xfffffffb;

	exitstat_account_exit(account, slot, 100);
	exitstat_account_return(account, 110);
	exitstat_account_run(account, 120);
	exitstat_account_entry(account, 120);
	assert_answer(vm, SNAPSHOT, ALL, carried);
	assert_answer(vm, SNAPSHOT, cpuid_exit(vm), carried);
	assert_answer(vm, VMM, ALL, carried);
	assert_answer(vm, VMM, cpuid_exit(vm), carried);
	assert_answer(vm, STATE, EXITSTAT_STATE_VMM, carried);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_BOTH(every_reason_is_selected_by_its_low_16_bits),
		ON_BOTH(other_is_selected_by_its_name_only),
		ON_SVM(negative_code_is_selected_by_its_low_16_bits),
		ON_BOTH(all_reasons_selects_the_totals_whatever_the_reason),
		ON_BOTH(reserved_bit_selects_nothing),
		ON_BOTH(this_vcpu_selects_the_account_of_the_reader),
		ON_BOTH(whole_vm_is_asked_without_bit_31),
		ON_BOTH(next_walks_over_all_reasons_in_order),
		ON_BOTH(next_is_the_reason_itself_when_it_has_exits),
		ON_BOTH(next_of_an_empty_vm_is_none),
		ON_BOTH(next_is_the_lowest_over_all_accounts),
		ON_BOTH(next_of_this_vcpu_sees_no_other),
		ON_VMX(next_passes_over_undefined_reasons),
		ON_BOTH(next_is_about_exits_not_returns),
		ON_BOTH(next_sees_counts_of_32_bits_of_zeros),
		ON_BOTH(next_does_not_hear_the_all_reasons_bit),
		ON_BOTH(every_state_answers_its_own_numbers),
		ON_BOTH(states_are_numbered_as_the_abi_says),
		ON_BOTH(invalid_state_is_zeros),
		ON_BOTH(state_under_way_is_answered_up_to_now_on_every_vcpu),
		ON_BOTH(snapshots_cycles_are_the_host_states),
		ON_BOTH(selector_leaves_carry_at_32_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
