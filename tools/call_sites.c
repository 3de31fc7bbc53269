// SPDX-License-Identifier: GPL-2.0
/*
 * The code of this guest that causes most of a reason's exits: perf records exitstat_guest.ko's
 * event for a second, and finds the symbols.
 */
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call_sites.h"
#include "tool.h"

#define PMU	"/sys/bus/event_source/devices/exitstat"

/* sh says that it has not found the program. */
#define NOT_FOUND	127

/*
 * A row is share, command and symbol, and the stack that it has most often follows. The shell
 * removes the file, also when it is interrupted with us.
 */
#define PERF	"d=$(mktemp -d) || exit; trap 'rm -rf \"$d\"' EXIT; trap 'exit 1' HUP INT TERM;" \
	" perf record -q -a -g -F 997 -e exitstat/%s/ -o \"$d/data\" -- sleep 1 >/dev/null 2>&1 &&" \
	" LC_ALL=C perf report -i \"$d/data\" -q --stdio --no-children -F overhead,comm,sym" \
	" -t '\t' -g folded,0,1,callee 2>/dev/null"

/* The driver's name of an event, or NULL: this guest has no such reason, or no driver. */
static char *event_of(const char *reason)
{
	char *path, *name, *c;

	if (asprintf(&path, PMU "/events/%s", reason) < 0)
		die(STATUS_FAILED, "out of memory");
	name = path + sizeof(PMU "/events/") - 1;
	for (c = name; *c; c++)
		*c = *c == ' ' || *c == '-' ? '_' : tolower((unsigned char)*c);
	if (!access(path, F_OK))
		return memmove(path, name, strlen(name) + 1);
	free(path);
	return NULL;
}

static char *copy(const char *text, size_t n)
{
	char *s = strndup(text, n);

	if (!s)
		die(STATUS_FAILED, "out of memory");
	return s;
}

/* A field of a row, without the blanks around it. */
static char *take_field(char **row)
{
	char *field = strsep(row, "\t\n");
	size_t n;

	if (!field)
		return copy("", 0);
	field += strspn(field, " ");
	n = strlen(field);
	while (n && field[n - 1] == ' ')
		n--;
	return copy(field, n);
}

/* "[.] read_port", or with k for a kernel's. */
static char *take_symbol(char **row)
{
	char *field = take_field(row), *symbol = *field == '[' ? strchr(field, ' ') : NULL;

	if (symbol)
		memmove(field, symbol + 1, strlen(symbol));
	return field;
}

static void take_site(struct call_sites *sites, char *row)
{
	struct call_site *site = &sites->site[sites->n++];
	char *share = take_field(&row);

	site->percent = strtod(share, NULL);
	free(share);
	site->command = take_field(&row);
	site->stack[0] = take_symbol(&row);
	site->depth = 1;
}

/*
 * The callers; what comes first is the stack's share, and the function itself. The
 * stack of a program without frame pointers leads anywhere: what has no symbol is left out.
 */
static void take_stack(struct call_site *site, char *row)
{
	char *symbol;

	strsep(&row, "\t\n");
	while (row && *row && site->depth < MAX_FRAMES) {
		symbol = strsep(&row, "\t\n");
		if (*symbol && strncmp(symbol, "0x", 2))
			site->stack[site->depth++] = copy(symbol, strlen(symbol));
	}
}

static void read_report(FILE *report, struct call_sites *sites)
{
	struct call_site *site = NULL;
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, report) > 0) {
		if (*line == ' ' && sites->n < MAX_CALL_SITES) {
			site = &sites->site[sites->n];
			take_site(sites, line);
		} else if (isdigit((unsigned char)*line) && site) {
			take_stack(site, line);
			site = NULL;
		} else {
			site = NULL;
		}
	}
	free(line);
}

static enum call_sites_result ask_perf(struct call_sites *sites)
{
	char *command;
	FILE *report;
	int status;

	if (asprintf(&command, PERF, sites->event) < 0)
		die(STATUS_FAILED, "out of memory");
	report = popen(command, "re");
	free(command);
	if (!report)
		return CALL_SITES_REFUSED;
	read_report(report, sites);
	status = pclose(report);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return CALL_SITES_NO_PERF;
	return status ? CALL_SITES_REFUSED : CALL_SITES_FOUND;
}

/**
 * call_sites_find - which code of this guest causes the exits of a reason
 * @reason: its name
 * @sites: where they go, those that cause most first; to be freed with call_sites_free()
 *
 * It takes a second and more, unless this guest has no driver, or not such a reason.
 */
void call_sites_find(const char *reason, struct call_sites *sites)
{
	*sites = (struct call_sites){ .result = CALL_SITES_NO_DRIVER };
	sites->event = event_of(reason);
	if (!sites->event)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "exitstat: perf records %s for a second\n", sites->event);
	/* Ignored, it would take perf's status away. */
	own_signal(SIGCHLD, SIG_DFL);
	sites->result = ask_perf(sites);
	give_back_signal(SIGCHLD);
}

void call_sites_free(struct call_sites *sites)
{
	size_t i, depth;

	for (i = 0; i < sites->n; i++) {
		free(sites->site[i].command);
		for (depth = 0; depth < sites->site[i].depth; depth++)
			free(sites->site[i].stack[depth]);
	}
	free(sites->event);
}
