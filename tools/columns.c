// SPDX-License-Identifier: GPL-2.0
/* Which columns there are, and what is in them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "columns.h"

static const struct value none = { .kind = VALUE_NONE };

struct value integer(uint64_t n)
{
	return (struct value){ .kind = VALUE_INTEGER, .integer = n, .number = n };
}

static struct value number(enum value_kind kind, long double n)
{
	return (struct value){ .kind = kind, .number = n };
}

struct value cycles_value(uint64_t n, uint32_t tsc_khz)
{
	return (struct value){ .kind = VALUE_CYCLES, .number = n, .integer = n,
			       .tsc_khz = tsc_khz };
}

static struct value cycles(const struct row *row, uint64_t n)
{
	return cycles_value(n, row->sample->tsc_khz);
}

/* In percent of all five states, the time that the vCPUs have had; less than 0 without any. */
long double share_of_time(const struct exitstat_sample *sample, unsigned __int128 cycles)
{
	long double sum = 0;
	int state;

	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		sum += sample->states[state].cycles;
	return sum > 0 ? 100 * (cycles / sum) : -1;
}

/* No time has no state. */
long double share_of_state(const struct exitstat_sample *sample, enum exitstat_state state)
{
	return fmaxl(share_of_time(sample, sample->states[state].cycles), 0);
}

static struct value percent_of_time(const struct row *row, uint64_t cycles)
{
	long double share = share_of_time(row->sample, cycles);

	return share < 0 ? none : number(VALUE_PERCENT, share);
}

static const struct exitstat_count *exits(const struct row *row)
{
	return row->reason ? &row->reason->exits : &row->sample->total;
}

static const struct exitstat_count *vmm(const struct row *row)
{
	return row->reason ? &row->reason->vmm : &row->sample->vmm;
}

static struct value get_cpu(const struct row *row)
{
	return row->sample->cpu == EXITSTAT_VM ? none : integer(row->sample->cpu);
}

/*
 * A reason without a name goes by its number, SVM's in the form of the manual. The text
 * is good until the next call.
 */
struct value reason_label(const struct exitstat_sample *sample, uint32_t reason)
{
	static char buffer[16];
	const char *name = exitstat_reason_name(sample->space, reason);

	if (!name) {
		snprintf(buffer, sizeof(buffer),
			 sample->space == EXITSTAT_SPACE_SVM ? "0x%x" : "%u",
			 exitstat_reason_number(reason));
		name = buffer;
	}
	return (struct value){ .kind = VALUE_TEXT, .text = name };
}

/* Either may be nearly all that 64 bits hold. */
unsigned __int128 cost_of(const struct exitstat_reason *reason)
{
	return (unsigned __int128)reason->exits.cycles + reason->vmm.cycles;
}

static struct value get_reason(const struct row *row)
{
	if (!row->reason)
		return (struct value){ .kind = VALUE_TEXT, .text = "total" };
	return reason_label(row->sample, row->reason->reason);
}

static struct value get_number(const struct row *row)
{
	return row->reason ? integer(exitstat_reason_number(row->reason->reason)) : none;
}

struct value row_exits(const struct row *row)
{
	return integer(exits(row)->count);
}

struct value row_rate(const struct row *row)
{
	long double seconds = row->sample->elapsed_ns / 1e9L;

	return seconds > 0 ? number(VALUE_RATE, exits(row)->count / seconds) : none;
}

static struct value get_time(const struct row *row)
{
	return cycles(row, exits(row)->cycles);
}

static struct value get_share(const struct row *row)
{
	return percent_of_time(row, exits(row)->cycles);
}

struct value mean_cycles(const struct row *row, const struct exitstat_count *count)
{
	struct value mean = cycles(row, 0);

	if (!count->count)
		return none;
	mean.number = (long double)count->cycles / count->count;
	mean.integer = ((unsigned __int128)count->cycles + count->count / 2) / count->count;
	return mean;
}

static struct value get_mean(const struct row *row)
{
	return mean_cycles(row, exits(row));
}

