// SPDX-License-Identifier: GPL-2.0
/* Prometheus' text format, version 0.0.4. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"

/* Of a label; there is room for three of them, and for all those that are short. */
#define MAX_VALUE	500

static const struct {
	const char *name, *type, *help;
} metrics[NR_METRICS] = {
	[METRIC_UP] = { "exitstat_up", "gauge",
		"Whether exitstat could be read: 1, or 0, and then nothing is told of any VM." },
	[METRIC_BUILD_INFO] = { "exitstat_build_info", "gauge",
		"The version of the exporter." },
	[METRIC_HOST_INFO] = { "exitstat_host_info", "gauge",
		"How exitstat is in this host's KVM, and whose exit reasons it counts." },
	[METRIC_FAILED_ALLOCATIONS] = { "exitstat_failed_allocations_total", "counter",
		"How often there was no memory to count a vCPU's exits." },
	[METRIC_VM_INFO] = { "exitstat_vm_info", "gauge",
		"The process that made the VM, and whether the guest sees the figures itself." },
	[METRIC_VM_START] = { "exitstat_vm_start_time_seconds", "gauge",
		"When the VM first ran, Unix time." },
	[METRIC_VCPUS] = { "exitstat_vcpus", "gauge",
		"The vCPUs that have run." },
	[METRIC_EXITS] = { "exitstat_exits_total", "counter",
		"VM exits, by reason." },
	[METRIC_EXIT_SECONDS] = { "exitstat_exit_seconds_total", "counter",
		"Time of the host's kernel for VM exits, by reason." },
	[METRIC_VMM_RETURNS] = { "exitstat_vmm_returns_total", "counter",
		"Returns from KVM to the VMM, by the reason of the exit before." },
	[METRIC_VMM_SECONDS] = { "exitstat_vmm_seconds_total", "counter",
		"Time of the VMM after such a return, by the reason of the exit before." },
	[METRIC_STATE_SECONDS] = { "exitstat_state_seconds_total", "counter",
		"Time of all vCPUs in each of the five states." },
	[METRIC_EXIT_DURATION] = { "exitstat_exit_duration_seconds", "histogram",
		"How long the host's kernel took for a VM exit." },
	[METRIC_REASON_DURATION] = { "exitstat_reason_duration_seconds", "histogram",
		"How long the host's kernel took for a VM exit of this reason." },
	[METRIC_STATE_DURATION] = { "exitstat_state_duration_seconds", "histogram",
		"How long a vCPU stayed in a state." },
	[METRIC_SCRAPE_SECONDS] = { "exitstat_scrape_duration_seconds", "gauge",
		"How long it took to read all this." },
};

void exposition_begin(struct exposition *exposition)
{
	int i;

	for (i = 0; i < NR_METRICS; i++) {
		exposition->file[i] = open_memstream(&exposition->text[i], &exposition->size[i]);
		if (!exposition->file[i])
			die(STATUS_FAILED, "out of memory");
	}
}

/* What a metric says besides its lines; one without lines is left out. */
static void add_metric(FILE *file, int i, const char *lines)
{
	if (*lines)
		fprintf(file, "# HELP %s %s\n# TYPE %s %s\n%s", metrics[i].name, metrics[i].help,
			metrics[i].name, metrics[i].type, lines);
}

/* Return: all of it, to be freed. */
char *exposition_end(struct exposition *exposition, size_t *size)
{
	FILE *file;
	char *text;
	int i;

	file = open_memstream(&text, size);
	if (!file)
		die(STATUS_FAILED, "out of memory");
	for (i = 0; i < NR_METRICS; i++) {
		if (fclose(exposition->file[i]))
			die(STATUS_FAILED, "out of memory");
		add_metric(file, i, exposition->text[i]);
		free(exposition->text[i]);
	}
	if (fclose(file))
		die(STATUS_FAILED, "out of memory");
	return text;
}

/* A value of printable UTF-8, which is cut when it is long, but not within a character. */
void labels_add(struct labels *labels, const char *name, const char *value)
{
	char *to = labels->text + labels->size, *end;

	to += sprintf(to, "%s%s=\"", labels->size ? "," : "", name);
	for (end = to + MAX_VALUE; *value && (to < end || (*value & 0xc0) == 0x80); value++) {
		if (*value == '"' || *value == '\\')
			*to++ = '\\';
		*to++ = *value;
	}
	strcpy(to, "\"");
	labels->size = to + 1 - labels->text;
}

void labels_add_number(struct labels *labels, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	labels_add(labels, name, text);
}

static FILE *begin_line(struct exposition *exposition, enum metric metric, const char *suffix,
			const struct labels *labels)
{
	FILE *file = exposition->file[metric];

	fprintf(file, "%s%s", metrics[metric].name, suffix);
	if (labels && labels->size)
		fprintf(file, "{%s}", labels->text);
	return file;
}

void expose_count(struct exposition *exposition, enum metric metric, const struct labels *labels,
		  uint64_t value)
{
	fprintf(begin_line(exposition, metric, "", labels), " %" PRIu64 "\n", value);
}

void expose_seconds(struct exposition *exposition, enum metric metric,
		    const struct labels *labels, long double value)
{
	fprintf(begin_line(exposition, metric, "", labels), " %.9Lf\n", value);
}

/* Of a histogram: a bucket, whose bound is the label le, then what is told once. */
void expose_bucket(struct exposition *exposition, enum metric metric,
		   const struct labels *labels, uint64_t value)
{
	fprintf(begin_line(exposition, metric, "_bucket", labels), " %" PRIu64 "\n", value);
}

void expose_sum(struct exposition *exposition, enum metric metric, const struct labels *labels,
		long double seconds, uint64_t count)
{
	fprintf(begin_line(exposition, metric, "_sum", labels), " %.9Lf\n", seconds);
	fprintf(begin_line(exposition, metric, "_count", labels), " %" PRIu64 "\n", count);
}
