// SPDX-License-Identifier: GPL-2.0
/*
 * An answer that is a sum over many vCPUs, for callgrind, which counts the instructions of add_up().
 * The vCPUs' histograms are empty; or as a guest's usually are, with exits for five reasons, of 21
 * neighbouring buckets and a longer one each; or full; or what is most work, in each row a very long
 * one only.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leaves.h"

#define VCPUS	1000
#define LONGEST_BUCKET	(EXITSTAT_NR_BUCKETS - 1)

static struct exitstat_reasons reasons;
static struct exitstat_account accounts[VCPUS];
static struct exitstat_histograms histograms[VCPUS];

static void add(int vcpu, int row, int bucket)
{
	exitstat_histograms_add(&histograms[vcpu], &histograms[vcpu].rows[row],
				exitstat_bucket_begin(bucket));
}

static void fill_nothing(int vcpu)
{
	(void)vcpu;
}

/* The longest is another one from vCPU to vCPU. */
static void fill_usually(int vcpu)
{
	int row, bucket;

	for (row = 1; row <= 5; row++) {
		for (bucket = 7; bucket < 28; bucket++)
			add(vcpu, row, bucket);
		add(vcpu, row, 28 + (vcpu * 7 + row) % 15);
	}
}

static void fill_all(int vcpu)
{
	int row, bucket;

	for (row = 0; row < EXITSTAT_ALL_ROWS; row++)
		for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket++)
			add(vcpu, row, bucket);
}

static void fill_badly(int vcpu)
{
	int row;

	for (row = 0; row < EXITSTAT_ALL_ROWS; row++)
		add(vcpu, row, LONGEST_BUCKET);
}

static const struct {
	const char *name;
	void (*fill)(int vcpu);
} fills[] = {
	{ "empty", fill_nothing }, { "usual", fill_usually }, { "full", fill_all },
	{ "worst", fill_badly },
};

static const struct {
	const char *name;
	u32 leaf, ecx;
} questions[] = {
	{ "exits", EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS },
	{ "state", EXITSTAT_LEAF_STATE, EXITSTAT_STATE_GUEST },
	{ "next", EXITSTAT_LEAF_NEXT, 0 },
	{ "longest", EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS },
	{ "buckets", EXITSTAT_LEAF_HISTOGRAM,
	  EXITSTAT_ALL_REASONS | EXITSTAT_FOUR_BUCKETS | 12 << EXITSTAT_BUCKET_SHIFT },
};

static void open_accounts(const char *fill)
{
	size_t i;
	int vcpu;

	for (i = 0; strcmp(fills[i].name, fill); )
		if (++i == ARRAY_SIZE(fills))
			errx(1, "histograms are not %s", fill);
	for (vcpu = 0; vcpu < VCPUS; vcpu++) {
		exitstat_account_init(&accounts[vcpu], reasons.other);
		exitstat_histograms_init(&histograms[vcpu], &reasons);
		accounts[vcpu].histograms = &histograms[vcpu];
		fills[i].fill(vcpu);
	}
}

static __attribute__((noinline)) void add_up(struct exitstat_query *query)
{
	int vcpu;

	for (vcpu = 0; vcpu < VCPUS; vcpu++)
		exitstat_query_add(query, &accounts[vcpu], 1000);
}

static void ask(const char *question)
{
	struct exitstat_query query;
	size_t i;

	for (i = 0; strcmp(questions[i].name, question); )
		if (++i == ARRAY_SIZE(questions))
			errx(1, "there is no question %s", question);
	exitstat_query_init(&query, &reasons, questions[i].leaf, questions[i].ecx);
	add_up(&query);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(1, "usage: answers empty|usual|full|worst exits|state|next|longest|buckets");
	exitstat_reasons_init(&reasons, EXITSTAT_SPACE_SVM);
	open_accounts(argv[1]);
	ask(argv[2]);
	return 0;
}