static struct value get_vmm(const struct row *row)
{
	return integer(vmm(row)->count);
}

static struct value get_vmm_time(const struct row *row)
{
	return cycles(row, vmm(row)->cycles);
}

/* Where nothing is known there is nothing to tell. */
struct value histogram_percentile(const struct row *row, const struct exitstat_histogram *histogram,
				  double percent)
{
	return histogram ? cycles(row, exitstat_percentile(histogram, percent)) : none;
}

struct value histogram_longest(const struct row *row, const struct exitstat_histogram *histogram)
{
	return histogram ? cycles(row, histogram->longest) : none;
}

struct value row_p50(const struct row *row)
{
	return histogram_percentile(row, row->histogram, 50);
}

struct value row_p90(const struct row *row)
{
	return histogram_percentile(row, row->histogram, 90);
}

struct value row_p99(const struct row *row)
{
	return histogram_percentile(row, row->histogram, 99);
}

struct value row_p999(const struct row *row)
{
	return histogram_percentile(row, row->histogram, 99.9);
}

struct value row_max(const struct row *row)
{
	return histogram_longest(row, row->histogram);
}

static struct value get_exits_deviation(const struct row *row)
{
	return row->deviation ? number(VALUE_PERCENT, row->deviation->exits) : none;
}

static struct value get_time_deviation(const struct row *row)
{
	return row->deviation ? number(VALUE_PERCENT, row->deviation->time) : none;
}

/* The live screen of a VM is as narrow as that, and the reason has what room is left. */
const struct column reason_columns[] = {
	{ .name = "CPU", .width = 3, .get = get_cpu },
	{ .name = "REASON", .left = true, .get = get_reason },
	{ .name = "NUMBER", .width = 6, .get = get_number },
	{ .name = "EXITS", .width = 7, .get = row_exits },
	{ .name = "EXITSDEV", .width = 8, .get = get_exits_deviation },
	{ .name = "RATE", .width = 7, .get = row_rate },
	{ .name = "TIME", .width = 7, .get = get_time },
	{ .name = "TIMEDEV", .width = 7, .get = get_time_deviation },
	{ .name = "SHARE", .width = 5, .get = get_share },
	{ .name = "MEAN", .width = 6, .get = get_mean },
	{ .name = "VMM", .width = 6, .get = get_vmm },
	{ .name = "VMMTIME", .width = 7, .get = get_vmm_time },
	{ .name = "P50", .width = 6, .distribution = true, .get = row_p50 },
	{ .name = "P90", .width = 6, .distribution = true, .get = row_p90 },
	{ .name = "P99", .width = 6, .distribution = true, .get = row_p99 },
	{ .name = "P999", .width = 6, .distribution = true, .get = row_p999 },
	{ .name = "MAX", .width = 6, .distribution = true, .get = row_max },
	{ 0 }
};

static struct value get_state(const struct row *row, enum exitstat_state state)
{
	return percent_of_time(row, row->sample->states[state].cycles);
}

struct value row_guest(const struct row *row)
{
	return get_state(row, EXITSTAT_STATE_GUEST);
}

struct value row_host(const struct row *row)
{
	return get_state(row, EXITSTAT_STATE_HOST);
}

struct value row_vmm_share(const struct row *row)
{
	return get_state(row, EXITSTAT_STATE_VMM);
}

struct value row_halted(const struct row *row)
{
	return get_state(row, EXITSTAT_STATE_HALTED);
}

struct value row_preempted(const struct row *row)
{
	return get_state(row, EXITSTAT_STATE_PREEMPTED);
}

struct value row_elapsed(const struct row *row)
{
	return number(VALUE_RATE, row->sample->elapsed_ns / 1e9L);
}

