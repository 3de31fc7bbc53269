// SPDX-License-Identifier: GPL-2.0
/* One vCPU's account: every event in every state, and who is charged for the time. */
#include "test.h"
#include "account.h"
#include "invariants.h"

#define T	1000	/* when the tests' clock starts */

enum { A = 3, B = 5, OTHER = 7 };	/* slots */

static struct exitstat_account account;
static struct exitstat_account *const acc = &account;

static int open_account(void **state)
{
	(void)state;
	memset(acc, 0, sizeof(*acc));
	exitstat_account_init(acc, OTHER);
	return 0;
}

/* An account that came into @state at T + 100 by way of an exit for A, if it has one. */
static void bring_to(u8 state)
{
	open_account(NULL);
	if (state == EXITSTAT_STATE_BEFORE)
		return;
	exitstat_account_entry(acc, T);
	if (state != EXITSTAT_STATE_GUEST)
		exitstat_account_exit(acc, A, T + 100);
	if (state == EXITSTAT_STATE_VMM)
		exitstat_account_return(acc, T + 100);
	if (state == EXITSTAT_STATE_HALTED)
		exitstat_account_halt(acc, T + 100);
	if (state == EXITSTAT_STATE_PREEMPTED)
		exitstat_account_preempt(acc, T + 100);
	assert_int_equal(acc->state, state);
}

static void assert_state(u8 state, u64 entered, u64 cycles)
{
	assert_int_equal(acc->states[state].entered, entered);
	assert_int_equal(acc->states[state].cycles, cycles);
}

static void assert_reason(u8 slot, u64 exits, u64 cycles)
{
	struct exitstat_pair pair = exitstat_account_reason(acc, slot);

	assert_int_equal(pair.count, exits);
	assert_int_equal(pair.cycles, cycles);
}

static void assert_vmm(u8 slot, u64 returns, u64 cycles)
{
	struct exitstat_pair pair = exitstat_account_vmm_reason(acc, slot);

	assert_int_equal(pair.count, returns);
	assert_int_equal(pair.cycles, cycles);
}

static void exit_slot_a(struct exitstat_account *account, u64 now)
{
	exitstat_account_exit(account, A, now);
}

static const struct {
	const char *name;
	void (*happens)(struct exitstat_account *account, u64 now);
	/* The state after it, by state: guest, host, VMM, halted, preempted, before. */
	u8 after[EXITSTAT_NR_STATES + 1];
} events[] = {
	{ "entry", exitstat_account_entry, { 0, 0, 0, 0, 0, 0 } },
	{ "exit", exit_slot_a, { 1, 1, 1, 1, 1, 1 } },
	{ "run", exitstat_account_run, { 0, 1, 1, 3, 4, 5 } },
	{ "return", exitstat_account_return, { 2, 2, 2, 2, 2, 5 } },
	{ "halt", exitstat_account_halt, { 0, 3, 2, 3, 4, 5 } },
	{ "wake", exitstat_account_wake, { 0, 1, 2, 1, 4, 5 } },
	{ "preempt", exitstat_account_preempt, { 4, 4, 2, 4, 4, 5 } },
	{ "sleep", exitstat_account_sleep, { 0, 3, 2, 3, 4, 5 } },
	{ "resume", resume_at_once, { 0, 1, 2, 3, 1, 5 } },
};

static void account_is_one_page(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct exitstat_account), 4096);
	assert_int_equal(_Alignof(struct exitstat_account), 4096);
}

static void new_account_is_in_no_state_and_all_zeros(void **state)
{
	(void)state;
	assert_int_equal(acc->state, EXITSTAT_STATE_BEFORE);
	assert_int_equal(exitstat_account_exits(acc).count, 0);
	assert_int_equal(exitstat_account_exits(acc).cycles, 0);
	assert_int_equal(exitstat_account_vmm(acc).count, 0);
	assert_int_equal(exitstat_account_state(acc, EXITSTAT_STATE_GUEST, T).cycles, 0);
}

static void every_event_leads_from_every_state_to_the_right_one(void **state)
{
	unsigned int i;
	u8 from;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(events); i++)
		for (from = 0; from <= EXITSTAT_STATE_BEFORE; from++) {
			bring_to(from);
			events[i].happens(acc, T + 150);
			if (acc->state != events[i].after[from])
				fail_msg("%s in state %u leads to %u", events[i].name, from,
					 acc->state);
		}
}

