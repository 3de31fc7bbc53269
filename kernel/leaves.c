// SPDX-License-Identifier: GPL-2.0
/* The guest ABI: see include/exitstat_abi.h. */
#include "leaves.h"

#define SELECTOR_ZERO	(~(EXITSTAT_REASON_MASK | EXITSTAT_ALL_REASONS | EXITSTAT_THIS_VCPU))
#define LONGEST_ZERO	(SELECTOR_ZERO & ~EXITSTAT_OF_MASK)
#define HISTOGRAM_ZERO	(LONGEST_ZERO & ~(EXITSTAT_BUCKET_MASK | EXITSTAT_FOUR_BUCKETS))
#define STATE_ZERO	(~(0xffu | EXITSTAT_THIS_VCPU))

/*
 * The slot of a reason that has one, and of EXITSTAT_OTHER by that name only. The guest
 * chose the reason: no speculation beyond the table.
 */
static bool find_slot(const struct exitstat_reasons *reasons, u32 reason, u8 *slot)
{
	u32 index = exitstat_slot_index(reason);

	*slot = reasons->other;
	if (index < EXITSTAT_SLOT_INDEXES)
		*slot = reasons->slot[array_index_nospec(index, EXITSTAT_SLOT_INDEXES)];
	return *slot != reasons->other || reason == EXITSTAT_OTHER;
}

static void ask_course_reason(struct exitstat_query *query, u32 reason)
{
	if (!exitstat_reason_defined(query->reasons, reason))
		query->undefined = true;
	else if (find_slot(query->reasons, reason, &query->slot))
		query->question = EXITSTAT_ASK_REASON;
}

/**
 * exitstat_find_selected - what a selector selects
 * @reasons: the vendor's table
 * @ecx: the selector
 * @slot: where the slot of its reason goes, unless it is EXITSTAT_ALL_REASONS
 *
 * Return: false when it selects nothing.
 */
bool exitstat_find_selected(const struct exitstat_reasons *reasons, u32 ecx, u8 *slot)
{
	if (ecx & SELECTOR_ZERO)
		return false;
	return ecx & EXITSTAT_ALL_REASONS ||
	       find_slot(reasons, (s16)(ecx & EXITSTAT_REASON_MASK), slot);
}

static void ask_selected(struct exitstat_query *query, u32 ecx, enum exitstat_question all,
			 enum exitstat_question by_reason)
{
	if (!exitstat_find_selected(query->reasons, ecx, &query->slot))
		return;
	query->this_vcpu = ecx & EXITSTAT_THIS_VCPU;
	query->question = ecx & EXITSTAT_ALL_REASONS ? all : by_reason;
}

static void ask_next(struct exitstat_query *query, u32 ecx)
{
	const struct exitstat_reasons *reasons = query->reasons;
	u32 reason = ecx & EXITSTAT_REASON_MASK;

	query->next = reasons->nr_slots;
	if (ecx & SELECTOR_ZERO)
		return;
	query->this_vcpu = ecx & EXITSTAT_THIS_VCPU;
	while (query->from < reasons->nr_slots &&
	       (reasons->number[query->from] & EXITSTAT_REASON_MASK) < reason)
		query->from++;
	query->question = EXITSTAT_ASK_NEXT;
}

static void ask_state(struct exitstat_query *query, u32 ecx)
{
	u32 state = ecx & 0xff;

	if (ecx & STATE_ZERO || state >= EXITSTAT_NR_STATES)
		return;
	query->state = array_index_nospec(state, EXITSTAT_NR_STATES);
	query->this_vcpu = ecx & EXITSTAT_THIS_VCPU;
	query->question = EXITSTAT_ASK_STATE;
}

#define ALL_OF_REASONS	((1u << EXITSTAT_NR_ROWS) - 1)

/* The rows of a state's stays; 0 when nobody has such. The VMM's are the returns of all reasons. */
static u32 rows_of_state(u32 state)
{
	switch (state) {
	case EXITSTAT_STATE_VMM:
		return ALL_OF_REASONS << EXITSTAT_ROWS_RETURNS;
	case EXITSTAT_STATE_HALTED:
		return 1u << EXITSTAT_ROW_HALTED;
	case EXITSTAT_STATE_PREEMPTED:
		return 1u << EXITSTAT_ROW_PREEMPTED;
	}
	return 0;
}

