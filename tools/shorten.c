// SPDX-License-Identifier: GPL-2.0
/* Names of any length where there is room for some characters of UTF-8. */
#include <string.h>

#include "columns.h"

static bool is_start(char c)
{
	return (c & 0xc0) != 0x80;
}

size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += is_start(*text);
	return n;
}

static const char *skip_characters(const char *text, size_t n)
{
	for (; *text; text++)
		if (is_start(*text) && !n--)
			break;
	return text;
}

/* They differ at the end as often as at the beginning. */
void shorten(char text[VALUE_SIZE], size_t room)
{
	size_t n = characters(text), tail = (room - 2) / 2;
	const char *rest;
	char *cut;

	if (n <= room)
		return;
	cut = (char *)skip_characters(text, room - 2 - tail);
	rest = skip_characters(text, n - tail);
	memmove(cut + 2, rest, strlen(rest) + 1);
	memcpy(cut, "..", 2);
}
