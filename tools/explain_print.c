// SPDX-License-Identifier: GPL-2.0
/* Explanations as text, as wide as the terminal, and as JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <jansson.h>

#include "columns.h"
#include "explain.h"

#define NO_TERMINAL	80
#define NARROWEST	40
#define INDENT		4

static const struct {
	const char *key, *heading;
} parts[NR_PARTS] = {
	[PART_WHAT] = { "what", "What it is" },
	[PART_CAUSES] = { "causes", "What usually causes it" },
	[PART_GUEST] = { "guest", "What to try in the guest" },
	[PART_HOST] = { "host", "What to ask the host's operator for" },
};

static size_t terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return NO_TERMINAL;
	return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

/* Words of a paragraph; @column is where the last one has ended, 0 before the first. */
static void print_words(const char *text, size_t width, size_t *column)
{
	size_t n;

	for (; *text; text += n + strspn(text + n, " ")) {
		n = strcspn(text, " ");
		if (*column && *column + 1 + n <= width) {
			putchar(' ');
			*column += 1 + n;
		} else {
			printf("%s%*s", *column ? "\n" : "", INDENT, "");
			*column = INDENT + n;
		}
		printf("%.*s", (int)n, text);
	}
}

__attribute__((format(printf, 3, 4)))
static void print_paragraph(size_t width, size_t *column, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		die(STATUS_FAILED, "out of memory");
	print_words(text, width, column);
	free(text);
}

static void print_part(const struct advice *advice, size_t width)
{
	size_t column = 0;

	for (; advice->text; advice++)
		print_paragraph(width, &column, "%s [%s]", advice->text, advice->sources);
	putchar('\n');
}

static void format_time(const struct tool *tool, const struct row *row, uint64_t cycles,
			char text[VALUE_SIZE])
{
	struct value value = { .kind = VALUE_CYCLES, .number = cycles, .integer = cycles,
			       .tsc_khz = row->sample->tsc_khz };

	format_value(tool, &value, text);
}

static void print_cost(const struct tool *tool, const struct row *row, size_t width)
{
	const struct exitstat_reason *reason = row->reason;
	long double share = share_of_time(row->sample, cost_of(reason));
	char host[VALUE_SIZE], vmm[VALUE_SIZE], percent[VALUE_SIZE];
	struct value value = { .kind = VALUE_PERCENT, .number = share < 0 ? 0 : share };
	size_t column = 0;

	format_time(tool, row, reason->exits.cycles, host);
	format_time(tool, row, reason->vmm.cycles, vmm);
	format_value(tool, &value, percent);
	print_paragraph(width, &column, "%" PRIu64 " exits since the start, %s in the host's "
			"kernel, %s in the VMM: %s of the vCPUs' time", reason->exits.count,
			host, vmm, percent);
	putchar('\n');
}

static void print_heading(const struct tool *tool, const struct subject *subject, size_t width)
{
	printf("%s: %s\n", subject->name, subject->explanation ? subject->explanation->title :
	       "no text, for guests seldom have it; see the processor's manual");
	if (subject->row)
		print_cost(tool, subject->row, width);
}

static void print_site(const struct tool *tool, const struct call_site *site, size_t width)
{
	struct value value = { .kind = VALUE_PERCENT, .number = site->percent };
	char percent[VALUE_SIZE];
	size_t column = 0, i;

	format_value(tool, &value, percent);
	print_paragraph(width, &column, "%s %s: %s", percent, site->command, site->stack[0]);
	for (i = 1; i < site->depth; i++)
		print_paragraph(width, &column, "<- %s", site->stack[i]);
	putchar('\n');
}

static void print_sites(const struct tool *tool, const struct call_sites *sites, size_t width)
{
	size_t column = 0, i;

	if (sites->result == CALL_SITES_NO_DRIVER)
		return;
	puts("  Which code causes it here");
	for (i = 0; i < sites->n; i++)
		print_site(tool, &sites->site[i], width);
	if (sites->result == CALL_SITES_NO_PERF)
		print_paragraph(width, &column, "perf would tell: install it (Debian: linux-perf; "
				"Ubuntu: linux-tools-$(uname -r))");
	else if (sites->result == CALL_SITES_REFUSED)
		print_paragraph(width, &column, "perf cannot record it; it says why: perf record -a -e "
				"exitstat/%s/ -- sleep 1", sites->event);
	else if (!sites->n)
		print_paragraph(width, &column, "none did in the second that perf has watched");
	if (column)
		putchar('\n');
}

