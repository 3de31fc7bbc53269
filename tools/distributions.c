// SPDX-License-Identifier: GPL-2.0
/* How long exits took: a sample's histograms, and what happened between two of them. */
#include <stdlib.h>

#include "tool.h"

bool has_distributions(const struct tool *tool)
{
	return exitstat_host(tool->es)->features & EXITSTAT_FEATURE_HISTOGRAMS;
}

static void set_number(struct distributions *distributions, size_t n)
{
	distributions->of = grow(distributions->of, n ? n : 1, sizeof(*distributions->of));
	distributions->n = n;
}

/* What the tool wants, or else all reasons together and each that has exits. */
int distributions_read(struct tool *tool, const struct exitstat_sample *sample,
		       struct distributions *distributions)
{
	size_t n = tool->selectors ? tool->nr_selectors : sample->nr_reasons + 1, i;

	set_number(distributions, n);
	for (i = 0; i < n; i++)
		distributions->of[i].selector = tool->selectors ? tool->selectors[i] :
			i ? sample->reasons[i - 1].reason : EXITSTAT_ALL_REASONS;
	return exitstat_read_histograms(tool->es, sample->cpu, distributions->of,
					distributions->n);
}

/* NULL when there is none, or nothing in it. */
const struct exitstat_histogram *distributions_find(const struct distributions *distributions,
						    uint32_t selector)
{
	size_t i;

	for (i = 0; i < distributions->n; i++)
		if (distributions->of[i].selector == selector)
			return exitstat_histogram_count(&distributions->of[i]) ?
			       &distributions->of[i] : NULL;
	return NULL;
}

/* A reason that was not there before had nothing then. */
void distributions_delta(const struct distributions *before, const struct distributions *after,
			 struct distributions *delta)
{
	const struct exitstat_histogram *b;
	size_t i;

	set_number(delta, after->n);
	for (i = 0; i < after->n; i++) {
		delta->of[i] = after->of[i];
		b = distributions_find(before, after->of[i].selector);
		if (b)
			exitstat_subtract_histogram(b, &delta->of[i]);
	}
}

void distributions_copy(struct distributions *to, const struct distributions *from)
{
	size_t i;

	set_number(to, from->n);
	for (i = 0; i < from->n; i++)
		to->of[i] = from->of[i];
}

static struct exitstat_histogram *find_or_add(struct distributions *distributions,
					      uint32_t selector)
{
	size_t i;

	for (i = 0; i < distributions->n; i++)
		if (distributions->of[i].selector == selector)
			return &distributions->of[i];
	set_number(distributions, i + 1);
	distributions->of[i] = (struct exitstat_histogram){ .selector = selector };
	return &distributions->of[i];
}

/* Of both together the longest is the longer one's. */
void distributions_add(struct distributions *sum, const struct distributions *more)
{
	struct exitstat_histogram *of_sum;
	const struct exitstat_histogram *h;
	int bucket;

	for (h = more->of; h < more->of + more->n; h++) {
		of_sum = find_or_add(sum, h->selector);
		for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket++)
			of_sum->buckets[bucket] += h->buckets[bucket];
		if (h->longest < of_sum->longest)
			continue;
		of_sum->longest = h->longest;
		of_sum->exact = h->exact;
	}
}
