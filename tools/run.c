// SPDX-License-Identifier: GPL-2.0
/* exitstat -- COMMAND: what a command cost. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "columns.h"

/**
 * struct measurement - a command being measured
 * @scopes: what is read
 * @before: the reading before a run
 * @after: the reading after it
 * @deltas: their differences, run by run
 * @runs: how many there are
 * @err: why there is none, or 0
 * @status: the last run's, as waitpid() has it
 * @file: where the report goes
 */
struct measurement {
	struct scopes scopes;
	struct exitstat_sample *before, *after, *deltas;
	size_t runs;
	int err;
	int status;
	FILE *file;
};

static void measure_run(struct tool *tool, struct measurement *m)
{
	int err;

	scopes_read_or_die(tool, &m->scopes, m->before);
	m->status = child_run(tool->command);
	err = scopes_read(tool, &m->scopes, m->after);
	if (!err)
		err = scopes_delta(tool, &m->scopes, m->before, m->after,
				   m->deltas + m->runs * m->scopes.n);
	if (err)
		m->err = err;
	else
		m->runs++;
}

static bool interrupted(int status)
{
	return WIFSIGNALED(status) &&
	       (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGQUIT ||
		WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGHUP);
}

static void measure(struct tool *tool, struct measurement *m)
{
	size_t repeat = tool->repeat ? tool->repeat : 1, i;

	scopes_init(tool, &m->scopes);
	m->before = scopes_samples(&m->scopes);
	m->after = scopes_samples(&m->scopes);
	m->deltas = allocate(repeat * m->scopes.n, sizeof(*m->deltas));
	child_signals_init();
	for (i = 0; i < repeat && !m->err && !interrupted(m->status); i++)
		measure_run(tool, m);
}

static void print_command(const struct tool *tool, const struct report *report, size_t runs)
{
	char **word;

	fprintf(report->file, "\nVM exits during");
	for (word = tool->command; *word; word++)
		fprintf(report->file, " %s", *word);
	if (report->deviations)
		fprintf(report->file, ", mean of %zu runs", runs);
	if (report->samples->cpu == EXITSTAT_VM)
		fprintf(report->file, " (whole VM, %u vCPU%s)", report->samples->vcpus,
			report->samples->vcpus == 1 ? "" : "s");
	fprintf(report->file, ":\n\n");
}

static void print_run(const struct tool *tool, const struct report *report, size_t runs)
{
	bool table_only = tool->raw || tool->noheadings;
	uint64_t own = 0;
	size_t i;

	if (!table_only)
		print_command(tool, report, runs);
	print_exits(tool, report);
	if (table_only)
		return;
	fputc('\n', report->file);
	print_states(tool, report);
	for (i = 0; i < report->n; i++)
		own += report->samples[i].own.count;
	fprintf(report->file, "%.6f s elapsed; exitstat's own reading: %" PRIu64
		" CPUIDs, left out\n\n", report->samples->elapsed_ns / 1e9, own);
}

static void print_report(const struct tool *tool, const struct report *report, size_t runs)
{
	if (tool->json)
		json_report(tool, report, "run");
	else
		print_run(tool, report, runs);
}

/* Before the command is run, which may take hours. */
static FILE *open_log(const struct tool *tool)
{
	FILE *file = tool->log ? fopen(tool->log, "we") : stderr;

	if (!file)
		die(STATUS_RUN_FAILED, "cannot write %s: %s", tool->log, strerror(errno));
	return file;
}

static void tell(const struct tool *tool, const struct measurement *m)
{
	struct report report = { .samples = m->deltas, .n = m->scopes.n, .file = m->file };
	struct exitstat_sample *mean = NULL;
	struct deviation *deviations = NULL;

	if (tool->repeat) {
		mean = allocate(m->scopes.n, sizeof(*mean));
		deviations = allocate(m->scopes.n * DEVIATIONS, sizeof(*deviations));
		mean_of_runs(m->deltas, m->runs, m->scopes.n, mean, deviations);
		report.samples = mean;
		report.deviations = deviations;
	}
	print_report(tool, &report, m->runs);
	free(mean);
	free(deviations);
	if (fflush(report.file) || (tool->log && fclose(report.file)))
		die(STATUS_RUN_FAILED, "cannot write the report: %s", strerror(errno));
}

/* End as the command did, but leave no core dump of our own. */
static int end_like(int status)
{
	const struct rlimit no_core = { 0, 0 };

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

int tool_run(struct tool *tool)
{
	struct measurement m = { 0 };
	int status;

	check_columns(tool);
	m.file = open_log(tool);
	measure(tool, &m);
	if (m.err)
		fprintf(stderr, "exitstat: %s\n", exitstat_message(tool->es));
	else
		tell(tool, &m);
	scopes_free(&m.scopes);
	free(m.before);
	free(m.after);
	free(m.deltas);
	status = end_like(m.status);
	return m.err && !status ? status_of(tool, m.err) : status;
}
