/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the command share: the options, and a function for each idea. */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "exitstat.h"

/* Exit statuses; 126 and 127 are those of a shell that cannot run a command. */
#define STATUS_FAILED		1
#define STATUS_USAGE		2
#define STATUS_NO_EXITSTAT	2
#define STATUS_RUN_FAILED	125
#define STATUS_CANNOT_EXECUTE	126
#define STATUS_NOT_FOUND	127

/**
 * struct tool - what the user asked for
 * @es: the library's handle
 * @columns: -o, or NULL
 * @per_vcpu: -C
 * @cpu: --cpu, or EXITSTAT_VM
 * @json: --json
 * @raw: --raw
 * @noheadings: --noheadings
 * @cycles: --cycles
 * @course: --course
 * @repeat: -r, 0 when not given
 * @interval: seconds, less than 0 when not given
 * @count: of intervals, 0 for no end
 * @command: what comes after --, or NULL
 * @log: --log, or NULL
 * @record: --record, or NULL
 * @replay: --replay, or NULL
 * @cut_off: @replay's file was, which has been told
 * @unrecorded: why something is missing in @record's file, or NULL
 * @vm: on a host: the VM of --vm or of expose, or NULL
 * @exposure: and what it is to see, EXITSTAT_EXPOSE_*
 * @sort: --sort, or NULL
 * @textfile: --textfile, or NULL
 * @listen: --listen, or NULL
 * @reasons: those to explain, NULL after the last; NULL for those that cost most
 * @what: EXITSTAT_READ_*, what of a sample to read
 * @distributions: read how long it took, too
 * @selectors: of what, NULL for all reasons together and each
 * @nr_selectors: how many they are
 * @of: of histogram: the reasons and states that were named, NULL at the end; NULL in other modes
 * @subjects: of histogram: what these are, one for each of @selectors
 */
struct tool {
	struct exitstat *es;
	const char *columns;
	bool per_vcpu;
	int cpu;
	bool json, raw, noheadings, cycles, course;
	unsigned int repeat;
	double interval;
	unsigned long count;
	char **command;
	const char *log, *record, *replay;
	bool cut_off;
	char *unrecorded;
	const char *vm, *sort;
	uint32_t exposure;
	const char *textfile, *listen;
	bool by_reason;
	char **reasons;
	unsigned int what;
	bool distributions;
	const uint32_t *selectors;
	size_t nr_selectors;
	char **of;
	const struct subject *subjects;
};

/* main.c */
__attribute__((noreturn, format(printf, 2, 3)))
void die(int status, const char *format, ...);
const char *message_of(const struct tool *tool, int error);
__attribute__((noreturn)) void die_of(const struct tool *tool, int error);
int start_replay(struct tool *tool);
/* exitstat's own failure: with a command, told from the command's. */
int status_failed(const struct tool *tool);
int status_of(const struct tool *tool, int error);
void *allocate(size_t n, size_t size);
void *grow(void *memory, size_t n, size_t size);
/* What was written so far is to be there, or that is the end. */
void flush_or_die(const struct tool *tool, FILE *file, const char *what);

/* signals.c: a signal that exitstat was started with ignored stays ignored. */
struct sigaction;
bool is_ignored(int signal);
void handle_signal(int signal, const struct sigaction *action);
/* As exitstat wants it, once, and as it was before. */
void own_signal(int signal, void (*handler)(int));
void give_back_signal(int signal);

/* files.c */
void open_standard_files(void);
void check_files(const struct tool *tool);

/* textfile.c: the file that is written before it is renamed, to be freed; NULL for none. */
char *textfile_aside(const char *path);

/* usage.c */
void print_help(void);
void print_version(void);

/* A subcommand or mode a file; each returns the exit status. */
int tool_table(struct tool *tool);
int tool_interval(struct tool *tool);
int tool_run(struct tool *tool);
int tool_course(struct tool *tool);
int tool_doctor(struct tool *tool);
int tool_top(struct tool *tool);
int tool_vms(struct tool *tool);
int tool_expose(struct tool *tool);
const char *exposure_name(uint32_t exposure);
bool exposure_of_name(const char *name, uint32_t *exposure);
int tool_export(struct tool *tool);
int tool_explain(struct tool *tool);
int tool_histogram(struct tool *tool);

