// SPDX-License-Identifier: GPL-2.0
/* What must be true of an account after any event: see invariants.h. */
#include "invariants.h"

enum { G, H, V, L, P, B, STAY };

/* The state after each event in each state; STAY is an event that does not count. */
static const u8 transitions[LIFE_RESUME][EXITSTAT_NR_STATES + 1] = {
	/*                 guest host  VMM   halted preempted before */
	[LIFE_ENTRY]   = { G,    G,    G,    G,     G,        G },
	[LIFE_EXIT]    = { H,    H,    H,    H,     H,        H },
	[LIFE_RUN]     = { STAY, STAY, H,    STAY,  STAY,     STAY },
	[LIFE_RETURN]  = { V,    V,    STAY, V,     V,        STAY },
	[LIFE_HALT]    = { STAY, L,    STAY, STAY,  STAY,     STAY },
	[LIFE_WAKE]    = { STAY, STAY, STAY, H,     STAY,     STAY },
	[LIFE_PREEMPT] = { P,    P,    STAY, P,     STAY,     STAY },
	[LIFE_SLEEP]   = { STAY, L,    STAY, STAY,  STAY,     STAY },
};

static int find_number(const struct exitstat_reasons *reasons, u32 number)
{
	int i;

	for (i = 0; i < reasons->nr_slots; i++)
		if (reasons->number[i] == number)
			return i;
	return -1;
}

static int find_reason(const struct exitstat_reasons *reasons, u32 reason)
{
	int found = find_number(reasons, reason);

	return found >= 0 ? found : find_number(reasons, EXITSTAT_OTHER);
}

/* By the definition of the buckets: the last one that begins at or below it. */
static void model_add(struct exitstat_row *row, u64 cycles)
{
	int bucket = EXITSTAT_NR_BUCKETS - 1;

	while (exitstat_bucket_begin(bucket) > cycles)
		bucket--;
	row->buckets[bucket]++;
	row->longest = cycles > row->longest ? cycles : row->longest;
}

/* What has passed of @state is over. Return: how long it was. */
static u64 model_charge(struct model *model, int state)
{
	u64 cycles = model->pieces[state];

	model->cycles[state] += cycles;
	if (state == H)
		model->reasons[model->reason].cycles += cycles;
	if (state == V)
		model->reasons[model->reason].vmm_cycles += cycles;
	model->pieces[state] = 0;
	return cycles;
}

/* The vCPU enters the guest, or has left it anew. */
static void model_end_exit(struct model *model)
{
	u8 row = model->row[model->reason];
	u64 host = model_charge(model, H);

	if (model->exit)
		model_add(&model->histograms.rows[row], host);
	if (model->vmm)
		model_add(&model->histograms.rows[EXITSTAT_ROWS_RETURNS + row], model->stay);
	model->exit = model->vmm = false;
	model->stay = 0;
}

static void model_end_state(struct model *model)
{
	u64 cycles;

	/* An exit is over when the guest is entered, and not when it is interrupted. */
	if (model->state == H || model->state == B)
		return;
	cycles = model_charge(model, model->state);
	if (model->state == V)
		model->stay += cycles;
	if (model->state == L)
		model_add(&model->histograms.rows[EXITSTAT_ROW_HALTED], cycles);
	if (model->state == P)
		model_add(&model->histograms.rows[EXITSTAT_ROW_PREEMPTED], cycles);
}

/* The clock may step back by what has passed, and not by more. */
static void model_pass(struct model *model, u64 now)
{
	s64 passed = now - model->since;
	u64 *piece = &model->pieces[model->state];

	model->since = now;
	if (model->state == B)
		return;
	model->stepped_back |= passed < 0;
	*piece = (s64)(*piece + passed) < 0 ? 0 : *piece + passed;
}

static void model_enter(struct model *model, int state, u64 now)
{
	model_pass(model, now);
	model_end_state(model);
	if (!model->started)
		model->first = now;
	model->started = true;
	model->state = state;
	if (state == G)
		model_end_exit(model);
}

