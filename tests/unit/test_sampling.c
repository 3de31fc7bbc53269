// SPDX-License-Identifier: GPL-2.0
/* Which exits become NMIs, and what the guest is told of them. */
#include "test.h"
#include "processor.h"
#include "sampling.h"

#define IDT	0xfffffe0000000000
#define RIP	0xffffffff81234567
#define PORT	0x3f8

enum { DB = 0x41, CPUID = 0x72, IRET = 0x74, HLT = 0x78, IO = 0x7b, MSR = 0x7c, VMRUN = 0x80 };

static struct exitstat_reasons reasons;
static struct exitstat_account account;
static struct exitstat_account *const acc = &account;
static u64 now;

static struct exitstat_regs ask(u32 leaf, u32 ecx)
{
	return exitstat_sampling_answer(acc, NULL, &reasons, leaf, ecx);
}

/* Nothing but these regs. */
static void assert_regs(struct exitstat_regs regs, u32 eax, u32 ebx, u32 ecx, u32 edx)
{
	assert_int_equal(regs.eax, eax);
	assert_int_equal(regs.ebx, ebx);
	assert_int_equal(regs.ecx, ecx);
	assert_int_equal(regs.edx, edx);
}

static int begin_on(u32 space)
{
	exitstat_reasons_init(&reasons, space);
	memset(acc, 0, sizeof(*acc));
	exitstat_account_init(acc, reasons.other);
	processor = (struct processor){ .idt = IDT, .rip = RIP, .about = PORT, .can_sample = true };
	exitstat_least_period = 1;
	now = 1000;
	exitstat_account_entry(acc, now);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	return begin_on(EXITSTAT_SPACE_SVM);
}

static int begin_vmx(void **state)
{
	(void)state;
	return begin_on(EXITSTAT_SPACE_VMX);
}

static void leave(u32 reason)
{
	exitstat_account_exit(acc, exitstat_reason_slot(&reasons, reason), now += 10);
}

static void enter(void)
{
	exitstat_account_entry(acc, now += 10);
}

/* Return: the NMIs that it gave. */
static unsigned int cause(u32 reason)
{
	unsigned int before = processor.nmis;

	leave(reason);
	enter();
	return processor.nmis - before;
}

static unsigned int cause_many(u32 reason, unsigned int n)
{
	unsigned int nmis = 0;

	while (n--)
		nmis += cause(reason);
	return nmis;
}

static void arm(u32 selector, u32 countdown)
{
	assert_int_equal(ask(EXITSTAT_LEAF_SELECT, selector).eax, exitstat_least_period);
	ask(EXITSTAT_LEAF_ARM, countdown);
}

/* As the guest's driver does: the handler asks, and returns. */
static void handle(u32 reason, u32 countdown)
{
	processor.blocks_nmi = true;
	assert_regs(ask(EXITSTAT_LEAF_SAMPLE, countdown), 1,
		    EXITSTAT_SAMPLE_MARK | (reason & EXITSTAT_REASON_MASK), (u32)RIP, RIP >> 32);
	assert_int_equal(cause(IRET), 0);
	processor.blocks_nmi = false;
}

static void nobody_who_has_not_armed_it_is_interrupted(void **state)
{
	(void)state;
	assert_int_equal(cause_many(IO, 1000), 0);
	ask(EXITSTAT_LEAF_SELECT, EXITSTAT_ALL_REASONS);
	ask(EXITSTAT_LEAF_SAMPLE, 1);
	assert_int_equal(cause_many(IO, 1000), 0);
	assert_int_equal(acc->exits, 2000);
}

static void each_nth_exit_is_a_sample(void **state)
{
	int i;

	(void)state;
	arm(EXITSTAT_ALL_REASONS, 10);
	for (i = 0; i < 100; i++) {
		assert_int_equal(cause_many(MSR, 5) + cause_many(IO, 4), 0);
		assert_int_equal(cause(IO), 1);
		handle(IO, 10);
	}
	assert_int_equal(processor.nmis, 100);
}

static void exits_of_other_reasons_do_not_count(void **state)
{
	(void)state;
	arm(IO, 3);
	assert_int_equal(cause_many(MSR, 10) + cause_many(IO, 2) + cause_many(CPUID, 10), 0);
	assert_int_equal(cause(IO), 1);
	handle(IO, 0);
}

