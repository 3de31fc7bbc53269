// SPDX-License-Identifier: GPL-2.0
/* Reading accounts, adding them up, and clocks that misbehave. */
#include "test.h"
#include "invariants.h"

#define T	1000	/* when the tests' clock starts */

enum { A = 3, B = 5, OTHER = 7 };	/* slots */

static struct exitstat_account account, total;
static struct exitstat_account *const acc = &account;

static int open_accounts(void **state)
{
	(void)state;
	memset(acc, 0, sizeof(*acc));
	memset(&total, 0, sizeof(total));
	exitstat_account_init(acc, OTHER);
	exitstat_account_init(&total, OTHER);
	return 0;
}

/* All five states, ten more cycles in each than in the one before; all of it for A. */
static void live(u64 start)
{
	exitstat_account_entry(acc, start);
	exitstat_account_exit(acc, A, start + 10);
	exitstat_account_return(acc, start + 30);
	exitstat_account_run(acc, start + 60);
	exitstat_account_halt(acc, start + 60);
	exitstat_account_wake(acc, start + 100);
	exitstat_account_preempt(acc, start + 100);
	resume_at_once(acc, start + 150);
	exitstat_account_entry(acc, start + 150);
}

static u64 told(u8 state, u64 now)
{
	return exitstat_account_state(acc, state, now).cycles;
}

static void assert_cycles(u64 guest, u64 host, u64 vmm, u64 halted, u64 preempted)
{
	assert_int_equal(acc->states[EXITSTAT_STATE_GUEST].cycles, guest);
	assert_int_equal(acc->states[EXITSTAT_STATE_HOST].cycles, host);
	assert_int_equal(acc->states[EXITSTAT_STATE_VMM].cycles, vmm);
	assert_int_equal(acc->states[EXITSTAT_STATE_HALTED].cycles, halted);
	assert_int_equal(acc->states[EXITSTAT_STATE_PREEMPTED].cycles, preempted);
	assert_null(account_broken(acc));
}

static void every_state_has_its_own_time(void **state)
{
	(void)state;
	live(T);
	assert_cycles(10, 20, 30, 40, 50);
}

static void state_under_way_is_told_up_to_now(void **state)
{
	(void)state;
	live(T);
	assert_int_equal(told(EXITSTAT_STATE_GUEST, T + 157), 17);
	exitstat_account_exit(acc, A, T + 160);
	exitstat_account_halt(acc, T + 160);
	assert_int_equal(told(EXITSTAT_STATE_HALTED, T + 167), 47);
	exitstat_account_preempt(acc, T + 160);
	assert_int_equal(told(EXITSTAT_STATE_PREEMPTED, T + 167), 57);
	exitstat_account_return(acc, T + 160);
	assert_int_equal(told(EXITSTAT_STATE_VMM, T + 167), 37);
}

static void host_state_is_told_when_it_is_over(void **state)
{
	(void)state;
	live(T);
	exitstat_account_exit(acc, A, T + 160);
	assert_int_equal(told(EXITSTAT_STATE_HOST, T + 167), 20);
	assert_int_equal(exitstat_account_exits(acc).cycles, 20);
}

static void states_not_under_way_do_not_grow(void **state)
{
	u8 i;

	(void)state;
	live(T);
	for (i = EXITSTAT_STATE_HOST; i < EXITSTAT_NR_STATES; i++)
		assert_int_equal(told(i, T + 100000), acc->states[i].cycles);
}

static void reader_whose_tsc_is_behind_is_told_no_negative_time(void **state)
{
	(void)state;
	live(T);
	assert_int_equal(told(EXITSTAT_STATE_GUEST, T + 149), 10);
	assert_int_equal(told(EXITSTAT_STATE_GUEST, 0), 10);
}

static void tsc_step_back_is_no_time_in_any_state(void **state)
{
	(void)state;
	exitstat_account_entry(acc, T);
	exitstat_account_exit(acc, A, T - 1);
	exitstat_account_return(acc, T - 2);
	exitstat_account_run(acc, T - 3);
	exitstat_account_halt(acc, T - 4);
	exitstat_account_wake(acc, T - 5);
	exitstat_account_preempt(acc, T - 6);
	resume_at_once(acc, T - 7);
	assert_cycles(0, 0, 0, 0, 0);
	assert_int_equal(exitstat_account_exits(acc).count, 1);
}

static void time_goes_on_from_where_the_tsc_stepped_back_to(void **state)
{
	(void)state;
	exitstat_account_entry(acc, T);
	exitstat_account_exit(acc, A, T - 500);
	exitstat_account_entry(acc, T - 470);
	assert_cycles(0, 30, 0, 0, 0);
}

static void cycles_that_were_counted_survive_a_step_back(void **state)
{
	(void)state;
	live(T);
	live(0);
	assert_cycles(20, 40, 60, 80, 100);
}

static void tsc_may_pass_every_boundary(void **state)
{
	static const u64 starts[] = { 0, 1ull << 32, 1ull << 63, -1ull };
	unsigned int i;

	/* The boundary in the middle of a life: each state's time stays what it is. */
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		open_accounts(state);
		live(starts[i] - 75);
		assert_cycles(10, 20, 30, 40, 50);
	}
}

static void counters_carry_beyond_32_bits(void **state)
{
	(void)state;
	acc->exits = acc->reasons[A].exits = 0xffffffff;
	acc->states[EXITSTAT_STATE_HOST].cycles = acc->reasons[A].cycles = 0xffffffff;
	live(T);
	assert_int_equal(exitstat_account_exits(acc).count, 1ull << 32);
	assert_int_equal(exitstat_account_exits(acc).cycles, (1ull << 32) + 19);
	assert_int_equal(exitstat_account_reason(acc, A).count, 1ull << 32);
	assert_int_equal(exitstat_account_reason(acc, A).cycles, (1ull << 32) + 19);
}

