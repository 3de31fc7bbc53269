// SPDX-License-Identifier: GPL-2.0
/* The leaves without a selector: the four of the course, identify, properties, no leaves. */
#include "test.h"
#include "answers.h"

/* A reason that the manual defines and no processor takes: exception 9. */
#define SVM_WITHOUT_SLOT	0x49

static const u32 all_leaves[] = {
	0x4ffffff0, 0x4ffffff1, 0x4ffffff2, 0x4ffffff3, 0x4ffffff4, 0x4ffffff5, 0x4ffffff6,
	0x4ffffff7, 0x4ffffff8, 0x4ffffff9, 0x4ffffffa, 0x4ffffffb, 0x4ffffffc, 0x4ffffffd,
	0x4ffffffe, 0x4fffffff,
};

static const u32 odd_ecx[] = { 0, 1, 10, 0xefff, 0xffff, 0x10000, 1u << 30, 1u << 31, -1u };

static void range_has_16_leaves(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all_leaves); i++)
		assert_true(exitstat_is_leaf(all_leaves[i]));
	assert_false(exitstat_is_leaf(0x4fffffef));
	assert_false(exitstat_is_leaf(0x50000000));
	assert_false(exitstat_is_leaf(0));
	assert_false(exitstat_is_leaf(0x40000000));
	assert_false(exitstat_is_leaf(0xcffffff0));
	assert_false(exitstat_is_leaf(-1u));
}

static void leaf_not_listed_answers_zeros(void **state)
{
	struct vm *vm = *state;
	unsigned int i;
	u32 leaf;

	vm_fill(vm);
	for (leaf = 0x4ffffff8; leaf <= 0x4ffffffb; leaf++)
		for (i = 0; i < ARRAY_SIZE(odd_ecx); i++)
			assert_answer(vm, leaf, odd_ecx[i], zeros);
}

static void identify_is_version_1_and_the_signature(void **state)
{
	static const char *const signature = "KVMExitStat";
	struct exitstat_regs regs;
	struct vm *vm = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd_ecx); i++) {
		regs = vm_ask(vm, 0x4ffffff0, odd_ecx[i]);
		assert_int_equal(regs.eax, 1);
		assert_memory_equal(&regs.ebx, signature, 12);
	}
}

static void properties_are_frequency_features_space_and_vcpus(void **state)
{
	struct vm *vm = *state;
	struct exitstat_regs want = {
		.eax = VM_TSC_KHZ, .ecx = vm->reasons.space, .edx = VM_NR_VCPUS,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd_ecx); i++)
		assert_answer(vm, 0x4ffffff1, odd_ecx[i], want);
}

static void spaces_are_numbered_1_and_2(void **state)
{
	struct vm *vm = *state;
	bool svm = exitstat_reason_defined(&vm->reasons, -1u);

	assert_int_equal(vm_ask(vm, 0x4ffffff1, 0).ecx, svm ? 2 : 1);
}

static void totals_are_the_sum_of_all_accounts_whatever_ecx_is(void **state)
{
	struct exitstat_reason_count sum;
	struct vm *vm = *state;
	u64 exits = 0, cycles = 0;
	unsigned int i;
	u8 slot;

	vm_fill(vm);
	for (slot = 0; slot < vm->reasons.nr_slots; slot++) {
		sum = vm_sum(vm, slot);
		exits += sum.exits;
		cycles += sum.cycles;
	}
	for (i = 0; i < ARRAY_SIZE(odd_ecx); i++) {
		assert_answer(vm, 0x4ffffffc, odd_ecx[i], course_exits(exits));
		assert_answer(vm, 0x4ffffffd, odd_ecx[i], course_cycles(cycles));
	}
}

/* What both course leaves for a reason should answer. */
static void assert_course_reason(const struct vm *vm, u32 reason)
{
	struct exitstat_reason_count sum;
	u8 slot;

	if (!exitstat_reason_defined(&vm->reasons, reason)) {
		assert_answer(vm, 0x4ffffffe, reason, undefined);
		assert_answer(vm, 0x4fffffff, reason, undefined);
		return;
	}
	for (slot = 0; slot < vm->reasons.nr_slots; slot++)
		if (vm->reasons.number[slot] == reason)
			break;
	if (slot == vm->reasons.nr_slots) {
		assert_answer(vm, 0x4ffffffe, reason, zeros);
		assert_answer(vm, 0x4fffffff, reason, zeros);
		return;
	}
	sum = vm_sum(vm, slot);
	assert_answer(vm, 0x4ffffffe, reason, course_exits(sum.exits));
	assert_answer(vm, 0x4fffffff, reason, course_cycles(sum.cycles));
}