static void fired_it_waits_for_the_question(void **state)
{
	(void)state;
	arm(IO, 1);
	assert_int_equal(cause(IO), 1);
	assert_int_equal(cause(IRET) + cause_many(IO, 1000), 0);
	handle(IO, 2);
	assert_int_equal(cause(IO), 0);
	assert_int_equal(cause(IO), 1);
	handle(IO, 0);
	assert_int_equal(cause_many(IO, 1000), 0);
}

static void a_question_without_an_nmi_starts_nothing(void **state)
{
	(void)state;
	arm(IO, 5);
	cause_many(IO, 3);
	assert_regs(ask(EXITSTAT_LEAF_SAMPLE, 100), 0, EXITSTAT_SAMPLE_MARK, 0, 0);
	assert_int_equal(cause(IO), 0);
	assert_int_equal(cause(IO), 1);
	ask(EXITSTAT_LEAF_ARM, 0);
	/* Disarmed after the NMI: the handler is not to arm it. */
	ask(EXITSTAT_LEAF_SAMPLE, 1);
	assert_int_equal(cause_many(IO, 100), 0);
}

static void what_is_left_is_told(void **state)
{
	(void)state;
	arm(IO, 100);
	cause_many(IO, 40);
	assert_regs(ask(EXITSTAT_LEAF_ARM, 0), 60, 0, 0, 0);
	assert_regs(ask(EXITSTAT_LEAF_ARM, 60), 0, 0, 0, 0);
	assert_int_equal(cause_many(IO, 59), 0);
	assert_int_equal(cause(IO), 1);
	assert_regs(ask(EXITSTAT_LEAF_ARM, 0), 0, 0, 0, 0);
}

static void what_it_was_about_is_told(void **state)
{
	(void)state;
	processor.about = 0x123456789a;
	arm(IO, 1);
	cause(IO);
	processor.about = 0;
	handle(IO, 1);
	assert_regs(ask(EXITSTAT_LEAF_SAMPLE, EXITSTAT_SAMPLE_ABOUT | 7), 0x3456789a, 0x12, 0, 0);
	assert_int_equal(cause(IO), 1);
}

/* The handler's own exits do not count, nor the step behind it that a pending NMI takes. */
static void nothing_counts_in_a_handler(void **state)
{
	(void)state;
	arm(EXITSTAT_ALL_REASONS, 2);
	assert_int_equal(cause(IO), 0);
	processor.blocks_nmi = true;
	assert_int_equal(cause_many(IO, 100) + cause(IRET), 0);
	processor.blocks_nmi = false;
	assert_int_equal(cause(DB), 0);
	assert_int_equal(cause(IO), 1);
	handle(IO, 1);
	assert_int_equal(cause(DB), 0);
	assert_int_equal(cause(IO), 1);
}

static void what_cannot_be_sampled_is_said(void **state)
{
	static const u32 without[] = { DB, IRET, 0x64, VMRUN, 0x7f, 0xffff };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(without); i++)
		assert_regs(ask(EXITSTAT_LEAF_SELECT, without[i]), 0, 0, 0, 0);
	/* Nor what selects nothing. */
	assert_regs(ask(EXITSTAT_LEAF_SELECT, 1 << 16), 0, 0, 0, 0);
	assert_regs(ask(EXITSTAT_LEAF_SELECT, 0x1234), 0, 0, 0, 0);
	assert_regs(ask(EXITSTAT_LEAF_SELECT, MSR), 1, 0, 0, 0);
}

static void what_cannot_be_sampled_on_vmx_is_said(void **state)
{
	static const u32 without[] = { 2, 7, 8, 20, 24, 33 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(without); i++)
		assert_regs(ask(EXITSTAT_LEAF_SELECT, without[i]), 0, 0, 0, 0);
	assert_regs(ask(EXITSTAT_LEAF_SELECT, 12), 1, 0, 0, 0);
}

static void another_exit_takes_its_place(void **state)
{
	(void)state;
	arm(EXITSTAT_ALL_REASONS, 3);
	assert_int_equal(cause_many(MSR, 2) + cause_many(0x64, 5) + cause(VMRUN), 0);
	assert_int_equal(cause(MSR), 1);
	handle(MSR, 1);
	processor.in_delivery = true;
	assert_int_equal(cause_many(MSR, 5), 0);
	processor.in_delivery = false;
	assert_int_equal(cause(MSR), 1);
}