/* Only entry and exit say anew where a vCPU is that is there already. */
static bool counts(unsigned int event, u8 from)
{
	return events[event].after[from] != from || event < 2;
}

/* The host's state by the entry: an exit is charged when it is over. */
static void event_that_counts_charges_the_state_that_ends(void **state)
{
	unsigned int i;
	u64 cycles;
	u8 from;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(events); i++)
		for (from = 0; from < EXITSTAT_STATE_BEFORE; from++) {
			bring_to(from);
			cycles = acc->states[from].cycles + T + 170 - acc->since;
			events[i].happens(acc, T + 170);
			if (from == EXITSTAT_STATE_HOST)
				exitstat_account_entry(acc, T + 170);
			if (counts(i, from))
				assert_int_equal(acc->states[from].cycles, cycles);
		}
}

static void event_that_does_not_count_changes_nothing(void **state)
{
	struct exitstat_account before;
	unsigned int i;
	u8 from;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(events); i++)
		for (from = 0; from <= EXITSTAT_STATE_BEFORE; from++) {
			bring_to(from);
			before = *acc;
			events[i].happens(acc, T + 150);
			if (!counts(i, from))
				assert_memory_equal(acc, &before, sizeof(before));
		}
}

static void every_event_leaves_seq_even(void **state)
{
	unsigned int i;
	u8 from;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(events); i++)
		for (from = 0; from <= EXITSTAT_STATE_BEFORE; from++) {
			bring_to(from);
			events[i].happens(acc, T + 150);
			assert_int_equal(acc->seq & 1, 0);
		}
}

static void time_before_the_first_entry_is_nobodys(void **state)
{
	u8 i;

	(void)state;
	exitstat_account_entry(acc, T);
	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		assert_state(i, i == EXITSTAT_STATE_GUEST, 0);
	assert_reason(OTHER, 0, 0);
}

static void exit_is_counted_at_once_and_its_cycles_at_the_next_entry(void **state)
{
	(void)state;
	exitstat_account_entry(acc, T);
	exitstat_account_exit(acc, A, T + 100);
	assert_reason(A, 1, 0);
	exitstat_account_entry(acc, T + 130);
	assert_reason(A, 1, 30);
	assert_int_equal(exitstat_account_exits(acc).count, 1);
	assert_int_equal(exitstat_account_exits(acc).cycles, 30);
	assert_state(EXITSTAT_STATE_GUEST, 2, 100);
}

static void each_reason_is_charged_for_its_own_exits(void **state)
{
	(void)state;
	exitstat_account_entry(acc, T);
	exitstat_account_exit(acc, A, T + 1);
	exitstat_account_entry(acc, T + 11);
	exitstat_account_exit(acc, B, T + 12);
	exitstat_account_entry(acc, T + 112);
	exitstat_account_exit(acc, A, T + 113);
	exitstat_account_entry(acc, T + 133);
	assert_reason(A, 2, 30);
	assert_reason(B, 1, 100);
	assert_reason(OTHER, 0, 0);
	assert_int_equal(exitstat_account_exits(acc).count, 3);
	assert_int_equal(exitstat_account_exits(acc).cycles, 130);
}

static void exit_without_entry_ends_the_exit_before(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_exit(acc, B, T + 140);
	exitstat_account_entry(acc, T + 145);
	assert_reason(A, 1, 40);
	assert_reason(B, 1, 5);
	assert_state(EXITSTAT_STATE_GUEST, 2, 100);
}

static void exit_may_be_the_first_that_is_seen_of_a_vcpu(void **state)
{
	(void)state;
	exitstat_account_exit(acc, A, T);
	exitstat_account_entry(acc, T + 5);
	assert_reason(A, 1, 5);
	assert_state(EXITSTAT_STATE_GUEST, 1, 0);
}

static void entry_without_exit_leaves_the_time_to_the_guest(void **state)
{
	(void)state;
	exitstat_account_entry(acc, T);
	exitstat_account_entry(acc, T + 10);
	exitstat_account_entry(acc, T + 30);
	assert_state(EXITSTAT_STATE_GUEST, 3, 30);
	assert_int_equal(exitstat_account_exits(acc).count, 0);
}

