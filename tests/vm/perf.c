// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "perf.h"

#define WORDS	(8 + 4 * PERF_MAX_EVENTS)

/*
 * perf enables its counters when it starts the command that it was given. That command
 * writes a line when it runs and ends when its standard input does.
 */
static void run_perf(struct perf *perf, const char *threads, const uint32_t *reasons,
		     int nr_reasons)
{
	char filters[PERF_MAX_EVENTS][40];
	const char *argv[WORDS];
	int i, n = 0;

	argv[n++] = "perf";
	argv[n++] = "stat";
	argv[n++] = "-x,";
	argv[n++] = "-o";
	argv[n++] = perf->output;
	argv[n++] = "-t";
	argv[n++] = threads;
	argv[n++] = "-e";
	argv[n++] = "kvm:kvm_exit";
	for (i = 0; i < nr_reasons; i++) {
		snprintf(filters[i], sizeof(filters[i]), "exit_reason == %" PRIu32, reasons[i]);
		argv[n++] = "-e";
		argv[n++] = "kvm:kvm_exit";
		argv[n++] = "--filter";
		argv[n++] = filters[i];
	}
	argv[n++] = "sh";
	argv[n++] = "-c";
	argv[n++] = "echo; read -r end";
	argv[n] = NULL;
	execvp("perf", (char **)argv);
	err(1, "perf");
}

void perf_start(struct perf *perf, const pid_t *threads, int nr_threads,
		const uint32_t *reasons, int nr_reasons)
{
	int go[2], ready[2], i, length = 0;
	char list[128], newline;

	*perf = (struct perf){ .nr = nr_reasons + 1, .output = "/tmp/perf.XXXXXX" };
	close(mkstemp(perf->output));
	for (i = 0; i < nr_threads; i++)
		length += snprintf(list + length, sizeof(list) - length, "%s%d",
				   i ? "," : "", threads[i]);
	if (pipe2(go, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		err(1, "pipe");
	perf->pid = fork();
	if (!perf->pid) {
		dup2(go[0], 0);
		dup2(ready[1], 1);
		run_perf(perf, list, reasons, nr_reasons);
	}
	close(go[0]);
	close(ready[1]);
	perf->go = go[1];
	perf->ready = ready[0];
	if (read(perf->ready, &newline, 1) != 1)
		errx(1, "perf stat did not start");
}

void perf_stop(struct perf *perf)
{
	char line[256];
	FILE *file;
	int i = 0;

	close(perf->go);
	waitpid(perf->pid, NULL, 0);
	close(perf->ready);
	file = fopen(perf->output, "r");
	while (file && i < perf->nr && fgets(line, sizeof(line), file))
		if (strstr(line, "kvm:kvm_exit"))
			perf->exits[i++] = strtoull(line, NULL, 10);
	if (i != perf->nr)
		errx(1, "perf stat counted %d of %d events", i, perf->nr);
	fclose(file);
	unlink(perf->output);
}