static void every_reason_answers_its_own_numbers_or_undefined(void **state)
{
	struct vm *vm = *state;
	u32 reason;

	vm_fill(vm);
	for (reason = -0x1000; reason != 0x11000; reason++)
		assert_course_reason(vm, reason);
}

static void reason_is_all_32_bits_of_ecx(void **state)
{
	struct vm *vm = *state;
	u32 bit;

	vm_fill(vm);
	for (bit = 1u << 16; bit; bit <<= 1) {
		assert_answer(vm, 0x4ffffffe, bit | cpuid_exit(vm), undefined);
		assert_answer(vm, 0x4fffffff, bit | cpuid_exit(vm), undefined);
	}
}

static void negative_code_by_its_low_16_bits_is_undefined(void **state)
{
	struct vm *vm = *state;

	vm_fill(vm);
	assert_answer(vm, 0x4ffffffe, 0xffff, undefined);
	assert_answer(vm, 0x4fffffff, 0xffff, undefined);
}

static void negative_code_is_defined_by_all_32_bits(void **state)
{
	struct vm *vm = *state;
	u32 code;

	for (code = -4u; code; code++) {
		exitstat_account_exit(&vm->vcpus[1], vm_slot(vm, code), 100);
		exitstat_account_entry(&vm->vcpus[1], 107);
		assert_answer(vm, 0x4ffffffe, code, course_exits(1));
		assert_answer(vm, 0x4fffffff, code, course_cycles(7));
	}
}

static void other_is_undefined_in_the_course_leaves(void **state)
{
	struct vm *vm = *state;

	vm_fill(vm);
	assert_answer(vm, 0x4ffffffe, 0xefff, undefined);
	assert_answer(vm, 0x4ffffffe, EXITSTAT_OTHER, undefined);
	assert_answer(vm, 0x4fffffff, 0xefff, undefined);
	assert_answer(vm, 0x4fffffff, EXITSTAT_OTHER, undefined);
}

static void defined_but_never_taken_is_zeros(void **state)
{
	struct vm *vm = *state;

	assert_answer(vm, 0x4ffffffe, cpuid_exit(vm), zeros);
	assert_answer(vm, 0x4fffffff, cpuid_exit(vm), zeros);
}

static void defined_but_without_slot_is_zeros_and_not_others(void **state)
{
	struct vm *vm = *state;
	u8 slot = exitstat_reason_slot(&vm->reasons, SVM_WITHOUT_SLOT);

	assert_int_equal(slot, vm->reasons.other);
	exitstat_account_exit(&vm->vcpus[0], slot, 100);
	exitstat_account_entry(&vm->vcpus[0], 107);
	assert_answer(vm, 0x4ffffffe, SVM_WITHOUT_SLOT, zeros);
	assert_answer(vm, 0x4fffffff, SVM_WITHOUT_SLOT, zeros);
}

static void unknown_exit_is_in_the_totals(void **state)
{
	struct vm *vm = *state;

	exitstat_account_exit(&vm->vcpus[0], exitstat_reason_slot(&vm->reasons, 0x12345), 100);
	exitstat_account_entry(&vm->vcpus[0], 107);
	assert_answer(vm, 0x4ffffffc, 0, course_exits(1));
	assert_answer(vm, 0x4ffffffd, 0, course_cycles(7));
}

static void exit_that_reads_is_counted_its_cycles_not_yet(void **state)
{
	struct vm *vm = *state;

	exitstat_account_exit(&vm->vcpus[0], vm_slot(vm, cpuid_exit(vm)), 100);
	assert_answer(vm, 0x4ffffffc, 0, course_exits(1));
	assert_answer(vm, 0x4ffffffd, 0, zeros);
	assert_answer(vm, 0x4ffffffe, cpuid_exit(vm), course_exits(1));
	assert_answer(vm, 0x4fffffff, cpuid_exit(vm), zeros);
}