/* 0 when the reason has no row of its own. The shared one is EXITSTAT_OTHER's. */
static u32 row_of_reason(const struct exitstat_reasons *reasons, u32 reason)
{
	u8 slot, row;

	if (!find_slot(reasons, reason, &slot))
		return 0;
	row = reasons->row[slot];
	return row != EXITSTAT_SHARED_ROW || reason == EXITSTAT_OTHER ? 1u << row : 0;
}

static u32 find_rows(const struct exitstat_reasons *reasons, u32 ecx)
{
	bool all = ecx & EXITSTAT_ALL_REASONS;
	u32 of = ecx & EXITSTAT_OF_MASK, rows;

	if (of == EXITSTAT_OF_STATE)
		return all ? 0 : rows_of_state(ecx & EXITSTAT_REASON_MASK);
	rows = all ? ALL_OF_REASONS :
		     row_of_reason(reasons, (s16)(ecx & EXITSTAT_REASON_MASK));
	switch (of) {
	case EXITSTAT_OF_EXITS:
		return rows << EXITSTAT_ROWS_EXITS;
	case EXITSTAT_OF_VMM:
		return rows << EXITSTAT_ROWS_RETURNS;
	}
	return 0;
}

static void ask_longest(struct exitstat_query *query, u32 ecx)
{
	if (ecx & LONGEST_ZERO)
		return;
	query->rows = find_rows(query->reasons, ecx);
	query->this_vcpu = ecx & EXITSTAT_THIS_VCPU;
	query->question = EXITSTAT_ASK_LONGEST;
}

static void ask_histogram(struct exitstat_query *query, u32 ecx)
{
	u8 bucket = (ecx & EXITSTAT_BUCKET_MASK) >> EXITSTAT_BUCKET_SHIFT;
	u8 n = ecx & EXITSTAT_FOUR_BUCKETS ? 4 : 2;

	if (ecx & HISTOGRAM_ZERO || bucket % n)
		return;
	query->rows = find_rows(query->reasons, ecx);
	query->this_vcpu = ecx & EXITSTAT_THIS_VCPU;
	query->bucket = bucket;
	query->nr_buckets = n;
	query->question = EXITSTAT_ASK_HISTOGRAM;
}

/* What the course leaves, from EXITSTAT_LEAF_EXITS on, mean by another term's numbers. */
#define NR_COURSE_LEAVES	4

static const u32 fall_2020[NR_COURSE_LEAVES] = {
	EXITSTAT_LEAF_NONE, EXITSTAT_LEAF_NONE,
	EXITSTAT_LEAF_REASON_EXITS, EXITSTAT_LEAF_EXITS_AND_CYCLES,
};

static const u32 fall_2021[NR_COURSE_LEAVES] = {
	EXITSTAT_LEAF_REASON_CYCLES, EXITSTAT_LEAF_REASON_EXITS,
	EXITSTAT_LEAF_CYCLES, EXITSTAT_LEAF_EXITS,
};

static const u32 * const course_leaves[EXITSTAT_NR_NUMBERINGS] = {
	[EXITSTAT_FALL_2020] = fall_2020,
	[EXITSTAT_SPRING_2021] = fall_2020,
	[EXITSTAT_FALL_2021] = fall_2021,
	[EXITSTAT_SPRING_2022] = fall_2021,
	[EXITSTAT_FALL_2023] = fall_2021,
};

/**
 * exitstat_renumber - the leaf, by the ABI's numbers, that a guest means
 * @leaf: CPUID's EAX, for which exitstat_is_leaf() is true
 * @numbering: the term whose numbers the host answers
 *
 * Return: @leaf itself unless it is a course leaf of a term with other numbers.
 */
u32 exitstat_renumber(u32 leaf, enum exitstat_numbering numbering)
{
	const u32 *meanings = course_leaves[numbering];
	u32 index = leaf - EXITSTAT_LEAF_EXITS;

	if (!meanings || index >= NR_COURSE_LEAVES)
		return leaf;
	return meanings[array_index_nospec(index, NR_COURSE_LEAVES)];
}

