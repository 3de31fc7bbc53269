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

/* On 80 columns all cells fit, if not every name and number. */
#define REASON_WIDTH	(COLS < 100 ? 20 : 26)
#define CELL_WIDTH	(COLS < 100 ? 8 : 11)

static void draw_title(const struct top *top)
{
	const struct row row = { .sample = top->vm };
	char rate[VALUE_SIZE], elapsed[VALUE_SIZE];
	struct value value = row_rate(&row);

	format_value(top->tool, &value, rate);
	format_elapsed(top->vm->elapsed_ns, elapsed);
	mvprintw(0, 0, "exitstat: %s exits/s in %s, %s, %u vCPU%s, host TSC %.0f MHz", rate,
		 elapsed, top->vm->space == EXITSTAT_SPACE_SVM ? "SVM" : "VMX", top->vm->vcpus,
		 top->vm->vcpus == 1 ? "" : "s", top->vm->tsc_khz / 1000.0);
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

static void draw_own(const struct top *top)
{
	char text[64];

	snprintf(text, sizeof(text), "own CPUIDs: %" PRIu64 ", %s", top->vm->own.count,
		 top->left_out ? "left out" : "included");
	if (getcurx(stdscr) + 3 + (int)strlen(text) <= COLS)
		printw("   %s", text);
}

/* The heading is the bars' legend, too: "=guest". */
static void draw_heads(const struct top *top, int line)
{
	int state, width;

	mvprintw(line, 0, "CPU");
	for (state = 0; state < EXITSTAT_NR_STATES; state++) {
		width = state == EXITSTAT_STATE_PREEMPTED ? 10 : 7;
		printw("%*c%s", width + 1 - (int)strlen(exitstat_state_name(state)),
		       state_marks[state], exitstat_state_name(state));
	}
	draw_own(top);
}

/* Half of the screen is for the reasons. Returns the next line. */
static int draw_cpus(struct top *top)
{
	size_t shown = LINES > 12 ? LINES / 2 - 4 : 1, i;
	int line = 1;

	draw_heads(top, line++);
	move(line++, 0);
	draw_states(top->vm);
	if (top->nr_cpus <= shown)
		shown = top->nr_cpus;
	if (top->first > top->nr_cpus - shown)
		top->first = top->nr_cpus - shown;
	for (i = top->first; i < top->first + shown; i++) {
		move(line++, 0);
		draw_states(&top->cpus[i]);
	}
	if (shown < top->nr_cpus)
		mvprintw(line++, 0, "    and %zu more, %zu of them above: up and down",
			 top->nr_cpus - shown, top->first);
	return line + 1;
}

static void draw_cell(size_t i, const char *text)
{
	if (!i)
		printw("%-*.*s", REASON_WIDTH, REASON_WIDTH, text);
	else if (getcurx(stdscr) + CELL_WIDTH <= COLS)
		printw("%*s", CELL_WIDTH, text);
}

static void draw_heading(const struct top *top, int line)
{
	size_t i;

	move(line, 0);
	for (i = 0; i < top->columns.n; i++) {
		if (i == top->sort)
			attron(A_REVERSE);
		draw_cell(i, top->columns.column[i]->name);
		attroff(A_REVERSE);
	}
}

static const struct top *sorting;

static int by_sort(const void *a, const void *b)
{
	int order = compare_rows(sorting->columns.column[sorting->sort], a, b);

	return order ? order : ((const struct row *)a)->reason < ((const struct row *)b)->reason ?
	       -1 : 1;
}

static void draw_row(const struct top *top, const struct row *row, int line)
{
	char text[VALUE_SIZE];
	struct value value;
	size_t i;

	move(line, 0);
	for (i = 0; i < top->columns.n; i++) {
		value = top->columns.column[i]->get(row);
		format_value(top->tool, &value, text);
		draw_cell(i, text);
	}
}

static void draw_reasons(const struct top *top, int line)
{
	struct row rows[EXITSTAT_MAX_REASONS + 1];
	size_t n = sorted_rows(top->vm, NULL, rows), i;

	draw_heading(top, line++);
	sorting = top;
	qsort(rows, n - 1, sizeof(*rows), by_sort);
	draw_row(top, &rows[n - 1], line++);
	for (i = 0; i + 1 < n && line < LINES - 1; i++)
		draw_row(top, &rows[i], line++);
}

static void draw_keys(const struct top *top)
{
	if (top->message)
		mvprintw(LINES - 1, 0, "%.*s", COLS - 1, top->message);
	else
		mvprintw(LINES - 1, 0, "%.*s%s", COLS - 1,
			 "q quit  < > sort  + - delay  c cycles  space ",
			 top->paused ? "continue" : "pause");
	if (!top->message && COLS > getcurx(stdscr) + 16)
		printw("  every %.4g s", top->delay);
}

void top_draw(struct top *top)
{
	erase();
	draw_title(top);
	draw_reasons(top, draw_cpus(top));
	draw_keys(top);
	refresh();
}
