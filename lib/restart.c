// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Have the counters started anew between two samples? On another host, and in a VM that is
 * restored from a file or a snapshot, they start at 0, and if nobody looks for long enough, they
 * are above their old values by then. But the states of a vCPU add up to all of its time. Where
 * other VMs' vCPUs may be in the sum, which end, a single one is witness.
 */
#include <string.h>
#include <unistd.h>

#include "handle.h"
#include "sample.h"

/* Emulators and busy hosts are late: so much in a reading, and one part of so many of time. */
#define LATE_NS		200000000
#define LATE_PART	10

/**
 * struct span - what lies between two samples
 * @passed: cycles that all vCPUs have had which were there from beginning to end
 * @most: and those that came meanwhile
 * @step_back: by which cycles may be less
 */
struct span {
	unsigned __int128 passed, most;
	uint64_t step_back;
};

const struct exitstat_reason *exitstat_find_reason(const struct exitstat_sample *sample,
						   uint32_t reason)
{
	size_t i;

	for (i = 0; i < sample->nr_reasons; i++)
		if (sample->reasons[i].reason == reason)
			return &sample->reasons[i];
	return NULL;
}

bool exitstat_have_states(const struct exitstat_sample *before,
			  const struct exitstat_sample *after)
{
	return before->what & after->what & EXITSTAT_READ_STATES;
}

static unsigned __int128 cycles_in(uint64_t ns, uint32_t vcpus, uint32_t tsc_khz)
{
	return (unsigned __int128)ns * tsc_khz / 1000000 * vcpus;
}

/* By so little can cycles step back without a restart: a minute. */
uint64_t exitstat_step_back(const struct exitstat_sample *sample)
{
	return cycles_in(60000000000, sample->vcpus, sample->tsc_khz);
}

static struct span span_of(const struct exitstat_sample *before,
			   const struct exitstat_sample *after)
{
	uint64_t ns = after->time_ns > before->time_ns ? after->time_ns - before->time_ns : 0;
	bool more = after->vcpus > before->vcpus;

	return (struct span){
		.passed = cycles_in(ns, more ? before->vcpus : after->vcpus, after->tsc_khz),
		.most = cycles_in(ns + ns / LATE_PART + LATE_NS,
				  more ? after->vcpus : before->vcpus, after->tsc_khz),
		.step_back = exitstat_step_back(after),
	};
}

/*
 * Cycles wrap, and may step back: what a state has had up to now can turn out to have been
 * another's. A step ahead by half their range is one back, unless that much has passed.
 */
static bool fell(const struct span *span, const struct exitstat_count *before,
		 const struct exitstat_count *after)
{
	uint64_t cycles = after->cycles - before->cycles;

	return after->count < before->count ||
	       (cycles > INT64_MAX && cycles > span->most && -cycles >= span->step_back);
}

static bool reason_fell(const struct span *span, const struct exitstat_sample *before,
			const struct exitstat_sample *after)
{
	const struct exitstat_reason *b, *a;

	for (b = before->reasons; b < before->reasons + before->nr_reasons; b++) {
		a = exitstat_find_reason(after, b->reason);
		if (!a || fell(span, &b->exits, &a->exits) || fell(span, &b->vmm, &a->vmm))
			return after->nr_reasons > 0;
	}
	return false;
}

static bool went_backwards(const struct span *span, const struct exitstat_sample *before,
			   const struct exitstat_sample *after)
{
	int state;

	if (after->space != before->space || after->tsc_khz != before->tsc_khz ||
	    fell(span, &before->total, &after->total) || fell(span, &before->vmm, &after->vmm) ||
	    reason_fell(span, before, after))
		return true;
	for (state = 0; state < EXITSTAT_NR_STATES && exitstat_have_states(before, after); state++)
		if (fell(span, &before->states[state], &after->states[state]))
			return true;
	return false;
}

