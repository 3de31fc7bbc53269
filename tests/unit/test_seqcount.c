// SPDX-License-Identifier: GPL-2.0
/*
 * Readers on other CPUs see counts and cycles that belong together, and buckets that are not ahead
 * of them.
 *
 * The clock is made up so that cycles follow from the count. The writer runs for a
 * moment only: a lost race is a matter of nanoseconds, of which there are many.
 */
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "test.h"
#include "leaves.h"

#define NR_READERS	2
#define RUN_MS		250
#define GUEST_CYCLES	5	/* between two exits */

enum { A = 3, B = 119, OTHER = 7 };	/* slots */

/* What an exit for A and for B costs. */
#define COST_A	7
#define COST_B	1000

static struct exitstat_account account, part;
static struct exitstat_histograms histograms;
static struct exitstat_reasons reasons;
static bool started, stop;
static unsigned long reads, torn, backwards;
static pthread_mutex_t totals_lock = PTHREAD_MUTEX_INITIALIZER;

/* The exits alternate, A first; the last one is charged when it is over. */
static bool all_belong(struct exitstat_pair pair)
{
	u64 as = (pair.count + 1) / 2, bs = pair.count / 2;
	u64 cycles = as * COST_A + bs * COST_B;
	u64 last = as > bs ? COST_A : COST_B;

	return pair.cycles == cycles || (pair.count && pair.cycles == cycles - last);
}

static bool reason_belongs(struct exitstat_pair pair, u64 cost)
{
	return pair.cycles == pair.count * cost ||
	       (pair.count && pair.cycles == (pair.count - 1) * cost);
}

/* In the sum every exit is over. */
static bool sum_belongs(struct exitstat_pair pair)
{
	return pair.cycles == pair.count * COST_A;
}

static void *read_account(void *sum_only)
{
	unsigned long my_reads = 0, my_torn = 0, my_backwards = 0;
	struct exitstat_pair all = { 0 }, before;

	do {
		before = all;
		all = exitstat_account_exits(&account);
		my_backwards += all.count < before.count || all.cycles < before.cycles;
		if (sum_only) {
			my_torn += !sum_belongs(all);
		} else {
			my_torn += !all_belong(all);
			my_torn += !reason_belongs(exitstat_account_reason(&account, A), COST_A);
			my_torn += !reason_belongs(exitstat_account_reason(&account, B), COST_B);
		}
		my_reads++;
	} while (!__atomic_load_n(&stop, __ATOMIC_RELAXED));

	pthread_mutex_lock(&totals_lock);
	reads += my_reads;
	torn += my_torn;
	backwards += my_backwards;
	pthread_mutex_unlock(&totals_lock);
	return NULL;
}

static struct exitstat_regs ask(u32 leaf, u32 ecx)
{
	struct exitstat_query query;

	exitstat_query_init(&query, &reasons, leaf, ecx);
	exitstat_query_add(&query, &account, 0);
	return exitstat_query_answer(&query, 1);
}

static u64 in_buckets(u32 selector)
{
	struct exitstat_regs regs;
	u64 count = 0;
	u32 bucket;

	for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket += 2) {
		regs = ask(EXITSTAT_LEAF_HISTOGRAM,
			   selector | bucket << EXITSTAT_BUCKET_SHIFT);
		count += (u64)regs.eax + regs.ecx;
	}
	return count;
}

/* Of what a reader has seen, the one that is written earlier is read later. */
static void *read_buckets(void *unused)
{
	unsigned long my_reads = 0, my_torn = 0;
	struct exitstat_regs longest;
	u64 count, map;

	(void)unused;
	do {
		longest = ask(EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS);
		map = (u64)longest.edx << 32 | longest.ecx;
		my_torn += map && exitstat_bucket_begin(63 - __builtin_clzll(map)) >
				  ((u64)longest.ebx << 32 | longest.eax);
		count = in_buckets(EXITSTAT_ALL_REASONS);
		my_torn += count > exitstat_account_exits(&account).count;
		count = in_buckets(EXITSTAT_OF_VMM | EXITSTAT_ALL_REASONS);
		my_torn += count > exitstat_account_vmm(&account).count;
		count = in_buckets(EXITSTAT_OF_STATE | EXITSTAT_STATE_HALTED);
		my_torn += count > exitstat_account_state(&account, EXITSTAT_STATE_HALTED, 0).count;
		my_reads++;
	} while (!__atomic_load_n(&stop, __ATOMIC_RELAXED));

	pthread_mutex_lock(&totals_lock);
	reads += my_reads;
	torn += my_torn;
	pthread_mutex_unlock(&totals_lock);
	return NULL;
}

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static u64 make_exits(u64 now)
{
	int i;

	for (i = 0; i < 1000; i++) {
		exitstat_account_exit(&account, A, now += GUEST_CYCLES);
		exitstat_account_entry(&account, now += COST_A);
		exitstat_account_exit(&account, B, now += GUEST_CYCLES);
		exitstat_account_entry(&account, now += COST_B);
	}
	return now;
}

