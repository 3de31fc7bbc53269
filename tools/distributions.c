// SPDX-License-Identifier: GPL-2.0
/* How long exits took: a sample's histograms, and what happened between two of them. */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

bool has_distributions(const struct tool *tool)
{
	return exitstat_host(tool->es)->features & EXITSTAT_FEATURE_HISTOGRAMS;
}

static void set_number(struct distributions *distributions, size_t n)
{
	distributions->of = grow(distributions->of, n, sizeof(*distributions->of));
	distributions->n = n;
}

int distributions_read(struct tool *tool, const struct exitstat_sample *sample,
		       struct distributions *distributions)
{
	size_t i;

	set_number(distributions, sample->nr_reasons + 1);
	distributions->of[0].selector = EXITSTAT_ALL_REASONS;
	for (i = 0; i < sample->nr_reasons; i++)
		distributions->of[i + 1].selector = sample->reasons[i].reason;
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
