/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vCPU's account: what its exits were, and where its time went.
 *
 * Only the vCPU's own thread writes it, with preemption disabled; anybody may read
 * it. @seq is odd while a write is under way, so that a reader gets counts and cycles
 * that belong together.
 */
#ifndef EXITSTAT_ACCOUNT_H
#define EXITSTAT_ACCOUNT_H

#include "exitstat_abi.h"
#include "histogram.h"
#include "reasons.h"
#include "types.h"

/* The clock starts with the first VM entry; what was before is nobody's. */
#define EXITSTAT_STATE_BEFORE	EXITSTAT_NR_STATES

/* The scheduler has interrupted no state. */
#define EXITSTAT_STATE_NONE	0xff

struct kvm_vcpu;

/**
 * struct exitstat_sampling - which exit is the next sample: see sampling.h
 * @vcpu: the vCPU, which only its own thread follows
 * @reasons: the vendor's table
 * @idt: base of the interrupt descriptor table of the kernel that asked
 * @left: exits to the next sample
 * @any: an exit of any reason is
 * @slot: or one of this slot's reason
 * @fired: samples since the guest asked
 * @reason: the reason of the last one
 * @rip: its instruction's linear address
 * @about: what it was about
 */
struct exitstat_sampling {
	struct kvm_vcpu *vcpu;
	const struct exitstat_reasons *reasons;
	u64 idt;
	u32 left;
	bool any;
	u8 slot;
	u8 fired;
	u32 reason;
	u64 rip, about;
};

struct exitstat_state_count {
	u64 entered, cycles;
};

struct exitstat_reason_count {
	u64 exits, cycles;
	u64 vmm_returns, vmm_cycles;
};

/**
 * struct exitstat_account - one vCPU's account, a page of its own
 * @seq: odd while the account is being written
 * @state: the state that the vCPU is in, an enum exitstat_state
 * @sampling: an enum exitstat_armed
 * @state_and_sampling: both, compared at once; between that and the last store to one of them
 *	lies a VM entry or a halt, so that the processor need not wait for the store
 * @interrupted: the state that goes on when the vCPU's thread has a CPU again
 * @slot: the slot of the last exit's reason
 * @since: when @state began, host TSC; what interrupted the host state has moved it
 * @exits: exits of all reasons
 * @tally: that of @histograms when the entry has one exit to count, otherwise one of
 *	exitstat_odd_tallies
 * @states: by state; the last one takes the time before the first VM entry
 * @host: cycles that the exit under way had when it was interrupted
 * @returned: @exits when KVM_RUN last returned for one
 * @vmm: cycles of EXITSTAT_STATE_VMM by then
 * @histograms: how long it all took, or NULL
 * @thread: who ran the vCPU last; an address, never followed
 * @run_delay: how long @thread had waited for a CPU by then, in its life, ns
 * @sample: the next sample
 * @reasons: by slot, none across the boundary of two cache lines
 *
 * The cycles of all exits are those of EXITSTAT_STATE_HOST, the returns of all
 * reasons are the entries of EXITSTAT_STATE_VMM. An exit is charged when it is over, with all
 * its time. The first cache line has what every exit wants, but for its reason: to the states
 * guest and host.
 */
struct exitstat_account {
	u32 seq;
	union {
		struct {
			u8 state;
			u8 sampling;
		};
		u16 state_and_sampling;
	};
	u8 interrupted;
	u8 slot;
	u64 since;
	u64 exits;
	const struct exitstat_tally *tally;
	struct exitstat_state_count states[EXITSTAT_NR_STATES + 1];
	u64 host;
	u64 returned;
	u64 vmm;
	struct exitstat_histograms *histograms;
	const void *thread;
	u64 run_delay;
	struct exitstat_sampling sample;
	struct exitstat_reason_count reasons[EXITSTAT_NR_SLOTS] __aligned(32);
} __aligned(PAGE_SIZE);

static_assert(sizeof(struct exitstat_account) == PAGE_SIZE);
static_assert(offsetof(struct exitstat_account, states[EXITSTAT_STATE_VMM]) <= 64);

/* A number of events and the cycles that go with them. */
struct exitstat_pair {
	u64 count, cycles;
};

/* KCSAN is told, as by the kernel's own sequence counts, that readers look twice. */
static __always_inline void exitstat_write_begin(struct exitstat_account *account)
{
	kcsan_nestable_atomic_begin();
	account->seq++;
	/* A reader that sees a new value sees an odd or a later seq. */
	smp_wmb();
}

