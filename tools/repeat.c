// SPDX-License-Identifier: GPL-2.0
/* Mean and standard deviation of a command's runs. */
#include <math.h>
#include <string.h>

#include "tool.h"

/* The runs of one scope: the I-th is @first[I * @stride]. */
struct runs {
	const struct exitstat_sample *first;
	size_t n, stride;
};

static const struct exitstat_sample *run(const struct runs *runs, size_t i)
{
	return &runs->first[i * runs->stride];
}

static const struct exitstat_reason *find(const struct exitstat_sample *sample, uint32_t reason)
{
	static const struct exitstat_reason none;
	size_t i;

	for (i = 0; i < sample->nr_reasons; i++)
		if (sample->reasons[i].reason == reason)
			return &sample->reasons[i];
	return &none;
}

static void add(struct exitstat_count *sum, const struct exitstat_count *count)
{
	sum->count += count->count;
	sum->cycles += count->cycles;
}

static void divide(struct exitstat_count *sum, size_t n)
{
	sum->count = (sum->count + n / 2) / n;
	sum->cycles = (sum->cycles + n / 2) / n;
}

static double percent(double squares, double mean, size_t n)
{
	return n > 1 && mean > 0 ? 100 * sqrt(squares / (n - 1)) / mean : 0;
}

static struct deviation deviation_of(const struct runs *runs,
				     const struct exitstat_count *(*get)(const struct runs *runs,
									 size_t i, uint32_t reason),
				     uint32_t reason)
{
	double exits = 0, cycles = 0, exits_squares = 0, cycles_squares = 0;
	size_t i;

	for (i = 0; i < runs->n; i++) {
		exits += (double)get(runs, i, reason)->count / runs->n;
		cycles += (double)get(runs, i, reason)->cycles / runs->n;
	}
	for (i = 0; i < runs->n; i++) {
		exits_squares += pow(get(runs, i, reason)->count - exits, 2);
		cycles_squares += pow(get(runs, i, reason)->cycles - cycles, 2);
	}
	return (struct deviation){ percent(exits_squares, exits, runs->n),
				   percent(cycles_squares, cycles, runs->n) };
}

static const struct exitstat_count *get_reason(const struct runs *runs, size_t i, uint32_t reason)
{
	return &find(run(runs, i), reason)->exits;
}

static const struct exitstat_count *get_total(const struct runs *runs, size_t i, uint32_t reason)
{
	(void)reason;
	return &run(runs, i)->total;
}

static void add_reason(struct exitstat_sample *sum, const struct exitstat_reason *reason)
{
	struct exitstat_reason *r = (struct exitstat_reason *)find(sum, reason->reason);

	if (r < sum->reasons || r >= sum->reasons + sum->nr_reasons) {
		if (sum->nr_reasons == EXITSTAT_MAX_REASONS)
			return;
		r = &sum->reasons[sum->nr_reasons++];
		r->reason = reason->reason;
	}
	add(&r->exits, &reason->exits);
	add(&r->vmm, &reason->vmm);
}

static void add_run(struct exitstat_sample *sum, const struct exitstat_sample *sample)
{
	size_t i;

	sum->elapsed_ns += sample->elapsed_ns;
	add(&sum->total, &sample->total);
	add(&sum->vmm, &sample->vmm);
	sum->own.count += sample->own.count;
	sum->own.cycles += sample->own.cycles;
	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		add(&sum->states[i], &sample->states[i]);
	for (i = 0; i < sample->nr_reasons; i++)
		add_reason(sum, &sample->reasons[i]);
}

/* What was left out stays a sum: it is of the whole command line. */
static void mean_of_scope(const struct runs *runs, struct exitstat_sample *mean)
{
	size_t i;

	memset(mean, 0, sizeof(*mean));
	mean->cpu = runs->first->cpu;
	mean->space = runs->first->space;
	mean->tsc_khz = runs->first->tsc_khz;
	mean->vcpus = runs->first->vcpus;
	for (i = 0; i < runs->n; i++)
		add_run(mean, run(runs, i));
	mean->elapsed_ns /= runs->n;
	divide(&mean->total, runs->n);
	divide(&mean->vmm, runs->n);
	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		divide(&mean->states[i], runs->n);
	for (i = 0; i < mean->nr_reasons; i++) {
		divide(&mean->reasons[i].exits, runs->n);
		divide(&mean->reasons[i].vmm, runs->n);
	}
}

void mean_of_runs(const struct exitstat_sample *all, size_t runs, size_t n,
		  struct exitstat_sample *mean, struct deviation *deviations)
{
	struct runs of_scope = { .n = runs, .stride = n };
	size_t scope, i;

	for (scope = 0; scope < n; scope++, deviations += DEVIATIONS) {
		of_scope.first = all + scope;
		mean_of_scope(&of_scope, &mean[scope]);
		for (i = 0; i < mean[scope].nr_reasons; i++)
			deviations[i] = deviation_of(&of_scope, get_reason,
						     mean[scope].reasons[i].reason);
		deviations[i] = deviation_of(&of_scope, get_total, 0);
	}
}
