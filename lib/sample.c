// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Reading the counters, with few CPUIDs: each of them is an exit. */
#include <string.h>

#include "handle.h"
#include "sample.h"

static int read_count(struct exitstat *es, uint32_t leaf, uint32_t selector,
		      struct exitstat_count *count)
{
	struct exitstat_regs regs;
	int err = exitstat_query(es, leaf, selector, &regs);

	if (err)
		return err;
	count->count = (uint64_t)regs.ebx << 32 | regs.eax;
	count->cycles = (uint64_t)regs.edx << 32 | regs.ecx;
	count->own = exitstat_own(es);
	return 0;
}

static int read_properties(struct exitstat *es, struct exitstat_sample *sample)
{
	struct exitstat_regs regs;
	int err = exitstat_query(es, EXITSTAT_LEAF_PROPERTIES, 0, &regs);

	if (err)
		return err;
	sample->tsc_khz = regs.eax;
	sample->space = regs.ecx;
	sample->vcpus = sample->cpu == EXITSTAT_VM ? regs.edx : 1;
	return 0;
}

static int read_totals(struct exitstat *es, uint32_t scope, struct exitstat_sample *sample)
{
	int err = read_count(es, EXITSTAT_LEAF_SNAPSHOT, scope | EXITSTAT_ALL_REASONS,
			     &sample->total);

	if (err)
		return err;
	return read_count(es, EXITSTAT_LEAF_VMM, scope | EXITSTAT_ALL_REASONS, &sample->vmm);
}

static int read_states(struct exitstat *es, uint32_t scope, struct exitstat_sample *sample)
{
	uint32_t state;
	int err;

	/* What they add up to is held against the time, and the rest of a reading may take long. */
	if (es->source->time)
		es->source->time(es);
	for (state = 0; state < EXITSTAT_NR_STATES; state++) {
		err = read_count(es, EXITSTAT_LEAF_STATE, scope | state, &sample->states[state]);
		if (err)
			return err;
	}
	sample->time_ns = es->time_ns;
	if (sample->vcpus && sample->tsc_khz)
		sample->elapsed_ns = exitstat_scale(exitstat_all_cycles(sample), 1000000,
						    (uint64_t)sample->vcpus * sample->tsc_khz);
	return 0;
}

static int read_reason(struct exitstat *es, uint32_t scope, uint32_t reason,
		       struct exitstat_sample *sample)
{
	struct exitstat_reason *r = &sample->reasons[sample->nr_reasons++];
	int err;

	r->reason = reason;
	err = read_count(es, EXITSTAT_LEAF_SNAPSHOT, scope | reason, &r->exits);
	if (err)
		return err;
	return read_count(es, EXITSTAT_LEAF_VMM, scope | reason, &r->vmm);
}

static int read_reasons(struct exitstat *es, uint32_t scope, struct exitstat_sample *sample)
{
	struct exitstat_regs regs;
	uint32_t from;
	int err;

	for (from = 0; from <= EXITSTAT_REASON_MASK; from = regs.eax + 1) {
		err = exitstat_query(es, EXITSTAT_LEAF_NEXT, scope | from, &regs);
		if (err)
			return err;
		if (regs.eax == EXITSTAT_NEXT_NONE)
			return 0;
		if (regs.eax < from || regs.eax > EXITSTAT_REASON_MASK ||
		    sample->nr_reasons == EXITSTAT_MAX_REASONS)
			return exitstat_fail(es, EXITSTAT_ERR_ANSWER,
				"the host lists its exit reasons in no order: the VM is being "
				"moved, or its exitstat is broken; try again");
		err = read_reason(es, scope, regs.eax, sample);
		if (err)
			return err;
	}
	return 0;
}

static int read_counters(struct exitstat *es, unsigned int what, struct exitstat_sample *sample)
{
	uint32_t scope = sample->cpu == EXITSTAT_VM ? 0 : EXITSTAT_THIS_VCPU;
	int err = read_totals(es, scope, sample);

	if (!err && what & EXITSTAT_READ_STATES)
		err = read_states(es, scope, sample);
	if (!err && what & EXITSTAT_READ_REASONS)
		err = read_reasons(es, scope, sample);
	return err;
}

/*
 * All of the reading lies between two looks at what CPUID has cost on this vCPU. What is
 * between is mostly our own, if the thread has not changed the CPU. Seen from the host nothing
 * of it is; there the second look is but the end of the sample.
 */
static int read_and_measure(struct exitstat *es, unsigned int what,
			    struct exitstat_sample *sample)
{
	uint32_t selector = exitstat_cpuid_reason(sample->space) | EXITSTAT_THIS_VCPU;
	struct exitstat_count before, after;
	int cpu, err;

	err = read_count(es, EXITSTAT_LEAF_SNAPSHOT, selector, &before);
	cpu = es->cpu;
	if (!err)
		err = read_counters(es, what, sample);
	if (!err)
		err = read_count(es, EXITSTAT_LEAF_SNAPSHOT, selector, &after);
	if (err)
		return err;
	sample->own.count = exitstat_own(es);
	if (!es->from_host && cpu == es->cpu && after.count > before.count &&
	    after.cycles > before.cycles) {
		sample->cost.count = after.count - before.count;
		sample->cost.cycles = after.cycles - before.cycles;
		sample->own.cycles = exitstat_scale(sample->cost.cycles, sample->own.count,
						    sample->cost.count);
	}
	return 0;
}

/* What to read, and where it goes. */
struct reading {
	unsigned int what;
	struct exitstat_sample *sample;
};

static int read_sample(struct exitstat *es, void *data)
{
	const struct reading *reading = data;
	int err = exitstat_check_identity(es);

	if (!err)
		err = read_properties(es, reading->sample);
	if (!err)
		err = read_and_measure(es, reading->what, reading->sample);
	if (!reading->sample->time_ns)
		reading->sample->time_ns = es->time_ns;
	return err;
}

static int read_witness(struct exitstat *es, void *data)
{
	struct exitstat_witness *witness = data;
	struct exitstat_count count;
	uint64_t cycles = 0;
	uint32_t state;
	int err;

	for (state = 0; state < EXITSTAT_NR_STATES; state++) {
		err = read_count(es, EXITSTAT_LEAF_STATE, EXITSTAT_THIS_VCPU | state, &count);
		if (err)
			return err;
		cycles += count.cycles;
	}
	witness->cpu = es->cpu;
	witness->time_ns = es->time_ns;
	witness->cycles = cycles;
	return 0;
}

/* The VM's sample is good without one, too. */
static void call_witness(struct exitstat *es, struct exitstat_sample *sample)
{
	int cpu = EXITSTAT_VM;

	if (sample->cpu == EXITSTAT_VM && sample->what & EXITSTAT_READ_STATES &&
	    es->source->witness)
		cpu = es->source->witness(es, sample->vcpus);
	if (cpu != EXITSTAT_VM)
		exitstat_on(es, cpu, read_witness, &sample->witness);
}

EXPORT int exitstat_read(struct exitstat *es, int cpu, unsigned int what,
			 struct exitstat_sample *sample)
{
	struct reading reading = { .what = what, .sample = sample };
	int err;

	memset(sample, 0, sizeof(*sample));
	sample->cpu = cpu;
	sample->what = what;
	err = exitstat_on(es, cpu, read_sample, &reading);
	if (err && err != EXITSTAT_ERR_RECORD)
		return err;
	call_witness(es, sample);
	/* That it has failed is no error, but that something could not be recorded is. */
	return exitstat_end_reading(es, 0);
}
