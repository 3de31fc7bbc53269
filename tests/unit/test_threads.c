// SPDX-License-Identifier: GPL-2.0
/* A vCPU that one thread has run and then another: only the wait of who runs it is the vCPU's. */
#include "test.h"
#include "events.h"
#include "guests.h"

#define VM	0
#define NS	1000

static struct task_struct threads[2];

/* KVM_RUN, by that thread. */
static struct exitstat_account *run_by(struct task_struct *thread)
{
	host_task = thread;
	exitstat_load(vcpu_at(VM, 0));
	return this_cpu_read(exitstat_loaded);
}

static void wait_for_a_cpu(struct task_struct *thread, u64 ns)
{
	thread->sched_info.run_delay += ns;
	host_tsc += 2 * ns * tsc_khz / NSEC_PER_MSEC;
}

static struct exitstat_account *begin(void)
{
	struct exitstat_account *account;

	memset(threads, 0, sizeof(threads));
	threads[0].sched_info.run_delay = 5 * NS;
	threads[1].sched_info.run_delay = 9 * NS;
	assert_int_equal(guest_open(VM, 0), 0);
	guest_work(VM, 0, 1);
	host_tsc += 100 * NS;
	account = run_by(&threads[0]);
	assert_int_equal(account->states[EXITSTAT_STATE_PREEMPTED].entered, 0);
	return account;
}

static void assert_waited(const struct exitstat_account *account, u64 times, u64 ns)
{
	assert_int_equal(account->states[EXITSTAT_STATE_PREEMPTED].entered, times);
	assert_int_equal(account->states[EXITSTAT_STATE_PREEMPTED].cycles,
			 ns * tsc_khz / NSEC_PER_MSEC);
}

static void a_threads_wait_is_the_vcpus(void **state)
{
	struct exitstat_account *account = begin();

	(void)state;
	wait_for_a_cpu(&threads[0], NS);
	run_by(&threads[0]);
	assert_waited(account, 1, NS);
	run_by(&threads[0]);
	assert_waited(account, 1, NS);
}

/* What another thread has waited in its life is not known to be for this vCPU. */
static void what_another_thread_has_waited_is_not_the_vcpus(void **state)
{
	struct exitstat_account *account = begin();

	(void)state;
	run_by(&threads[1]);
	assert_waited(account, 0, 0);
	wait_for_a_cpu(&threads[1], 3 * NS);
	run_by(&threads[1]);
	assert_waited(account, 1, 3 * NS);
	wait_for_a_cpu(&threads[0], 50 * NS);
	run_by(&threads[0]);
	assert_waited(account, 1, 3 * NS);
}

/* A thread that has ended, and a new one at its address. */
static void a_thread_that_has_waited_less_is_another(void **state)
{
	struct exitstat_account *account = begin();

	(void)state;
	threads[0].sched_info.run_delay = NS;
	run_by(&threads[0]);
	assert_waited(account, 0, 0);
	wait_for_a_cpu(&threads[0], 2 * NS);
	run_by(&threads[0]);
	assert_waited(account, 1, 2 * NS);
}

static int end(void **state)
{
	static struct task_struct idle;

	host_task = &idle;
	return host_end(state);
}

#define TEST(test)	cmocka_unit_test_setup_teardown(test, host_begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_threads_wait_is_the_vcpus),
		TEST(what_another_thread_has_waited_is_not_the_vcpus),
		TEST(a_thread_that_has_waited_less_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
