// SPDX-License-Identifier: GPL-2.0
/* The columns of a host's VMs. */
#include "columns.h"
#include "vm_list.h"

static struct value text_or_none(const char *text)
{
	return (struct value){ .kind = text ? VALUE_TEXT : VALUE_NONE, .text = text };
}

static struct value get_name(const struct row *row)
{
	return text_or_none(row->vm->name.name);
}

static struct value get_uuid(const struct row *row)
{
	return text_or_none(row->vm->name.uuid);
}

static struct value get_id(const struct row *row)
{
	return integer(row->vm->host.id);
}

static struct value get_pid(const struct row *row)
{
	return integer(row->vm->host.pid);
}

static struct value get_vcpus(const struct row *row)
{
	return integer(row->sample->vcpus);
}

/* That which has taken most time of the host's kernel and the VMM together. */
static struct value get_costliest(const struct row *row)
{
	const struct exitstat_sample *sample = row->sample;
	const struct exitstat_reason *costliest = NULL, *r;

	for (r = sample->reasons; r < sample->reasons + sample->nr_reasons; r++)
		if (!costliest || cost_of(r) > cost_of(costliest))
			costliest = r;
	return costliest ? reason_label(sample, costliest->reason) : text_or_none(NULL);
}

static struct value get_exposed(const struct row *row)
{
	return text_or_none(exposure_name(row->vm->host.exposure));
}

/* Without histograms, too. */
static struct value get_wait_mean(const struct row *row)
{
	return mean_cycles(row, &row->sample->states[EXITSTAT_STATE_PREEMPTED]);
}

static struct value get_wait_p99(const struct row *row)
{
	return histogram_percentile(row, row->waits, 99);
}

static struct value get_wait_max(const struct row *row)
{
	return histogram_longest(row, row->waits);
}

/* The name takes what room the live screen has left. */
const struct column vm_columns[] = {
	{ .name = "NAME", .left = true, .get = get_name },
	{ .name = "UUID", .width = 36, .left = true, .get = get_uuid },
	{ .name = "ID", .width = 6, .get = get_id },
	{ .name = "PID", .width = 7, .get = get_pid },
	{ .name = "VCPUS", .width = 5, .get = get_vcpus },
	{ .name = "ELAPSED", .width = 8, .get = row_elapsed },
	{ .name = "EXITS", .width = 10, .get = row_exits },
	{ .name = "RATE", .width = 8, .get = row_rate },
	{ .name = "GUEST", .width = 6, .get = row_guest },
	{ .name = "HOST", .width = 6, .get = row_host },
	{ .name = "VMM", .width = 6, .get = row_vmm_share },
	{ .name = "HALTED", .width = 6, .get = row_halted },
	{ .name = "PREEMPTED", .width = 9, .get = row_preempted },
	{ .name = "REASON", .width = 14, .left = true, .get = get_costliest },
	{ .name = "EXPOSED", .width = 7, .left = true, .get = get_exposed },
	{ .name = "P50", .width = 6, .distribution = true, .get = row_p50 },
	{ .name = "P90", .width = 6, .distribution = true, .get = row_p90 },
	{ .name = "P99", .width = 6, .distribution = true, .get = row_p99 },
	{ .name = "P999", .width = 6, .distribution = true, .get = row_p999 },
	{ .name = "MAX", .width = 6, .distribution = true, .get = row_max },
	{ .name = "WAITMEAN", .width = 8, .get = get_wait_mean },
	{ .name = "WAITP99", .width = 7, .distribution = true, .get = get_wait_p99 },
	{ .name = "WAITMAX", .width = 7, .distribution = true, .get = get_wait_max },
	{ 0 }
};
