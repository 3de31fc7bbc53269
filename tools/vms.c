// SPDX-License-Identifier: GPL-2.0
/* exitstat vms: a line for each VM of this host, since its start, or each interval. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <jansson.h>
#include <libsmartcols/libsmartcols.h>

#include "pace.h"
#include "vm_samples.h"

#define ALL_COLUMNS	"NAME,PID,VCPUS,RATE,GUEST,HOST,VMM,HALTED,PREEMPTED,REASON,EXPOSED,ID"
#define FEW_COLUMNS	"NAME,VCPUS,RATE,GUEST,HOST,VMM,HALTED,PREEMPTED,REASON"
#define JSON_COLUMNS	"NAME,UUID,ID,PID,VCPUS,ELAPSED,EXITS,RATE,GUEST,HOST,VMM,HALTED," \
			"PREEMPTED,REASON,EXPOSED,P50,P90,P99,P999,MAX,WAITMEAN,WAITP99,WAITMAX"

/* A terminal that is less wide leaves out what changes least. */
#define WIDE	110

/**
 * struct view - what is printed
 * @columns: the columns
 * @sort: by which of them
 * @width: of the terminal, 0 for none
 */
struct view {
	struct columns columns;
	const struct column *sort;
	unsigned int width;
};

static struct view view_of(const struct tool *tool)
{
	struct view view = { .sort = find_column(vm_columns, tool->sort ? tool->sort : "RATE") };
	struct winsize size;

	if (!tool->raw && !tool->json && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		view.width = size.ws_col;
	choose_columns(tool, vm_columns, tool->json ? JSON_COLUMNS :
		       view.width && view.width < WIDE ? FEW_COLUMNS : ALL_COLUMNS, &view.columns);
	return view;
}

/* How much of the line all columns but the name take. */
static size_t width_of_others(const struct tool *tool, const struct view *view,
			      const struct row *rows, size_t n)
{
	size_t width = 0, most, c, r;
	const struct column *column;
	char text[VALUE_SIZE];
	struct value value;

	for (c = 0; c < view->columns.n; c++) {
		column = view->columns.column[c];
		if (column == vm_columns)
			continue;
		most = tool->noheadings ? 0 : strlen(column->name);
		for (r = 0; r < n; r++) {
			value = column->get(&rows[r]);
			format_value(tool, &value, text);
			if (characters(text) > most)
				most = characters(text);
		}
		width += most + 1;
	}
	return width;
}

static size_t room_for_name(const struct tool *tool, const struct view *view,
			    const struct row *rows, size_t n)
{
	size_t others;

	if (!view->width)
		return VALUE_SIZE;
	others = width_of_others(tool, view, rows, n);
	return view->width < others + LEAST_NAME ? LEAST_NAME : view->width - others;
}

static void print_table(const struct tool *tool, const struct view *view, struct row *rows,
			size_t n)
{
	struct libscols_table *table = table_new(tool, &view->columns);
	size_t room = room_for_name(tool, view, rows, n), i;
	struct vm *shown = allocate(n, sizeof(*shown));
	char (*names)[VALUE_SIZE] = allocate(n, sizeof(*names));

	if (view->width)
		scols_table_set_column_separator(table, " ");
	for (i = 0; i < n; i++) {
		shown[i] = *rows[i].vm;
		if (shown[i].name.name) {
			snprintf(names[i], VALUE_SIZE, "%s", shown[i].name.name);
			shorten(names[i], room);
			shown[i].name.name = names[i];
		}
		rows[i].vm = &shown[i];
		table_add(table, tool, &view->columns, &rows[i]);
	}
	table_print(table, stdout);
	free(names);
	free(shown);
}

static void print_json(const struct tool *tool, const struct view *view, const struct row *rows,
		       size_t n, const char *kind)
{
	json_t *vms = json_array(), *object;
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(vms, row_json(tool, &view->columns, &rows[i]));
	object = json_pack("{s:s, s:i, s:s, s:o}", "report", kind, "abi", EXITSTAT_ABI_VERSION,
			   "reasons", n ? space_word(rows->sample->space) : "unknown",
			   "vms", vms);
	write_json(tool, object, stdout);
}

static void print_vms(const struct tool *tool, const struct view *view,
		      const struct vm_samples *samples, const char *kind)
{
	bool lines_only = tool->raw || tool->noheadings;
	struct row *rows = vm_samples_rows(samples, view->sort);

	if (tool->json)
		print_json(tool, view, rows, samples->n, kind);
	else if (samples->n)
		print_table(tool, view, rows, samples->n);
	else if (!lines_only)
		puts("no VM has run on this host, or all have ended");
	free(rows);
	flush_or_die(tool, stdout, "the output");
}

/**
 * struct vm_series - readings, one after the other
 * @list: who is there
 * @last: the last reading
 * @now: this one
 * @delta: the difference
 */
struct vm_series {
	struct vm_list list;
	struct vm_samples last, now, delta;
};

static void read_or_die(struct tool *tool, struct vm_series *series, struct vm_samples *samples)
{
	int err = vm_samples_read(tool, &series->list, samples);

	if (err)
		die_of(tool, err);
}

static void print_interval(struct tool *tool, struct vm_series *series)
{
	struct vm_samples last = series->last;
	struct view view = view_of(tool);

	read_or_die(tool, series, &series->now);
	if (vm_samples_delta(tool, &series->last, &series->now, &series->delta))
		fprintf(stderr, "exitstat: %s\n", exitstat_message(tool->es));
	series->last = series->now;
	series->now = last;
	if (!tool->json && !tool->raw && !tool->noheadings)
		putchar('\n');
	print_vms(tool, &view, &series->delta, "interval");
}

int tool_vms(struct tool *tool)
{
	struct view view = view_of(tool);
	struct vm_series series = { .list.n = 0 };
	unsigned long lines;

	vm_samples_want(tool, &view.columns, view.sort);
	pace_start();
	read_or_die(tool, &series, &series.last);
	print_vms(tool, &view, &series.last, "start");
	for (lines = 1; tool->interval > 0 && lines != tool->count && pace_wait(tool->interval);
	     lines++)
		print_interval(tool, &series);
	vm_samples_free(&series.last);
	vm_samples_free(&series.now);
	vm_samples_free(&series.delta);
	vm_list_free(&series.list);
	return 0;
}
