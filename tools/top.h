/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The live screen: its loop and keys (top.c), one VM (top_vm.c, drawn by top_draw.c), the VMs of
 * a host (top_vms.c), and the terminal (top_screen.c).
 */
#ifndef TOP_H
#define TOP_H

#include "columns.h"

enum top_end {
	TOP_GOES_ON,
	TOP_QUITS,
	TOP_ENTERS,	/* what is chosen is to be looked into */
	TOP_GOES_BACK,
};

/**
 * struct top - what all screens have
 * @tool: the options
 * @view: what this one is
 * @columns: of the table
 * @sort: which of them it is sorted by, descending
 * @delay: between readings, seconds
 * @paused: no new readings
 * @inside: there is another screen to go back to
 * @message: what has happened, or NULL
 */
struct top {
	struct tool *tool;
	const struct top_view *view;
	struct columns columns;
	size_t sort;
	double delay;
	bool paused;
	bool inside;
	const char *message;
};

/**
 * struct top_view - what the screens differ in
 * @draw: draws it
 * @next: takes the next reading
 * @step: goes so many lines down, or up
 * @width: of a column, with the blank before it
 * @enters: the enter key looks into what is chosen
 * @keys: which there are besides, for the last line
 */
struct top_view {
	void (*draw)(struct top *top);
	enum top_end (*next)(struct top *top);
	void (*step)(struct top *top, int lines);
	int (*width)(const struct top *top, size_t i);
	bool enters;
	const char *keys;
};

/* Take the next readings, and obey keys, until one of them ends it. */
enum top_end top_loop(struct top *top);
/* Sort by --sort, or by @column where it is shown. */
void top_sort(struct top *top, const char *column);
/* What cannot go on: the terminal must be back before the sentence. */
__attribute__((noreturn)) void top_give_up(struct tool *tool, int error);

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

/**
 * struct top_vm - the screen of one VM
 * @top: what all have
 * @readings: where its figures come from
 * @vm: what the exits of the last interval were, of the VM or of the CPU of --cpu
 * @cpus: for each CPU what its states were
 * @nr_cpus: how many
 * @first: the first of them that is shown
 * @left_out: the CPUIDs of the readings are left out of what is shown: it is an interval
 */
struct top_vm {
	struct top top;
	struct readings readings;
	const struct exitstat_sample *vm;
	const struct exitstat_sample *cpus;
	size_t nr_cpus;
	size_t first;
	bool left_out;
};

/* The first reading. Return: 0; enum exitstat_error. */
int top_vm_open(struct top_vm *vm, struct tool *tool, double delay);
void top_vm_close(struct top_vm *vm);
void top_vm_draw(struct top *top);
int top_vm_width(const struct top *top, size_t i);

/* The VMs of this host, until the end. */
int top_vms(struct tool *tool, double delay);

/* top_draw.c: parts that all screens have */
int draw_width(const struct top *top, size_t i);
void draw_heading(const struct top *top, int line);
void draw_row(const struct top *top, const struct row *row, int line);
void draw_keys(const struct top *top);

/* top_screen.c */
void screen_start_or_die(void);
void screen_end(void);
bool screen_stopped(void);
int screen_key(int milliseconds);

#endif /* TOP_H */