typedef int (*mode_fn)(struct tool *tool);

/* check_options.c */
void check_options(const struct tool *tool, mode_fn mode);

#define NR_COURSE_LEAVES	4

/**
 * struct course_numbering - which term's numbers the course leaves have
 * @terms: the terms
 * @by_reason: whether each leaf, from EXITSTAT_LEAF_EXITS on, is asked by reason
 */
struct course_numbering {
	const char *terms;
	bool by_reason[NR_COURSE_LEAVES];
};

/* course.c: NULL when the recording does not tell, or the host is none that is known. */
const struct course_numbering *course_numbering(struct tool *tool);

/**
 * struct distributions - how long a sample's exits took, by reason and in all
 * @n: how many histograms
 * @of: the histograms, all reasons' first
 */
struct distributions {
	size_t n;
	struct exitstat_histogram *of;
};

/* distributions.c */
bool has_distributions(const struct tool *tool);
int distributions_read(struct tool *tool, const struct exitstat_sample *sample,
		       struct distributions *distributions);
void distributions_delta(const struct distributions *before, const struct distributions *after,
			 struct distributions *delta);
void distributions_copy(struct distributions *to, const struct distributions *from);
void distributions_add(struct distributions *sum, const struct distributions *more);
const struct exitstat_histogram *distributions_find(const struct distributions *distributions,
						    uint32_t selector);

/**
 * struct samples - a reading of what is read at a time: the VM, one CPU, or several
 * @n: how many
 * @room: for how many there is memory
 * @sample: ascending by CPU, EXITSTAT_VM first
 * @distributions: for each, empty unless the tool wants them
 */
struct samples {
	size_t n, room;
	struct exitstat_sample *sample;
	struct distributions *distributions;
};

/* samples.c */
int samples_add(struct tool *tool, struct samples *samples, int cpu, unsigned int what);
int samples_add_cpus(struct tool *tool, struct samples *samples, unsigned int what);
int samples_read(struct tool *tool, struct samples *samples);
void samples_read_or_die(struct tool *tool, struct samples *samples);
const struct exitstat_sample *samples_find(const struct samples *samples, int cpu);
int samples_delta(struct tool *tool, const struct samples *before, const struct samples *after,
		  struct samples *delta);
void samples_copy(struct samples *to, const struct samples *from);
void samples_free(struct samples *samples);

/* Standard deviations of repeated runs, in percent of the mean. */
struct deviation {
	double exits, time;
};

/**
 * struct runs - repeated runs
 * @n: of how many scopes
 * @scopes: their sums
 */
struct runs {
	size_t n;
	struct scope_runs **scopes;
};

/*
 * repeat.c: a mean for each scope; the total's deviation comes after the reasons'. What took how
 * long is of all runs together, and the runs' own.
 */
void runs_add(struct runs *runs, const struct samples *samples);
void runs_mean(const struct runs *runs, struct exitstat_sample *means,
	       struct deviation *deviations, struct distributions *distributions);
void runs_free(struct runs *runs);

/**
 * struct report - what is to be told, and about what
 * @samples: one for each scope
 * @n: how many
 * @distributions: for each sample, or NULL
 * @deviations: for each sample its reasons' and the total's, or NULL
 * @file: where to
 */
struct report {
	const struct exitstat_sample *samples;
	size_t n;
	const struct distributions *distributions;
	const struct deviation *deviations;
	FILE *file;
};

#define DEVIATIONS	(EXITSTAT_MAX_REASONS + 1)

/* report.c */
void print_exits(const struct tool *tool, const struct report *report);
void print_states(const struct tool *tool, const struct report *report);

/* json.c */
const char *space_word(uint32_t space);
void json_report(const struct tool *tool, const struct report *report, const char *kind);
/* Takes the object. What cannot be written is told by who flushes the file. */
struct json_t;
void write_json(const struct tool *tool, struct json_t *object, FILE *file);

/* since_start.c: reads, and prints as JSON or so; the exit status. */
int report_since_start(struct tool *tool,
		       void (*print)(const struct tool *tool, const struct report *report));

#endif /* TOOL_H */
