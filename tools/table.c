// SPDX-License-Identifier: GPL-2.0
/*
 * A table whose columns are as wide as what is in them. libsmartcols would do it, but
 * distributions do not ship it for static linking, and an initramfs wants that.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"

struct cell {
	char text[VALUE_SIZE];
};

/**
 * struct table - a table being made
 * @tool: how it is to look
 * @columns: its columns
 * @width: theirs
 * @cells: by rows
 * @rows: how many
 */
struct table {
	const struct tool *tool;
	const struct columns *columns;
	int width[MAX_COLUMNS];
	struct cell *cells;
	size_t rows;
};

static struct cell *add_row(struct table *table)
{
	size_t n = table->columns->n;
	struct cell *cells = reallocarray(table->cells, (table->rows + 1) * n, sizeof(*cells));

	if (!cells)
		die(STATUS_FAILED, "out of memory");
	table->cells = cells;
	return cells + table->rows++ * n;
}

static void widen(struct table *table, const struct cell *row)
{
	size_t i;

	for (i = 0; i < table->columns->n; i++)
		if ((int)strlen(row[i].text) > table->width[i])
			table->width[i] = strlen(row[i].text);
}

struct table *table_new(const struct tool *tool, const struct columns *columns)
{
	struct table *table = allocate(1, sizeof(*table));
	struct cell *row;
	size_t i;

	table->tool = tool;
	table->columns = columns;
	if (tool->noheadings)
		return table;
	row = add_row(table);
	for (i = 0; i < columns->n; i++)
		snprintf(row[i].text, VALUE_SIZE, "%s", columns->column[i]->name);
	widen(table, row);
	return table;
}

void table_add(struct table *table, const struct row *row)
{
	struct cell *cells = add_row(table);
	struct value value;
	size_t i;

	for (i = 0; i < table->columns->n; i++) {
		value = table->columns->column[i]->get(row);
		format_value(table->tool, &value, cells[i].text);
	}
	widen(table, cells);
}

/* A field is one word, so that it can be split at blanks. */
static void print_raw(const char *text, FILE *file)
{
	for (; *text; text++)
		if (isgraph((unsigned char)*text) && *text != '\\')
			fputc(*text, file);
		else
			fprintf(file, "\\x%02x", (unsigned char)*text);
}

static void print_cell(const struct table *table, size_t i, const char *text, FILE *file)
{
	bool last = i + 1 == table->columns->n;

	if (table->tool->raw)
		print_raw(text, file);
	else if (!table->columns->column[i]->left)
		fprintf(file, "%*s", table->width[i], text);
	else
		fprintf(file, "%-*s", last ? 0 : table->width[i], text);
	fputs(last ? "\n" : table->tool->raw ? " " : "  ", file);
}

/* Prints the table, and that was it. */
void table_print(struct table *table, FILE *file)
{
	size_t n = table->columns->n, i;

	for (i = 0; i < table->rows * n; i++)
		print_cell(table, i % n, table->cells[i].text, file);
	free(table->cells);
	free(table);
}
