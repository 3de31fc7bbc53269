/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must be true of an account after any event, however odd the order.
 *
 * A life is an account, together with a naive model of what it should hold. Each
 * function that ends in _broken returns the first thing that is not true, in words, or
 * NULL when all is well.
 */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "leaves.h"

enum life_event {
	LIFE_ENTRY,
	LIFE_EXIT,
	LIFE_RUN,
	LIFE_RETURN,
	LIFE_HALT,
	LIFE_WAKE,
	LIFE_PREEMPT,
	LIFE_SLEEP,
	LIFE_RESUME,
	LIFE_RESUME_LATE,	/* after a wait for a CPU, of as many cycles as the reason says */
	LIFE_NR_EVENTS
};

/**
 * struct model - the account, done naively
 * @state: the state that the vCPU is in
 * @interrupted: the state that the scheduler interrupted, or EXITSTAT_STATE_NONE
 * @reason: the place in the vendor's table of the last exit's reason
 * @started: has the vCPU entered or left the guest yet?
 * @stepped_back: has the TSC stepped back between two events that count?
 * @first: when it started
 * @since: when @state began
 * @exits: exits of all reasons
 * @returned: @exits when it last returned for one
 * @entered: by state
 * @cycles: by state
 * @reasons: by place in the vendor's table
 * @exit: an exit is not over yet
 * @vmm: nor is its return
 * @pieces: by state, what has passed of what is not over yet and not charged; host time is the exit's
 * @stay: what the VMM has had of the return that is not over yet
 * @row: by place in the vendor's table, the row in @histograms
 * @histograms: what is over
 */
struct model {
	int state, interrupted, reason;
	bool started, stepped_back;
	u64 first, since;
	u64 exits, returned;
	u64 entered[EXITSTAT_NR_STATES];
	u64 cycles[EXITSTAT_NR_STATES];
	struct exitstat_reason_count reasons[EXITSTAT_NR_SLOTS];
	bool exit, vmm;
	u64 pieces[EXITSTAT_NR_STATES];
	u64 stay;
	u8 row[EXITSTAT_NR_SLOTS];
	struct exitstat_histograms histograms;
};

/**
 * struct life - an account that events happen to
 * @reasons: the vendor's table
 * @account: the account
 * @histograms: and its histograms
 * @before: the account before the last event
 * @model: what the account should hold
 * @now: when the last event happened
 */
struct life {
	const struct exitstat_reasons *reasons;
	struct exitstat_account *account;
	struct exitstat_histograms histograms;
	struct exitstat_account before;
	struct model model;
	u64 now;
};

/* exitstat_account_resume(), for a thread that has not waited. */
static inline void resume_at_once(struct exitstat_account *account, u64 now)
{
	exitstat_account_resume(account, 0, now);
}

void life_begin(struct life *life, const struct exitstat_reasons *reasons,
		struct exitstat_account *account, u64 now);
void life_event(struct life *life, enum life_event event, u32 reason, u64 now);
const char *life_broken(const struct life *life);

const char *account_broken(const struct exitstat_account *account);
const char *answer_broken(u32 leaf, struct exitstat_regs regs);

#endif /* INVARIANTS_H */