/**
 * exitstat_query_init - understand what a guest asks
 * @query: what to fill in
 * @reasons: the vendor's table
 * @leaf: CPUID's EAX, for which exitstat_is_leaf() is true, or what exitstat_renumber() made of it
 * @ecx: CPUID's ECX
 */
void exitstat_query_init(struct exitstat_query *query, const struct exitstat_reasons *reasons,
			 u32 leaf, u32 ecx)
{
	memset(query, 0, sizeof(*query));
	query->reasons = reasons;
	query->leaf = leaf;

	switch (leaf) {
	case EXITSTAT_LEAF_EXITS:
	case EXITSTAT_LEAF_CYCLES:
	case EXITSTAT_LEAF_EXITS_AND_CYCLES:
		query->question = EXITSTAT_ASK_EXITS;
		break;
	case EXITSTAT_LEAF_REASON_EXITS:
	case EXITSTAT_LEAF_REASON_CYCLES:
		ask_course_reason(query, ecx);
		break;
	case EXITSTAT_LEAF_SNAPSHOT:
		ask_selected(query, ecx, EXITSTAT_ASK_EXITS, EXITSTAT_ASK_REASON);
		break;
	case EXITSTAT_LEAF_VMM:
		ask_selected(query, ecx, EXITSTAT_ASK_VMM, EXITSTAT_ASK_VMM_REASON);
		break;
	case EXITSTAT_LEAF_NEXT:
		ask_next(query, ecx);
		break;
	case EXITSTAT_LEAF_STATE:
		ask_state(query, ecx);
		break;
	case EXITSTAT_LEAF_HISTOGRAM:
		ask_histogram(query, ecx);
		break;
	case EXITSTAT_LEAF_LONGEST:
		ask_longest(query, ecx);
		break;
	}
}

static void add_next(struct exitstat_query *query, const struct exitstat_account *account)
{
	const struct exitstat_reason_count *reason = &account->reasons[query->from];
	const struct exitstat_reason_count *end = &account->reasons[query->next];

	while (reason < end && !READ_ONCE(reason->exits))
		reason++;
	query->next = reason - account->reasons;
}

/* Above the longest there is nothing, and what is in the map already need not be looked for. */
static void add_longest(struct exitstat_query *query, const struct exitstat_row *row)
{
	u64 up_to_longest = (2ull << exitstat_bucket(READ_ONCE(row->longest))) - 1;
	u64 left = up_to_longest & ~query->map, longest;

	for (; left; left &= left - 1)
		if (READ_ONCE(row->buckets[__builtin_ctzll(left)]))
			query->map |= left & -left;
	/* Pairs with exitstat_row_add(). */
	smp_rmb();
	longest = READ_ONCE(row->longest);
	if (longest > query->longest)
		query->longest = longest;
}

static void add_row(struct exitstat_query *query, const struct exitstat_row *row)
{
	u8 i;

	if (query->question == EXITSTAT_ASK_LONGEST)
		return add_longest(query, row);
	for (i = 0; i < query->nr_buckets; i++)
		query->buckets[i] += READ_ONCE(row->buckets[query->bucket + i]);
}

static void add_histograms(struct exitstat_query *query,
			   const struct exitstat_histograms *histograms)
{
	u32 left;

	/* Who has seen a bucket sees that its row is in use. Pairs with exitstat_row_add(). */
	smp_rmb();
	left = READ_ONCE(histograms->used) & query->rows;
	for (; left; left &= left - 1)
		add_row(query, &histograms->rows[__builtin_ctz(left)]);
}

/**
 * exitstat_query_add - ask one more account
 * @query: the question
 * @account: an account in scope
 * @now: host TSC
 */
void exitstat_query_add(struct exitstat_query *query, const struct exitstat_account *account,
			u64 now)
{
	struct exitstat_pair pair = { 0 };

	query->histograms |= !!account->histograms;
	switch (query->question) {
	case EXITSTAT_ASK_NOTHING:
		break;
	case EXITSTAT_ASK_EXITS:
		pair = exitstat_account_exits(account);
		break;
	case EXITSTAT_ASK_REASON:
		pair = exitstat_account_reason(account, query->slot);
		break;
	case EXITSTAT_ASK_VMM:
		pair = exitstat_account_vmm(account);
		break;
	case EXITSTAT_ASK_VMM_REASON:
		pair = exitstat_account_vmm_reason(account, query->slot);
		break;
	case EXITSTAT_ASK_STATE:
		pair = exitstat_account_state(account, query->state, now);
		break;
	case EXITSTAT_ASK_NEXT:
		add_next(query, account);
		break;
	case EXITSTAT_ASK_HISTOGRAM:
	case EXITSTAT_ASK_LONGEST:
		if (account->histograms)
			add_histograms(query, account->histograms);
		break;
	}
	query->sum.count += pair.count;
	query->sum.cycles += pair.cycles;
}

