/* SPDX-License-Identifier: GPL-2.0 */
/* Which code of this guest causes an exit reason's exits, by perf. */
#ifndef CALL_SITES_H
#define CALL_SITES_H

#include <stddef.h>

#define MAX_CALL_SITES	3
#define MAX_FRAMES	4

/**
 * struct call_site - a function
 * @percent: of the reason's exits
 * @command: the task's name
 * @stack: the function, and its callers in the stack that was seen most often
 * @depth: how many
 */
struct call_site {
	double percent;
	char *command;
	char *stack[MAX_FRAMES];
	size_t depth;
};

enum call_sites_result {
	CALL_SITES_NO_DRIVER,	/* this guest has no driver, or no such reason */
	CALL_SITES_NO_PERF,	/* perf is not installed */
	CALL_SITES_REFUSED,	/* perf cannot record, or this user may not */
	CALL_SITES_FOUND	/* those that there were in a second */
};

/**
 * struct call_sites - what perf has found
 * @result: whether it could
 * @event: its name of the reason, or NULL
 * @n: how many are in @site
 * @site: those that cause most
 */
struct call_sites {
	enum call_sites_result result;
	char *event;
	size_t n;
	struct call_site site[MAX_CALL_SITES];
};

void call_sites_find(const char *reason, struct call_sites *sites);
void call_sites_free(struct call_sites *sites);

#endif /* CALL_SITES_H */
