// SPDX-License-Identifier: GPL-2.0
/* exitstat: the exits since the VM started. */
#include <inttypes.h>

#include "columns.h"
#include "host.h"

static const char *space_name(uint32_t space)
{
	switch (space) {
	case EXITSTAT_SPACE_VMX:
		return "Intel VMX";
	case EXITSTAT_SPACE_SVM:
		return "AMD SVM";
	}
	return "reasons of an unknown kind";
}

static void print_subject(const struct tool *tool, const struct exitstat_sample *sample, size_t n)
{
	char elapsed[VALUE_SIZE];

	format_elapsed(sample->elapsed_ns, elapsed);
	if (tool->vm)
		printf("%s: ", tool->vm);
	printf("%s, ", space_name(sample->space));
	if (sample->cpu == EXITSTAT_VM)
		printf("%u vCPU%s", sample->vcpus, sample->vcpus == 1 ? "" : "s");
	else if (n == 1)
		printf("%s %d", cpu_word(tool), sample->cpu);
	else
		printf("%zu %ss", n, cpu_word(tool));
	printf(", host TSC %.3f MHz, %s since the start\n", sample->tsc_khz / 1000.0, elapsed);
}

static void print_all(const struct tool *tool, const struct report *report)
{
	bool table_only = tool->raw || tool->noheadings;
	uint64_t own = 0;
	size_t i;

	if (!table_only)
		print_subject(tool, report->samples, report->n);
	print_exits(tool, report);
	if (table_only)
		return;
	print_states(tool, report);
	for (i = 0; i < report->n; i++)
		own += report->samples[i].own.count;
	if (!exitstat_is_host(tool->es))
		printf("exitstat's own reading: %" PRIu64 " CPUIDs, included\n", own);
}

int report_since_start(struct tool *tool,
		       void (*print)(const struct tool *tool, const struct report *report))
{
	struct report report = { .file = stdout };
	struct samples samples = { .n = 0 };

	samples_read_or_die(tool, &samples);
	report.samples = samples.sample;
	report.n = samples.n;
	report.distributions = samples.distributions;
	if (tool->json)
		json_report(tool, &report, "start");
	else
		print(tool, &report);
	samples_free(&samples);
	return 0;
}

int tool_table(struct tool *tool)
{
	check_columns(tool);
	return report_since_start(tool, print_all);
}
