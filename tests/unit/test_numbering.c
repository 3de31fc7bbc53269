// SPDX-License-Identifier: GPL-2.0
/* The course leaves by the numbers of the terms, each as its programs read them. */
#include "test.h"
#include "answers.h"

static const enum exitstat_numbering like_fall_2020[] = {
	EXITSTAT_FALL_2020, EXITSTAT_SPRING_2021,
};

static const enum exitstat_numbering like_fall_2021[] = {
	EXITSTAT_FALL_2021, EXITSTAT_SPRING_2022, EXITSTAT_FALL_2023,
};

static void assert_numbered(const struct vm *vm, enum exitstat_numbering numbering, u32 leaf,
			    u32 ecx, struct exitstat_regs want)
{
	assert_answer(vm, exitstat_renumber(leaf, numbering), ecx, want);
}

static struct exitstat_regs exits_and_cycles(u64 exits, u64 cycles)
{
	return (struct exitstat_regs){ .eax = exits, .ebx = cycles >> 32, .ecx = cycles };
}

/* What the VM of vm_fill() has of one reason, and of all. */
static void sums(struct vm *vm, u32 reason, struct exitstat_reason_count *one,
		 struct exitstat_reason_count *all)
{
	struct exitstat_reason_count sum;
	u8 slot;

	vm_fill(vm);
	*one = vm_sum(vm, vm_slot(vm, reason));
	*all = (struct exitstat_reason_count){ 0 };
	for (slot = 0; slot < vm->reasons.nr_slots; slot++) {
		sum = vm_sum(vm, slot);
		all->exits += sum.exits;
		all->cycles += sum.cycles;
	}
}

static void fall_2020_has_two_leaves(void **state)
{
	struct exitstat_reason_count one, all;
	struct vm *vm = *state;
	unsigned int i;

	sums(vm, cpuid_exit(vm), &one, &all);
	assert_true(all.cycles >> 32 && all.exits >> 32);
	for (i = 0; i < ARRAY_SIZE(like_fall_2020); i++) {
		assert_numbered(vm, like_fall_2020[i], 0x4fffffff, 35,
				exits_and_cycles(all.exits, all.cycles));
		assert_numbered(vm, like_fall_2020[i], 0x4ffffffe, cpuid_exit(vm),
				course_exits(one.exits));
		assert_numbered(vm, like_fall_2020[i], 0x4ffffffe, 0x3ff, undefined);
		assert_numbered(vm, like_fall_2020[i], 0x4ffffffd, cpuid_exit(vm), zeros);
		assert_numbered(vm, like_fall_2020[i], 0x4ffffffc, cpuid_exit(vm), zeros);
	}
}

static void fall_2021_has_the_totals_above(void **state)
{
	struct exitstat_reason_count one, all;
	struct vm *vm = *state;
	unsigned int i;

	sums(vm, cpuid_exit(vm), &one, &all);
	for (i = 0; i < ARRAY_SIZE(like_fall_2021); i++) {
		assert_numbered(vm, like_fall_2021[i], 0x4fffffff, 35, course_exits(all.exits));
		assert_numbered(vm, like_fall_2021[i], 0x4ffffffe, 35, course_cycles(all.cycles));
		assert_numbered(vm, like_fall_2021[i], 0x4ffffffd, cpuid_exit(vm),
				course_exits(one.exits));
		assert_numbered(vm, like_fall_2021[i], 0x4ffffffc, cpuid_exit(vm),
				course_cycles(one.cycles));
		assert_numbered(vm, like_fall_2021[i], 0x4ffffffd, 0x3ff, undefined);
		assert_numbered(vm, like_fall_2021[i], 0x4ffffffc, 0x3ff, undefined);
	}
}

static void fall_2022_is_the_abi(void **state)
{
	u32 leaf;

	(void)state;
	for (leaf = 0x4ffffff0; leaf < 0x50000000; leaf++)
		assert_int_equal(exitstat_renumber(leaf, EXITSTAT_FALL_2022), leaf);
}

static void other_leaves_are_the_same_in_every_numbering(void **state)
{
	enum exitstat_numbering numbering;
	u32 leaf;

	(void)state;
	for (numbering = 0; numbering < EXITSTAT_NR_NUMBERINGS; numbering++)
		for (leaf = 0x4ffffff0; leaf < 0x4ffffffc; leaf++)
			assert_int_equal(exitstat_renumber(leaf, numbering), leaf);
}

/* A guest that asks for the numbers that only exitstat_renumber() makes is not heard. */
static void meanings_are_no_leaves(void **state)
{
	(void)state;
	assert_false(exitstat_is_leaf(EXITSTAT_LEAF_NONE));
	assert_false(exitstat_is_leaf(EXITSTAT_LEAF_EXITS_AND_CYCLES));
}

static void course_leaves_are_never_for_this_vcpu_only(void **state)
{
	enum exitstat_numbering numbering;
	struct vm *vm = *state;
	u32 leaf;

	for (numbering = 0; numbering < EXITSTAT_NR_NUMBERINGS; numbering++)
		for (leaf = 0x4ffffffc; leaf < 0x50000000; leaf++)
			assert_false(asks_this_vcpu(vm, exitstat_renumber(leaf, numbering), -1u));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_BOTH(fall_2020_has_two_leaves),
		ON_BOTH(fall_2021_has_the_totals_above),
		cmocka_unit_test(fall_2022_is_the_abi),
		cmocka_unit_test(other_leaves_are_the_same_in_every_numbering),
		cmocka_unit_test(meanings_are_no_leaves),
		ON_BOTH(course_leaves_are_never_for_this_vcpu_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
