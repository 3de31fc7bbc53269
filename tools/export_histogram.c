// SPDX-License-Identifier: GPL-2.0
/*
 * How long it took, as Prometheus' classic histograms. Their bounds are the same on every host,
 * whatever its TSC, so that those of several add up.
 */
#include <assert.h>

#include "columns.h"
#include "export.h"

static const struct {
	const char *le;
	double seconds;
} bounds[] = {
#define BOUND(le)	{ #le, le }
	BOUND(0.000001), BOUND(0.0000025), BOUND(0.000005),
	BOUND(0.00001), BOUND(0.000025), BOUND(0.00005),
	BOUND(0.0001), BOUND(0.00025), BOUND(0.0005),
	BOUND(0.001), BOUND(0.0025), BOUND(0.005),
	BOUND(0.01), BOUND(0.025), BOUND(0.05),
	BOUND(0.1), BOUND(0.25), BOUND(0.5),
	BOUND(1), BOUND(2.5), BOUND(5), BOUND(10),
#undef BOUND
};

#define NR_BOUNDS	(sizeof(bounds) / sizeof(*bounds))

/*
 * What is surely not longer than the bound: the buckets that end there or before. So a bucket that
 * a bound goes through counts from the next bound on.
 */
static void expose_buckets(struct exposition *exposition, enum metric metric,
			   const struct labels *labels, const struct exitstat_histogram *histogram,
			   uint32_t tsc_khz)
{
	struct labels with_le;
	uint64_t so_far = 0;
	int bucket = 0;
	size_t i;

	for (i = 0; i < NR_BOUNDS; i++) {
		while (bucket < EXITSTAT_NR_BUCKETS - 1 &&
		       exitstat_bucket_begin(bucket + 1) <= bounds[i].seconds * tsc_khz * 1e3)
			so_far += histogram->buckets[bucket++];
		with_le = *labels;
		labels_add(&with_le, "le", bounds[i].le);
		expose_bucket(exposition, metric, &with_le, so_far);
	}
	with_le = *labels;
	labels_add(&with_le, "le", "+Inf");
	expose_bucket(exposition, metric, &with_le, exitstat_histogram_count(histogram));
}

static void expose_histogram(struct exposition *exposition, enum metric metric,
			     const struct labels *labels,
			     const struct exitstat_histogram *histogram, uint64_t cycles,
			     uint32_t tsc_khz)
{
	expose_buckets(exposition, metric, labels, histogram, tsc_khz);
	expose_sum(exposition, metric, labels, cycles / (tsc_khz * 1e3L),
		   exitstat_histogram_count(histogram));
}

static const enum exitstat_state states[] = {
	EXITSTAT_STATE_VMM, EXITSTAT_STATE_HALTED, EXITSTAT_STATE_PREEMPTED,
};

static_assert(sizeof(states) / sizeof(*states) == NR_DURATION_STATES);

int read_durations(struct tool *tool, const struct exitstat_sample *sample,
		   struct durations *durations)
{
	int err = distributions_read(tool, sample, &durations->exits);
	size_t i;

	for (i = 0; i < NR_DURATION_STATES; i++)
		durations->stays[i].selector = EXITSTAT_OF_STATE | states[i];
	return err ? err : exitstat_read_histograms(tool->es, sample->cpu, durations->stays,
						    NR_DURATION_STATES);
}

/* Those that have buckets of their own, and of these the ones that are not empty. */
static void expose_reasons(struct exposition *exposition, const struct labels *labels,
			   const struct exitstat_sample *sample, const struct durations *durations)
{
	const struct exitstat_histogram *histogram;
	struct labels of_reason;
	size_t i;

	for (i = 0; i < sample->nr_reasons; i++) {
		histogram = distributions_find(&durations->exits, sample->reasons[i].reason);
		if (!histogram || sample->reasons[i].reason == EXITSTAT_REASON_OTHER)
			continue;
		of_reason = *labels;
		labels_add(&of_reason, "reason",
			   reason_label(sample, sample->reasons[i].reason).text);
		expose_histogram(exposition, METRIC_REASON_DURATION, &of_reason, histogram,
				 sample->reasons[i].exits.cycles, sample->tsc_khz);
	}
}

void expose_durations(struct exposition *exposition, const struct labels *labels,
		      const struct exitstat_sample *sample, const struct durations *durations)
{
	struct labels of_state;
	size_t i;

	expose_histogram(exposition, METRIC_EXIT_DURATION, labels, durations->exits.of,
			 sample->total.cycles, sample->tsc_khz);
	expose_reasons(exposition, labels, sample, durations);
	for (i = 0; i < NR_DURATION_STATES; i++) {
		of_state = *labels;
		labels_add(&of_state, "state", exitstat_state_name(states[i]));
		expose_histogram(exposition, METRIC_STATE_DURATION, &of_state,
				 &durations->stays[i], sample->states[states[i]].cycles,
				 sample->tsc_khz);
	}
}
