// SPDX-License-Identifier: GPL-2.0
/* Which exit reasons are defined, and which counter each has. */
#include "test.h"
#include "vm.h"

/* All reasons near one that is something: the rest of 2^32 is far from everything. */
#define FOR_EACH_REASON(reason)							\
	for ((reason) = -0x20000; (reason) != 0x20000; (reason)++)

static bool in_vmx_manual(u32 reason)
{
	static const u32 holes[] = { 35, 38, 42, 71, 82, 83 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(holes); i++)
		if (reason == holes[i])
			return false;
	return reason < 86;
}

static bool in_svm_manual(u32 reason)
{
	return reason < 0xa7 || (reason & ~3u) == 0x400 || ~reason < 4;
}

/* Codes that the manual defines and no processor takes. */
static bool svm_never(u32 reason)
{
	static const u8 vectors[] = { 9, 15, 20, 22, 23, 24, 25, 26, 27, 31 };
	u32 low = reason & 0xf;
	unsigned int i;

	if (reason < 0x20 || (reason >= 0x90 && reason < 0xa0))	/* control registers */
		return low == 1 || (low >= 5 && low != 8);
	if (reason < 0x40)					/* debug registers */
		return low > 7;
	for (i = 0; i < ARRAY_SIZE(vectors); i++)
		if (reason == 0x40u + vectors[i])
			return true;
	return false;
}

static bool has_own_slot(const struct vm *vm, u32 reason)
{
	return exitstat_reason_slot(&vm->reasons, reason) != vm->reasons.other;
}

static void vmx_defines_0_to_85_but_six(void **state)
{
	const struct vm *vm = *state;
	u32 reason;

	FOR_EACH_REASON(reason)
		if (exitstat_reason_defined(&vm->reasons, reason) != in_vmx_manual(reason))
			fail_msg("reason %#x", reason);
}

static void svm_defines_three_ranges(void **state)
{
	const struct vm *vm = *state;
	u32 reason;

	FOR_EACH_REASON(reason)
		if (exitstat_reason_defined(&vm->reasons, reason) != in_svm_manual(reason))
			fail_msg("reason %#x", reason);
}

static void no_reason_far_from_all_is_defined(void **state)
{
	const struct vm *vm = *state;
	u32 bit;

	/* A number that lost its upper bits somewhere would seem defined. */
	for (bit = 1u << 16; bit; bit <<= 1) {
		assert_false(exitstat_reason_defined(&vm->reasons, bit));
		assert_false(exitstat_reason_defined(&vm->reasons, bit | 10));
		assert_false(exitstat_reason_defined(&vm->reasons, bit | 0x400));
		assert_false(has_own_slot(vm, bit));
		assert_false(has_own_slot(vm, bit | 10));
		assert_false(has_own_slot(vm, bit | 0x400));
	}
}

static void vmx_has_a_slot_for_all_defined_and_no_other(void **state)
{
	const struct vm *vm = *state;
	u32 reason;

	assert_int_equal(vm->reasons.nr_slots, 80 + 1);
	FOR_EACH_REASON(reason)
		if (has_own_slot(vm, reason) != in_vmx_manual(reason))
			fail_msg("reason %#x", reason);
}

static void svm_has_a_slot_for_all_that_a_processor_takes(void **state)
{
	const struct vm *vm = *state;
	u32 reason;

	FOR_EACH_REASON(reason)
		if (has_own_slot(vm, reason) != (in_svm_manual(reason) && !svm_never(reason)))
			fail_msg("reason %#x", reason);
}

static void slot_to_number_to_slot_is_the_identity(void **state)
{
	const struct vm *vm = *state;
	u8 slot;

	for (slot = 0; slot < vm->reasons.nr_slots; slot++)
		assert_int_equal(exitstat_reason_slot(&vm->reasons, vm->reasons.number[slot]),
				 slot);
}