static void return_charges_the_vmm_and_the_reason_that_caused_it(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_return(acc, T + 110);
	assert_vmm(A, 1, 0);
	exitstat_account_run(acc, T + 1110);
	exitstat_account_entry(acc, T + 1115);
	assert_vmm(A, 1, 1000);
	assert_vmm(B, 0, 0);
	assert_state(EXITSTAT_STATE_VMM, 1, 1000);
	/* What the kernel did before and after is the exit's. */
	assert_reason(A, 1, 15);
	assert_int_equal(exitstat_account_vmm(acc).count, 1);
	assert_int_equal(exitstat_account_vmm(acc).cycles, 1000);
}

static void return_without_an_exit_is_not_counted(void **state)
{
	(void)state;
	exitstat_account_entry(acc, T);
	exitstat_account_return(acc, T + 10);
	exitstat_account_run(acc, T + 30);
	exitstat_account_entry(acc, T + 35);
	assert_vmm(OTHER, 0, 20);
	assert_reason(OTHER, 0, 5);
	assert_state(EXITSTAT_STATE_VMM, 0, 20);
}

static void entry_that_fails_returns_for_no_exit(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_entry(acc, T + 110);
	exitstat_account_return(acc, T + 120);
	exitstat_account_run(acc, T + 130);
	assert_vmm(A, 0, 10);
	assert_state(EXITSTAT_STATE_VMM, 0, 10);
}

/* Switched off between the exit and its accounting, there is no time of it. */
static void exit_without_a_time_is_none(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_GUEST);
	exitstat_account_exit(acc, A, 0);
	exitstat_account_close(acc, T + 150);
	assert_state(EXITSTAT_STATE_HOST, 0, 0);
	assert_state(EXITSTAT_STATE_GUEST, 1, 150);
}

static void return_twice_counts_once(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_VMM);
	exitstat_account_return(acc, T + 110);
	exitstat_account_run(acc, T + 120);
	assert_vmm(A, 1, 20);
}

static void run_without_return_leaves_the_time_to_the_exit(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_run(acc, T + 110);
	exitstat_account_entry(acc, T + 120);
	assert_reason(A, 1, 20);
	assert_state(EXITSTAT_STATE_HOST, 1, 20);
	assert_state(EXITSTAT_STATE_VMM, 0, 0);
}

static void run_without_an_exit_is_the_last_exits_time_but_no_return(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_VMM);
	exitstat_account_run(acc, T + 200);
	exitstat_account_return(acc, T + 207);
	exitstat_account_run(acc, T + 300);
	assert_vmm(A, 1, 193);
	assert_state(EXITSTAT_STATE_VMM, 1, 193);
	/* The next exit's return counts again. */
	exitstat_account_entry(acc, T + 310);
	assert_reason(A, 1, 17);
	exitstat_account_exit(acc, B, T + 320);
	exitstat_account_return(acc, T + 330);
	assert_vmm(A, 1, 193);
	assert_vmm(B, 1, 0);
}

static void halt_is_not_the_exits_time(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_halt(acc, T + 110);
	exitstat_account_wake(acc, T + 5110);
	exitstat_account_entry(acc, T + 5115);
	assert_reason(A, 1, 15);
	assert_state(EXITSTAT_STATE_HALTED, 1, 5000);
}

static void preempted_vcpu_resumes_what_it_did(void **state)
{
	static const u8 busy[] = {
		EXITSTAT_STATE_GUEST, EXITSTAT_STATE_HOST, EXITSTAT_STATE_HALTED,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(busy); i++) {
		bring_to(busy[i]);
		exitstat_account_preempt(acc, T + 200);
		resume_at_once(acc, T + 230);
		assert_int_equal(acc->state, busy[i]);
		assert_state(EXITSTAT_STATE_PREEMPTED, 1, 30);
		assert_int_equal(acc->states[busy[i]].entered, 2);
	}
}

static void preemption_is_not_the_exits_time(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_preempt(acc, T + 110);
	resume_at_once(acc, T + 910);
	exitstat_account_entry(acc, T + 915);
	assert_reason(A, 1, 15);
}

