// SPDX-License-Identifier: GPL-2.0
/*
 * exitstat histogram: how long exits and stays in states took, one by one, since the start, in
 * intervals or while a command runs.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "histogram.h"

const struct percentile percentiles[NR_PERCENTILES] = {
	{ "p50", 50 }, { "p90", 90 }, { "p99", 99 }, { "p999", 99.9 },
};

static const struct subject usual[] = {
	{ "all reasons", "exits", EXITSTAT_OF_EXITS | EXITSTAT_ALL_REASONS },
	{ "vmm", "stays", EXITSTAT_OF_STATE | EXITSTAT_STATE_VMM },
	{ "halted", "stays", EXITSTAT_OF_STATE | EXITSTAT_STATE_HALTED },
	{ "preempted", "stays", EXITSTAT_OF_STATE | EXITSTAT_STATE_PREEMPTED },
};

#define NR_USUAL	(sizeof(usual) / sizeof(*usual))

/* The last one has no end but the longest. */
uint64_t bucket_end(const struct exitstat_histogram *histogram, int bucket)
{
	return bucket + 1 < EXITSTAT_NR_BUCKETS ? exitstat_bucket_begin(bucket + 1) :
						  histogram->longest;
}

/* As it is in the column NUMBER, or its low 16 bits. */
static uint32_t parse_reason(const char *name)
{
	char *end;
	unsigned long number = strtoul(name, &end, 0);
	uint32_t reason = number & EXITSTAT_REASON_MASK;

	if (*end || end == name || (number != reason && number != exitstat_reason_number(reason)))
		die(STATUS_USAGE, "'%s' is neither a reason nor one of the states vmm, halted and "
		    "preempted: exitstat lists the reasons", name);
	return reason;
}

static struct subject find_subject(uint32_t space, const char *name)
{
	struct subject subject = { .events = "exits" };
	uint32_t reason;
	size_t i;

	for (i = 1; i < NR_USUAL; i++)
		if (!strcasecmp(usual[i].name, name))
			return usual[i];
	for (reason = 0; reason <= EXITSTAT_REASON_MASK; reason++) {
		const char *known = exitstat_reason_name(space, reason);

		if (known && !strcasecmp(known, name))
			break;
	}
	if (reason > EXITSTAT_REASON_MASK)
		reason = parse_reason(name);
	subject.selector = EXITSTAT_OF_EXITS | reason;
	snprintf(subject.name, sizeof(subject.name), "%s", name);
	return subject;
}

/**
 * struct wanted - the subjects, each once
 * @n: how many
 * @subjects: what they are
 * @selectors: of each
 */
struct wanted {
	size_t n;
	struct subject *subjects;
	uint32_t *selectors;
};

static void want(struct wanted *wanted, const struct subject *subject)
{
	size_t i;

	for (i = 0; i < wanted->n; i++)
		if (wanted->selectors[i] == subject->selector)
			return;
	wanted->subjects[i] = *subject;
	wanted->selectors[i] = subject->selector;
	wanted->n++;
}

static struct wanted choose_subjects(const struct tool *tool)
{
	struct wanted wanted = { .n = 0 };
	struct subject subject;
	size_t n = 0, i;

	while (tool->of[n])
		n++;
	wanted.subjects = allocate(n + NR_USUAL, sizeof(*wanted.subjects));
	wanted.selectors = allocate(n + NR_USUAL, sizeof(*wanted.selectors));
	for (i = 0; i < n; i++) {
		subject = find_subject(exitstat_host(tool->es)->space, tool->of[i]);
		want(&wanted, &subject);
	}
	for (i = 0; i < NR_USUAL && !n; i++)
		want(&wanted, &usual[i]);
	return wanted;
}

int tool_histogram(struct tool *tool)
{
	struct wanted wanted;
	int status;

	if (!has_distributions(tool))
		die(STATUS_NO_EXITSTAT, "this host keeps no histograms of this VM: on the host, set "
		    "histograms=1, as the README says, and start the VM anew");
	wanted = choose_subjects(tool);
	tool->what = EXITSTAT_READ_STATES;
	tool->distributions = true;
	tool->subjects = wanted.subjects;
	tool->selectors = wanted.selectors;
	tool->nr_selectors = wanted.n;
	status = tool->command ? tool_run(tool) : tool->interval >= 0 ? tool_interval(tool) :
		 report_since_start(tool, histograms_draw);
	free(wanted.subjects);
	free(wanted.selectors);
	return status;
}
