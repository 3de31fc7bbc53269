// SPDX-License-Identifier: GPL-2.0
/*
 * The odd courses of frequent events, the rare events, and reading the account.
 *
 * An event that makes no sense in the present state is ignored: KVM loads and puts a
 * vCPU for other ioctls than KVM_RUN too, and a way into KVM that attaches to a
 * running vCPU meets it in the middle of its life.
 */
#include "account.h"
#include "sampling.h"

/*
 * The exit under way is over, if there is one, and so is its return. What no exit caused is in
 * no histogram.
 */
static void end_exit(struct exitstat_account *account)
{
	struct exitstat_histograms *histograms = account->histograms;
	u8 slot = account->slot;

	exitstat_charge_state(account, EXITSTAT_STATE_HOST, slot, account->host);
	if (!histograms)
		return;
	if (account->tally != &exitstat_odd_tallies.none)
		exitstat_histograms_add(histograms, exitstat_row_of(&histograms->tally, slot),
					account->host);
	if (account->tally == &exitstat_odd_tallies.returned)
		exitstat_histograms_add(histograms, exitstat_returns_of(histograms, slot),
					exitstat_stay(account));
	account->tally = &histograms->tally;
}

/* The present state is over. In the guest no exit was under way; the host's time is the exit's. */
static void end_state(struct exitstat_account *account, u64 now)
{
	struct exitstat_histograms *histograms = account->histograms;
	u64 cycles = exitstat_elapsed(account, now);
	u8 state = account->state;

	if (state == EXITSTAT_STATE_HOST) {
		account->host = cycles;
		return;
	}
	exitstat_charge_state(account, state, account->slot, cycles);
	if (state == EXITSTAT_STATE_GUEST) {
		account->host = 0;
		account->tally = &exitstat_odd_tallies.none;
	}
	if (histograms && state == EXITSTAT_STATE_HALTED)
		exitstat_histograms_add(histograms, &histograms->rows[EXITSTAT_ROW_HALTED], cycles);
	if (histograms && state == EXITSTAT_STATE_PREEMPTED)
		exitstat_histograms_add(histograms, &histograms->rows[EXITSTAT_ROW_PREEMPTED],
					cycles);
}

/**
 * exitstat_account_switch - end the present state, whichever it is
 * @account: the vCPU's account
 * @to: the state that begins
 * @now: host TSC
 */
void exitstat_account_switch(struct exitstat_account *account, u8 to, u64 now)
{
	exitstat_write_begin(account);
	end_state(account, now);
	if (to == EXITSTAT_STATE_GUEST)
		end_exit(account);
	exitstat_begin_state(account, to, to == EXITSTAT_STATE_HOST ? now - account->host : now);
	exitstat_write_end(account);
}

/* exitstat_account_wake(), for a vCPU that is not halted, or that has samples. */
void exitstat_account_wake_oddly(struct exitstat_account *account, u64 now)
{
	if (account->state == EXITSTAT_STATE_HALTED)
		exitstat_account_switch(account, EXITSTAT_STATE_HOST, now);
	if (account->sampling)
		exitstat_sample_wake(account);
}

/*
 * exitstat_account_exit(), for a vCPU that was not in the guest as far as we know, or that has
 * samples. Without a time exitstat was off when the clock was read: the account is about to be
 * closed.
 */
void exitstat_account_exit_oddly(struct exitstat_account *account, u8 slot, u64 now)
{
	if (!now)
		return;
	exitstat_write_begin(account);
	end_state(account, now);
	end_exit(account);
	exitstat_begin_state(account, EXITSTAT_STATE_HOST, now);
	exitstat_count_exit(account, slot);
	exitstat_write_end(account);
	if (account->sampling)
		exitstat_sample_exit(account, slot);
}

/* As far as we know. */
static bool in_guest(const struct exitstat_account *account)
{
	return account->state == EXITSTAT_STATE_GUEST ||
	       (account->state == EXITSTAT_STATE_PREEMPTED &&
		account->interrupted == EXITSTAT_STATE_GUEST);
}

/*
 * exitstat_account_return(), for a vCPU that was not in the host as far as we know, or that
 * has had no exit since the last return; in the guest it is when a VM entry has failed without
 * an exit.
 */
