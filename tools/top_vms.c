// SPDX-License-Identifier: GPL-2.0
/* The live screen of a host: its VMs, one of which can be looked into. */
#include <stdlib.h>

#include <ncurses.h>

#include "top.h"
#include "vm_samples.h"

/* The last are those that can be missing on a narrow screen. */
#define COLUMNS	"NAME,VCPUS,RATE,GUEST,HOST,VMM,HALTED,PREEMPTED,REASON,PID,EXPOSED,ID"

/**
 * struct top_vms - the screen of a host's VMs
 * @top: what all screens have
 * @list: who is there
 * @last: the last reading
 * @now: this one
 * @delta: the difference
 * @shown: which of them is on the screen
 * @chosen: the number of the VM that the cursor is on, 0 for the first
 * @line: where in the table that is
 * @first: the first line of the table that is shown
 */
struct top_vms {
	struct top top;
	struct vm_list list;
	struct vm_samples last, now, delta;
	const struct vm_samples *shown;
	uint64_t chosen;
	size_t line, first;
};

/* Below the title and the heading, above the keys. */
static size_t room(void)
{
	return LINES > 5 ? LINES - 4 : 1;
}

/* The cursor stays on its VM, wherever that is sorted; one that has ended leaves it where it was. */
static void find_chosen(struct top_vms *vms, const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (rows[i].vm->host.id == vms->chosen)
			vms->line = i;
	if (vms->line >= n)
		vms->line = n ? n - 1 : 0;
	if (n)
		vms->chosen = rows[vms->line].vm->host.id;
	if (vms->first > vms->line)
		vms->first = vms->line;
	if (vms->line >= vms->first + room())
		vms->first = vms->line - room() + 1;
}

static void draw_title(const struct row *rows, size_t n)
{
	unsigned long long vcpus = 0;
	long double rate = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		vcpus += rows[i].sample->vcpus;
		rate += row_rate(&rows[i]).number;
	}
	mvprintw(0, 0, "exitstat: %zu VM%s, %llu vCPU%s, %.0Lf exits/s", n, n == 1 ? "" : "s",
		 vcpus, vcpus == 1 ? "" : "s", rate);
}

static void draw(struct top *top)
{
	struct top_vms *vms = (struct top_vms *)top;
	struct row *rows = vm_samples_rows(vms->shown, top->columns.column[top->sort]);
	size_t n = vms->shown->n, i;

	find_chosen(vms, rows, n);
	erase();
	draw_title(rows, n);
	draw_heading(top, 2);
	for (i = 0; i < room() && vms->first + i < n; i++) {
		draw_row(top, &rows[vms->first + i], 3 + i);
		if (vms->first + i == vms->line)
			mvchgat(3 + i, 0, -1, A_REVERSE, 0, NULL);
	}
	if (!n)
		mvprintw(3, 0, "no VM has run on this host, or all have ended");
	draw_keys(top);
	refresh();
	free(rows);
}

static void take(struct top_vms *vms, struct vm_samples *samples)
{
	int err = vm_samples_read(vms->top.tool, &vms->list, samples);

	if (err)
		top_give_up(vms->top.tool, err);
}

/* One that is new has no line yet: there is nothing to compare it with. */
static enum top_end next_reading(struct top *top)
{
	struct top_vms *vms = (struct top_vms *)top;
	struct vm_samples last = vms->last;
	int err;

	take(vms, &vms->now);
	err = vm_samples_delta(top->tool, &vms->last, &vms->now, &vms->delta);
	top->message = err ? exitstat_message(top->tool->es) : NULL;
	vms->last = vms->now;
	vms->now = last;
	vms->shown = &vms->delta;
	return TOP_GOES_ON;
}

/* The number of the VM there becomes known as it is drawn. */
static void step(struct top *top, int lines)
{
	struct top_vms *vms = (struct top_vms *)top;

	vms->line = lines < 0 && vms->line < (size_t)-lines ? 0 : vms->line + lines;
	vms->chosen = 0;
}

static const struct top_view view = {
	.draw = draw,
	.next = next_reading,
	.step = step,
	.width = draw_width,
	.enters = true,
	.keys = "Enter look into  space ",
};

static const char *chosen_name(const struct top_vms *vms)
{
	size_t i;

	for (i = 0; i < vms->list.n; i++)
		if (vms->list.vm[i].host.id == vms->chosen)
			return vms->list.vm[i].name.name;
	return NULL;
}

/* One that has ended is left at once. */
static enum top_end look_into(struct top_vms *vms)
{
	struct tool tool = *vms->top.tool;
	enum top_end end = TOP_GOES_BACK;
	struct top_vm vm;
	int err;

	tool.columns = NULL;
	tool.sort = NULL;
	tool.selectors = NULL;
	tool.vm = chosen_name(vms);
	err = exitstat_choose_vm(tool.es, vms->chosen);
	if (!err)
		err = exitstat_open(tool.es);
	if (!err)
		err = top_vm_open(&vm, &tool, vms->top.delay);
	if (!err) {
		vm.top.inside = true;
		end = top_loop(&vm.top);
		top_vm_close(&vm);
	} else if (err != EXITSTAT_ERR_VM) {
		top_give_up(&tool, err);
	}
	return end;
}

int top_vms(struct tool *tool, double delay)
{
	struct top_vms vms = { .top = { .tool = tool, .view = &view, .delay = delay } };
	enum top_end end;

	vms.shown = &vms.last;
	choose_columns(tool, vm_columns, COLUMNS, &vms.top.columns);
	top_sort(&vms.top, "RATE");
	vm_samples_want(tool, &vms.top.columns, vms.top.columns.column[vms.top.sort]);
	take(&vms, &vms.last);
	screen_start_or_die();
	do {
		end = top_loop(&vms.top);
		if (end == TOP_ENTERS)
			end = vms.shown->n ? look_into(&vms) : TOP_GOES_ON;
	} while (end != TOP_QUITS);
	screen_end();
	vm_samples_free(&vms.last);
	vm_samples_free(&vms.now);
	vm_samples_free(&vms.delta);
	vm_list_free(&vms.list);
	return 0;
}