static void preempt_twice_counts_once_and_forgets_nothing(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HALTED);
	exitstat_account_preempt(acc, T + 110);
	exitstat_account_preempt(acc, T + 120);
	resume_at_once(acc, T + 130);
	assert_int_equal(acc->state, EXITSTAT_STATE_HALTED);
	assert_state(EXITSTAT_STATE_PREEMPTED, 1, 20);
}

static void resume_twice_counts_once(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_PREEMPTED);
	resume_at_once(acc, T + 110);
	resume_at_once(acc, T + 120);
	exitstat_account_entry(acc, T + 130);
	assert_reason(A, 1, 20);
	assert_state(EXITSTAT_STATE_HOST, 2, 20);
}

/* Which states a thread can be in that sleeps and is woken. */
static void wait_for_a_cpu_is_not_the_state_that_it_ends(void **state)
{
	static const u8 asleep[] = {
		EXITSTAT_STATE_HOST, EXITSTAT_STATE_VMM, EXITSTAT_STATE_HALTED,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(asleep); i++) {
		bring_to(asleep[i]);
		exitstat_account_resume(acc, 30, T + 200);
		assert_int_equal(acc->state, asleep[i]);
		assert_state(EXITSTAT_STATE_PREEMPTED, 1, 30);
		exitstat_account_entry(acc, T + 200);
		assert_state(asleep[i], 1, 70);
	}
}

static void wait_is_not_in_the_state_that_lasts(void **state)
{
	static const u8 asleep[] = { EXITSTAT_STATE_VMM, EXITSTAT_STATE_HALTED };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(asleep); i++) {
		bring_to(asleep[i]);
		exitstat_account_resume(acc, 30, T + 200);
		assert_int_equal(exitstat_account_state(acc, asleep[i], T + 250).cycles, 120);
	}
}

/* However often it is interrupted, and for all that ends a state: none of it before the entry. */
static void interrupted_exit_is_charged_when_it_is_over(void **state)
{
	u64 now = T + 100;

	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_halt(acc, now += 1);
	exitstat_account_wake(acc, now += 1000);
	exitstat_account_preempt(acc, now += 2);
	resume_at_once(acc, now += 1000);
	exitstat_account_sleep(acc, now += 4);
	exitstat_account_resume(acc, 500, now += 1000);
	exitstat_account_return(acc, now += 8);
	exitstat_account_resume(acc, 500, now += 1000);
	exitstat_account_run(acc, now);
	exitstat_account_return(acc, now += 16);
	exitstat_account_run(acc, now += 1000);
	exitstat_account_resume(acc, 1000, now += 1032);
	assert_reason(A, 1, 0);
	assert_state(EXITSTAT_STATE_HOST, acc->states[EXITSTAT_STATE_HOST].entered, 0);
	exitstat_account_entry(acc, now += 64);
	assert_reason(A, 1, 127);
	assert_state(EXITSTAT_STATE_HOST, acc->states[EXITSTAT_STATE_HOST].entered, 127);
	assert_vmm(A, 1, 1500);
	/* The next one is not. */
	exitstat_account_exit(acc, B, now += 10);
	exitstat_account_entry(acc, now += 5);
	assert_reason(B, 1, 5);
}

/* An exit that has been interrupted is over, and no other is under way. */
static void guest_without_an_exit_charges_none(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_halt(acc, T + 140);
	exitstat_account_wake(acc, T + 150);
	exitstat_account_entry(acc, T + 150);
	assert_reason(A, 1, 40);
	exitstat_account_entry(acc, T + 160);
	exitstat_account_preempt(acc, T + 170);
	resume_at_once(acc, T + 180);
	exitstat_account_preempt(acc, T + 190);
	exitstat_account_entry(acc, T + 200);
	assert_reason(A, 1, 40);
	/* After an entry that failed, only what follows it. */
	exitstat_account_return(acc, T + 210);
	exitstat_account_run(acc, T + 220);
	exitstat_account_entry(acc, T + 227);
	assert_reason(A, 1, 47);
	exitstat_account_close(acc, T + 230);
	assert_reason(A, 1, 47);
}

/* A preempted one that returns before it is said to go on. */
static void preempted_guest_returns_for_no_exit(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_entry(acc, T + 110);
	exitstat_account_preempt(acc, T + 120);
	exitstat_account_return(acc, T + 130);
	exitstat_account_run(acc, T + 140);
	assert_vmm(A, 0, 10);
	assert_state(EXITSTAT_STATE_VMM, 0, 10);
}