static void number_to_slot_to_number_is_the_identity(void **state)
{
	const struct vm *vm = *state;
	u32 reason;
	u8 slot;

	FOR_EACH_REASON(reason) {
		slot = exitstat_reason_slot(&vm->reasons, reason);
		assert_true(slot < vm->reasons.nr_slots);
		if (slot != vm->reasons.other && vm->reasons.number[slot] != reason)
			fail_msg("reason %#x has the slot of %#x", reason,
				 vm->reasons.number[slot]);
	}
}

static void slots_fit_into_an_account(void **state)
{
	const struct vm *vm = *state;

	assert_in_range(vm->reasons.nr_slots, 1, EXITSTAT_NR_SLOTS);
}

static void numbers_ascend_by_their_low_16_bits(void **state)
{
	const struct vm *vm = *state;
	u8 slot;

	for (slot = 1; slot < vm->reasons.nr_slots; slot++)
		assert_true((vm->reasons.number[slot - 1] & EXITSTAT_REASON_MASK) <
			    (vm->reasons.number[slot] & EXITSTAT_REASON_MASK));
}

static void other_is_a_slot_under_a_number_that_no_manual_has(void **state)
{
	const struct vm *vm = *state;

	assert_int_equal(vm->reasons.number[vm->reasons.other], EXITSTAT_OTHER);
	assert_int_equal(EXITSTAT_OTHER & EXITSTAT_REASON_MASK, EXITSTAT_REASON_OTHER);
	assert_false(exitstat_reason_defined(&vm->reasons, EXITSTAT_OTHER));
	assert_false(exitstat_reason_defined(&vm->reasons, EXITSTAT_REASON_OTHER));
}

static void index_is_within_the_table_for_every_number_that_may_have_a_slot(void **state)
{
	u32 reason, none = 0;

	(void)state;
	FOR_EACH_REASON(reason) {
		assert_in_range(exitstat_slot_index(reason), 0, EXITSTAT_SLOT_INDEXES);
		none += exitstat_slot_index(reason) == EXITSTAT_SLOT_INDEXES;
	}
	assert_int_equal(none, 0x40000 - EXITSTAT_SLOT_INDEXES);
}

static void index_is_different_for_different_numbers(void **state)
{
	bool taken[EXITSTAT_SLOT_INDEXES] = { false };
	u32 reason, index;

	(void)state;
	FOR_EACH_REASON(reason) {
		index = exitstat_slot_index(reason);
		if (index == EXITSTAT_SLOT_INDEXES)
			continue;
		assert_false(taken[index]);
		taken[index] = true;
	}
}

static void table_knows_its_space(void **state)
{
	const struct vm *vm = *state;
	bool svm = exitstat_reason_defined(&vm->reasons, -1u);

	assert_int_equal(vm->reasons.space, svm ? EXITSTAT_SPACE_SVM : EXITSTAT_SPACE_VMX);
}

static void table_can_be_filled_in_again(void **state)
{
	const struct vm *vm = *state;
	struct exitstat_reasons again;

	memset(&again, 0xa5, sizeof(again));
	exitstat_reasons_init(&again, vm->reasons.space);
	assert_memory_equal(&again, &vm->reasons, sizeof(again));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_VMX(vmx_defines_0_to_85_but_six),
		ON_SVM(svm_defines_three_ranges),
		ON_BOTH(no_reason_far_from_all_is_defined),
		ON_VMX(vmx_has_a_slot_for_all_defined_and_no_other),
		ON_SVM(svm_has_a_slot_for_all_that_a_processor_takes),
		ON_BOTH(slot_to_number_to_slot_is_the_identity),
		ON_BOTH(number_to_slot_to_number_is_the_identity),
		ON_BOTH(slots_fit_into_an_account),
		ON_BOTH(numbers_ascend_by_their_low_16_bits),
		ON_BOTH(other_is_a_slot_under_a_number_that_no_manual_has),
		cmocka_unit_test(index_is_within_the_table_for_every_number_that_may_have_a_slot),
		cmocka_unit_test(index_is_different_for_different_numbers),
		ON_BOTH(table_knows_its_space),
		ON_BOTH(table_can_be_filled_in_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
