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

/* What has no place in the histograms yet: the exit that was interrupted, its return. */
#define EXITSTAT_DUE_EXIT	(1 << 0)
#define EXITSTAT_DUE_RETURN	(1 << 1)

struct kvm_vcpu;

/**
 * struct exitstat_sampling - which exit is the next sample: see sampling.h
 * @vcpu: the vCPU, which only its own thread follows
 * @reasons: the vendor's table
 * @idt: base of the interrupt descriptor table of the kernel that asked
 * @left: exits to the next sample
 * @any: an exit of any reason is
 * @slot: or one of this slot's reason
 * @in_nmi: an NMI of ours has not returned yet, where the processor does not tell
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
	bool in_nmi;
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
 * @state_and_sampling: both, to be compared at once; an exit, between the two, makes sure that
 *	no byte of it has just been written
 * @due: EXITSTAT_DUE_* bits, while @tally has nothing
 * @interrupted: the state that goes on when the vCPU's thread has a CPU again
 * @slot: the slot of the last exit's reason
 * @since: when @state began, host TSC
 * @exits: exits of all reasons
 * @returned: @exits when KVM_RUN last returned for one
 * @thread: who ran the vCPU last; an address, never followed
 * @run_delay: how long @thread had waited for a CPU by then, in its life, ns
 * @histograms: how long it all took, or NULL
 * @sample: the next sample
 * @tally: that of @histograms in the guest, and after an exit until anything but the entry
 *	interrupts it; otherwise exitstat_no_tally
 * @states: by state; the last one takes the time before the first VM entry
 * @reasons: by slot, none across the boundary of two cache lines
 *
 * The cycles of all exits are those of EXITSTAT_STATE_HOST, the returns of all
 * reasons are the entries of EXITSTAT_STATE_VMM.
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
	u8 due;
	u8 interrupted;
	u8 slot;
	u64 since;
	u64 exits;
	u64 returned;
	const void *thread;
	u64 run_delay;
	struct exitstat_histograms *histograms;
	const struct exitstat_tally *tally;
	struct exitstat_state_count states[EXITSTAT_NR_STATES + 1];
	struct exitstat_sampling sample;
	struct exitstat_reason_count reasons[EXITSTAT_NR_SLOTS] __aligned(32);
} __aligned(PAGE_SIZE);

static_assert(sizeof(struct exitstat_account) == PAGE_SIZE);

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

/* Are there histograms to be written? Known before they are looked for. */
static __always_inline bool exitstat_has_histograms(const struct exitstat_account *account)
{
	return static_branch_unlikely(&exitstat_histograms_key) && account->histograms;
}

/* A TSC that stepped back counts as no time. */
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

/*
 * Before the state @state ends, other than by an entry after an exit: the exit under way, if
 * there is one, takes more than one piece. No reader looks at what this writes.
 */
static __always_inline void exitstat_interrupt(struct exitstat_account *account, u8 state)
{
	if (account->tally == exitstat_no_tally)
		return;
	account->histograms->host = account->states[EXITSTAT_STATE_HOST].cycles;
	account->due = state == EXITSTAT_STATE_HOST ? EXITSTAT_DUE_EXIT : 0;
	account->tally = exitstat_no_tally;
}

/* End the state @from and begin the state @to, or do nothing in any other state. */
static __always_inline void exitstat_switch_from(struct exitstat_account *account, u8 from, u8 to,
						 u64 now)
{
	if (account->state != from)
		return;
	if (from == EXITSTAT_STATE_HOST && static_branch_unlikely(&exitstat_histograms_key))
		exitstat_interrupt(account, from);
	exitstat_write_begin(account);
	exitstat_charge_state(account, from, account->slot, exitstat_elapsed(account, now));
	exitstat_begin_state(account, to, now);
	exitstat_write_end(account);
}

void exitstat_account_switch(struct exitstat_account *account, u8 to, u64 now);
void exitstat_account_enter(struct exitstat_account *account, u64 cycles, u64 now);
void exitstat_account_exit_oddly(struct exitstat_account *account, u8 slot, u64 now);
void exitstat_account_return_oddly(struct exitstat_account *account, u64 now);
void exitstat_account_wake_oddly(struct exitstat_account *account, u64 now);
void exitstat_account_end_halt(struct exitstat_account *account, u64 now);

/**
 * exitstat_account_entry - the vCPU enters the guest
 * @account: the vCPU's account
 * @now: host TSC
 *
 * Here, at exit and at return the state that is expected, known to the compiler, makes for
 * fewer instructions, and only that. What is odd is a function of its own, called last, so
 * that the usual course saves no registers; to the histograms all but an exit in one piece is odd.
 */
static __always_inline void exitstat_account_entry(struct exitstat_account *account, u64 now)
{
	u64 cycles = now - account->since;
	u8 slot = account->slot;
	struct exitstat_row *row;

	if (unlikely((s64)cycles < 0 || account->state != EXITSTAT_STATE_HOST))
		return exitstat_account_switch(account, EXITSTAT_STATE_GUEST, now);
	if (static_branch_unlikely(&exitstat_histograms_key)) {
		row = exitstat_row_of(account->tally, slot);
		if (unlikely(!exitstat_row_has(row, cycles)))
			return exitstat_account_enter(account, cycles, now);
		exitstat_row_count(row, cycles);
	}
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
	account->returned = account->exits;
	if (static_branch_unlikely(&exitstat_histograms_key)) {
		exitstat_interrupt(account, EXITSTAT_STATE_HOST);
		account->due |= EXITSTAT_DUE_RETURN;
	}
	exitstat_write_begin(account);
	exitstat_charge_state(account, EXITSTAT_STATE_HOST, account->slot, cycles);
	exitstat_begin_state(account, EXITSTAT_STATE_VMM, now);
	account->reasons[account->slot].vmm_returns++;
	exitstat_write_end(account);
}

/**
 * exitstat_account_run - userspace calls KVM_RUN
 * @account: the vCPU's account
 * @now: host TSC
 */
static __always_inline void exitstat_account_run(struct exitstat_account *account, u64 now)
{
	exitstat_switch_from(account, EXITSTAT_STATE_VMM, EXITSTAT_STATE_HOST, now);
}

/**
 * exitstat_account_halt - the vCPU starts to wait for an event
 * @account: the vCPU's account
 * @now: host TSC
 */
static __always_inline void exitstat_account_halt(struct exitstat_account *account, u64 now)
{
	exitstat_switch_from(account, EXITSTAT_STATE_HOST, EXITSTAT_STATE_HALTED, now);
}

/**
 * exitstat_account_wake - the vCPU waits no longer
 * @account: the vCPU's account
 * @now: host TSC
 */
static __always_inline void exitstat_account_wake(struct exitstat_account *account, u64 now)
{
	if (unlikely(account->state_and_sampling != EXITSTAT_STATE_HALTED))
		return exitstat_account_wake_oddly(account, now);
	if (exitstat_has_histograms(account))
		return exitstat_account_end_halt(account, now);
	exitstat_write_begin(account);
	exitstat_charge_state(account, EXITSTAT_STATE_HALTED, account->slot,
			      exitstat_elapsed(account, now));
	exitstat_begin_state(account, EXITSTAT_STATE_HOST, now);
	exitstat_write_end(account);
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
