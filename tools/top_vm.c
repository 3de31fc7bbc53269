// SPDX-License-Identifier: GPL-2.0
/* The live screen of one VM: its readings. */
#include "top.h"

/* Where the process may not choose its CPU there is the VM alone. */
static int take(struct tool *tool, struct samples *samples)
{
	struct tool states = *tool;
	int err;

	samples->n = 0;
	err = samples_add(tool, samples, tool->cpu, EXITSTAT_READ_ALL);
	if (err || tool->cpu != EXITSTAT_VM)
		return err;
	states.distributions = false;
	err = samples_add_cpus(&states, samples, EXITSTAT_READ_STATES);
	return err == EXITSTAT_ERR_CPU || err == EXITSTAT_ERR_END || err == EXITSTAT_ERR_CUT ||
	       err == EXITSTAT_ERR_SYSTEM ? 0 : err;
}

static void show(struct top_vm *vm, const struct samples *samples)
{
	vm->vm = samples->sample;
	vm->cpus = samples->sample + 1;
	vm->nr_cpus = samples->n - 1;
}

static void swap(struct samples *a, struct samples *b)
{
	struct samples c = *a;

	*a = *b;
	*b = c;
}

static enum top_end next_reading(struct top *top)
{
	struct top_vm *vm = (struct top_vm *)top;
	struct readings *r = &vm->readings;
	int err = take(top->tool, &r->now);

	if (err == EXITSTAT_ERR_END || err == EXITSTAT_ERR_CUT) {
		top->message = err == EXITSTAT_ERR_END ? "the recording ends here; q quits" :
			       "the recording ends within a sample; q quits";
		return TOP_GOES_ON;
	}
	if (!err && top->tool->unrecorded)
		err = EXITSTAT_ERR_RECORD;
	if (err == EXITSTAT_ERR_VM && top->inside)
		return TOP_GOES_BACK;
	if (err)
		top_give_up(top->tool, err);
	err = samples_delta(top->tool, &r->last, &r->now, &r->delta);
	swap(&r->last, &r->now);
	top->message = err ? exitstat_message(top->tool->es) : NULL;
	/* A CPU may be missing, but not what is above it. */
	if (!samples_find(&r->delta, top->tool->cpu))
		return TOP_GOES_ON;
	vm->left_out = true;
	swap(&r->shown, &r->delta);
	show(vm, &r->shown);
	return TOP_GOES_ON;
}

/* Too far down is mended where it is known how many there is room for. */
static void scroll_cpus(struct top *top, int lines)
{
	struct top_vm *vm = (struct top_vm *)top;

	vm->first = lines < 0 && vm->first < (size_t)-lines ? 0 : vm->first + lines;
}

static const struct top_view view = {
	.draw = top_vm_draw,
	.next = next_reading,
	.step = scroll_cpus,
	.width = top_vm_width,
	.keys = "c cycles  space ",
};

int top_vm_open(struct top_vm *vm, struct tool *tool, double delay)
{
	int err;

	*vm = (struct top_vm){ .top = { .tool = tool, .view = &view, .delay = delay } };
	choose_columns(tool, reason_columns, standard_columns(tool, false), &vm->top.columns);
	tool->distributions = have_distribution(&vm->top.columns);
	top_sort(&vm->top, "TIME");
	err = take(tool, &vm->readings.last);
	if (err) {
		top_vm_close(vm);
		return err;
	}
	samples_copy(&vm->readings.shown, &vm->readings.last);
	show(vm, &vm->readings.shown);
	return 0;
}

void top_vm_close(struct top_vm *vm)
{
	samples_free(&vm->readings.last);
	samples_free(&vm->readings.now);
	samples_free(&vm->readings.delta);
	samples_free(&vm->readings.shown);
}