static void wait_for_a_cpu_is_not_charged_to_the_exit(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_resume(acc, 30, T + 200);
	exitstat_account_entry(acc, T + 205);
	assert_reason(A, 1, 75);
	bring_to(EXITSTAT_STATE_VMM);
	exitstat_account_resume(acc, 30, T + 200);
	exitstat_account_run(acc, T + 205);
	assert_vmm(A, 1, 75);
}

static void wait_is_no_longer_than_the_state(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HALTED);
	exitstat_account_resume(acc, 5000, T + 200);
	assert_state(EXITSTAT_STATE_PREEMPTED, 1, 100);
	assert_state(EXITSTAT_STATE_HALTED, 1, 0);
}

static void preempted_thread_waits_once(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_PREEMPTED);
	exitstat_account_resume(acc, 100, T + 200);
	assert_state(EXITSTAT_STATE_PREEMPTED, 1, 100);
	assert_int_equal(acc->state, EXITSTAT_STATE_HOST);
}

static void sleep_is_halted_until_the_thread_has_a_cpu(void **state)
{
	(void)state;
	bring_to(EXITSTAT_STATE_HOST);
	exitstat_account_sleep(acc, T + 110);
	assert_int_equal(acc->state, EXITSTAT_STATE_HALTED);
	exitstat_account_resume(acc, 40, T + 300);
	assert_int_equal(acc->state, EXITSTAT_STATE_HOST);
	exitstat_account_entry(acc, T + 305);
	assert_state(EXITSTAT_STATE_HALTED, 1, 150);
	assert_state(EXITSTAT_STATE_PREEMPTED, 1, 40);
	assert_reason(A, 1, 15);
}

static void closed_account_is_over(void **state)
{
	struct exitstat_pair halted;

	(void)state;
	bring_to(EXITSTAT_STATE_HALTED);
	exitstat_account_close(acc, T + 150);
	halted = exitstat_account_state(acc, EXITSTAT_STATE_HALTED, T + 999);
	assert_int_equal(halted.cycles, 50);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(account_is_one_page),
#define TEST(name) cmocka_unit_test_setup(name, open_account)
		TEST(new_account_is_in_no_state_and_all_zeros),
		TEST(every_event_leads_from_every_state_to_the_right_one),
		TEST(event_that_counts_charges_the_state_that_ends),
		TEST(event_that_does_not_count_changes_nothing),
		TEST(every_event_leaves_seq_even),
		TEST(time_before_the_first_entry_is_nobodys),
		TEST(exit_is_counted_at_once_and_its_cycles_at_the_next_entry),
		TEST(each_reason_is_charged_for_its_own_exits),
		TEST(exit_without_entry_ends_the_exit_before),
		TEST(exit_may_be_the_first_that_is_seen_of_a_vcpu),
		TEST(entry_without_exit_leaves_the_time_to_the_guest),
		TEST(return_charges_the_vmm_and_the_reason_that_caused_it),
		TEST(return_without_an_exit_is_not_counted),
		TEST(entry_that_fails_returns_for_no_exit),
		TEST(exit_without_a_time_is_none),
		TEST(return_twice_counts_once),
		TEST(run_without_return_leaves_the_time_to_the_exit),
		TEST(run_without_an_exit_is_the_last_exits_time_but_no_return),
		TEST(halt_is_not_the_exits_time),
		TEST(preempted_vcpu_resumes_what_it_did),
		TEST(preemption_is_not_the_exits_time),
		TEST(preempt_twice_counts_once_and_forgets_nothing),
		TEST(resume_twice_counts_once),
		TEST(wait_for_a_cpu_is_not_the_state_that_it_ends),
		TEST(wait_is_not_in_the_state_that_lasts),
		TEST(interrupted_exit_is_charged_when_it_is_over),
		TEST(guest_without_an_exit_charges_none),
		TEST(preempted_guest_returns_for_no_exit),
		TEST(wait_for_a_cpu_is_not_charged_to_the_exit),
		TEST(wait_is_no_longer_than_the_state),
		TEST(preempted_thread_waits_once),
		TEST(sleep_is_halted_until_the_thread_has_a_cpu),
		TEST(closed_account_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
