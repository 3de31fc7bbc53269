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

static uint64_t cost_of(const struct exitstat_reason *reason)
{
	return reason->exits.cycles + reason->vmm.cycles;
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
	return text_or_none(row->vm->host.exposed ? "all" : "none");
}

const struct column vm_columns[] = {
	{ .name = "NAME", .left = true, .get = get_name },
	{ .name = "UUID", .left = true, .get = get_uuid },
	{ .name = "ID", .get = get_id },
	{ .name = "PID", .get = get_pid },
	{ .name = "VCPUS", .get = get_vcpus },
	{ .name = "ELAPSED", .get = row_elapsed },
	{ .name = "EXITS", .get = row_exits },
	{ .name = "RATE", .get = row_rate },
	{ .name = "GUEST", .get = row_guest },
	{ .name = "HOST", .get = row_host },
	{ .name = "VMM", .get = row_vmm_share },
	{ .name = "HALTED", .get = row_halted },
	{ .name = "PREEMPTED", .get = row_preempted },
	{ .name = "REASON", .left = true, .get = get_costliest },
	{ .name = "EXPOSED", .left = true, .get = get_exposed },
	{ 0 }
};