static void guests_of_the_guest_are_left_alone(void **state)
{
	(void)state;
	arm(EXITSTAT_ALL_REASONS, 2);
	processor.nested = true;
	processor.idt = 0;
	assert_int_equal(cause_many(MSR, 10), 0);
	assert_regs(ask(EXITSTAT_LEAF_ARM, 1), 0, 0, 0, 0);
	processor.nested = false;
	processor.idt = IDT;
	assert_int_equal(cause(MSR), 0);
	assert_int_equal(cause(MSR), 1);
}

static void programs_get_zeros_and_change_nothing(void **state)
{
	u32 leaf, ecx;

	(void)state;
	arm(IO, 2);
	processor.cpl = 3;
	for (leaf = EXITSTAT_LEAF_SELECT; leaf <= EXITSTAT_LEAF_SAMPLE; leaf++)
		for (ecx = 0; ecx < 32; ecx++)
			assert_regs(ask(leaf, 1u << ecx), 0, 0, 0, 0);
	processor.cpl = 0;
	assert_int_equal(cause(IO), 0);
	assert_int_equal(cause(IO), 1);
	handle(IO, 0);
}

static void the_kernels_own_questions_are_no_samples(void **state)
{
	(void)state;
	arm(CPUID, 1);
	processor.eax = EXITSTAT_LEAF_SNAPSHOT;
	assert_int_equal(cause_many(CPUID, 100), 0);
	/* Those of a program are. */
	processor.cpl = 3;
	assert_int_equal(cause(CPUID), 1);
	processor.cpl = 0;
	handle(CPUID, 1);
	processor.eax = 7;
	assert_int_equal(cause(CPUID), 1);
}

static void a_halted_vcpu_sleeps_before_its_nmi(void **state)
{
	(void)state;
	arm(HLT, 1);
	leave(HLT);
	assert_int_equal(processor.nmis, 0);
	exitstat_account_halt(acc, now += 10);
	assert_int_equal(processor.nmis, 0);
	exitstat_account_wake(acc, now += 1000);
	assert_int_equal(processor.nmis, 1);
	assert_int_equal(acc->states[EXITSTAT_STATE_HALTED].cycles, 1000);
	enter();
	handle(HLT, 1);
}

static void a_halt_that_the_vmm_sees_to_is_a_sample_at_the_next_exit(void **state)
{
	(void)state;
	arm(HLT, 1);
	leave(HLT);
	exitstat_account_return(acc, now += 10);
	exitstat_account_run(acc, now += 10);
	enter();
	assert_int_equal(processor.nmis, 0);
	assert_int_equal(cause(IO), 1);
	handle(HLT, 0);
}

/* The exit of the question that ends it is none to tell of, nor one after which it may not come. */
static void a_halt_without_sleep_waits_for_a_fit_exit(void **state)
{
	(void)state;
	arm(HLT, 1);
	leave(HLT);
	enter();
	assert_int_equal(cause(VMRUN) + cause(0x64), 0);
	processor.in_delivery = true;
	assert_int_equal(cause(IO), 0);
	processor.in_delivery = false;
	processor.eax = EXITSTAT_LEAF_ARM;
	assert_int_equal(cause(CPUID), 0);
	ask(EXITSTAT_LEAF_ARM, 0);
	assert_int_equal(cause_many(IO, 10), 0);
}

static void another_kernel_is_left_alone(void **state)
{
	static const u64 others[] = { 0, EXITSTAT_NO_IDT, IDT + 4096 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		arm(EXITSTAT_ALL_REASONS, 5);
		cause_many(MSR, 4);
		processor.idt = others[i];
		assert_int_equal(cause(MSR), 0);
		/* And what it was when the old one's table is back. */
		processor.idt = IDT;
		assert_int_equal(cause_many(MSR, 1000), 0);
		assert_int_equal(acc->sampling, EXITSTAT_SAMPLING_OFF);
	}
}

static void without_handlers_nothing_is_armed(void **state)
{
	(void)state;
	processor.idt = EXITSTAT_NO_IDT;
	arm(IO, 1);
	assert_int_equal(cause_many(IO, 10), 0);
}

