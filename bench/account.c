// SPDX-License-Identifier: GPL-2.0
/*
 * What counting an exit and the entry after it costs on this processor, in cycles: the
 * account of kernel/account.h, which is compiled here for userspace, and two global counters,
 * plain and atomic, with one thread and with two at once. Each takes two RDTSC.
 *
 * The ways take turns many times over, so that whatever else the machine does hits all of
 * them, and the ratios of one run can be compared.
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "account.h"

#define ROUNDS	1000
#define PAIRS	2000	/* in a round */
#define THREADS	2

enum way { NOTHING, ACCOUNT, PLAIN, ATOMIC, NR_WAYS };

static const char * const names[] = {
	[NOTHING] = "two RDTSC, nothing counted", [ACCOUNT] = "exitstat's account",
	[PLAIN] = "two plain global counters", [ATOMIC] = "two atomic global counters",
};

static struct {
	volatile u64 exits, cycles;
} global;

static struct exitstat_account accounts[THREADS];
static double cost[NR_WAYS][THREADS * ROUNDS];
static u64 lost[NR_WAYS];
static pthread_barrier_t barrier;
static int nr_threads;

/* Not inlined: neither are the functions that KVM calls. */
__attribute__((noinline)) static void count_nothing(u64 begin)
{
	asm volatile("" : : "r"(__rdtsc() - begin));
}

__attribute__((noinline)) static void account_exit(struct exitstat_account *account, u8 slot)
{
	exitstat_account_exit(account, slot, __rdtsc());
}

__attribute__((noinline)) static void account_entry(struct exitstat_account *account)
{
	exitstat_account_entry(account, __rdtsc());
}

__attribute__((noinline)) static void count_plain(u64 begin)
{
	global.exits++;
	global.cycles += __rdtsc() - begin;
}

__attribute__((noinline)) static void count_atomic(u64 begin)
{
	__atomic_fetch_add(&global.exits, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&global.cycles, __rdtsc() - begin, __ATOMIC_RELAXED);
}

static void one_round(enum way way, struct exitstat_account *account)
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		switch (way) {
		case NOTHING:
			count_nothing(__rdtsc());
			break;
		case ACCOUNT:
			account_exit(account, i & 3);
			account_entry(account);
			break;
		case PLAIN:
			count_plain(__rdtsc());
			break;
		default:
			count_atomic(__rdtsc());
		}
	}
}

static u64 counted(enum way way)
{
	u64 sum = 0;
	int i;

	if (way == PLAIN || way == ATOMIC)
		return global.exits;
	for (i = 0; i < THREADS; i++)
		sum += accounts[i].exits;
	return sum;
}

/* All threads begin together, and what was lost meanwhile is known when all are done. */
static void measure(enum way way, int thread, int round)
{
	static u64 before;
	u64 begin;

	if (thread == 0)
		before = counted(way);
	pthread_barrier_wait(&barrier);
	begin = __rdtsc();
	one_round(way, &accounts[thread]);
	cost[way][thread * ROUNDS + round] = (double)(__rdtsc() - begin) / PAIRS;
	pthread_barrier_wait(&barrier);
	if (thread == 0 && way != NOTHING)
		lost[way] += before + (u64)nr_threads * PAIRS - counted(way);
}

static void *run(void *argument)
{
	int thread = *(int *)argument, round;
	cpu_set_t cpus;
	enum way way;

	CPU_ZERO(&cpus);
	CPU_SET(thread, &cpus);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus))
		warnx("no CPU %d: the threads take turns", thread);
	for (round = 0; round < ROUNDS; round++)
		for (way = 0; way < NR_WAYS; way++)
			measure(way, thread, round);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(void)
{
	int n = nr_threads * ROUNDS;
	double account;
	enum way way;

	for (way = 0; way < NR_WAYS; way++)
		qsort(cost[way], n, sizeof(**cost), compare);
	account = cost[ACCOUNT][n / 2];
	for (way = 0; way < NR_WAYS; way++)
		printf("%d\t%s\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\n", nr_threads, names[way],
		       cost[way][n / 2], cost[way][n / 10], cost[way][n - n / 10],
		       cost[way][n / 2] / account,
		       100.0 * lost[way] / ((double)nr_threads * ROUNDS * PAIRS));
}

static void run_threads(int n)
{
	int numbers[THREADS] = { 0, 1 }, i;
	pthread_t threads[THREADS];

	nr_threads = n;
	for (i = 0; i < NR_WAYS; i++)
		lost[i] = 0;
	pthread_barrier_init(&barrier, NULL, n);
	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, run, &numbers[i]))
			errx(1, "pthread_create failed");
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
	report();
}

int main(void)
{
	int i;

	for (i = 0; i < THREADS; i++)
		exitstat_account_init(&accounts[i], 0);
	puts("threads\tway\tmedian\t10 %\t90 %\tof ours\t% lost");
	for (i = 1; i <= THREADS; i++)
		run_threads(i);
	return 0;
}
