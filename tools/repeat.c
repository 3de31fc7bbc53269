// SPDX-License-Identifier: GPL-2.0
/* A command's runs, of which none is kept: mean, standard deviation, how long it took in all. */
#include <math.h>
#include <stdlib.h>

#include "tool.h"

/* Welford's: the mean so far, and the sum of the squares of what differs from it. */
struct moments {
	double mean, squares;
};

/* What a counter was in all runs. */
struct tally {
	unsigned __int128 count, cycles;
	struct moments of_count, of_cycles;
};

struct reason_runs {
	uint32_t reason;
	struct tally exits, vmm;
};

/* The runs of the VM, or of a CPU, which may have come or gone between two of them. */
struct scope_runs {
	size_t n;
	struct exitstat_sample first;
	unsigned __int128 elapsed_ns;
	struct exitstat_count own;
	struct tally total, vmm, states[EXITSTAT_NR_STATES];
	struct distributions distributions;
	size_t nr_reasons;
	struct reason_runs reasons[EXITSTAT_MAX_REASONS];
};

static void add_number(struct moments *moments, size_t n, uint64_t number)
{
	double difference = number - moments->mean;

	moments->mean += difference / n;
	moments->squares += difference * (number - moments->mean);
}

/* The @n-th run; what there was none of before was 0. */
static void add(struct tally *tally, size_t n, const struct exitstat_count *count)
{
	tally->count += count->count;
	tally->cycles += count->cycles;
	add_number(&tally->of_count, n, count->count);
	add_number(&tally->of_cycles, n, count->cycles);
}

static struct exitstat_count mean_of(const struct tally *tally, size_t n)
{
	return (struct exitstat_count){ .count = (tally->count + n / 2) / n,
					.cycles = (tally->cycles + n / 2) / n };
}

static double percent(const struct moments *moments, size_t n)
{
	return n > 1 && moments->mean > 0 ?
	       100 * sqrt(moments->squares / (n - 1)) / moments->mean : 0;
}

static struct deviation deviation_of(const struct tally *tally, size_t n)
{
	return (struct deviation){ percent(&tally->of_count, n), percent(&tally->of_cycles, n) };
}

static struct scope_runs *scope_of(struct runs *runs, const struct exitstat_sample *sample)
{
	struct scope_runs *scope;
	size_t i;

	for (i = 0; i < runs->n; i++)
		if (runs->scopes[i]->first.cpu == sample->cpu)
			return runs->scopes[i];
	scope = allocate(1, sizeof(*scope));
	scope->first = *sample;
	runs->scopes = grow(runs->scopes, runs->n + 1, sizeof(*runs->scopes));
	runs->scopes[runs->n++] = scope;
	return scope;
}

/* More reasons than a sample holds there cannot be. */
static void list_reason(struct scope_runs *scope, uint32_t reason)
{
	size_t i;

	for (i = 0; i < scope->nr_reasons; i++)
		if (scope->reasons[i].reason == reason)
			return;
	if (i < EXITSTAT_MAX_REASONS)
		scope->reasons[scope->nr_reasons++].reason = reason;
}

static void add_reason(struct reason_runs *runs, size_t n, const struct exitstat_sample *sample)
{
	static const struct exitstat_reason none;
	const struct exitstat_reason *reason = &none;
	size_t i;

	for (i = 0; i < sample->nr_reasons; i++)
		if (sample->reasons[i].reason == runs->reason)
			reason = &sample->reasons[i];
	add(&runs->exits, n, &reason->exits);
	add(&runs->vmm, n, &reason->vmm);
}

static void add_run(struct scope_runs *scope, const struct exitstat_sample *sample)
{
	size_t n = ++scope->n, i;

	scope->elapsed_ns += sample->elapsed_ns;
	scope->own.count += sample->own.count;
	scope->own.cycles += sample->own.cycles;
	add(&scope->total, n, &sample->total);
	add(&scope->vmm, n, &sample->vmm);
	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		add(&scope->states[i], n, &sample->states[i]);
	for (i = 0; i < sample->nr_reasons; i++)
		list_reason(scope, sample->reasons[i].reason);
	for (i = 0; i < scope->nr_reasons; i++)
		add_reason(&scope->reasons[i], n, sample);
}

void runs_add(struct runs *runs, const struct samples *samples)
{
	struct scope_runs *scope;
	size_t i;

	for (i = 0; i < samples->n; i++) {
		scope = scope_of(runs, &samples->sample[i]);
		add_run(scope, &samples->sample[i]);
		distributions_add(&scope->distributions, &samples->distributions[i]);
	}
}

/* What was left out stays a sum: it is of the whole command line. */
static void mean_of_scope(const struct scope_runs *scope, struct exitstat_sample *mean,
			  struct deviation *deviations)
{
	size_t i;

	*mean = (struct exitstat_sample){
		.cpu = scope->first.cpu,
		.space = scope->first.space,
		.tsc_khz = scope->first.tsc_khz,
		.vcpus = scope->first.vcpus,
		.elapsed_ns = scope->elapsed_ns / scope->n,
		.total = mean_of(&scope->total, scope->n),
		.vmm = mean_of(&scope->vmm, scope->n),
		.own = scope->own,
		.nr_reasons = scope->nr_reasons,
	};
	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		mean->states[i] = mean_of(&scope->states[i], scope->n);
	for (i = 0; i < scope->nr_reasons; i++) {
		mean->reasons[i].reason = scope->reasons[i].reason;
		mean->reasons[i].exits = mean_of(&scope->reasons[i].exits, scope->n);
		mean->reasons[i].vmm = mean_of(&scope->reasons[i].vmm, scope->n);
		deviations[i] = deviation_of(&scope->reasons[i].exits, scope->n);
	}
	deviations[i] = deviation_of(&scope->total, scope->n);
}

void runs_mean(const struct runs *runs, struct exitstat_sample *means,
	       struct deviation *deviations, struct distributions *distributions)
{
	size_t i;

	for (i = 0; i < runs->n; i++) {
		mean_of_scope(runs->scopes[i], &means[i], deviations + i * DEVIATIONS);
		distributions[i] = runs->scopes[i]->distributions;
	}
}

void runs_free(struct runs *runs)
{
	while (runs->n) {
		free(runs->scopes[--runs->n]->distributions.of);
		free(runs->scopes[runs->n]);
	}
	free(runs->scopes);
}
