// SPDX-License-Identifier: GPL-2.0
/* How numbers look: short for people, plain for programs. */
#include <inttypes.h>

#include "columns.h"

static long double seconds(const struct value *value)
{
	return value->tsc_khz ? value->number / (value->tsc_khz * 1000.0L) : 0;
}

/* The number as programs get it: seconds or cycles, percent, counts. */
long double value_number(const struct tool *tool, const struct value *value)
{
	return value->kind == VALUE_CYCLES && !tool->cycles ? seconds(value) : value->number;
}

/* Three digits that matter, and a unit that suits them. */
static void format_seconds(long double s, char text[VALUE_SIZE])
{
	static const char *const units[] = { "s", "ms", "us", "ns" };
	unsigned int unit = 0;

	if (s <= 0) {
		snprintf(text, VALUE_SIZE, "0");
		return;
	}
	while (s < 0.9995 && unit < 3) {
		s *= 1000;
		unit++;
	}
	snprintf(text, VALUE_SIZE, "%.*Lf%s", s < 9.995 ? 2 : s < 99.95 ? 1 : 0, s, units[unit]);
}

static void format_plain(const struct tool *tool, const struct value *value,
			 char text[VALUE_SIZE])
{
	switch (value->kind) {
	case VALUE_NONE:
		snprintf(text, VALUE_SIZE, "-");
		break;
	case VALUE_TEXT:
		snprintf(text, VALUE_SIZE, "%s", value->text);
		break;
	case VALUE_INTEGER:
		snprintf(text, VALUE_SIZE, "%" PRIu64, value->integer);
		break;
	case VALUE_RATE:
	case VALUE_PERCENT:
		snprintf(text, VALUE_SIZE, "%.3Lf", value->number);
		break;
	case VALUE_CYCLES:
		if (tool->cycles)
			snprintf(text, VALUE_SIZE, "%" PRIu64, value->integer);
		else
			snprintf(text, VALUE_SIZE, "%.9Lf", seconds(value));
		break;
	}
}

void format_value(const struct tool *tool, const struct value *value, char text[VALUE_SIZE])
{
	if (tool->raw)
		format_plain(tool, value, text);
	else if (value->kind == VALUE_RATE)
		snprintf(text, VALUE_SIZE, "%.*Lf", value->number < 99.95 ? 1 : 0, value->number);
	else if (value->kind == VALUE_PERCENT)
		snprintf(text, VALUE_SIZE, "%.*Lf%%", value->number < 9.995 ? 2 : 1, value->number);
	else if (value->kind == VALUE_CYCLES && !tool->cycles)
		format_seconds(seconds(value), text);
	else
		format_plain(tool, value, text);
}

void format_elapsed(uint64_t ns, char text[VALUE_SIZE])
{
	uint64_t s = ns / 1000000000;

	if (s < 60)
		snprintf(text, VALUE_SIZE, "%.3f s", ns / 1e9);
	else if (s < 86400)
		snprintf(text, VALUE_SIZE, "%" PRIu64 ":%02u:%02u", s / 3600,
			 (unsigned int)(s / 60 % 60), (unsigned int)(s % 60));
	else
		snprintf(text, VALUE_SIZE, "%" PRIu64 " days %02u:%02u:%02u", s / 86400,
			 (unsigned int)(s / 3600 % 24), (unsigned int)(s / 60 % 60),
			 (unsigned int)(s % 60));
}
