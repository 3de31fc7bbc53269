// SPDX-License-Identifier: GPL-2.0
/* A table, whose columns are as wide as what is in them. */
#include <libsmartcols/libsmartcols.h>

#include "columns.h"

static void *must(void *memory)
{
	if (!memory)
		die(STATUS_FAILED, "out of memory");
	return memory;
}

/* However narrow the terminal is, no cell is cut off. */
struct libscols_table *table_new(const struct tool *tool, const struct columns *columns)
{
	struct libscols_table *table = must(scols_new_table());
	const struct column *column;
	size_t i;

	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	scols_table_enable_noheadings(table, tool->noheadings);
	scols_table_enable_raw(table, tool->raw);
	if (!tool->raw)
		scols_table_set_column_separator(table, "  ");
	for (i = 0; i < columns->n; i++) {
		column = columns->column[i];
		must(scols_table_new_column(table, column->name, 0,
					    column->left ? 0 : SCOLS_FL_RIGHT));
	}
	return table;
}

void table_add(struct libscols_table *table, const struct tool *tool,
	       const struct columns *columns, const struct row *row)
{
	struct libscols_line *line = must(scols_table_new_line(table, NULL));
	char text[VALUE_SIZE];
	struct value value;
	size_t i;

	for (i = 0; i < columns->n; i++) {
		value = columns->column[i]->get(row);
		format_value(tool, &value, text);
		if (scols_line_set_data(line, i, text))
			must(NULL);
	}
}

/* Prints the table, and that was it. */
void table_print(struct libscols_table *table, FILE *file)
{
	scols_table_set_stream(table, file);
	if (scols_print_table(table))
		must(NULL);
	scols_unref_table(table);
}
