// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The difference of two samples, less what the reading itself cost. */
#include <string.h>

#include "handle.h"
#include "sample.h"

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Counters wrap. Cycles may step back, for a state that lasts is counted up to now. */
static struct exitstat_count difference(const struct exitstat_count *before,
					const struct exitstat_count *after, uint64_t step_back)
{
	uint64_t cycles = after->cycles - before->cycles;

	return (struct exitstat_count){
		.count = less(after->count, before->count),
		.cycles = -cycles < step_back ? 0 : cycles,
		.own = after->own - before->own,
	};
}

/* A reason that was not listed before had no exits then. */
static void subtract_reasons(const struct exitstat_sample *before,
			     const struct exitstat_sample *after, struct exitstat_sample *delta)
{
	const struct exitstat_reason none = { .exits.own = before->total.own };
	uint64_t step_back = exitstat_step_back(after);
	const struct exitstat_reason *b, *a;
	struct exitstat_reason *d;
	size_t i;

	for (i = 0; i < after->nr_reasons; i++) {
		a = &after->reasons[i];
		b = exitstat_find_reason(before, a->reason);
		d = &delta->reasons[delta->nr_reasons];
		d->reason = a->reason;
		if (!b)
			b = &none;
		d->exits = difference(&b->exits, &a->exits, step_back);
		d->vmm = difference(&b->vmm, &a->vmm, step_back);
		if (d->exits.count || d->exits.cycles || d->vmm.count || d->vmm.cycles)
			delta->nr_reasons++;
	}
}

static void leave_out(struct exitstat_count *count, uint64_t own, uint64_t cycles)
{
	count->count = less(count->count, own);
	count->cycles = less(count->cycles, cycles);
}

/*
 * By the mean of the CPUIDs around both readings; all that CPUID cost when nobody else
 * used it.
 */
static uint64_t own_cycles(const struct exitstat_sample *before,
			   const struct exitstat_sample *after,
			   const struct exitstat_reason *cpuid, uint64_t own)
{
	uint64_t count = before->cost.count + after->cost.count;

	if (cpuid && cpuid->exits.count <= cpuid->exits.own)
		return cpuid->exits.cycles;
	if (!count)
		return 0;
	return exitstat_scale((unsigned __int128)before->cost.cycles + after->cost.cycles, own,
			      count);
}

/* From the host there is nothing to leave out. */
static void leave_out_own(const struct exitstat_sample *before,
			  const struct exitstat_sample *after, struct exitstat_sample *delta)
{
	struct exitstat_reason *cpuid;
	uint64_t cycles;
	int state;

	if (!delta->total.own)
		return;
	cpuid = (struct exitstat_reason *)exitstat_find_reason(delta,
							exitstat_cpuid_reason(delta->space));
	cycles = own_cycles(before, after, cpuid, delta->total.own);
	delta->own.count = delta->total.own;
	delta->own.cycles = cycles;

	leave_out(&delta->total, delta->total.own, cycles);
	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		if (state == EXITSTAT_STATE_GUEST)
			leave_out(&delta->states[state], delta->states[state].own, 0);
		else if (state == EXITSTAT_STATE_HOST)
			leave_out(&delta->states[state], delta->states[state].own, cycles);
	if (!cpuid)
		return;
	leave_out(&cpuid->exits, cpuid->exits.own, cycles);
	/* A stay in the VMM may have begun before. */
	if (!cpuid->exits.count && !cpuid->vmm.count && !cpuid->vmm.cycles)
		memmove(cpuid, cpuid + 1,
			(&delta->reasons[delta->nr_reasons--] - (cpuid + 1)) * sizeof(*cpuid));
}

EXPORT int exitstat_delta(struct exitstat *es, const struct exitstat_sample *before,
			  const struct exitstat_sample *after, struct exitstat_sample *delta)
{
	uint64_t step_back = exitstat_step_back(after);
	int state, err = exitstat_check_counters(es, before, after);

	if (err)
		return err;
	memset(delta, 0, sizeof(*delta));
	delta->cpu = after->cpu;
	delta->what = before->what & after->what;
	delta->space = after->space;
	delta->tsc_khz = after->tsc_khz;
	delta->vcpus = after->vcpus;
	delta->time_ns = after->time_ns;
	delta->elapsed_ns = less(after->time_ns, before->time_ns);
	delta->cost = after->cost;
	delta->total = difference(&before->total, &after->total, step_back);
	delta->vmm = difference(&before->vmm, &after->vmm, step_back);
	for (state = 0; state < EXITSTAT_NR_STATES && exitstat_have_states(before, after); state++)
		delta->states[state] = difference(&before->states[state], &after->states[state],
						  step_back);
	err = exitstat_check_states(es, before, after, delta);
	if (err)
		return err;
	subtract_reasons(before, after, delta);
	leave_out_own(before, after, delta);
	return 0;
}
