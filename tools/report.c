// SPDX-License-Identifier: GPL-2.0
/* The table of exits by reason, and the lines about the states. */
#include <stdlib.h>

#include "columns.h"
#include "host.h"

static int by_time(const void *a, const void *b)
{
	const struct row *ra = a, *rb = b;
	const struct exitstat_count *ea = &ra->reason->exits, *eb = &rb->reason->exits;

	if (ea->cycles != eb->cycles)
		return ea->cycles < eb->cycles ? 1 : -1;
	if (ea->count != eb->count)
		return ea->count < eb->count ? 1 : -1;
	return ra->reason < rb->reason ? -1 : 1;
}

static const struct exitstat_histogram *histogram_of(const struct report *report, size_t scope,
						     const struct row *row)
{
	if (!report->distributions)
		return NULL;
	return distributions_find(&report->distributions[scope],
				  row->reason ? row->reason->reason : EXITSTAT_ALL_REASONS);
}

size_t sorted_rows(const struct report *report, size_t scope,
		   struct row rows[EXITSTAT_MAX_REASONS + 1])
{
	const struct exitstat_sample *sample = &report->samples[scope];
	const struct deviation *deviations =
		report->deviations ? report->deviations + scope * DEVIATIONS : NULL;
	size_t i;

	for (i = 0; i <= sample->nr_reasons; i++) {
		rows[i].sample = sample;
		rows[i].reason = i < sample->nr_reasons ? &sample->reasons[i] : NULL;
		rows[i].histogram = histogram_of(report, scope, &rows[i]);
		rows[i].deviation = deviations ? &deviations[i] : NULL;
	}
	qsort(rows, sample->nr_reasons, sizeof(*rows), by_time);
	return i;
}

void print_exits(const struct tool *tool, const struct report *report)
{
	struct row rows[EXITSTAT_MAX_REASONS + 1];
	struct columns columns;
	struct libscols_table *table;
	size_t i, row, n;

	choose_columns(tool, reason_columns, standard_columns(tool, report->deviations), &columns);
	table = table_new(tool, &columns);
	for (i = 0; i < report->n; i++) {
		n = sorted_rows(report, i, rows);
		for (row = 0; row < n; row++)
			table_add(table, tool, &columns, &rows[row]);
	}
	table_print(table, report->file);
}

/* One line for each scope: where its vCPUs' time went. */
void print_states(const struct tool *tool, const struct report *report)
{
	const struct exitstat_sample *sample;
	struct value value;
	char text[VALUE_SIZE];
	int state;

	for (sample = report->samples; sample < report->samples + report->n; sample++) {
		if (sample->cpu == EXITSTAT_VM)
			fprintf(report->file, "vCPUs' time:");
		else
			fprintf(report->file, "%s %d's time:", cpu_word(tool), sample->cpu);
		for (state = 0; state < EXITSTAT_NR_STATES; state++) {
			value = (struct value){ .kind = VALUE_PERCENT,
						.number = share_of_state(sample, state) };
			format_value(tool, &value, text);
			fprintf(report->file, "%s %s %s", state ? "," : "",
				exitstat_state_name(state), text);
		}
		fprintf(report->file, "\n");
	}
}
