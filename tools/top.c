// SPDX-License-Identifier: GPL-2.0
/* exitstat top: readings, keys, and the loop. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ncurses.h>

#include "top.h"

#define MIN_DELAY	0.125
#define MAX_DELAY	64

/**
 * struct readings - the whole VM, and the states of each CPU; or a single CPU
 * @last: the last reading
 * @now: this one
 * @delta: the difference
 * @shown: what is on the screen
 */
struct readings {
	struct samples last, now, delta, shown;
};

static void readings_free(struct readings *r)
{
	samples_free(&r->last);
	samples_free(&r->now);
	samples_free(&r->delta);
	samples_free(&r->shown);
}

/* Where the process may not choose its CPU there is the VM alone. */
static int take(struct tool *tool, struct samples *samples)
{
	int err;

	samples->n = 0;
	err = samples_add(tool, samples, tool->cpu, EXITSTAT_READ_ALL);
	if (err || tool->cpu != EXITSTAT_VM)
		return err;
	err = samples_add_cpus(tool, samples, EXITSTAT_READ_STATES);
	return err == EXITSTAT_ERR_CPU || err == EXITSTAT_ERR_END || err == EXITSTAT_ERR_SYSTEM ?
	       0 : err;
}

/* What cannot go on: the terminal must be back before the sentence. */
__attribute__((noreturn)) static void give_up(struct tool *tool, int err)
{
	screen_end();
	die_of(tool, err);
}

static void show(struct top *top, const struct samples *samples)
{
	top->vm = samples->sample;
	top->cpus = samples->sample + 1;
	top->nr_cpus = samples->n - 1;
}

static void swap(struct samples *a, struct samples *b)
{
	struct samples c = *a;

	*a = *b;
	*b = c;
}

static void next_reading(struct top *top, struct readings *r)
{
	int err = take(top->tool, &r->now);

	if (err == EXITSTAT_ERR_END) {
		top->message = "the recording ends here; q quits";
		return;
	}
	if (err)
		give_up(top->tool, err);
	err = samples_delta(top->tool, &r->last, &r->now, &r->delta);
	swap(&r->last, &r->now);
	top->message = err ? exitstat_message(top->tool->es) : NULL;
	/* A CPU may be missing, but not what is above it. */
	if (!samples_find(&r->delta, top->tool->cpu))
		return;
	top->left_out = true;
	swap(&r->shown, &r->delta);
	show(top, &r->shown);
}

/* Too far down is mended where it is known how many there is room for. */
static void scroll_cpus(struct top *top, int lines)
{
	if (lines < 0 && top->first < (size_t)-lines)
		top->first = 0;
	else
		top->first += lines;
}

/* Return: whether to go on. */
static bool take_key(struct top *top, int key)
{
	switch (key) {
	case 'q':
		return false;
	case '<':
	case KEY_LEFT:
		top->sort = (top->sort + top->columns.n - 1) % top->columns.n;
		break;
	case '>':
	case KEY_RIGHT:
		top->sort = (top->sort + 1) % top->columns.n;
		break;
	case '+':
		top->delay = top->delay * 2 > MAX_DELAY ? MAX_DELAY : top->delay * 2;
		break;
	case '-':
		top->delay = top->delay / 2 < MIN_DELAY ? MIN_DELAY : top->delay / 2;
		break;
	case KEY_UP:
		scroll_cpus(top, -1);
		break;
	case KEY_DOWN:
		scroll_cpus(top, 1);
		break;
	case KEY_PPAGE:
		scroll_cpus(top, -LINES / 2);
		break;
	case KEY_NPAGE:
		scroll_cpus(top, LINES / 2);
		break;
	case 'c':
		top->tool->cycles = !top->tool->cycles;
		break;
	case ' ':
		top->paused = !top->paused;
		break;
	}
	return true;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - then->tv_sec + (now.tv_nsec - then->tv_nsec) / 1e9;
}

/* Reads keys until it is time for the next reading. Return: whether to go on. */
static bool wait_and_obey(struct top *top)
{
	struct timespec start;
	double left;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while ((left = top->delay - seconds_since(&start)) > 0 && left <= top->delay) {
		int key = screen_key(left * 1000 + 1);

		if (screen_stopped() || !take_key(top, key))
			return false;
		if (key != ERR)
			top_draw(top);
	}
	return true;
}

/* By time, if it is there. */
static size_t default_sort(const struct columns *columns)
{
	size_t i;

	for (i = 0; i < columns->n; i++)
		if (!strcmp(columns->column[i]->name, "TIME"))
			return i;
	return 0;
}

int tool_top(struct tool *tool)
{
	struct top top = { .tool = tool, .delay = 1 };
	struct readings readings = { .last.n = 0 };
	int err;

	if (tool->interval > 0)
		top.delay = tool->interval;
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		die(STATUS_FAILED, "top needs a terminal: try exitstat 1");
	choose_columns(tool, reason_columns, "REASON,EXITS,RATE,TIME,SHARE,MEAN,VMM,VMMTIME",
		       &top.columns);
	top.sort = default_sort(&top.columns);
	err = take(tool, &readings.last);
	if (err)
		die_of(tool, err);
	samples_copy(&readings.shown, &readings.last);
	show(&top, &readings.shown);
	if (!screen_start())
		die(STATUS_FAILED, "the terminal \"%s\" is unknown: set TERM to one that terminfo "
		    "has, or use exitstat 1", getenv("TERM") ? getenv("TERM") : "");
	do {
		top_draw(&top);
	} while (wait_and_obey(&top) && (top.paused || (next_reading(&top, &readings), true)));
	screen_end();
	readings_free(&readings);
	return 0;
}
