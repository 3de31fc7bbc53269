/* SPDX-License-Identifier: GPL-2.0 */
/* The live screen: what it shows (top_draw.c), and the terminal (top_screen.c). */
#ifndef TOP_H
#define TOP_H

#include "columns.h"

/**
 * struct top - the live screen
 * @tool: the options
 * @vm: what the exits of the last interval were, of the VM or of the CPU of --cpu
 * @cpus: for each CPU what its states were
 * @nr_cpus: how many
 * @first: the first of them that is shown
 * @columns: of the reasons
 * @sort: which of them they are sorted by, descending
 * @delay: between readings, seconds
 * @paused: no new readings
 * @left_out: the CPUIDs of the readings are left out of what is shown: it is an interval
 * @message: what has happened, or NULL
 */
struct top {
	struct tool *tool;
	const struct exitstat_sample *vm;
	const struct exitstat_sample *cpus;
	size_t nr_cpus;
	size_t first;
	struct columns columns;
	size_t sort;
	double delay;
	bool paused;
	bool left_out;
	const char *message;
};

bool screen_start(void);
void screen_end(void);
bool screen_stopped(void);
int screen_key(int milliseconds);

void top_draw(struct top *top);

#endif /* TOP_H */