void exitstat_account_return_oddly(struct exitstat_account *account, u64 now)
{
	bool counts = account->exits != account->returned && !in_guest(account);

	if (account->state == EXITSTAT_STATE_BEFORE || account->state == EXITSTAT_STATE_VMM)
		return;
	exitstat_write_begin(account);
	end_state(account, now);
	if (counts)
		exitstat_begin_return(account, now);
	account->returned = account->exits;
	account->since = now;
	account->state = EXITSTAT_STATE_VMM;
	exitstat_write_end(account);
}

/**
 * exitstat_account_init - open an account
 * @account: a page of zeros
 * @slot: the slot that has what no exit caused: struct exitstat_reasons' @other
 */
void exitstat_account_init(struct exitstat_account *account, u8 slot)
{
	account->state = EXITSTAT_STATE_BEFORE;
	account->interrupted = EXITSTAT_STATE_NONE;
	account->slot = slot;
	account->tally = &exitstat_odd_tallies.none;
}

/**
 * exitstat_account_preempt - another task takes the vCPU thread's CPU
 * @account: the vCPU's account
 * @now: host TSC
 */
void exitstat_account_preempt(struct exitstat_account *account, u64 now)
{
	switch (account->state) {
	case EXITSTAT_STATE_GUEST:
	case EXITSTAT_STATE_HOST:
	case EXITSTAT_STATE_HALTED:
		account->interrupted = account->state;
		exitstat_account_switch(account, EXITSTAT_STATE_PREEMPTED, now);
	}
}

/**
 * exitstat_account_sleep - the vCPU's thread sleeps until an event for the vCPU
 * @account: the vCPU's account
 * @now: host TSC
 *
 * For what waits as HLT does, but not by kvm_vcpu_halt(): a vCPU that wants a SIPI.
 */
void exitstat_account_sleep(struct exitstat_account *account, u64 now)
{
	if (account->state != EXITSTAT_STATE_HOST)
		return;
	account->interrupted = EXITSTAT_STATE_HOST;
	exitstat_account_switch(account, EXITSTAT_STATE_HALTED, now);
}

/* The last @waited cycles of the present state were not its: the thread wanted a CPU. */
static void charge_wait(struct exitstat_account *account, u64 waited, u64 now)
{
	struct exitstat_histograms *histograms = account->histograms;
	u64 cycles = exitstat_elapsed(account, now);

	if (!waited || account->state == EXITSTAT_STATE_BEFORE)
		return;
	if (waited > cycles)
		waited = cycles;
	exitstat_write_begin(account);
	account->since = now - (cycles - waited);
	account->states[EXITSTAT_STATE_PREEMPTED].cycles += waited;
	account->states[EXITSTAT_STATE_PREEMPTED].entered++;
	if (histograms)
		exitstat_histograms_add(histograms, &histograms->rows[EXITSTAT_ROW_PREEMPTED],
					waited);
	exitstat_write_end(account);
}

/**
 * exitstat_account_resume - the vCPU's thread has a CPU again
 * @account: the vCPU's account
 * @waited: host TSC cycles for which it was runnable without one, as the scheduler knows
 * @now: host TSC
 *
 * A thread that was pushed off its CPU was in the state preempted all the time; one that
 * was woken has waited since then, which nobody knew before now.
 */
void exitstat_account_resume(struct exitstat_account *account, u64 waited, u64 now)
{
	u8 interrupted = account->interrupted;

	if (account->state != EXITSTAT_STATE_PREEMPTED)
		charge_wait(account, waited, now);
	account->interrupted = EXITSTAT_STATE_NONE;
	if (interrupted != EXITSTAT_STATE_NONE && (account->state == EXITSTAT_STATE_PREEMPTED ||
						   account->state == EXITSTAT_STATE_HALTED))
		exitstat_account_switch(account, interrupted, now);
}

/**
 * exitstat_account_close - the vCPU is no more
 * @account: its account
 * @now: host TSC
 *
 * What the state under way lasted is charged, so that no sum gets smaller; none follows.
 */
void exitstat_account_close(struct exitstat_account *account, u64 now)
{
	exitstat_write_begin(account);
	end_state(account, now);
	end_exit(account);
	account->since = now;
	account->state = EXITSTAT_STATE_BEFORE;
	exitstat_write_end(account);
}