static void the_host_has_the_last_word(void **state)
{
	(void)state;
	exitstat_least_period = 100;
	arm(IO, 1);
	assert_int_equal(cause_many(IO, 99), 0);
	assert_int_equal(cause(IO), 1);
	handle(IO, 7);
	assert_int_equal(cause_many(IO, 99), 0);
	exitstat_least_period = 0;
	assert_int_equal(cause_many(IO, 1000), 0);
	exitstat_least_period = 1;
	assert_int_equal(cause_many(IO, 1000), 0);
	exitstat_least_period = 0;
	assert_regs(ask(EXITSTAT_LEAF_SELECT, IO), 0, 0, 0, 0);
	assert_regs(ask(EXITSTAT_LEAF_SAMPLE, 1), 0, 0, 0, 0);
}

/* Else the guest would take it for a fault of its hardware. */
static void an_nmi_that_has_come_is_explained(void **state)
{
	struct exitstat_regs regs;

	(void)state;
	arm(IO, 1);
	assert_int_equal(cause(IO), 1);
	exitstat_least_period = 0;
	handle(IO, 1);
	exitstat_least_period = 1;
	assert_int_equal(cause_many(IO, 1000), 0);
	/* Also by a VM from which the leaves are hidden. */
	arm(IO, 1);
	assert_int_equal(cause(IO), 1);
	assert_true(exitstat_last_sample(acc, &regs));
	assert_int_equal(regs.eax, 1);
	assert_false(exitstat_last_sample(acc, &regs));
	assert_int_equal(cause_many(IO, 1000), 0);
	/* No NMI has come for a HLT that goes on. */
	arm(HLT, 1);
	leave(HLT);
	exitstat_least_period = 0;
	enter();
	cause(IO);
	assert_false(exitstat_last_sample(acc, &regs));
}

static void without_a_way_to_it_there_is_none(void **state)
{
	(void)state;
	assert_true(exitstat_sampling_is_on());
	processor.can_sample = false;
	assert_false(exitstat_sampling_is_on());
	assert_regs(ask(EXITSTAT_LEAF_SELECT, IO), 0, 0, 0, 0);
}

static void the_account_is_as_ever(void **state)
{
	static struct exitstat_account other;
	u32 i;

	(void)state;
	arm(EXITSTAT_ALL_REASONS, 3);
	other = account;
	other.sampling = EXITSTAT_SAMPLING_OFF;
	for (i = 0; i < 1000; i++) {
		u8 slot = exitstat_reason_slot(&reasons, i % 3 ? IO : MSR);

		now += 10;
		exitstat_account_exit(acc, slot, now);
		exitstat_account_exit(&other, slot, now);
		now += 10;
		exitstat_account_entry(acc, now);
		exitstat_account_entry(&other, now);
		ask(EXITSTAT_LEAF_SAMPLE, 3);
	}
	assert_true(processor.nmis);
	assert_int_equal(acc->exits, other.exits);
	assert_memory_equal(acc->states, other.states, sizeof(other.states));
	assert_memory_equal(acc->reasons, other.reasons, sizeof(other.reasons));
}

#define ON_SVM(test)	cmocka_unit_test_setup(test, begin)
#define ON_VMX(test)	cmocka_unit_test_setup(test, begin_vmx)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SVM(nobody_who_has_not_armed_it_is_interrupted),
		ON_SVM(each_nth_exit_is_a_sample),
		ON_SVM(exits_of_other_reasons_do_not_count),
		ON_SVM(fired_it_waits_for_the_question),
		ON_SVM(a_question_without_an_nmi_starts_nothing),
		ON_SVM(what_is_left_is_told),
		ON_SVM(what_it_was_about_is_told),
		ON_SVM(nothing_counts_in_a_handler),
		ON_SVM(what_cannot_be_sampled_is_said),
		ON_VMX(what_cannot_be_sampled_on_vmx_is_said),
		ON_SVM(another_exit_takes_its_place),
		ON_SVM(guests_of_the_guest_are_left_alone),
		ON_SVM(programs_get_zeros_and_change_nothing),
		ON_SVM(the_kernels_own_questions_are_no_samples),
		ON_SVM(a_halted_vcpu_sleeps_before_its_nmi),
		ON_SVM(a_halt_that_the_vmm_sees_to_is_a_sample_at_the_next_exit),
		ON_SVM(a_halt_without_sleep_waits_for_a_fit_exit),
		ON_SVM(another_kernel_is_left_alone),
		ON_SVM(without_handlers_nothing_is_armed),
		ON_SVM(the_host_has_the_last_word),
		ON_SVM(an_nmi_that_has_come_is_explained),
		ON_SVM(without_a_way_to_it_there_is_none),
		ON_SVM(the_account_is_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