static void model_resume(struct model *model, u64 waited, u64 now)
{
	int interrupted = model->interrupted;
	u64 *piece = &model->pieces[model->state];

	if (waited && model->state != P && model->state != B) {
		model_pass(model, now);
		waited = waited < *piece ? waited : *piece;
		*piece -= waited;
		model->cycles[P] += waited;
		model->entered[P]++;
		model_add(&model->histograms.rows[EXITSTAT_ROW_PREEMPTED], waited);
	}
	model->interrupted = EXITSTAT_STATE_NONE;
	if (interrupted == EXITSTAT_STATE_NONE || (model->state != P && model->state != L))
		return;
	model_enter(model, interrupted, now);
	model->entered[interrupted]++;
}

static void model_event(struct model *model, enum life_event event, int reason, u64 waited,
			u64 now)
{
	bool in_guest = model->state == G || (model->state == P && model->interrupted == G);
	bool returns = event == LIFE_RETURN && model->exits != model->returned && !in_guest;
	int next;

	if (event >= LIFE_RESUME) {
		model_resume(model, event == LIFE_RESUME_LATE ? waited : 0, now);
		return;
	}
	next = transitions[event][model->state];
	if (next == STAY)
		return;
	if (event == LIFE_PREEMPT || event == LIFE_SLEEP)
		model->interrupted = model->state;
	model_enter(model, next, now);
	if (event != LIFE_RETURN || returns)
		model->entered[next]++;
	if (event == LIFE_EXIT) {
		model_end_exit(model);
		model->exit = true;
		model->reason = reason;
		model->reasons[reason].exits++;
		model->exits++;
	}
	model->vmm |= returns;
	if (returns)
		model->reasons[model->reason].vmm_returns++;
	if (event == LIFE_RETURN)
		model->returned = model->exits;
}

/**
 * life_begin - open an account
 * @life: the life
 * @reasons: the vendor's table
 * @account: the account to be used for it
 * @now: the TSC
 */
void life_begin(struct life *life, const struct exitstat_reasons *reasons,
		struct exitstat_account *account, u64 now)
{
	memset(life, 0, sizeof(*life));
	memset(account, 0, sizeof(*account));
	exitstat_account_init(account, reasons->other);
	static_branch_enable(&exitstat_histograms_key);
	exitstat_histograms_init(&life->histograms, reasons);
	account->histograms = &life->histograms;
	memcpy(life->model.row, reasons->row, sizeof(life->model.row));
	life->reasons = reasons;
	life->account = account;
	life->before = *account;
	life->model.state = B;
	life->model.interrupted = EXITSTAT_STATE_NONE;
	life->model.reason = find_number(reasons, EXITSTAT_OTHER);
	life->now = now;
}

static void account_event(struct exitstat_account *account, enum life_event event, u8 slot,
			  u64 waited, u64 now)
{
	static void (*const events[LIFE_NR_EVENTS])(struct exitstat_account *, u64) = {
		[LIFE_RUN] = exitstat_account_run,
		[LIFE_RETURN] = exitstat_account_return,
		[LIFE_HALT] = exitstat_account_halt,
		[LIFE_WAKE] = exitstat_account_wake,
		[LIFE_PREEMPT] = exitstat_account_preempt,
		[LIFE_SLEEP] = exitstat_account_sleep,
		[LIFE_RESUME] = resume_at_once,
	};

	if (event == LIFE_ENTRY)
		exitstat_account_entry(account, now);
	else if (event == LIFE_EXIT)
		exitstat_account_exit(account, slot, now);
	else if (event == LIFE_RESUME_LATE)
		exitstat_account_resume(account, waited, now);
	else
		events[event](account, now);
}

/**
 * life_event - let an event happen to the account and to the model
 * @life: the life
 * @event: the event
 * @reason: LIFE_EXIT: the exit's reason, whether the manual defines it or not;
 *	LIFE_RESUME_LATE: for how many cycles the thread wanted a CPU
 * @now: the TSC
 */
void life_event(struct life *life, enum life_event event, u32 reason, u64 now)
{
	life->before = *life->account;
	life->now = now;
	account_event(life->account, event, exitstat_reason_slot(life->reasons, reason), reason,
		      now);
	model_event(&life->model, event, find_reason(life->reasons, reason), reason, now);
}