/**
 * exitstat_account_fold - add a closed account to the sum of its like
 * @into: the sum; the caller serialises its writers
 * @account: an account whose vCPU is no more
 */
void exitstat_account_fold(struct exitstat_account *into, const struct exitstat_account *account)
{
	int i;

	exitstat_write_begin(into);
	into->exits += account->exits;
	for (i = 0; i < EXITSTAT_NR_STATES; i++) {
		into->states[i].entered += account->states[i].entered;
		into->states[i].cycles += account->states[i].cycles;
	}
	for (i = 0; i < EXITSTAT_NR_SLOTS; i++) {
		into->reasons[i].exits += account->reasons[i].exits;
		into->reasons[i].cycles += account->reasons[i].cycles;
		into->reasons[i].vmm_returns += account->reasons[i].vmm_returns;
		into->reasons[i].vmm_cycles += account->reasons[i].vmm_cycles;
	}
	if (into->histograms && account->histograms)
		exitstat_histograms_fold(into->histograms, account->histograms);
	exitstat_write_end(into);
}

static u32 read_begin(const struct exitstat_account *account)
{
	u32 seq;

	while ((seq = READ_ONCE(account->seq)) & 1)
		cpu_relax();
	/* Pairs with exitstat_write_end(). */
	smp_rmb();
	return seq;
}

static bool read_retry(const struct exitstat_account *account, u32 seq)
{
	/* Pairs with exitstat_write_begin(). */
	smp_rmb();
	return READ_ONCE(account->seq) != seq;
}

static struct exitstat_pair read_pair(const struct exitstat_account *account, const u64 *count,
				      const u64 *cycles)
{
	struct exitstat_pair pair;
	u32 seq;

	do {
		seq = read_begin(account);
		pair.count = READ_ONCE(*count);
		pair.cycles = READ_ONCE(*cycles);
	} while (read_retry(account, seq));
	return pair;
}

/** exitstat_account_exits - exits of all reasons, and the cycles spent on them */
struct exitstat_pair exitstat_account_exits(const struct exitstat_account *account)
{
	return read_pair(account, &account->exits, &account->states[EXITSTAT_STATE_HOST].cycles);
}

/** exitstat_account_reason - exits of the reason of @slot, and the cycles spent on them */
struct exitstat_pair exitstat_account_reason(const struct exitstat_account *account, u8 slot)
{
	return read_pair(account, &account->reasons[slot].exits, &account->reasons[slot].cycles);
}

/** exitstat_account_vmm - returns to userspace, and the cycles that the VMM then took */
struct exitstat_pair exitstat_account_vmm(const struct exitstat_account *account)
{
	return read_pair(account, &account->states[EXITSTAT_STATE_VMM].entered,
			 &account->states[EXITSTAT_STATE_VMM].cycles);
}

/** exitstat_account_vmm_reason - the same for the exits of the reason of @slot */
struct exitstat_pair exitstat_account_vmm_reason(const struct exitstat_account *account, u8 slot)
{
	return read_pair(account, &account->reasons[slot].vmm_returns,
			 &account->reasons[slot].vmm_cycles);
}

/**
 * exitstat_account_state - times a state was entered, and the cycles in it
 * @account: the account
 * @state: the state
 * @now: host TSC
 *
 * A state that lasts is counted up to now: a halted vCPU may sleep for hours. Only
 * the host state counts when the exit is over, so that its cycles are those of the exits.
 *
 * Return: the two numbers.
 */
struct exitstat_pair exitstat_account_state(const struct exitstat_account *account,
					    enum exitstat_state state, u64 now)
{
	struct exitstat_pair pair;
	u64 lasting;
	u32 seq;

	do {
		seq = read_begin(account);
		pair.count = READ_ONCE(account->states[state].entered);
		pair.cycles = READ_ONCE(account->states[state].cycles);
		lasting = 0;
		if (state != EXITSTAT_STATE_HOST && READ_ONCE(account->state) == state)
			lasting = now - READ_ONCE(account->since);
	} while (read_retry(account, seq));

	if ((s64)lasting > 0)
		pair.cycles += lasting;
	return pair;
}
