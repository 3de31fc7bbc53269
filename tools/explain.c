// SPDX-License-Identifier: GPL-2.0
/* exitstat explain: which reasons are meant, those that cost most or those that are named. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "explain.h"

/* So many of those that cost most. */
#define NR_COSTLIEST	3

/* "UD excp" may be written as one word, as --raw does. */
static int simple(char c)
{
	return c == ' ' ? '_' : tolower((unsigned char)c);
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && simple(*a) == simple(*b); a++)
		b++;
	return !*a && !*b;
}

/*
 * What is found has a name of the tables of reasons, which may differ in case only; else it has
 * no explanation.
 */
static struct subject find_subject(const char *name)
{
	struct subject subject = { .name = name };
	const struct explanation *e;
	const char *const *reason;

	for (e = explanations; e->title; e++)
		for (reason = e->reasons; *reason; reason++) {
			if (!same_name(name, *reason))
				continue;
			if (!subject.explanation || !strcmp(name, *reason))
				subject.name = *reason;
			subject.explanation = e;
		}
	return subject;
}

/* Of this guest, not of a recording or of one of the host's. */
static void find_call_sites(const struct tool *tool, struct subject *subjects, size_t n)
{
	size_t i;

	for (i = 0; i < n && !tool->replay && !tool->vm; i++)
		call_sites_find(subjects[i].name, &subjects[i].sites);
}

static void print_subjects(const struct tool *tool, struct subject *subjects, size_t n)
{
	size_t i;

	find_call_sites(tool, subjects, n);
	if (tool->json)
		explain_json(tool, subjects, n);
	else
		explain_print(tool, subjects, n);
	for (i = 0; i < n; i++)
		call_sites_free(&subjects[i].sites);
}

static bool is_among(const struct explanation *explanation, const struct subject *subjects,
		     size_t n)
{
	while (n)
		if (subjects[--n].explanation == explanation)
			return true;
	return false;
}

/* Two names of the same thing are told once. */
static int explain_named(const struct tool *tool)
{
	struct subject *subjects, subject;
	size_t i, n = 0;

	for (i = 0; tool->reasons[i]; i++)
		;
	subjects = allocate(i, sizeof(*subjects));
	for (i = 0; tool->reasons[i]; i++) {
		subject = find_subject(tool->reasons[i]);
		if (!subject.explanation)
			die(STATUS_USAGE, "there is no text on '%s'; exitstat explain list has the "
			    "reasons", tool->reasons[i]);
		if (!is_among(subject.explanation, subjects, n))
			subjects[n++] = subject;
	}
	print_subjects(tool, subjects, n);
	free(subjects);
	return 0;
}

static int explain_all(const struct tool *tool)
{
	const struct explanation *e;
	struct subject *subjects;
	size_t n = 0;

	if (!tool->json) {
		explain_list();
		return 0;
	}
	for (e = explanations; e->title; e++)
		n++;
	subjects = allocate(n, sizeof(*subjects));
	for (n = 0; explanations[n].title; n++)
		subjects[n] = (struct subject){ .name = explanations[n].reasons[0],
						.explanation = &explanations[n] };
	explain_json(tool, subjects, n);
	free(subjects);
	return 0;
}

static int by_cost(const void *a, const void *b)
{
	unsigned __int128 ca = cost_of(((const struct row *)a)->reason);
	unsigned __int128 cb = cost_of(((const struct row *)b)->reason);

	return ca < cb ? 1 : ca > cb ? -1 : 0;
}

static int explain_costliest(struct tool *tool)
{
	struct row rows[EXITSTAT_MAX_REASONS + 1];
	struct subject subjects[NR_COSTLIEST];
	char names[NR_COSTLIEST][VALUE_SIZE];
	struct samples samples = { .n = 0 };
	struct value label;
	size_t i, n;

	samples_read_or_die(tool, &samples);
	n = sorted_rows(&(struct report){ .samples = samples.sample, .n = 1 }, 0, rows) - 1;
	qsort(rows, n, sizeof(*rows), by_cost);
	for (i = 0; i < n && i < NR_COSTLIEST; i++) {
		label = reason_label(samples.sample, rows[i].reason->reason);
		snprintf(names[i], VALUE_SIZE, "%s", label.text);
		subjects[i] = find_subject(names[i]);
		subjects[i].row = &rows[i];
	}
	print_subjects(tool, subjects, i);
	samples_free(&samples);
	return 0;
}

int tool_explain(struct tool *tool)
{
	if (!tool->reasons)
		return explain_costliest(tool);
	if (!strcmp(tool->reasons[0], "list") && !tool->reasons[1])
		return explain_all(tool);
	return explain_named(tool);
}