int exitstat_check_counters(struct exitstat *es, const struct exitstat_sample *before,
			    const struct exitstat_sample *after)
{
	struct span span = span_of(before, after);

	if (!went_backwards(&span, before, after))
		return 0;
	return exitstat_fail(es, EXITSTAT_ERR_BACKWARDS,
		"the counters have started anew: the VM was restored or moved to another host, or a "
		"CPU was replaced; measure again");
}

/*
 * With scope=host there are more vCPUs than this VM has CPUs, and the others' may end. Who asks
 * the host is always told of one VM. How many CPUs there were a recording does not tell, but that
 * there was a witness.
 */
static bool has_other_vms(const struct exitstat *es, const struct exitstat_sample *before,
			  const struct exitstat_sample *after)
{
	uint64_t cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (exitstat_is_replay(es))
		return before->witness.time_ns || after->witness.time_ns;
	return !es->from_host && after->cpu == EXITSTAT_VM &&
	       (before->vcpus > cpus || after->vcpus > cpus);
}

/**
 * struct share - what vCPUs have had of the time between two samples
 * @sum: cycles of all their states, which may be less than before after a restart
 * @all: those of the later sample
 * @passed: those that have passed
 * @late: as many as the later reading may be late
 */
struct share {
	__int128 sum, all, passed, late;
};

static struct share share_of_all(const struct exitstat_sample *before,
				 const struct exitstat_sample *after,
				 const struct exitstat_sample *delta)
{
	return (struct share){
		.sum = exitstat_all_cycles(delta),
		.all = exitstat_all_cycles(after),
		.passed = span_of(before, after).passed,
		.late = cycles_in(LATE_NS, after->vcpus, after->tsc_khz),
	};
}

static bool have_witness(const struct exitstat_witness *before,
			 const struct exitstat_witness *after)
{
	return before->time_ns && after->time_ns && before->cpu == after->cpu;
}

static struct share share_of_witness(const struct exitstat_witness *before,
				     const struct exitstat_witness *after, uint32_t tsc_khz)
{
	uint64_t ns = after->time_ns > before->time_ns ? after->time_ns - before->time_ns : 0;

	return (struct share){
		.sum = (int64_t)(after->cycles - before->cycles),
		.all = after->cycles,
		.passed = cycles_in(ns, 1, tsc_khz),
		.late = cycles_in(LATE_NS, 1, tsc_khz),
	};
}

/*
 * More than has passed may be counted: the VM's clock stands still while it is suspended.
 * A reading takes its time; but nothing of the first sample is in the second when all
 * cycles of that fit between the two.
 */
static bool falls_short(const struct share *share)
{
	__int128 late = share->passed / LATE_PART;

	if (share->all > share->passed)
		late += share->late;
	return share->sum + late < share->passed;
}

static int started_anew(struct exitstat *es, const struct share *share)
{
	double part = share->sum > 0 ? (double)share->sum / (double)share->passed : 0;

	return exitstat_fail(es, EXITSTAT_ERR_BACKWARDS,
		"the counters have started anew: they have %.0f%% of the vCPUs' time since the last "
		"reading; the VM was restored or moved to another host, or the host's exitstat was "
		"loaded again; measure again, and if it stays so, ask exitstat doctor", 100 * part);
}

/* What a witness has had is this VM's, whosever vCPUs are in the sum. */
int exitstat_check_states(struct exitstat *es, const struct exitstat_sample *before,
			  const struct exitstat_sample *after, const struct exitstat_sample *delta)
{
	struct share share = share_of_all(before, after, delta);

	if (!exitstat_have_states(before, after))
		return 0;
	if (share.passed > UINT64_MAX && falls_short(&share))
		return exitstat_fail(es, EXITSTAT_ERR_BACKWARDS,
			"more cycles have passed than a counter of 64 bits holds: measure single "
			"vCPUs, or for a shorter time");
	if (have_witness(&before->witness, &after->witness))
		share = share_of_witness(&before->witness, &after->witness, after->tsc_khz);
	else if (has_other_vms(es, before, after))
		return 0;
	return falls_short(&share) ? started_anew(es, &share) : 0;
}