/* A limit is none of what was: the buckets show that it is right. */
static bool rows_differ(const struct exitstat_row *row, const struct exitstat_row *other)
{
	return row->longest != other->longest ||
	       memcmp(row->buckets, other->buckets, sizeof(row->buckets));
}

static bool is_empty(const struct exitstat_row *row)
{
	static const struct exitstat_row empty;

	return !rows_differ(row, &empty);
}

static const char *histograms_broken(const struct exitstat_account *account,
				     const struct model *model)
{
	const struct exitstat_histograms *histograms = account->histograms;
	int i;

	if (!histograms)
		return NULL;
	for (i = 0; i < EXITSTAT_ALL_ROWS; i++) {
		if (rows_differ(&histograms->rows[i], &model->histograms.rows[i]))
			return "a histogram is not the model's";
		if (is_empty(&histograms->rows[i]) == (histograms->used >> i & 1))
			return "a histogram is empty and in use, or neither";
	}
	return NULL;
}

static u64 rows_count(const struct exitstat_histograms *histograms, int row, int n)
{
	u64 count = 0;
	int i;

	for (; n; n--, row++)
		for (i = 0; i < EXITSTAT_NR_BUCKETS; i++)
			count += histograms->rows[row].buckets[i];
	return count;
}

/* Is the last exit in no histogram yet? */
static bool exit_is_due(const struct exitstat_account *account)
{
	return account->state != G && account->state != B &&
	       account->tally != &exitstat_odd_tallies.none;
}

static bool return_is_due(const struct exitstat_account *account)
{
	return account->tally == &exitstat_odd_tallies.returned;
}

/* What is not over, or was not when the account was closed, is what is missing. */
static const char *counts_broken(const struct exitstat_account *account)
{
	const struct exitstat_histograms *histograms = account->histograms;

	if (!histograms)
		return NULL;
	if (rows_count(histograms, EXITSTAT_ROWS_EXITS, EXITSTAT_NR_ROWS) +
	    exit_is_due(account) != account->exits)
		return "the buckets do not add up to the exits";
	if (rows_count(histograms, EXITSTAT_ROWS_RETURNS, EXITSTAT_NR_ROWS) +
	    return_is_due(account) != account->states[V].entered)
		return "the buckets do not add up to the returns";
	if (rows_count(histograms, EXITSTAT_ROW_HALTED, 1) + (account->state == L) !=
	    account->states[L].entered)
		return "the buckets do not add up to the times halted";
	if (rows_count(histograms, EXITSTAT_ROW_PREEMPTED, 1) + (account->state == P) !=
	    account->states[P].entered)
		return "the buckets do not add up to the times preempted";
	return NULL;
}

/**
 * account_broken - check an account against itself
 * @account: the account, which nobody is writing
 */
const char *account_broken(const struct exitstat_account *account)
{
	struct exitstat_reason_count sum = { 0 };
	int i;

	for (i = 0; i < EXITSTAT_NR_SLOTS; i++) {
		sum.exits += account->reasons[i].exits;
		sum.cycles += account->reasons[i].cycles;
		sum.vmm_returns += account->reasons[i].vmm_returns;
		sum.vmm_cycles += account->reasons[i].vmm_cycles;
	}
	if (sum.exits != account->exits)
		return "the reasons' exits do not add up to the exits";
	if (sum.cycles != account->states[H].cycles)
		return "the reasons' cycles do not add up to the host's cycles";
	if (sum.vmm_returns != account->states[V].entered)
		return "the reasons' returns do not add up to the VMM's entries";
	if (sum.vmm_cycles != account->states[V].cycles)
		return "the reasons' VMM cycles do not add up to the VMM's cycles";
	if (account->seq & 1)
		return "the account is left as if being written";
	return counts_broken(account);
}

static const char *states_broken(const struct exitstat_account *account, const struct model *model)
{
	int i;

	if (account->state != model->state)
		return "the state is not the model's";
	for (i = 0; i < EXITSTAT_NR_STATES; i++) {
		if (account->states[i].entered != model->entered[i])
			return "a state's entries are not the model's";
		if (account->states[i].cycles != model->cycles[i])
			return "a state's cycles are not the model's";
	}
	return NULL;
}