static void print_explanation(const struct explanation *explanation, size_t width)
{
	int part;

	for (part = 0; part < NR_PARTS; part++) {
		printf("  %s\n", parts[part].heading);
		print_part(explanation->parts[part], width);
	}
}

/* Which subject has the same text first, maybe itself. */
static const struct subject *first_with_text(const struct subject *subjects, size_t i)
{
	const struct subject *first = subjects;

	while (first->explanation != subjects[i].explanation)
		first++;
	return first;
}

void explain_print(const struct tool *tool, const struct subject *subjects, size_t n)
{
	size_t width = terminal_width(), i;
	const struct subject *first;

	for (i = 0; i < n; i++) {
		if (i)
			putchar('\n');
		print_heading(tool, &subjects[i], width);
		first = first_with_text(subjects, i);
		if (subjects[i].explanation && first == &subjects[i])
			print_explanation(subjects[i].explanation, width);
		else if (subjects[i].explanation)
			printf("  See %s above.\n", first->name);
		print_sites(tool, &subjects[i].sites, width);
	}
	if (!n)
		puts("no exits yet");
}

/* A name is a word here, so that it can be taken for an operand. */
static void print_name(const char *name)
{
	for (; *name; name++)
		putchar(*name == ' ' ? '_' : *name);
}

void explain_list(void)
{
	const struct explanation *e;
	const char *const *reason;

	for (e = explanations; e->title; e++) {
		printf("%s: ", e->title);
		for (reason = e->reasons; *reason; reason++) {
			print_name(*reason);
			fputs(reason[1] ? ", " : "\n", stdout);
		}
	}
}

static json_t *sources_json(const char *sources)
{
	json_t *array = json_array();
	const char *end;

	for (; (end = strstr(sources, "; ")); sources = end + 2)
		json_array_append_new(array, json_stringn(sources, end - sources));
	json_array_append_new(array, json_string(sources));
	return array;
}

static json_t *part_json(const struct advice *advice)
{
	json_t *array = json_array();

	for (; advice->text; advice++)
		json_array_append_new(array, json_pack("{s:s, s:o}", "text", advice->text,
						       "sources", sources_json(advice->sources)));
	return array;
}

static void add_explanation(json_t *object, const struct explanation *explanation)
{
	json_t *names = json_array();
	const char *const *reason;
	int part;

	for (reason = explanation->reasons; *reason; reason++)
		json_array_append_new(names, json_string(*reason));
	json_object_set_new(object, "title", json_string(explanation->title));
	json_object_set_new(object, "names", names);
	for (part = 0; part < NR_PARTS; part++)
		json_object_set_new(object, parts[part].key, part_json(explanation->parts[part]));
}

static json_t *site_json(const struct call_site *site)
{
	json_t *stack = json_array();
	size_t i;

	for (i = 0; i < site->depth; i++)
		json_array_append_new(stack, json_string(site->stack[i]));
	return json_pack("{s:f, s:s, s:o}", "share", site->percent, "command", site->command,
			 "stack", stack);
}

/* null where nobody could look. */
static json_t *sites_json(const struct call_sites *sites)
{
	json_t *array = sites->result == CALL_SITES_FOUND ? json_array() : json_null();
	size_t i;

	for (i = 0; i < sites->n; i++)
		json_array_append_new(array, site_json(&sites->site[i]));
	return array;
}

static json_t *subject_json(const struct tool *tool, const struct subject *subject)
{
	struct columns columns;
	json_t *object;

	choose_columns(tool, reason_columns, "REASON,NUMBER,EXITS,RATE,TIME,SHARE,MEAN,VMM,VMMTIME",
		       &columns);
	object = subject->row ? row_json(tool, &columns, subject->row) :
				json_pack("{s:s}", "reason", subject->name);
	if (subject->explanation)
		add_explanation(object, subject->explanation);
	else
		json_object_set_new(object, "title", json_null());
	json_object_set_new(object, "call_sites", sites_json(&subject->sites));
	return object;
}

void explain_json(const struct tool *tool, const struct subject *subjects, size_t n)
{
	json_t *explanations = json_array(), *object;
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(explanations, subject_json(tool, &subjects[i]));
	object = json_pack("{s:s, s:s, s:o}", "report", "explain",
			   "unit", tool->cycles ? "cycles" : "s", "explanations", explanations);
	write_json(tool, object, stdout);
}
