// SPDX-License-Identifier: GPL-2.0
/* exitstat top: the loop and its keys. */
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <ncurses.h>

#include "top.h"

#define MIN_DELAY	0.125
#define MAX_DELAY	64

#define KEY_ESCAPE	27

/* How long a key is waited for at a time: as milliseconds an int holds it. */
#define LONGEST_WAIT	3600.0

void top_give_up(struct tool *tool, int error)
{
	screen_end();
	die_of(tool, error);
}

static size_t moved(size_t n, size_t of, int by)
{
	return (n + of + by) % of;
}

static enum top_end take_key(struct top *top, int key)
{
	switch (key) {
	case 'q':
		return TOP_QUITS;
	case KEY_ESCAPE:
		return top->inside ? TOP_GOES_BACK : TOP_GOES_ON;
	case '\r':
	case '\n':
	case KEY_ENTER:
		return top->view->enters ? TOP_ENTERS : TOP_GOES_ON;
	case '<':
	case KEY_LEFT:
		top->sort = moved(top->sort, top->columns.n, -1);
		break;
	case '>':
	case KEY_RIGHT:
		top->sort = moved(top->sort, top->columns.n, 1);
		break;
	case '+':
		top->delay = top->delay * 2 > MAX_DELAY ? MAX_DELAY : top->delay * 2;
		break;
	case '-':
		top->delay = top->delay / 2 < MIN_DELAY ? MIN_DELAY : top->delay / 2;
		break;
	case KEY_UP:
		top->view->step(top, -1);
		break;
	case KEY_DOWN:
		top->view->step(top, 1);
		break;
	case KEY_PPAGE:
		top->view->step(top, -LINES / 2);
		break;
	case KEY_NPAGE:
		top->view->step(top, LINES / 2);
		break;
	case 'c':
		top->tool->cycles = !top->tool->cycles;
		break;
	case ' ':
		top->paused = !top->paused;
		break;
	}
	return TOP_GOES_ON;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - then->tv_sec + (now.tv_nsec - then->tv_nsec) / 1e9;
}

/* Reads keys until it is time for the next reading. */
static enum top_end wait_and_obey(struct top *top)
{
	enum top_end end = TOP_GOES_ON;
	struct timespec start;
	double left;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (end == TOP_GOES_ON && (left = top->delay - seconds_since(&start)) > 0 &&
	       left <= top->delay) {
		int key = screen_key((left < LONGEST_WAIT ? left : LONGEST_WAIT) * 1000 + 1);

		if (screen_stopped())
			return TOP_QUITS;
		end = take_key(top, key);
		if (key != ERR)
			top->view->draw(top);
	}
	return end;
}

enum top_end top_loop(struct top *top)
{
	enum top_end end;

	do {
		top->view->draw(top);
		end = wait_and_obey(top);
		if (end == TOP_GOES_ON && !top->paused)
			end = top->view->next(top);
	} while (end == TOP_GOES_ON);
	return end;
}

void top_sort(struct top *top, const char *column)
{
	const char *wanted = top->tool->sort, *name = wanted ? wanted : column;
	size_t i;

	for (i = 0; i < top->columns.n && strcasecmp(top->columns.column[i]->name, name); i++)
		;
	if (i < top->columns.n)
		top->sort = i;
	else if (wanted)
		die(STATUS_USAGE, "top sorts by a column that it shows: add -o +%s", wanted);
}

static int top_one_vm(struct tool *tool, double delay)
{
	struct top_vm vm;
	int err = top_vm_open(&vm, tool, delay);

	if (err)
		die_of(tool, err);
	screen_start_or_die();
	top_loop(&vm.top);
	screen_end();
	top_vm_close(&vm);
	return 0;
}

int tool_top(struct tool *tool)
{
	double delay = tool->interval > 0 ? tool->interval : 1;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		die(STATUS_FAILED, "top needs a terminal: try exitstat 1");
	if (exitstat_is_host(tool->es) && !tool->vm && !tool->replay)
		return top_vms(tool, delay);
	return top_one_vm(tool, delay);
}