/* Of all lengths, now in one piece and now interrupted. */
static u64 make_longer_exits(u64 now)
{
	u64 cycles;

	for (cycles = 1; cycles < 1ull << 40; cycles += cycles / 3 + 1) {
		exitstat_account_exit(&account, cycles % 2 ? A : B, now += GUEST_CYCLES);
		if (cycles % 3 == 0) {
			exitstat_account_preempt(&account, now += 1);
			exitstat_account_resume(&account, 0, now += 1);
		}
		if (cycles % 5 == 0) {
			exitstat_account_return(&account, now += 1);
			exitstat_account_run(&account, now += cycles / 2);
		}
		if (cycles % 7 == 0) {
			exitstat_account_halt(&account, now += 1);
			exitstat_account_wake(&account, now += cycles / 2);
		}
		exitstat_account_entry(&account, now += cycles);
	}
	return now;
}

static u64 make_sums(u64 now)
{
	int i;

	for (i = 0; i < 100; i++)
		exitstat_account_fold(&account, &part);
	return now;
}

static void write_while_others_read(u64 (*write)(u64 now), void *(*read)(void *), void *sum_only)
{
	pthread_t readers[NR_READERS];
	u64 end = now_ms() + RUN_MS;
	u64 now = 1000;
	int i;

	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	for (i = 0; i < NR_READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read, sum_only), 0);
	while (now_ms() < end)
		now = write(now);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < NR_READERS; i++)
		pthread_join(readers[i], NULL);

	assert_true(reads >= NR_READERS);
	assert_int_equal(torn, 0);
	assert_int_equal(backwards, 0);
}

static void *read_one(void *pair)
{
	__atomic_store_n(&started, true, __ATOMIC_RELAXED);
	*(struct exitstat_pair *)pair = exitstat_account_exits(&account);
	return NULL;
}

static int open_accounts(void **state)
{
	(void)state;
	memset(&account, 0, sizeof(account));
	memset(&part, 0, sizeof(part));
	exitstat_account_init(&account, OTHER);
	exitstat_account_init(&part, OTHER);
	reads = torn = backwards = 0;
	started = false;
	return 0;
}

static void readers_see_whole_exits(void **state)
{
	(void)state;
	exitstat_account_entry(&account, 1000);
	write_while_others_read(make_exits, read_account, NULL);
	assert_true(account.exits > 0);
}

static void readers_see_whole_sums(void **state)
{
	(void)state;
	exitstat_account_exit(&part, A, 1000);
	exitstat_account_entry(&part, 1000 + COST_A);
	write_while_others_read(make_sums, read_account, &part);
	assert_true(account.exits > 0);
}

static void readers_see_no_bucket_too_early(void **state)
{
	(void)state;
	exitstat_reasons_init(&reasons, EXITSTAT_SPACE_SVM);
	static_branch_enable(&exitstat_histograms_key);
	memset(&histograms, 0, sizeof(histograms));
	exitstat_histograms_init(&histograms, &reasons);
	account.histograms = &histograms;
	exitstat_account_entry(&account, 1000);
	write_while_others_read(make_longer_exits, read_buckets, NULL);
	assert_int_equal(in_buckets(EXITSTAT_ALL_REASONS), account.exits);
}

static void reader_waits_for_the_end_of_a_write(void **state)
{
	struct exitstat_pair pair;
	u64 end = now_ms() + 50;
	pthread_t reader;

	(void)state;
	exitstat_write_begin(&account);
	account.exits++;
	assert_int_equal(pthread_create(&reader, NULL, read_one, &pair), 0);
	while (!__atomic_load_n(&started, __ATOMIC_RELAXED) || now_ms() < end)
		sched_yield();
	account.states[EXITSTAT_STATE_HOST].cycles += COST_A;
	exitstat_write_end(&account);
	pthread_join(reader, NULL);

	assert_int_equal(pair.count, 1);
	assert_int_equal(pair.cycles, COST_A);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reader_waits_for_the_end_of_a_write, open_accounts),
		cmocka_unit_test_setup(readers_see_whole_exits, open_accounts),
		cmocka_unit_test_setup(readers_see_whole_sums, open_accounts),
		cmocka_unit_test_setup(readers_see_no_bucket_too_early, open_accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
