// SPDX-License-Identifier: GPL-2.0
/* Histograms as libexitstat has them, against the real accounting and against exact values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"

#define TSC_KHZ	2400000
#define SVM_IO	0x7b
#define SVM_NPF	0x400

static struct exitstat_histogram before, after;

static struct exitstat *open_paper(struct machine *machine)
{
	struct exitstat *es = paper_open(machine, NULL);

	assert_non_null(es);
	assert_int_equal(exitstat_open(es), 0);
	return es;
}

static struct machine *machine_with_histograms(void)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);

	machine_keep_histograms(machine);
	return machine;
}

static void read_one(struct exitstat *es, int cpu, uint32_t selector,
		     struct exitstat_histogram *histogram)
{
	histogram->selector = selector;
	assert_int_equal(exitstat_read_histograms(es, cpu, histogram, 1), 0);
}

static void histograms_are_what_the_host_has(void **state)
{
	struct machine *machine = machine_with_histograms();
	struct exitstat *es;

	(void)state;
	paper_work(machine, EXITSTAT_SPACE_SVM, 100);
	es = open_paper(machine);
	assert_int_equal(exitstat_host(es)->features, EXITSTAT_FEATURE_HISTOGRAMS);
	read_one(es, EXITSTAT_VM, SVM_NPF, &after);
	assert_int_equal(exitstat_histogram_count(&after), 200);
	assert_int_equal(after.buckets[exitstat_bucket(5200)], 200);
	assert_int_equal(after.longest, 5200);
	assert_int_equal(exitstat_percentile(&after, 50), 5200);
	read_one(es, 0, SVM_NPF, &after);
	assert_int_equal(exitstat_histogram_count(&after), 100);
	read_one(es, EXITSTAT_VM, EXITSTAT_OF_VMM | SVM_IO, &after);
	assert_int_equal(exitstat_histogram_count(&after), 100);
	assert_int_equal(after.longest, 21000);
	read_one(es, EXITSTAT_VM, EXITSTAT_OF_STATE | EXITSTAT_STATE_PREEMPTED, &after);
	assert_int_equal(exitstat_histogram_count(&after), 100);
	assert_int_equal(after.longest, 7000);
	exitstat_free(es);
	machine_free(machine);
}

static uint64_t exits_of(struct machine *machine)
{
	uint32_t regs[4];

	machine_ask(machine, 0, EXITSTAT_LEAF_EXITS, 0, regs);
	return (uint64_t)regs[1] << 32 | regs[0];
}

/* From wherever among four on, and nothing at all. */
static void reading_takes_a_cpuid_for_four_buckets(void **state)
{
	static const struct {
		unsigned int first, buckets, most;
	} cases[] = {
		{ 4, 21, 2 + 6 }, { 5, 21, 2 + 6 }, { 6, 21, 2 + 6 }, { 7, 21, 2 + 6 },
		{ 7, 2, 2 + 2 }, { 0, 1, 2 + 1 }, { 63, 1, 2 + 1 }, { 0, 64, 2 + 16 }, { 0, 0, 1 },
	};
	struct machine *machine;
	struct exitstat *es;
	unsigned int i, bucket;
	uint64_t begin;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		machine = machine_with_histograms();
		es = open_paper(machine);
		for (bucket = cases[i].first; bucket < cases[i].first + cases[i].buckets; bucket++)
			machine_exit(machine, bucket % 2, SVM_NPF, exitstat_bucket_begin(bucket));
		begin = exits_of(machine);
		read_one(es, EXITSTAT_VM, SVM_NPF, &after);
		assert_int_equal(exits_of(machine) - begin, cases[i].most);
		assert_int_equal(exitstat_histogram_count(&after), cases[i].buckets);
		if (cases[i].buckets)
			assert_int_equal(after.longest, exitstat_bucket_begin(bucket - 1));
		exitstat_free(es);
		machine_free(machine);
	}
}

/* What 32 bits do not have, or just so, takes a CPUID more for two buckets; vCPUs are summed. */
static void large_counts_are_read_whole(void **state)
{
	static const struct {
		uint64_t counts[4];
		unsigned int most;
	} cases[] = {
		{ { 0xfffffffe, 1, 2, 3 }, 2 + 1 },
		{ { 0xffffffff, 1, 2, 3 }, 2 + 2 },
		{ { 1, 1ull << 32, 2, 3 }, 2 + 2 },
		{ { 1, 2, (1ull << 32) + 5, 1ull << 33 }, 2 + 2 },
		{ { 1, 0xffffffff, 0, ~0ull - 7 }, 2 + 3 },
		{ { 1ull << 63, 1ull << 32, 1ull << 33, 1ull << 34 }, 2 + 3 },
	};
	struct machine *machine;
	struct exitstat *es;
	unsigned int i, bucket;
	uint64_t begin;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		machine = machine_with_histograms();
		es = open_paper(machine);
		for (bucket = 0; bucket < 4; bucket++) {
			machine_fill_bucket(machine, 0, SVM_NPF, 12 + bucket,
					    cases[i].counts[bucket] / 2);
			machine_fill_bucket(machine, 1, SVM_NPF, 12 + bucket,
					    cases[i].counts[bucket] - cases[i].counts[bucket] / 2);
		}
		begin = exits_of(machine);
		read_one(es, EXITSTAT_VM, SVM_NPF, &after);
		assert_int_equal(exits_of(machine) - begin, cases[i].most);
		assert_memory_equal(&after.buckets[12], cases[i].counts, sizeof(cases[i].counts));
		exitstat_free(es);
		machine_free(machine);
	}
}

