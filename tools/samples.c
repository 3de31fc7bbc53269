// SPDX-License-Identifier: GPL-2.0
/* Reading the VM, one CPU, or one CPU after the other. CPUs may come and go meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* Room for one more; it counts when @n does. */
static struct exitstat_sample *next_sample(struct samples *samples)
{
	if (samples->n == samples->room) {
		samples->room++;
		samples->sample = grow(samples->sample, samples->room, sizeof(*samples->sample));
		samples->distributions = grow(samples->distributions, samples->room,
					      sizeof(*samples->distributions));
		samples->distributions[samples->n] = (struct distributions){ .n = 0 };
	}
	return &samples->sample[samples->n];
}

/* What could not be recorded is good to be told, before that is. */
static int note_unrecorded(struct tool *tool, int err)
{
	if (err != EXITSTAT_ERR_RECORD)
		return err;
	if (!tool->unrecorded)
		tool->unrecorded = strdup(exitstat_message(tool->es));
	if (!tool->unrecorded)
		die(STATUS_FAILED, "out of memory");
	return 0;
}

int samples_add(struct tool *tool, struct samples *samples, int cpu, unsigned int what)
{
	int err = exitstat_read(tool->es, cpu, what, next_sample(samples));

	err = note_unrecorded(tool, err);
	if (!err && tool->distributions)
		err = distributions_read(tool, &samples->sample[samples->n],
					 &samples->distributions[samples->n]);
	err = note_unrecorded(tool, err);
	if (!err)
		samples->n++;
	return err;
}

/* A CPU that goes while it is read, or whose recording was cut off there, has no sample. */
int samples_add_cpus(struct tool *tool, struct samples *samples, unsigned int what)
{
	int n = exitstat_cpus(tool->es, NULL, 0), room = n, err = EXITSTAT_ERR_CPU, i;
	size_t before = samples->n;
	int *cpus;

	if (n <= 0)
		return n ? n : err;
	cpus = allocate(room, sizeof(*cpus));
	n = exitstat_cpus(tool->es, cpus, room);
	for (i = 0; i < n && i < room; i++) {
		err = samples_add(tool, samples, cpus[i], what);
		if (err && err != EXITSTAT_ERR_CPU && err != EXITSTAT_ERR_END)
			break;
		if (samples->n > before)
			err = 0;
	}
	free(cpus);
	return n < 0 ? n : err;
}

int samples_read(struct tool *tool, struct samples *samples)
{
	samples->n = 0;
	if (tool->per_vcpu)
		return samples_add_cpus(tool, samples, tool->what);
	return samples_add(tool, samples, tool->cpu, tool->what);
}

/* The first reading, without which there is nothing to tell. */
void samples_read_or_die(struct tool *tool, struct samples *samples)
{
	int err = samples_read(tool, samples);

	if (err == EXITSTAT_ERR_END && tool->per_vcpu && !tool->cut_off)
		die(status_failed(tool), "the recording has no single vCPUs: record it with --vcpu");
	if (!err && tool->unrecorded)
		err = EXITSTAT_ERR_RECORD;
	if (err)
		die_of(tool, err);
}

const struct exitstat_sample *samples_find(const struct samples *samples, int cpu)
{
	size_t i;

	for (i = 0; i < samples->n; i++)
		if (samples->sample[i].cpu == cpu)
			return &samples->sample[i];
	return NULL;
}

/* Of what is in both. Return: the last error of those that are left out for one. */
int samples_delta(struct tool *tool, const struct samples *before, const struct samples *after,
		  struct samples *delta)
{
	const struct exitstat_sample *b, *a;
	int err = 0, error;

	delta->n = 0;
	for (a = after->sample; a < after->sample + after->n; a++) {
		b = samples_find(before, a->cpu);
		if (!b)
			continue;
		error = exitstat_delta(tool->es, b, a, next_sample(delta));
		if (error) {
			err = error;
			continue;
		}
		if (tool->distributions)
			distributions_delta(&before->distributions[b - before->sample],
					    &after->distributions[a - after->sample],
					    &delta->distributions[delta->n]);
		delta->n++;
	}
	return err;
}

void samples_copy(struct samples *to, const struct samples *from)
{
	size_t i;

	for (to->n = 0, i = 0; i < from->n; i++) {
		*next_sample(to) = from->sample[i];
		distributions_copy(&to->distributions[i], &from->distributions[i]);
		to->n++;
	}
}

void samples_free(struct samples *samples)
{
	size_t i;

	for (i = 0; i < samples->room; i++)
		free(samples->distributions[i].of);
	free(samples->distributions);
	free(samples->sample);
}
