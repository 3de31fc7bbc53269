// SPDX-License-Identifier: GPL-2.0
/* Reading one VM after the other. They may come and go meanwhile. */
#include <stdlib.h>

#include "vm_samples.h"

#define WAITS	(EXITSTAT_OF_STATE | EXITSTAT_STATE_PREEMPTED)

static const uint32_t selectors[] = { EXITSTAT_ALL_REASONS, WAITS };

void vm_samples_want(struct tool *tool, const struct columns *columns, const struct column *sort)
{
	tool->distributions = have_distribution(columns) || sort->distribution;
	tool->selectors = selectors;
	tool->nr_selectors = sizeof(selectors) / sizeof(*selectors);
}

/* Room for one more; it counts when @n does. */
static struct vm_sample *next_sample(struct vm_samples *samples)
{
	size_t room;

	if (samples->n == samples->room) {
		room = samples->room ? 2 * samples->room : 1;
		samples->sample = grow(samples->sample, room, sizeof(*samples->sample));
		for (; samples->room < room; samples->room++)
			samples->sample[samples->room].distributions =
				(struct distributions){ .n = 0 };
	}
	return &samples->sample[samples->n];
}

/* Not every VM has them, and the handle knows that of a VM when it has been opened for it. */
static int read_distributions(struct tool *tool, struct vm_sample *sample)
{
	int err = exitstat_open(tool->es);

	return err ? err : distributions_read(tool, &sample->sample, &sample->distributions);
}

static int read_vm(struct tool *tool, const struct vm *vm, struct vm_samples *samples)
{
	struct vm_sample *next = next_sample(samples);
	int err = exitstat_choose_vm(tool->es, vm->host.id);

	if (!err)
		err = exitstat_read(tool->es, EXITSTAT_VM, EXITSTAT_READ_ALL, &next->sample);
	if (!err && tool->distributions)
		err = read_distributions(tool, next);
	next->id = vm->host.id;
	next->vm = vm;
	if (!err)
		samples->n++;
	return err == EXITSTAT_ERR_VM ? 0 : err;
}

int vm_samples_read(struct tool *tool, struct vm_list *list, struct vm_samples *samples)
{
	int err = vm_list_update(tool->es, list);
	size_t i;

	samples->n = 0;
	for (i = 0; i < list->n && !err; i++)
		err = read_vm(tool, &list->vm[i], samples);
	return err;
}

int vm_samples_delta(struct tool *tool, const struct vm_samples *before,
		     const struct vm_samples *after, struct vm_samples *delta)
{
	const struct vm_sample *b = before->sample, *a;
	const struct vm_sample *end = before->sample + before->n;
	int err = 0, error;

	delta->n = 0;
	for (a = after->sample; a < after->sample + after->n; a++) {
		struct vm_sample *next = next_sample(delta);

		while (b < end && b->id < a->id)
			b++;
		if (b == end || b->id != a->id)
			continue;
		next->id = a->id;
		next->vm = a->vm;
		error = exitstat_delta(tool->es, &b->sample, &a->sample, &next->sample);
		if (error) {
			err = error;
			continue;
		}
		if (tool->distributions)
			distributions_delta(&b->distributions, &a->distributions,
					    &next->distributions);
		delta->n++;
	}
	return err;
}

void vm_samples_free(struct vm_samples *samples)
{
	size_t i;

	for (i = 0; i < samples->room; i++)
		free(samples->sample[i].distributions.of);
	free(samples->sample);
}

static int by_column(const void *a, const void *b, void *data)
{
	const struct row *ra = a, *rb = b;
	int order = compare_rows(data, ra, rb);

	return order ? order : (ra->vm->host.id > rb->vm->host.id) -
	       (ra->vm->host.id < rb->vm->host.id);
}

struct row *vm_samples_rows(const struct vm_samples *samples, const struct column *sort)
{
	struct row *rows = allocate(samples->n ? samples->n : 1, sizeof(*rows));
	const struct vm_sample *sample;
	size_t i;

	for (i = 0; i < samples->n; i++) {
		sample = &samples->sample[i];
		rows[i].sample = &sample->sample;
		rows[i].vm = sample->vm;
		rows[i].histogram = distributions_find(&sample->distributions,
						       EXITSTAT_ALL_REASONS);
		rows[i].waits = distributions_find(&sample->distributions, WAITS);
	}
	qsort_r(rows, samples->n, sizeof(*rows), by_column, (void *)sort);
	return rows;
}