static void difference_has_what_happened_between(void **state)
{
	struct machine *machine = machine_with_histograms();
	struct exitstat *es = open_paper(machine);

	(void)state;
	machine_exit(machine, 0, SVM_IO, 100000);
	machine_exit(machine, 0, SVM_IO, 300);
	read_one(es, EXITSTAT_VM, SVM_IO, &before);
	machine_exit(machine, 1, SVM_IO, 1000);
	machine_exit(machine, 0, SVM_IO, 2000);
	read_one(es, EXITSTAT_VM, SVM_IO, &after);
	exitstat_subtract_histogram(&before, &after);
	assert_int_equal(exitstat_histogram_count(&after), 2);
	/* The longest was before: now it is where the highest bucket ends. */
	assert_false(after.exact);
	assert_int_equal(after.longest, 2048);

	machine_exit(machine, 0, SVM_IO, 123456);
	read_one(es, EXITSTAT_VM, SVM_IO, &after);
	exitstat_subtract_histogram(&before, &after);
	assert_true(after.exact);
	assert_int_equal(after.longest, 123456);

	before = after;
	read_one(es, EXITSTAT_VM, SVM_IO, &before);
	after = before;
	exitstat_subtract_histogram(&before, &after);
	assert_int_equal(exitstat_histogram_count(&after), 0);
	assert_int_equal(exitstat_percentile(&after, 99), 0);
	assert_int_equal(after.longest, 0);
	exitstat_free(es);
	machine_free(machine);
}

static void without_histograms_they_are_empty(void **state)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 1, TSC_KHZ);
	struct exitstat *es;

	(void)state;
	paper_work(machine, EXITSTAT_SPACE_SVM, 10);
	es = open_paper(machine);
	after.longest = 7;
	read_one(es, EXITSTAT_VM, SVM_NPF, &after);
	assert_int_equal(exitstat_histogram_count(&after), 0);
	assert_int_equal(after.longest, 0);
	exitstat_free(es);
	machine_free(machine);
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Cycles of any size from 2^7 on, those of an exit more often than those of a century. */
static uint64_t random_cycles(unsigned short rng[3])
{
	unsigned int octave = 7 + nrand48(rng) % (nrand48(rng) % 4 ? 15 : 31);

	return (1ull << octave) + (((uint64_t)nrand48(rng) << 31 | nrand48(rng)) &
				   ((1ull << octave) - 1));
}

/* Not less than the exact one, and at most 50 % more. */
static void percentiles_keep_their_promise(void **state)
{
	static const double percents[] = { 0.1, 1, 25, 50, 90, 99, 99.9, 100 };
	unsigned short rng[3] = { 1, 2, 3 };
	static uint64_t exact[5000];
	uint64_t told, wanted;
	size_t round, n, i, p, rank;

	(void)state;
	for (round = 0; round < 300; round++) {
		memset(&after, 0, sizeof(after));
		n = 1 + nrand48(rng) % (sizeof(exact) / sizeof(*exact));
		for (i = 0; i < n; i++) {
			exact[i] = random_cycles(rng);
			after.buckets[exitstat_bucket(exact[i])]++;
			if (exact[i] > after.longest)
				after.longest = exact[i];
		}
		qsort(exact, n, sizeof(*exact), by_size);
		for (p = 0; p < sizeof(percents) / sizeof(*percents); p++) {
			/* The nearest rank; in thousandths, which are exact. */
			rank = (n * (size_t)(percents[p] * 10 + 0.5) + 999) / 1000;
			wanted = exact[rank - 1];
			told = exitstat_percentile(&after, percents[p]);
			if (told < wanted || 2 * (told - wanted) > wanted)
				fail_msg("round %zu, %g %% of %zu: %llu, exactly %llu", round,
					 percents[p], n, (unsigned long long)told,
					 (unsigned long long)wanted);
		}
		assert_int_equal(exitstat_percentile(&after, 100), after.longest);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(histograms_are_what_the_host_has),
		cmocka_unit_test(reading_takes_a_cpuid_for_four_buckets),
		cmocka_unit_test(large_counts_are_read_whole),
		cmocka_unit_test(difference_has_what_happened_between),
		cmocka_unit_test(without_histograms_they_are_empty),
		cmocka_unit_test(percentiles_keep_their_promise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