static struct exitstat_regs identify(void)
{
	struct exitstat_regs regs = { .eax = EXITSTAT_ABI_VERSION };

	memcpy(&regs.ebx, &EXITSTAT_SIGNATURE[0], 4);
	memcpy(&regs.ecx, &EXITSTAT_SIGNATURE[4], 4);
	memcpy(&regs.edx, &EXITSTAT_SIGNATURE[8], 4);
	return regs;
}

static u32 next_reason(const struct exitstat_query *query)
{
	if (query->next == query->reasons->nr_slots)
		return EXITSTAT_NEXT_NONE;
	return query->reasons->number[query->next] & EXITSTAT_REASON_MASK;
}

static struct exitstat_regs properties(const struct exitstat_query *query, u32 tsc_khz)
{
	return (struct exitstat_regs){
		.eax = tsc_khz,
		.ebx = query->features | (query->histograms ? EXITSTAT_FEATURE_HISTOGRAMS : 0),
		.ecx = query->reasons->space,
		.edx = query->vcpus,
	};
}

/* Two numbers, each low before high. */
static struct exitstat_regs two(u64 first, u64 second)
{
	return (struct exitstat_regs){ .eax = first, .ebx = first >> 32,
				       .ecx = second, .edx = second >> 32 };
}

static u32 narrow(u64 count)
{
	return count < EXITSTAT_COUNT_LARGE ? count : EXITSTAT_COUNT_LARGE;
}

static struct exitstat_regs histogram(const struct exitstat_query *query)
{
	const u64 *counts = query->buckets;

	if (query->nr_buckets < 4)
		return two(counts[0], counts[1]);
	return (struct exitstat_regs){ .eax = narrow(counts[0]), .ebx = narrow(counts[1]),
				       .ecx = narrow(counts[2]), .edx = narrow(counts[3]) };
}

/**
 * exitstat_query_answer - put the answer into registers
 * @query: the question, asked of every account in scope
 * @tsc_khz: the host's TSC frequency in kHz
 *
 * Return: all four registers, each of which the guest is to get.
 */
struct exitstat_regs exitstat_query_answer(const struct exitstat_query *query, u32 tsc_khz)
{
	u64 count = query->sum.count, cycles = query->sum.cycles;

	switch (query->leaf) {
	case EXITSTAT_LEAF_IDENTIFY:
		return identify();
	case EXITSTAT_LEAF_PROPERTIES:
		return properties(query, tsc_khz);
	case EXITSTAT_LEAF_HISTOGRAM:
		return histogram(query);
	case EXITSTAT_LEAF_LONGEST:
		return two(query->longest, query->map);
	case EXITSTAT_LEAF_NEXT:
		return (struct exitstat_regs){ .eax = next_reason(query) };
	case EXITSTAT_LEAF_SNAPSHOT:
	case EXITSTAT_LEAF_STATE:
	case EXITSTAT_LEAF_VMM:
		return two(count, cycles);
	}

	if (query->undefined)
		return (struct exitstat_regs){ .edx = EXITSTAT_UNDEFINED };

	switch (query->leaf) {
	case EXITSTAT_LEAF_EXITS:
	case EXITSTAT_LEAF_REASON_EXITS:
		return (struct exitstat_regs){ .eax = count, .ebx = count >> 32 };
	case EXITSTAT_LEAF_CYCLES:
	case EXITSTAT_LEAF_REASON_CYCLES:
		return (struct exitstat_regs){ .ebx = cycles >> 32, .ecx = cycles };
	case EXITSTAT_LEAF_EXITS_AND_CYCLES:
		return (struct exitstat_regs){ .eax = count, .ebx = cycles >> 32, .ecx = cycles };
	}
	return (struct exitstat_regs){ 0 };
}
