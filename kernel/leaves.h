/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The leaves: from CPUID's EAX and ECX to its four registers.
 *
 * A question is asked of any number of accounts: exitstat_renumber() where the host has
 * another term's numbers for the course leaves, exitstat_query_init(), then
 * exitstat_query_add() for each account in scope, then exitstat_query_answer().
 */
#ifndef EXITSTAT_LEAVES_H
#define EXITSTAT_LEAVES_H

#include "account.h"

enum exitstat_question {
	EXITSTAT_ASK_NOTHING,
	EXITSTAT_ASK_EXITS,
	EXITSTAT_ASK_REASON,
	EXITSTAT_ASK_VMM,
	EXITSTAT_ASK_VMM_REASON,
	EXITSTAT_ASK_STATE,
	EXITSTAT_ASK_NEXT,
	EXITSTAT_ASK_HISTOGRAM,
	EXITSTAT_ASK_LONGEST,
};

/**
 * struct exitstat_query - a leaf being answered
 * @reasons: the vendor's table
 * @leaf: CPUID's EAX, by the ABI's numbers
 * @question: what is asked of the accounts
 * @this_vcpu: ask the account of the vCPU that reads, not the whole scope
 * @undefined: the reason asked for is not one that the manual defines
 * @slot: the reason asked for
 * @state: the state asked for
 * @from: NEXT: the first slot to look at
 * @next: NEXT: the first slot found that has exits
 * @rows: HISTOGRAM, LONGEST: a bit for each row asked for
 * @bucket: HISTOGRAM: the first bucket asked for
 * @nr_buckets: HISTOGRAM: how many they are, two or four
 * @buckets: HISTOGRAM: their counts
 * @longest: LONGEST: the longest of what is in the rows
 * @map: LONGEST: a bit for each bucket that is not empty
 * @histograms: an account in scope has histograms
 * @features: EXITSTAT_FEATURE_* of the vCPU that asks, set by the caller, too
 * @vcpus: vCPUs in scope, set by the caller before exitstat_query_answer()
 * @sum: the sum over the accounts
 */
struct exitstat_query {
	const struct exitstat_reasons *reasons;
	u32 leaf;
	enum exitstat_question question;
	bool this_vcpu;
	bool undefined;
	u8 slot;
	u8 state;
	u8 from;
	u8 next;
	u32 rows;
	u8 bucket, nr_buckets;
	u64 buckets[4];
	u64 longest, map;
	bool histograms;
	u32 features;
	u32 vcpus;
	struct exitstat_pair sum;
};

struct exitstat_regs {
	u32 eax, ebx, ecx, edx;
};

/* The terms of the course, each of which has its own numbers for the course leaves. */
enum exitstat_numbering {
	EXITSTAT_FALL_2020,
	EXITSTAT_SPRING_2021,
	EXITSTAT_FALL_2021,
	EXITSTAT_SPRING_2022,
	EXITSTAT_FALL_2022,	/* the ABI's */
	EXITSTAT_FALL_2023,
	EXITSTAT_NR_NUMBERINGS
};

/*
 * What other numberings have: course leaves without a meaning, and one for the exits and the
 * cycles of all reasons. No guest can ask for these numbers: exitstat_is_leaf() is false.
 */
#define EXITSTAT_LEAF_NONE		0
#define EXITSTAT_LEAF_EXITS_AND_CYCLES	1

static __always_inline bool exitstat_is_leaf(u32 leaf)
{
	return leaf >= EXITSTAT_LEAF_FIRST && leaf <= EXITSTAT_LEAF_LAST;
}

bool exitstat_find_selected(const struct exitstat_reasons *reasons, u32 ecx, u8 *slot);
u32 exitstat_renumber(u32 leaf, enum exitstat_numbering numbering);
void exitstat_query_init(struct exitstat_query *query, const struct exitstat_reasons *reasons,
			 u32 leaf, u32 ecx);
void exitstat_query_add(struct exitstat_query *query, const struct exitstat_account *account,
			u64 now);
struct exitstat_regs exitstat_query_answer(const struct exitstat_query *query, u32 tsc_khz);

#endif /* EXITSTAT_LEAVES_H */
