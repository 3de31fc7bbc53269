/* SPDX-License-Identifier: GPL-2.0 */
/* The columns of a table, and the values in them. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "tool.h"

enum value_kind {
	VALUE_NONE,
	VALUE_TEXT,
	VALUE_INTEGER,
	VALUE_RATE,
	VALUE_PERCENT,
	VALUE_CYCLES,		/* shown as time, or with --cycles as they are */
};

struct value {
	enum value_kind kind;
	const char *text;
	uint64_t integer;
	long double number;	/* which holds all of 64 bits */
	uint32_t tsc_khz;	/* what makes time of cycles */
};

/**
 * struct row - what a line of the table is about
 * @sample: of which sample
 * @reason: which of its reasons, NULL for the total
 * @histogram: how long its exits took, or NULL
 * @waits: how long its vCPUs waited for a CPU each time, or NULL
 * @deviation: of repeated runs, or NULL
 * @vm: on a host, which VM the sample is of
 */
struct row {
	const struct exitstat_sample *sample;
	const struct exitstat_reason *reason;
	const struct exitstat_histogram *histogram, *waits;
	const struct deviation *deviation;
	const struct vm *vm;
};

/**
 * struct column - a column
 * @name: as -o and the heading have it; JSON in small letters
 * @width: where lines are printed or drawn one by one, 0 for what is left
 * @left: aligned to the left
 * @distribution: it takes a histogram
 * @get: the value in a row
 */
struct column {
	const char *name;
	int width;
	bool left, distribution;
	struct value (*get)(const struct row *row);
};

#define MAX_COLUMNS	32

struct columns {
	size_t n;
	const struct column *column[MAX_COLUMNS];
};

extern const struct column reason_columns[], interval_columns[], vm_columns[];

/* columns.c: choose from @from those of -o, or those of @standard */
void choose_columns(const struct tool *tool, const struct column *from, const char *standard,
		    struct columns *columns);
void check_columns(struct tool *tool);
bool have_distribution(const struct columns *columns);
const char *standard_columns(const struct tool *tool, bool deviations);
const struct column *find_column(const struct column *from, const char *name);
int compare_rows(const struct column *column, const struct row *a, const struct row *b);
struct value integer(uint64_t n);
struct value cycles_value(uint64_t n, uint32_t tsc_khz);
struct value row_exits(const struct row *row);
struct value row_rate(const struct row *row);
struct value mean_cycles(const struct row *row, const struct exitstat_count *count);
struct value histogram_percentile(const struct row *row, const struct exitstat_histogram *histogram,
				  double percent);
struct value histogram_longest(const struct row *row, const struct exitstat_histogram *histogram);
struct value row_p50(const struct row *row);
struct value row_p90(const struct row *row);
struct value row_p99(const struct row *row);
struct value row_p999(const struct row *row);
struct value row_max(const struct row *row);
struct value row_elapsed(const struct row *row);
struct value row_guest(const struct row *row);
struct value row_host(const struct row *row);
struct value row_vmm_share(const struct row *row);
struct value row_halted(const struct row *row);
struct value row_preempted(const struct row *row);
/* The time of the host's kernel and of the VMM after it. */
unsigned __int128 cost_of(const struct exitstat_reason *reason);
struct value reason_label(const struct exitstat_sample *sample, uint32_t reason);
long double share_of_time(const struct exitstat_sample *sample, unsigned __int128 cycles);
long double share_of_state(const struct exitstat_sample *sample, enum exitstat_state state);

/* values.c */
#define VALUE_SIZE	300	/* a VM may have a long name */
void format_value(const struct tool *tool, const struct value *value, char text[VALUE_SIZE]);
long double value_number(const struct tool *tool, const struct value *value);
/* shorten.c: text of UTF-8; @room is 2 at least */
size_t characters(const char *text);
void shorten(char text[VALUE_SIZE], size_t room);
void format_elapsed(uint64_t ns, char text[VALUE_SIZE]);

/* However narrow a terminal is, so much of a VM's name remains. */
#define LEAST_NAME	12

/* table.c */
struct libscols_table;
struct libscols_table *table_new(const struct tool *tool, const struct columns *columns);
void table_add(struct libscols_table *table, const struct tool *tool,
	       const struct columns *columns, const struct row *row);
void table_print(struct libscols_table *table, FILE *file);

/* json.c: columns in small letters, and what is in them */
struct json_t;
struct json_t *row_json(const struct tool *tool, const struct columns *columns,
			const struct row *row);
struct json_t *integer_json(uint64_t n);
struct json_t *value_json(const struct tool *tool, const struct value *value);
const char *space_word(uint32_t space);

/* report.c: a sample's rows, those that took most time first, the total last */
size_t sorted_rows(const struct report *report, size_t scope,
		   struct row rows[EXITSTAT_MAX_REASONS + 1]);

#endif /* COLUMNS_H */