static void course_leaves_carry_at_32_bits(void **state)
{
	struct vm *vm = *state;
	struct exitstat_account *account = &vm->vcpus[1];
	u8 slot = vm_slot(vm, cpuid_exit(vm));

	account->exits = account->reasons[slot].exits = 0xffffffff;
	account->states[EXITSTAT_STATE_HOST].cycles = 0xfffffff0;
	account->reasons[slot].cycles = 0xfffffff0;
	assert_answer(vm, 0x4ffffffc, 0, (struct exitstat_regs){ .eax = 0xffffffff });
	assert_answer(vm, 0x4ffffffd, 0, (struct exitstat_regs){ .ecx = 0xfffffff0 });

	exitstat_account_exit(account, slot, 100);
	exitstat_account_entry(account, 117);
	assert_answer(vm, 0x4ffffffc, 0, (struct exitstat_regs){ .ebx = 1 });
	assert_answer(vm, 0x4ffffffd, 0, (struct exitstat_regs){ .ebx = 1, .ecx = 1 });
	assert_answer(vm, 0x4ffffffe, cpuid_exit(vm), (struct exitstat_regs){ .ebx = 1 });
	assert_answer(vm, 0x4fffffff, cpuid_exit(vm),
		      (struct exitstat_regs){ .ebx = 1, .ecx = 1 });
}

static void sums_over_accounts_carry_at_32_bits(void **state)
{
	struct vm *vm = *state;
	u8 slot = vm_slot(vm, cpuid_exit(vm));

	vm->vcpus[0].exits = vm->vcpus[0].reasons[slot].exits = 0xffffffff;
	vm->vcpus[2].exits = vm->vcpus[2].reasons[slot].exits = 3;
	vm->gone.states[EXITSTAT_STATE_HOST].cycles = vm->gone.reasons[slot].cycles = 0xfffffffe;
	vm->vcpus[1].states[EXITSTAT_STATE_HOST].cycles = 0x500000007;
	vm->vcpus[1].reasons[slot].cycles = 0x500000007;
	assert_answer(vm, 0x4ffffffc, 0, course_exits(0x100000002));
	assert_answer(vm, 0x4ffffffd, 0, course_cycles(0x600000005));
	assert_answer(vm, 0x4ffffffe, cpuid_exit(vm), course_exits(0x100000002));
	assert_answer(vm, 0x4fffffff, cpuid_exit(vm), course_cycles(0x600000005));
}

static void leaf_without_selector_is_never_for_this_vcpu_only(void **state)
{
	static const u32 without[] = {
		0x4ffffff0, 0x4ffffff1, 0x4ffffff8, 0x4ffffff9,
		0x4ffffffa, 0x4ffffffb, 0x4ffffffc, 0x4ffffffd, 0x4ffffffe, 0x4fffffff,
	};
	struct vm *vm = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(without); i++) {
		assert_false(asks_this_vcpu(vm, without[i], 1u << 31));
		assert_false(asks_this_vcpu(vm, without[i], -1u));
	}
}

static void no_vcpus_is_no_exits(void **state)
{
	struct exitstat_query query;
	struct vm *vm = *state;

	/* The VM of a vCPU that could have no account. */
	exitstat_query_init(&query, &vm->reasons, 0x4ffffffc, 0);
	assert_int_equal(exitstat_query_answer(&query, VM_TSC_KHZ).eax, 0);
	exitstat_query_init(&query, &vm->reasons, 0x4ffffff1, 0);
	assert_int_equal(exitstat_query_answer(&query, VM_TSC_KHZ).edx, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(range_has_16_leaves),
		ON_BOTH(leaf_not_listed_answers_zeros),
		ON_BOTH(identify_is_version_1_and_the_signature),
		ON_BOTH(properties_are_frequency_features_space_and_vcpus),
		ON_BOTH(spaces_are_numbered_1_and_2),
		ON_BOTH(totals_are_the_sum_of_all_accounts_whatever_ecx_is),
		ON_BOTH(every_reason_answers_its_own_numbers_or_undefined),
		ON_BOTH(reason_is_all_32_bits_of_ecx),
		ON_BOTH(negative_code_by_its_low_16_bits_is_undefined),
		ON_SVM(negative_code_is_defined_by_all_32_bits),
		ON_BOTH(other_is_undefined_in_the_course_leaves),
		ON_BOTH(defined_but_never_taken_is_zeros),
		ON_SVM(defined_but_without_slot_is_zeros_and_not_others),
		ON_BOTH(unknown_exit_is_in_the_totals),
		ON_BOTH(exit_that_reads_is_counted_its_cycles_not_yet),
		ON_BOTH(course_leaves_carry_at_32_bits),
		ON_BOTH(sums_over_accounts_carry_at_32_bits),
		ON_BOTH(leaf_without_selector_is_never_for_this_vcpu_only),
		ON_BOTH(no_vcpus_is_no_exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
