// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of events, after each of which the invariants must hold.
 *
 * The environment variable EXITSTAT_SEED chooses other sequences than the usual ones;
 * a failure says the seed it came from.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "test.h"
#include "invariants.h"

#define NR_SEQUENCES	500
#define NR_EVENTS	200

static u64 seed = 0x9e3779b97f4a7c15;

/* xorshift64* */
static u64 random_u64(u64 *rng)
{
	*rng ^= *rng >> 12;
	*rng ^= *rng << 25;
	*rng ^= *rng >> 27;
	return *rng * 0x2545f4914f6cdd1d;
}

static u32 random_below(u64 *rng, u32 limit)
{
	return (random_u64(rng) >> 32) % limit;
}

static u32 random_reason(u64 *rng, const struct exitstat_reasons *reasons)
{
	switch (random_below(rng, 8)) {
	case 0:
		return random_u64(rng);
	case 1:
		return 0x3f0 + random_below(rng, 0x30);
	case 2:
		return -1u - random_below(rng, 0x20);
	case 3:
		return random_below(rng, 0x120);
	}
	return reasons->number[random_below(rng, reasons->nr_slots)];
}

/* What KVM does next in a state, mostly. */
static enum life_event usual_event(u64 *rng, u8 state)
{
	static const enum life_event usual[][6] = {
		[EXITSTAT_STATE_GUEST] = {
			LIFE_EXIT, LIFE_EXIT, LIFE_EXIT, LIFE_EXIT, LIFE_EXIT, LIFE_PREEMPT
		},
		[EXITSTAT_STATE_HOST] = {
			LIFE_ENTRY, LIFE_ENTRY, LIFE_RETURN, LIFE_HALT, LIFE_SLEEP, LIFE_PREEMPT
		},
		[EXITSTAT_STATE_VMM] = {
			LIFE_RUN, LIFE_RUN, LIFE_RUN, LIFE_RUN, LIFE_RESUME_LATE, LIFE_PREEMPT
		},
		[EXITSTAT_STATE_HALTED] = {
			LIFE_WAKE, LIFE_WAKE, LIFE_RESUME, LIFE_RESUME_LATE, LIFE_PREEMPT,
			LIFE_RETURN
		},
		[EXITSTAT_STATE_PREEMPTED] = {
			LIFE_RESUME, LIFE_RESUME, LIFE_RESUME, LIFE_RESUME_LATE, LIFE_RESUME,
			LIFE_PREEMPT
		},
		[EXITSTAT_STATE_BEFORE] = {
			LIFE_RUN, LIFE_RESUME, LIFE_RESUME_LATE, LIFE_ENTRY, LIFE_SLEEP,
			LIFE_RETURN
		},
	};

	return usual[state][random_below(rng, 6)];
}

static u64 random_step(u64 *rng, bool steps_back)
{
	u64 step = random_u64(rng) >> (64 - random_below(rng, 36) - 1);

	return steps_back && !random_below(rng, 4) ? -step : step;
}

/* Near the boundaries, so that a sequence passes them. */
static u64 random_start(u64 *rng)
{
	static const u64 boundaries[] = { 0, 1ull << 32, 1ull << 63, 1ull << 40 };

	return boundaries[random_below(rng, 4)] + (s32)random_u64(rng);
}

static void run_sequence(unsigned int sequence, u32 space, bool wild, bool steps_back)
{
	u64 rng = seed + sequence * 0x9e3779b97f4a7c15;
	static struct exitstat_account account, total;
	static struct exitstat_histograms histograms;
	static struct exitstat_reasons reasons;
	static struct life life;
	const char *broken;
	unsigned int i;
	u64 now;

	if (!rng)
		rng = 1;
	exitstat_reasons_init(&reasons, space);
	now = random_start(&rng);
	life_begin(&life, &reasons, &account, now);
	if (sequence / 2 % 2) {
		account.histograms = NULL;
		/* Other VMs may have some. */
		exitstat_histograms_key = sequence / 4 % 2;
	}
	for (i = 0; i < NR_EVENTS; i++) {
		now += random_step(&rng, steps_back);
		life_event(&life, wild ? random_below(&rng, LIFE_NR_EVENTS)
				       : usual_event(&rng, account.state),
			   random_reason(&rng, &reasons), now);
		broken = life_broken(&life);
		if (broken)
			fail_msg("EXITSTAT_SEED=%" PRIu64 ", sequence %u, event %u: %s", seed,
				 sequence, i, broken);
	}

	memset(&total, 0, sizeof(total));
	exitstat_account_init(&total, reasons.other);
	memset(&histograms, 0, sizeof(histograms));
	total.histograms = account.histograms ? &histograms : NULL;
	exitstat_account_close(&account, now);
	exitstat_account_fold(&total, &account);
	exitstat_account_fold(&total, &account);
	broken = account_broken(&total);
	if (broken || total.exits != 2 * account.exits)
		fail_msg("EXITSTAT_SEED=%" PRIu64 ", sequence %u, folded: %s", seed, sequence,
			 broken ? broken : "the sum has other exits than its parts");
}

static void run_sequences(bool wild, bool steps_back)
{
	unsigned int i;

	for (i = 0; i < NR_SEQUENCES; i++)
		run_sequence(i, i % 2 ? EXITSTAT_SPACE_SVM : EXITSTAT_SPACE_VMX, wild, steps_back);
}

static void invariants_hold_in_usual_order(void **state)
{
	(void)state;
	run_sequences(false, false);
}

static void invariants_hold_in_wild_order(void **state)
{
	(void)state;
	run_sequences(true, false);
}

static void invariants_hold_in_usual_order_when_the_tsc_steps_back(void **state)
{
	(void)state;
	run_sequences(false, true);
}

static void invariants_hold_in_wild_order_when_the_tsc_steps_back(void **state)
{
	(void)state;
	run_sequences(true, true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(invariants_hold_in_usual_order),
		cmocka_unit_test(invariants_hold_in_wild_order),
		cmocka_unit_test(invariants_hold_in_usual_order_when_the_tsc_steps_back),
		cmocka_unit_test(invariants_hold_in_wild_order_when_the_tsc_steps_back),
	};

	if (getenv("EXITSTAT_SEED"))
		seed = strtoull(getenv("EXITSTAT_SEED"), NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
