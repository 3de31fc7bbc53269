// SPDX-License-Identifier: GPL-2.0
/* exitstat INTERVAL [COUNT]: a line an interval, like vmstat. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "histogram.h"
#include "host.h"
#include "pace.h"

/* Where the output is not a terminal there is no width to fill. */
#define REASONS_WITHOUT_TERMINAL	5

/**
 * struct screen - what the lines go to
 * @columns: what is in a line
 * @height: of the terminal, 0 for none
 * @width: of the terminal, 0 for none
 * @lines: since the heading
 */
struct screen {
	struct columns columns;
	unsigned int height, width, lines;
};

static void measure_screen(struct screen *screen)
{
	struct winsize size;

	screen->height = screen->width = 0;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size)) {
		screen->height = size.ws_row;
		screen->width = size.ws_col;
	}
}

/* Where a column ends: the last may be as long as it likes. */
static void end_column(const struct tool *tool, const struct screen *screen, size_t i)
{
	if (i + 1 == screen->columns.n)
		putchar('\n');
	else
		fputs(tool->raw ? " " : "  ", stdout);
}

static void print_heading(const struct tool *tool, struct screen *screen)
{
	const struct column *column;
	size_t i;

	for (i = 0; i < screen->columns.n; i++) {
		column = screen->columns.column[i];
		printf("%*s", tool->raw || column->left ? 0 : column->width, column->name);
		end_column(tool, screen, i);
	}
	screen->lines = 0;
}

static int by_exits(const void *a, const void *b)
{
	const struct exitstat_reason *const *ra = a, *const *rb = b;

	return ((*ra)->exits.count < (*rb)->exits.count) -
	       ((*ra)->exits.count > (*rb)->exits.count);
}

/* As "npf 812 msr 302": exits a second, for as many reasons as there is room for. */
static void print_reasons(const struct tool *tool, const struct screen *screen,
			  const struct exitstat_sample *sample, size_t used)
{
	const struct exitstat_reason *order[EXITSTAT_MAX_REASONS] = { NULL };
	char label[VALUE_SIZE], rate[VALUE_SIZE], *blank;
	struct row row = { .sample = sample };
	struct value value;
	size_t i;

	for (i = 0; i < sample->nr_reasons; i++)
		order[i] = &sample->reasons[i];
	qsort(order, sample->nr_reasons, sizeof(*order), by_exits);
	for (i = 0; i < sample->nr_reasons && order[i]->exits.count; i++) {
		row.reason = order[i];
		value = reason_label(sample, row.reason->reason);
		format_value(tool, &value, label);
		while ((blank = strchr(label, ' ')))
			*blank = '_';
		value = row_rate(&row);
		format_value(tool, &value, rate);
		used += strlen(label) + strlen(rate) + 2;
		if (screen->width ? used > screen->width : i == REASONS_WITHOUT_TERMINAL)
			break;
		printf("%s%s%s%s", i ? tool->raw ? "," : " " : "", label, tool->raw ? "=" : " ",
		       rate);
	}
	if (!i && tool->raw)
		putchar('-');
}

static void print_line(const struct tool *tool, const struct screen *screen,
		       const struct report *report, size_t scope)
{
	const struct exitstat_sample *sample = &report->samples[scope];
	const struct row row = {
		.sample = sample,
		.histogram = distributions_find(&report->distributions[scope],
						EXITSTAT_ALL_REASONS),
	};
	const struct column *column;
	char text[VALUE_SIZE];
	struct value value;
	size_t i, used = 0;

	for (i = 0; i < screen->columns.n; i++) {
		column = screen->columns.column[i];
		if (column->get) {
			value = column->get(&row);
			format_value(tool, &value, text);
			printf("%*s", tool->raw ? 0 : column->width, text);
		} else {
			print_reasons(tool, screen, sample, used);
		}
		end_column(tool, screen, i);
		used += column->width + 2;
	}
}

static void print_lines(const struct tool *tool, struct screen *screen,
			const struct report *report)
{
	unsigned int rows;
	size_t i;

	measure_screen(screen);
	/* The heading comes again when the last one leaves the screen. */
	rows = screen->height > 2 ? screen->height - 2 : screen->height;
	if (!tool->noheadings && (!screen->lines || (rows && screen->lines + report->n > rows))) {
		print_heading(tool, screen);
		screen->lines = 0;
	}
	for (i = 0; i < report->n; i++)
		print_line(tool, screen, report, i);
	screen->lines += report->n;
}

