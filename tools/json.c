// SPDX-License-Identifier: GPL-2.0
/* JSON: one object a report, for intervals on a line each. See exitstat(1). */
#include <ctype.h>
#include <stdlib.h>

#include <jansson.h>

#include "histogram.h"

/* What jansson's integers do not hold is a number all the same. */
struct json_t *integer_json(uint64_t n)
{
	return n <= INT64_MAX ? json_integer(n) : json_real(n);
}

json_t *value_json(const struct tool *tool, const struct value *value)
{
	switch (value->kind) {
	case VALUE_TEXT:
		return json_string(value->text);
	case VALUE_INTEGER:
		return integer_json(value->integer);
	case VALUE_CYCLES:
		if (tool->cycles)
			return integer_json(value->integer);
		/* fallthrough */
	case VALUE_RATE:
	case VALUE_PERCENT:
		return json_real(value_number(tool, value));
	case VALUE_NONE:
		break;
	}
	return json_null();
}

struct json_t *row_json(const struct tool *tool, const struct columns *columns,
			const struct row *row)
{
	json_t *object = json_object();
	char key[VALUE_SIZE];
	struct value value;
	size_t i, c;

	for (i = 0; i < columns->n; i++) {
		for (c = 0; columns->column[i]->name[c]; c++)
			key[c] = tolower((unsigned char)columns->column[i]->name[c]);
		key[c] = 0;
		value = columns->column[i]->get(row);
		json_object_set_new(object, key, value_json(tool, &value));
	}
	return object;
}

static json_t *states_json(const struct tool *tool, const struct exitstat_sample *sample)
{
	json_t *object = json_object();
	struct value value;
	int state;

	for (state = 0; state < EXITSTAT_NR_STATES; state++) {
		const struct exitstat_count *count = &sample->states[state];

		value = (struct value){ .kind = VALUE_CYCLES, .number = count->cycles,
					.integer = count->cycles, .tsc_khz = sample->tsc_khz };
		json_object_set_new(object, exitstat_state_name(state),
			json_pack("{s:o, s:o, s:f}", "entered", integer_json(count->count),
				  "time", value_json(tool, &value),
				  "share", (double)share_of_state(sample, state)));
	}
	return object;
}

static const char *json_columns(const struct tool *tool, bool deviations)
{
	static char list[100];

	snprintf(list, sizeof(list), "REASON,NUMBER,EXITS%s,RATE,TIME%s,SHARE,MEAN,VMM,VMMTIME%s",
		 deviations ? ",EXITSDEV" : "", deviations ? ",TIMEDEV" : "",
		 tool->distributions ? ",P50,P90,P99,P999,MAX" : "");
	return list;
}

/* The table's rows. */
static void set_exits(const struct tool *tool, const struct report *report, size_t scope,
		      json_t *object)
{
	struct row rows[EXITSTAT_MAX_REASONS + 1];
	size_t n = sorted_rows(report, scope, rows), i;
	json_t *exits = json_array();
	struct columns columns;

	choose_columns(tool, reason_columns, json_columns(tool, report->deviations), &columns);
	for (i = 0; i + 1 < n; i++)
		json_array_append_new(exits, row_json(tool, &columns, &rows[i]));
	json_object_set_new(object, "exits", exits);
	json_object_set_new(object, "total", row_json(tool, &columns, &rows[n - 1]));
}

static json_t *scope_json(const struct tool *tool, const struct report *report, size_t scope)
{
	const struct exitstat_sample *sample = &report->samples[scope];
	bool vm = sample->cpu == EXITSTAT_VM;
	json_t *object = json_pack("{s:o, s:I, s:f, s:o, s:o}",
				   "cpu", vm ? json_null() : json_integer(sample->cpu),
				   "vcpus", (json_int_t)sample->vcpus,
				   "elapsed", sample->elapsed_ns / 1e9,
				   "own_cpuids", integer_json(sample->own.count),
				   "states", states_json(tool, sample));

	if (tool->subjects)
		json_object_set_new(object, "histograms", histograms_json(tool, report, scope));
	else
		set_exits(tool, report, scope, object);
	return object;
}

const char *space_word(uint32_t space)
{
	switch (space) {
	case EXITSTAT_SPACE_VMX:
		return "vmx";
	case EXITSTAT_SPACE_SVM:
		return "svm";
	}
	return "unknown";
}

void write_json(const struct tool *tool, json_t *object, FILE *file)
{
	char *text = json_dumps(object, JSON_REAL_PRECISION(15) |
				(tool->interval < 0 ? JSON_INDENT(2) : JSON_COMPACT));

	if (!text)
		die(status_failed(tool), "cannot make JSON of it: out of memory");
	fprintf(file, "%s\n", text);
	free(text);
	json_decref(object);
}

void json_report(const struct tool *tool, const struct report *report, const char *kind)
{
	json_t *scopes = json_array(), *object;
	size_t i;

	for (i = 0; i < report->n; i++)
		json_array_append_new(scopes, scope_json(tool, report, i));
	object = json_pack("{s:s, s:i, s:s, s:I, s:s, s:o}", "report", kind,
			   "abi", EXITSTAT_ABI_VERSION,
			   "reasons", space_word(report->samples[0].space),
			   "tsc_khz", (json_int_t)report->samples[0].tsc_khz,
			   "unit", tool->cycles ? "cycles" : "s",
			   "scopes", scopes);
	write_json(tool, object, report->file);
}
