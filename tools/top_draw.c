// SPDX-License-Identifier: GPL-2.0
/* What the live screen shows. Drawn whole: ncurses sends only what has changed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ncurses.h>

#include "top.h"

/* Letters rather than colours: a serial console may have none. */
static const char state_marks[EXITSTAT_NR_STATES] = {
	[EXITSTAT_STATE_GUEST] = '=',
	[EXITSTAT_STATE_HOST] = '#',
	[EXITSTAT_STATE_VMM] = 'V',
	[EXITSTAT_STATE_HALTED] = '.',
	[EXITSTAT_STATE_PREEMPTED] = 'P',
};

#define STATES_WIDTH	49	/* of a CPU's numbers, up to the bar */

static void draw_title(const struct top_vm *vm)
{
	const struct row row = { .sample = vm->vm };
	char rate[VALUE_SIZE], elapsed[VALUE_SIZE], name[VALUE_SIZE];
	struct value value = row_rate(&row);

	format_value(vm->top.tool, &value, rate);
	format_elapsed(vm->vm->elapsed_ns, elapsed);
	snprintf(name, sizeof(name), "%s", vm->top.tool->vm ? vm->top.tool->vm : "exitstat");
	shorten(name, COLS < 100 ? LEAST_NAME : 40);
	mvprintw(0, 0, "%s: %s exits/s in %s, %s, %u vCPU%s, host TSC %.0f MHz", name, rate,
		 elapsed, vm->vm->space == EXITSTAT_SPACE_SVM ? "SVM" : "VMX", vm->vm->vcpus,
		 vm->vm->vcpus == 1 ? "" : "s", vm->vm->tsc_khz / 1000.0);
}

/* Each state gets its share of the bar; what rounding leaves goes to the last. */
static void draw_bar(const struct exitstat_sample *sample, int width)
{
	long double sum = 0;
	int state, drawn = 0;

	addch('[');
	for (state = 0; state < EXITSTAT_NR_STATES; state++) {
		sum += share_of_state(sample, state);
		for (; drawn < sum / 100 * width - 0.5; drawn++)
			addch(state_marks[state]);
	}
	for (; drawn < width; drawn++)
		addch(' ');
	addch(']');
}

static void draw_states(const struct exitstat_sample *sample)
{
	int state;

	if (sample->cpu == EXITSTAT_VM)
		printw("all");
	else
		printw("%3d", sample->cpu);
	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		printw(" %*.1Lf", state == EXITSTAT_STATE_PREEMPTED ? 10 : 7,
		       share_of_state(sample, state));
	printw("   ");
	if (COLS > STATES_WIDTH + 2)
		draw_bar(sample, COLS - STATES_WIDTH - 2);
}

static void draw_own(const struct top_vm *vm)
{
	char text[64];

	if (exitstat_is_host(vm->top.tool->es))
		return;
	snprintf(text, sizeof(text), "own CPUIDs: %" PRIu64 ", %s", vm->vm->own.count,
		 vm->left_out ? "left out" : "included");
	if (getcurx(stdscr) + 3 + (int)strlen(text) <= COLS)
		printw("   %s", text);
}

/* The heading is the bars' legend, too: "=guest". */
static void draw_heads(const struct top_vm *vm, int line)
{
	int state, width;

	mvprintw(line, 0, "CPU");
	for (state = 0; state < EXITSTAT_NR_STATES; state++) {
		width = state == EXITSTAT_STATE_PREEMPTED ? 10 : 7;
		printw("%*c%s", width + 1 - (int)strlen(exitstat_state_name(state)),
		       state_marks[state], exitstat_state_name(state));
	}
	draw_own(vm);
}

/* Half of the screen is for the reasons. Returns the next line. */
static int draw_cpus(struct top_vm *vm)
{
	size_t shown = LINES > 12 ? LINES / 2 - 4 : 1, i;
	int line = 1;

	draw_heads(vm, line++);
	move(line++, 0);
	draw_states(vm->vm);
	if (vm->nr_cpus <= shown)
		shown = vm->nr_cpus;
	if (vm->first > vm->nr_cpus - shown)
		vm->first = vm->nr_cpus - shown;
	for (i = vm->first; i < vm->first + shown; i++) {
		move(line++, 0);
		draw_states(&vm->cpus[i]);
	}
	if (shown < vm->nr_cpus)
		mvprintw(line++, 0, "    and %zu more, %zu of them above: up and down",
			 vm->nr_cpus - shown, vm->first);
	return line + 1;
}