static const char *reasons_broken(const struct exitstat_account *account, const struct model *model)
{
	int i;

	if (account->exits != model->exits)
		return "the exits are not the model's";
	for (i = 0; i < EXITSTAT_NR_SLOTS; i++)
		if (memcmp(&account->reasons[i], &model->reasons[i], sizeof(model->reasons[i])))
			return "a reason's numbers are not the model's";
	return NULL;
}

static const char *time_broken(const struct life *life)
{
	const struct model *model = &life->model;
	u64 ended = 0, told = 0, under_way;
	int i;

	if (!model->started || model->stepped_back)
		return NULL;
	for (i = 0; i < EXITSTAT_NR_STATES; i++) {
		ended += life->account->states[i].cycles;
		told += exitstat_account_state(life->account, i, life->now).cycles;
	}
	under_way = life->now - model->since;
	if (model->state != H)
		under_way += model->pieces[model->state];
	if (ended + model->pieces[H] + under_way != life->now - model->first)
		return "the states do not add up to the time elapsed";
	/* Readers see the state under way, but for the host's, and no time run backwards. */
	if (model->state == H || (s64)under_way < 0)
		under_way = 0;
	if (told != ended + under_way)
		return "what readers are told is not the states' time";
	return NULL;
}

static const char *decreased(const struct exitstat_account *account,
			     const struct exitstat_account *before)
{
	int i;

	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		if (account->states[i].entered < before->states[i].entered ||
		    account->states[i].cycles < before->states[i].cycles)
			return "a state's counter decreased";
	for (i = 0; i < EXITSTAT_NR_SLOTS; i++)
		if (account->reasons[i].exits < before->reasons[i].exits ||
		    account->reasons[i].cycles < before->reasons[i].cycles ||
		    account->reasons[i].vmm_returns < before->reasons[i].vmm_returns ||
		    account->reasons[i].vmm_cycles < before->reasons[i].vmm_cycles)
			return "a reason's counter decreased";
	return NULL;
}

/**
 * life_broken - check an account against itself, the model, the clock, and its past
 * @life: the life, after its last event
 */
const char *life_broken(const struct life *life)
{
	const char *broken = account_broken(life->account);

	if (!broken)
		broken = states_broken(life->account, &life->model);
	if (!broken)
		broken = reasons_broken(life->account, &life->model);
	if (!broken)
		broken = histograms_broken(life->account, &life->model);
	if (!broken)
		broken = time_broken(life);
	if (!broken)
		broken = decreased(life->account, &life->before);
	return broken;
}

/**
 * answer_broken - check that the registers which a leaf does not name are 0
 * @leaf: the leaf, by the ABI's numbers
 * @regs: its answer
 */
const char *answer_broken(u32 leaf, struct exitstat_regs regs)
{
	bool undefined = regs.edx == EXITSTAT_UNDEFINED;
	u32 unnamed;

	switch (leaf) {
	case EXITSTAT_LEAF_IDENTIFY:
	case EXITSTAT_LEAF_PROPERTIES:
	case EXITSTAT_LEAF_SNAPSHOT:
	case EXITSTAT_LEAF_STATE:
	case EXITSTAT_LEAF_VMM:
	case EXITSTAT_LEAF_HISTOGRAM:
	case EXITSTAT_LEAF_LONGEST:
		unnamed = 0;
		break;
	case EXITSTAT_LEAF_NEXT:
		unnamed = regs.ebx | regs.ecx | regs.edx;
		break;
	case EXITSTAT_LEAF_EXITS:
		unnamed = regs.ecx | regs.edx;
		break;
	case EXITSTAT_LEAF_CYCLES:
		unnamed = regs.eax | regs.edx;
		break;
	case EXITSTAT_LEAF_REASON_EXITS:
		unnamed = regs.ecx | (undefined ? regs.eax | regs.ebx : regs.edx);
		break;
	case EXITSTAT_LEAF_REASON_CYCLES:
		unnamed = regs.eax | (undefined ? regs.ebx | regs.ecx : regs.edx);
		break;
	case EXITSTAT_LEAF_EXITS_AND_CYCLES:
		unnamed = regs.edx;
		break;
	default:
		unnamed = regs.eax | regs.ebx | regs.ecx | regs.edx;
	}
	return unnamed ? "a register that the leaf does not name is not 0" : NULL;
}