static __always_inline void exitstat_write_end(struct exitstat_account *account)
{
	/* A reader that sees this seq sees all of the write. */
	smp_wmb();
	account->seq++;
	kcsan_nestable_atomic_end();
}

static __always_inline void exitstat_charge_state(struct exitstat_account *account, u8 state,
						  u8 slot, u64 cycles)
{
	account->states[state].cycles += cycles;
	if (state == EXITSTAT_STATE_HOST)
		account->reasons[slot].cycles += cycles;
	else if (state == EXITSTAT_STATE_VMM)
		account->reasons[slot].vmm_cycles += cycles;
}

/* A TSC that stepped back counts as no time; an exit under way loses no more than it has. */
static __always_inline u64 exitstat_elapsed(const struct exitstat_account *account, u64 now)
{
	return (s64)(now - account->since) < 0 ? 0 : now - account->since;
}

static __always_inline void exitstat_begin_state(struct exitstat_account *account, u8 to, u64 now)
{
	account->since = now;
	account->state = to;
	account->states[to].entered++;
}

static __always_inline void exitstat_count_exit(struct exitstat_account *account, u8 slot)
{
	account->slot = slot;
	account->exits++;
	account->reasons[slot].exits++;
}

/* What the VMM has taken for the exit that has returned. */
static __always_inline u64 exitstat_stay(const struct exitstat_account *account)
{
	return account->states[EXITSTAT_STATE_VMM].cycles - account->vmm;
}

/*
 * The exit for @slot is over: count it in the histograms, if there are some, and its return too.
 * Return: false when the exit is still to be counted.
 */
static __always_inline bool exitstat_count_over(struct exitstat_account *account, u8 slot,
						u64 cycles)
{
	struct exitstat_histograms *histograms;

	if (likely(exitstat_row_count(exitstat_row_of(account->tally, slot), cycles)))
		return true;
	histograms = account->histograms;
	if (!histograms)
		return true;
	if (account->tally != &exitstat_odd_tallies.returned ||
	    !exitstat_row_count(exitstat_returns_of(histograms, slot), exitstat_stay(account)))
		return false;
	account->tally = &histograms->tally;
	return exitstat_row_count(exitstat_row_of(&histograms->tally, slot), cycles);
}

/* The exit under way goes on, and what interrupted it in the state @from is over. */
static __always_inline void exitstat_go_on_from(struct exitstat_account *account, u8 from,
						u64 cycles, u64 now)
{
	exitstat_write_begin(account);
	exitstat_charge_state(account, from, account->slot, cycles);
	exitstat_begin_state(account, EXITSTAT_STATE_HOST, now - account->host);
	exitstat_write_end(account);
}

/* The exit under way returns to the VMM. */
static __always_inline void exitstat_begin_return(struct exitstat_account *account, u64 now)
{
	if (static_branch_unlikely(&exitstat_histograms_key)) {
		account->tally = &exitstat_odd_tallies.returned;
		account->vmm = account->states[EXITSTAT_STATE_VMM].cycles;
	}
	account->reasons[account->slot].vmm_returns++;
	exitstat_begin_state(account, EXITSTAT_STATE_VMM, now);
}

void exitstat_account_switch(struct exitstat_account *account, u8 to, u64 now);
void exitstat_account_exit_oddly(struct exitstat_account *account, u8 slot, u64 now);
void exitstat_account_return_oddly(struct exitstat_account *account, u64 now);
void exitstat_account_wake_oddly(struct exitstat_account *account, u64 now);

/**
 * exitstat_account_entry - the vCPU enters the guest
 * @account: the vCPU's account
 * @now: host TSC
 *
 * Here, at exit and at return the state that is expected, known to the compiler, makes for
 * fewer instructions, and only that. What is odd is a function of its own, called last, so
 * that the usual course saves no registers.
 */
static __always_inline void exitstat_account_entry(struct exitstat_account *account, u64 now)
{
	u64 cycles = now - account->since;
	u8 slot = account->slot;

	if (unlikely((s64)cycles < 0 || account->state != EXITSTAT_STATE_HOST))
		return exitstat_account_switch(account, EXITSTAT_STATE_GUEST, now);
	if (static_branch_unlikely(&exitstat_histograms_key) &&
	    unlikely(!exitstat_count_over(account, slot, cycles)))
		return exitstat_account_switch(account, EXITSTAT_STATE_GUEST, now);
	exitstat_write_begin(account);
	exitstat_charge_state(account, EXITSTAT_STATE_HOST, slot, cycles);
	exitstat_begin_state(account, EXITSTAT_STATE_GUEST, now);
	exitstat_write_end(account);
}