/* A column without a width has what the others leave that there is room for. */
int draw_width(const struct top *top, size_t i)
{
	const struct columns *columns = &top->columns;
	int used = LEAST_NAME, next;
	size_t c;

	if (columns->column[i]->width)
		return columns->column[i]->width + (i > 0);
	for (c = 0; c < columns->n; c++) {
		next = columns->column[c]->width ? columns->column[c]->width + 1 : 0;
		if (used + next <= COLS)
			used += next;
	}
	return LEAST_NAME + (used < COLS ? COLS - used : 0);
}

/*
 * Words to the left, as the first column always is. What has no room is not there. Return: where
 * the next cell begins.
 */
static int draw_cell(const struct top *top, size_t i, char text[VALUE_SIZE], int line, int x)
{
	int width = top->view->width(top, i);

	if (i && x + width > COLS)
		return x;
	if (!i || top->columns.column[i]->left) {
		shorten(text, width - (i > 0));
		mvprintw(line, x + (i > 0), "%s", text);
	} else {
		mvprintw(line, x, "%*s", width, text);
	}
	return x + width;
}

void draw_heading(const struct top *top, int line)
{
	char text[VALUE_SIZE];
	int x = 0;
	size_t i;

	for (i = 0; i < top->columns.n; i++) {
		if (i == top->sort)
			attron(A_REVERSE);
		snprintf(text, sizeof(text), "%s", top->columns.column[i]->name);
		x = draw_cell(top, i, text, line, x);
		attroff(A_REVERSE);
	}
}

void draw_row(const struct top *top, const struct row *row, int line)
{
	char text[VALUE_SIZE];
	struct value value;
	int x = 0;
	size_t i;

	for (i = 0; i < top->columns.n; i++) {
		value = top->columns.column[i]->get(row);
		format_value(top->tool, &value, text);
		x = draw_cell(top, i, text, line, x);
	}
}

void draw_keys(const struct top *top)
{
	if (top->message)
		mvprintw(LINES - 1, 0, "%.*s", COLS - 1, top->message);
	else
		mvprintw(LINES - 1, 0, "%.*s%s%s%s", COLS - 1, "q quit  < > sort  + - delay  ",
			 top->inside ? "Esc back  " : "", top->view->keys,
			 top->paused ? "continue" : "pause");
	if (!top->message && COLS > getcurx(stdscr) + 16)
		printw("  every %.4g s", top->delay);
}

static const struct top *sorting;

static int by_sort(const void *a, const void *b)
{
	int order = compare_rows(sorting->columns.column[sorting->sort], a, b);

	return order ? order : ((const struct row *)a)->reason < ((const struct row *)b)->reason ?
	       -1 : 1;
}

static void draw_reasons(const struct top_vm *vm, int line)
{
	struct row rows[EXITSTAT_MAX_REASONS + 1];
	const struct report report = { .samples = vm->vm, .n = 1,
				       .distributions = vm->readings.shown.distributions };
	size_t n = sorted_rows(&report, 0, rows), i;

	draw_heading(&vm->top, line++);
	sorting = &vm->top;
	qsort(rows, n - 1, sizeof(*rows), by_sort);
	draw_row(&vm->top, &rows[n - 1], line++);
	for (i = 0; i + 1 < n && line < LINES - 1; i++)
		draw_row(&vm->top, &rows[i], line++);
}

#define WIDE_CELL	11
#define WIDE_REASON	26

/* On 80 columns all usual cells fit, if not every name and number. */
int top_vm_width(const struct top *top, size_t i)
{
	if ((int)top->columns.n * WIDE_CELL + WIDE_REASON - WIDE_CELL > COLS)
		return draw_width(top, i);
	return i ? WIDE_CELL : WIDE_REASON;
}

void top_vm_draw(struct top *top)
{
	struct top_vm *vm = (struct top_vm *)top;

	erase();
	draw_title(vm);
	draw_reasons(vm, draw_cpus(vm));
	draw_keys(top);
	refresh();
}
