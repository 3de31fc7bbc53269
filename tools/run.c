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
#include "histogram.h"
#include "host.h"

/**
 * struct measurement - a command being measured
 * @before: the reading before a run
 * @after: the reading after it
 * @delta: their difference
 * @runs: all of them
 * @nr_runs: how many there are
 * @err: why one, or a vCPU of it, is left out, or 0
 * @failed: exitstat's own status when the command did not run any more, or 0
 * @status: the last run's, as waitpid() has it
 * @file: where the report goes
 */
struct measurement {
	struct samples before, after, delta;
	struct runs runs;
	size_t nr_runs;
	int err;
	int failed;
	int status;
	FILE *file;
};

/* A CPU that was not there from beginning to end. */
static void tell_missing(const struct tool *tool, const struct measurement *m)
{
	const struct samples *const readings[] = { &m->before, &m->after };
	size_t r, i;
	int cpu;

	for (r = 0; r < 2; r++)
		for (i = 0; i < readings[r]->n; i++) {
			cpu = readings[r]->sample[i].cpu;
			if (!samples_find(&m->delta, cpu))
				fprintf(stderr, "exitstat: %s %d has %s meanwhile, and is left "
					"out\n", cpu_word(tool), cpu, r ? "come" : "gone");
		}
}

/* Without the first there is nothing to tell; a later one costs no more than its run. */
static bool read_before(struct tool *tool, struct measurement *m)
{
	if (!m->nr_runs)
		samples_read_or_die(tool, &m->before);
	else
		m->err = samples_read(tool, &m->before);
	if (m->err)
		fprintf(stderr, "exitstat: %s\n", exitstat_message(tool->es));
	return !m->err && !tool->unrecorded;
}

static void measure_run(struct tool *tool, struct measurement *m)
{
	m->delta.n = 0;
	if (!read_before(tool, m))
		return;
	m->failed = child_run(tool->command, &m->status);
	if (m->failed)
		return;
	m->err = samples_read(tool, &m->after);
	if (!m->err)
		m->err = samples_delta(tool, &m->before, &m->after, &m->delta);
	if (m->err)
		fprintf(stderr, "exitstat: %s\n", exitstat_message(tool->es));
	else
		tell_missing(tool, m);
	if (m->delta.n) {
		runs_add(&m->runs, &m->delta);
		m->nr_runs++;
	} else if (!m->err) {
		m->err = EXITSTAT_ERR_CPU;
	}
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

	child_signals_init();
	for (i = 0; i < repeat && !m->err && !m->failed && !tool->unrecorded &&
		    !interrupted(m->status); i++)
		measure_run(tool, m);
	give_back_signal(SIGPIPE);
}

static void print_command(const struct tool *tool, const struct report *report, size_t runs)
{
	char **word;

	fprintf(report->file, "\nVM exits during");
	for (word = tool->command; *word; word++)
		fprintf(report->file, " %s", *word);
	if (report->deviations)
		fprintf(report->file, ", %s %zu runs", tool->subjects ? "all of" : "mean of", runs);
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
	if (tool->subjects)
		histograms_draw(tool, report);
	else
		print_exits(tool, report);
	if (table_only)
		return;
	fputc('\n', report->file);
	print_states(tool, report);
	for (i = 0; i < report->n; i++)
		own += report->samples[i].own.count;
	fprintf(report->file, "%.6f s elapsed", report->samples->elapsed_ns / 1e9);
	if (!exitstat_is_host(tool->es))
		fprintf(report->file, "; exitstat's own reading: %" PRIu64 " CPUIDs, %s", own,
			tool->subjects ? "included" : "left out");
	fprintf(report->file, "\n\n");
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

/* There may be hours of work in the report. */
__attribute__((noreturn))
static void cannot_write(const struct tool *tool, const struct measurement *m,
			 struct report *report)
{
	int error_number = errno;

	if (tool->log) {
		report->file = stderr;
		print_report(tool, report, m->nr_runs);
	}
	die(STATUS_RUN_FAILED, "cannot write the report: %s", strerror(error_number));
}

static void tell(const struct tool *tool, const struct measurement *m)
{
	struct report report = { .samples = m->delta.sample, .n = m->delta.n, .file = m->file,
				 .distributions = m->delta.distributions };
	struct exitstat_sample *mean = NULL;
	struct deviation *deviations = NULL;
	struct distributions *distributions = NULL;

	if (tool->repeat) {
		mean = allocate(m->runs.n, sizeof(*mean));
		deviations = allocate(m->runs.n * DEVIATIONS, sizeof(*deviations));
		distributions = allocate(m->runs.n, sizeof(*distributions));
		runs_mean(&m->runs, mean, deviations, distributions);
		report.samples = mean;
		report.n = m->runs.n;
		report.deviations = deviations;
		report.distributions = distributions;
	}
	print_report(tool, &report, m->nr_runs);
	if (fflush(m->file) || ferror(m->file))
		cannot_write(tool, m, &report);
	free(mean);
	free(deviations);
	free(distributions);
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
	if (m.nr_runs)
		tell(tool, &m);
	if (tool->unrecorded)
		fprintf(stderr, "exitstat: %s\n", tool->unrecorded);
	if (tool->log && fclose(m.file))
		die(STATUS_RUN_FAILED, "cannot write the report: %s", strerror(errno));
	samples_free(&m.before);
	samples_free(&m.after);
	samples_free(&m.delta);
	runs_free(&m.runs);
	if (m.failed)
		return m.failed;
	status = end_like(m.status);
	if (!m.err && tool->unrecorded)
		m.err = EXITSTAT_ERR_RECORD;
	return m.err && !status ? status_of(tool, m.err) : status;
}