static void one_stay_may_last_beyond_32_bits(void **state)
{
	(void)state;
	exitstat_account_entry(acc, T);
	exitstat_account_exit(acc, A, T);
	exitstat_account_halt(acc, T + (5ull << 32));
	exitstat_account_wake(acc, T + (12ull << 32));
	exitstat_account_entry(acc, T + (12ull << 32));
	assert_cycles(0, 5ull << 32, 0, 7ull << 32, 0);
}

static void assert_equal_counters(const struct exitstat_account *a,
				  const struct exitstat_account *b)
{
	assert_int_equal(a->exits, b->exits);
	assert_memory_equal(a->states, b->states,
			    EXITSTAT_NR_STATES * sizeof(a->states[0]));
	assert_memory_equal(a->reasons, b->reasons, sizeof(a->reasons));
}

static void fold_keeps_every_counter(void **state)
{
	u8 slot;

	(void)state;
	for (slot = 0; slot < EXITSTAT_NR_SLOTS; slot++) {
		exitstat_account_exit(acc, slot, T + 10 * slot);
		exitstat_account_return(acc, T + 10 * slot + 3);
	}
	live(T + 5000);
	exitstat_account_fold(&total, acc);
	assert_equal_counters(&total, acc);
	assert_null(account_broken(&total));
}

static void fold_in_any_state_keeps_what_was_charged(void **state)
{
	static void (*const last[])(struct exitstat_account *, u64) = {
		exitstat_account_entry, exitstat_account_return, exitstat_account_halt,
		exitstat_account_preempt, resume_at_once,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(last); i++) {
		open_accounts(state);
		live(T);
		exitstat_account_exit(acc, B, T + 160);
		last[i](acc, T + 170);
		exitstat_account_fold(&total, acc);
		assert_equal_counters(&total, acc);
		assert_int_equal(exitstat_account_reason(&total, B).count, 1);
		assert_null(account_broken(&total));
	}
}

static void fold_of_an_account_that_never_ran_adds_nothing(void **state)
{
	static const struct exitstat_account zeros;

	(void)state;
	exitstat_account_fold(&total, acc);
	assert_equal_counters(&total, &zeros);
}

static void fold_adds_up_accounts(void **state)
{
	(void)state;
	live(T);
	exitstat_account_fold(&total, acc);
	live(2 * T);
	exitstat_account_fold(&total, acc);
	assert_int_equal(exitstat_account_exits(&total).count, 1 + 2);
	assert_int_equal(exitstat_account_exits(&total).cycles, 20 + 40);
	assert_int_equal(exitstat_account_vmm(&total).count, 1 + 2);
	assert_int_equal(exitstat_account_vmm(&total).cycles, 30 + 60);
	assert_null(account_broken(&total));
}

static void fold_only_reads_the_account(void **state)
{
	struct exitstat_account before;

	(void)state;
	live(T);
	before = *acc;
	exitstat_account_fold(&total, acc);
	assert_memory_equal(acc, &before, sizeof(before));
}

static void no_time_passes_in_the_sum(void **state)
{
	u8 i;

	(void)state;
	live(T);
	exitstat_account_fold(&total, acc);
	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		assert_int_equal(exitstat_account_state(&total, i, 1ull << 40).cycles,
				 total.states[i].cycles);
}

/* What readers were told of a state under way stays in the sum when its vCPU goes. */
static void no_sum_shrinks_when_an_account_is_closed_and_folded(void **state)
{
	u64 before;

	(void)state;
	exitstat_account_entry(acc, T);
	exitstat_account_exit(acc, A, T + 10);
	exitstat_account_return(acc, T + 30);
	before = told(EXITSTAT_STATE_VMM, T + 1000);
	exitstat_account_close(acc, T + 1000);
	exitstat_account_fold(&total, acc);
	assert_int_equal(total.states[EXITSTAT_STATE_VMM].cycles, before);
	assert_int_equal(total.reasons[A].vmm_cycles, before);
	assert_cycles(10, 20, 970, 0, 0);
}

static void closing_an_account_that_never_ran_leaves_it_empty(void **state)
{
	(void)state;
	exitstat_account_close(acc, T);
	exitstat_account_fold(&total, acc);
	assert_cycles(0, 0, 0, 0, 0);
	assert_int_equal(exitstat_account_exits(&total).cycles, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, open_accounts)
		TEST(every_state_has_its_own_time),
		TEST(state_under_way_is_told_up_to_now),
		TEST(host_state_is_told_when_it_is_over),
		TEST(states_not_under_way_do_not_grow),
		TEST(reader_whose_tsc_is_behind_is_told_no_negative_time),
		TEST(tsc_step_back_is_no_time_in_any_state),
		TEST(time_goes_on_from_where_the_tsc_stepped_back_to),
		TEST(cycles_that_were_counted_survive_a_step_back),
		TEST(tsc_may_pass_every_boundary),
		TEST(counters_carry_beyond_32_bits),
		TEST(one_stay_may_last_beyond_32_bits),
		TEST(fold_keeps_every_counter),
		TEST(fold_in_any_state_keeps_what_was_charged),
		TEST(fold_of_an_account_that_never_ran_adds_nothing),
		TEST(fold_adds_up_accounts),
		TEST(fold_only_reads_the_account),
		TEST(no_time_passes_in_the_sum),
		TEST(no_sum_shrinks_when_an_account_is_closed_and_folded),
		TEST(closing_an_account_that_never_ran_leaves_it_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