/**
 * exitstat_account_exit - the vCPU has left the guest
 * @account: the vCPU's account
 * @slot: the slot of the exit's reason
 * @now: host TSC
 */
static __always_inline void exitstat_account_exit(struct exitstat_account *account, u8 slot,
						  u64 now)
{
	u64 cycles = now - account->since;

	if (unlikely((s64)cycles < 0 || account->state_and_sampling != EXITSTAT_STATE_GUEST))
		return exitstat_account_exit_oddly(account, slot, now);
	exitstat_write_begin(account);
	exitstat_charge_state(account, EXITSTAT_STATE_GUEST, slot, cycles);
	exitstat_begin_state(account, EXITSTAT_STATE_HOST, now);
	exitstat_count_exit(account, slot);
	exitstat_write_end(account);
}

/**
 * exitstat_account_return - KVM_RUN returns to userspace
 * @account: the vCPU's account
 * @now: host TSC
 *
 * A KVM_RUN without an exit is over: that counts as no return, and what it and then the VMM
 * take is the last exit's.
 */
static __always_inline void exitstat_account_return(struct exitstat_account *account, u64 now)
{
	u64 cycles = now - account->since;

	if (unlikely((s64)cycles < 0 || account->state != EXITSTAT_STATE_HOST ||
		     account->exits == account->returned))
		return exitstat_account_return_oddly(account, now);
	account->host = cycles;
	account->returned = account->exits;
	exitstat_write_begin(account);
	exitstat_begin_return(account, now);
	exitstat_write_end(account);
}

/**
 * exitstat_account_run - userspace calls KVM_RUN
 * @account: the vCPU's account
 * @now: host TSC
 */
static __always_inline void exitstat_account_run(struct exitstat_account *account, u64 now)
{
	if (likely(account->state == EXITSTAT_STATE_VMM))
		exitstat_go_on_from(account, EXITSTAT_STATE_VMM, exitstat_elapsed(account, now),
				    now);
}

/**
 * exitstat_account_halt - the vCPU starts to wait for an event
 * @account: the vCPU's account
 * @now: host TSC
 */
static __always_inline void exitstat_account_halt(struct exitstat_account *account, u64 now)
{
	if (account->state != EXITSTAT_STATE_HOST)
		return;
	account->host = exitstat_elapsed(account, now);
	exitstat_write_begin(account);
	exitstat_begin_state(account, EXITSTAT_STATE_HALTED, now);
	exitstat_write_end(account);
}

/**
 * exitstat_account_wake - the vCPU waits no longer
 * @account: the vCPU's account
 * @now: host TSC
 */
static __always_inline void exitstat_account_wake(struct exitstat_account *account, u64 now)
{
	u64 cycles = exitstat_elapsed(account, now);

	if (unlikely(account->state_and_sampling != EXITSTAT_STATE_HALTED))
		return exitstat_account_wake_oddly(account, now);
	if (static_branch_unlikely(&exitstat_histograms_key) && account->histograms &&
	    unlikely(!exitstat_row_count(&account->histograms->rows[EXITSTAT_ROW_HALTED], cycles)))
		return exitstat_account_switch(account, EXITSTAT_STATE_HOST, now);
	exitstat_go_on_from(account, EXITSTAT_STATE_HALTED, cycles, now);
}

void exitstat_account_init(struct exitstat_account *account, u8 slot);
void exitstat_account_preempt(struct exitstat_account *account, u64 now);
void exitstat_account_sleep(struct exitstat_account *account, u64 now);
void exitstat_account_resume(struct exitstat_account *account, u64 waited, u64 now);
void exitstat_account_close(struct exitstat_account *account, u64 now);
void exitstat_account_fold(struct exitstat_account *into, const struct exitstat_account *account);

struct exitstat_pair exitstat_account_exits(const struct exitstat_account *account);
struct exitstat_pair exitstat_account_reason(const struct exitstat_account *account, u8 slot);
struct exitstat_pair exitstat_account_vmm(const struct exitstat_account *account);
struct exitstat_pair exitstat_account_vmm_reason(const struct exitstat_account *account, u8 slot);
struct exitstat_pair exitstat_account_state(const struct exitstat_account *account,
					    enum exitstat_state state, u64 now);

#endif /* EXITSTAT_ACCOUNT_H */