/**
 * struct series - intervals, one after the other
 * @last: the last reading
 * @now: this one
 * @delta: the difference
 * @missing: a CPU that the last reading lacks, and the one before has; less than 0 for none
 * @own: CPUIDs of exitstat's own that the differences leave out
 * @status: with which to exit
 */
struct series {
	struct samples last, now, delta;
	int missing;
	uint64_t own;
	int status;
};

/* The first is since the start. */
static void draw_interval(const struct tool *tool, struct screen *screen,
			  const struct report *report)
{
	char elapsed[VALUE_SIZE];

	format_elapsed(report->samples->elapsed_ns, elapsed);
	printf("%s %s:\n", screen->lines++ ? "\nin" : "since the start, in", elapsed);
	histograms_draw(tool, report);
}

static void print_interval(const struct tool *tool, struct screen *screen,
			   const struct samples *samples, const char *kind)
{
	const struct report report = { .samples = samples->sample, .n = samples->n,
				       .distributions = samples->distributions,
				       .file = stdout };

	if (!report.n)
		return;
	if (tool->json)
		json_report(tool, &report, kind);
	else if (tool->subjects)
		draw_interval(tool, screen, &report);
	else
		print_lines(tool, screen, &report);
	flush_or_die(tool, stdout, "the output");
}

static int missing_cpu(const struct series *series)
{
	size_t i;

	for (i = 0; i < series->last.n; i++)
		if (!samples_find(&series->now, series->last.sample[i].cpu))
			return series->last.sample[i].cpu;
	return -1;
}

/* A recording that was cut off between two CPUs looks like one whose CPU has gone. */
static void tell_end(const struct tool *tool, const struct series *series, int err)
{
	if (series->missing >= 0)
		fprintf(stderr, "exitstat: the recording ends without %s %d, which has gone, or it "
			"was cut off there\n", cpu_word(tool), series->missing);
	if (err == EXITSTAT_ERR_CUT && !tool->cut_off)
		fprintf(stderr, "exitstat: %s\n", exitstat_message(tool->es));
}

/*
 * What moves or is replaced goes on being watched: its first line after that is missing. So
 * does the line of a CPU that has just come, or has gone. Return: whether there was one more.
 */
static bool next_interval(struct tool *tool, struct series *series, struct screen *screen)
{
	struct samples last = series->last;
	size_t i;
	int err;

	err = samples_read(tool, &series->now);
	if (err == EXITSTAT_ERR_END || err == EXITSTAT_ERR_CUT) {
		tell_end(tool, series, err);
		return false;
	}
	if (err)
		die_of(tool, err);
	series->missing = missing_cpu(series);
	err = samples_delta(tool, &series->last, &series->now, &series->delta);
	series->last = series->now;
	series->now = last;
	if (err) {
		fprintf(stderr, "exitstat: %s\n", exitstat_message(tool->es));
		series->status = status_of(tool, err);
	}
	print_interval(tool, screen, &series->delta, "interval");
	for (i = 0; i < series->delta.n; i++)
		series->own += series->delta.sample[i].own.count;
	if (tool->unrecorded)
		die_of(tool, EXITSTAT_ERR_RECORD);
	return true;
}

static void print_series(struct tool *tool, struct series *series, struct screen *screen)
{
	unsigned long lines;

	pace_start();
	samples_read_or_die(tool, &series->last);
	print_interval(tool, screen, &series->last, "start");
	for (lines = 1; lines != tool->count && pace_wait(tool->interval); lines++)
		if (!next_interval(tool, series, screen))
			break;
}

static void choose_lines(struct tool *tool, struct screen *screen)
{
	if (tool->json || tool->subjects) {
		check_columns(tool);
		return;
	}
	choose_columns(tool, interval_columns, tool->per_vcpu ?
		       "CPU,RATE,GUEST,HOST,VMM,HALTED,PREEMPTED,REASONS" :
		       "RATE,GUEST,HOST,VMM,HALTED,PREEMPTED,REASONS", &screen->columns);
	tool->distributions = have_distribution(&screen->columns);
}

int tool_interval(struct tool *tool)
{
	bool lines_only = tool->json || tool->raw || tool->noheadings;
	struct series series = { .missing = -1 };
	struct screen screen = { .lines = 0 };

	choose_lines(tool, &screen);
	print_series(tool, &series, &screen);
	if (series.own && !series.status && !lines_only)
		fprintf(stderr, "exitstat's own reading: %" PRIu64 " CPUIDs, %s\n", series.own,
			tool->subjects ? "included" : "left out");
	samples_free(&series.last);
	samples_free(&series.now);
	samples_free(&series.delta);
	return series.status;
}