/* The reasons themselves take what room the line has left. */
const struct column interval_columns[] = {
	{ .name = "CPU", .width = 3, .get = get_cpu },
	{ .name = "ELAPSED", .width = 7, .get = row_elapsed },
	{ .name = "EXITS", .width = 9, .get = row_exits },
	{ .name = "RATE", .width = 8, .get = row_rate },
	{ .name = "GUEST", .width = 7, .get = row_guest },
	{ .name = "HOST", .width = 7, .get = row_host },
	{ .name = "VMM", .width = 7, .get = row_vmm_share },
	{ .name = "HALTED", .width = 7, .get = row_halted },
	{ .name = "PREEMPTED", .width = 9, .get = row_preempted },
	{ .name = "P50", .width = 6, .distribution = true, .get = row_p50 },
	{ .name = "P90", .width = 6, .distribution = true, .get = row_p90 },
	{ .name = "P99", .width = 6, .distribution = true, .get = row_p99 },
	{ .name = "P999", .width = 6, .distribution = true, .get = row_p999 },
	{ .name = "MAX", .width = 6, .distribution = true, .get = row_max },
	{ .name = "REASONS", .left = true },
	{ 0 }
};

/* Good until the next call. */
const char *standard_columns(const struct tool *tool, bool deviations)
{
	static char list[100];

	snprintf(list, sizeof(list), "%sREASON,EXITS%s,RATE,TIME%s,SHARE,MEAN,VMM,VMMTIME%s",
		 tool->per_vcpu ? "CPU," : "", deviations ? ",EXITSDEV" : "",
		 deviations ? ",TIMEDEV" : "", has_distributions(tool) ? ",P99,MAX" : "");
	return list;
}

/* Is there one that takes histograms? */
bool have_distribution(const struct columns *columns)
{
	size_t i;

	for (i = 0; i < columns->n; i++)
		if (columns->column[i]->distribution)
			return true;
	return false;
}

__attribute__((noreturn))
static void no_such_column(const struct column *from, const char *name)
{
	char names[300];
	size_t n = 0;

	for (; from->name; from++)
		n += snprintf(names + n, sizeof(names) - n, " %s", from->name);
	die(STATUS_USAGE, "there is no column '%s': choose from%s", name, names);
}

const struct column *find_column(const struct column *from, const char *name)
{
	const struct column *column = from;

	while (column->name && strcasecmp(column->name, name))
		column++;
	if (!column->name)
		no_such_column(from, name);
	return column;
}

static void add_columns(const struct column *from, const char *list, struct columns *columns)
{
	char *copy = strdup(list), *rest = copy, *name;

	while (copy && (name = strsep(&rest, ","))) {
		if (columns->n == MAX_COLUMNS)
			die(STATUS_USAGE, "more than %d columns: choose fewer", MAX_COLUMNS);
		columns->column[columns->n++] = find_column(from, name);
	}
	free(copy);
}

/* As with lsblk, a list that starts with + adds to the standard. */
void choose_columns(const struct tool *tool, const struct column *from, const char *standard,
		    struct columns *columns)
{
	const char *list = tool->columns;

	columns->n = 0;
	if (!list || *list == '+')
		add_columns(from, standard, columns);
	if (list)
		add_columns(from, *list == '+' ? list + 1 : list, columns);
}

/* Numbers descend, words ascend. A text may be good only until the next call. */
int compare_rows(const struct column *column, const struct row *a, const struct row *b)
{
	struct value va = column->get(a), vb;
	char text[VALUE_SIZE];

	if (va.kind == VALUE_TEXT) {
		snprintf(text, sizeof(text), "%s", va.text);
		vb = column->get(b);
		return vb.kind == VALUE_TEXT ? strcmp(text, vb.text) : -1;
	}
	vb = column->get(b);
	return (va.number < vb.number) - (va.number > vb.number);
}

/* Before any work is done that the table is about. Histograms have no columns. */
void check_columns(struct tool *tool)
{
	struct columns columns;

	if (tool->subjects)
		return;
	choose_columns(tool, reason_columns, standard_columns(tool, tool->repeat), &columns);
	tool->distributions = tool->json ? has_distributions(tool) : have_distribution(&columns);
}
