// SPDX-License-Identifier: GPL-2.0
/* Reading the VM, one CPU, or one CPU after the other. */
#include <stdlib.h>

#include "tool.h"

static void all_cpus(struct tool *tool, struct scopes *scopes)
{
	int n = exitstat_cpus(tool->es, NULL, 0);

	if (n < 0)
		die_of(tool, n);
	if (!n)
		die(status_failed(tool), "the recording has no single vCPUs: record it with --vcpu");
	scopes->cpus = allocate(n, sizeof(*scopes->cpus));
	/* A CPU may have come since, which we do without. */
	scopes->n = n;
	n = exitstat_cpus(tool->es, scopes->cpus, scopes->n);
	if (n < 0)
		die_of(tool, n);
	if ((size_t)n < scopes->n)
		scopes->n = n;
}

void scopes_init(struct tool *tool, struct scopes *scopes)
{
	if (tool->per_vcpu) {
		all_cpus(tool, scopes);
		return;
	}
	scopes->n = 1;
	scopes->cpus = allocate(1, sizeof(*scopes->cpus));
	scopes->cpus[0] = tool->cpu;
}

void scopes_free(struct scopes *scopes)
{
	free(scopes->cpus);
}

struct exitstat_sample *scopes_samples(const struct scopes *scopes)
{
	return allocate(scopes->n, sizeof(struct exitstat_sample));
}

int scopes_read(struct tool *tool, const struct scopes *scopes, struct exitstat_sample *samples)
{
	int err = 0;
	size_t i;

	for (i = 0; i < scopes->n && !err; i++)
		err = exitstat_read(tool->es, scopes->cpus[i], EXITSTAT_READ_ALL, &samples[i]);
	return err;
}

/* The first reading, without which there is nothing to tell. */
void scopes_read_or_die(struct tool *tool, const struct scopes *scopes,
			struct exitstat_sample *samples)
{
	int err = scopes_read(tool, scopes, samples);

	if (err)
		die_of(tool, err);
}

int scopes_delta(struct tool *tool, const struct scopes *scopes,
		 const struct exitstat_sample *before, const struct exitstat_sample *after,
		 struct exitstat_sample *delta)
{
	int err = 0;
	size_t i;

	for (i = 0; i < scopes->n && !err; i++)
		err = exitstat_delta(tool->es, &before[i], &after[i], &delta[i]);
	return err;
}
