/* SPDX-License-Identifier: GPL-2.0 */
/* Test results for prove. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_tests, tap_failures;

__attribute__((format(printf, 2, 3)))
static inline bool ok(bool good, const char *format, ...)
{
	va_list arguments;

	tap_failures += !good;
	printf("%sok %d - ", good ? "" : "not ", ++tap_tests);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	return good;
}

static inline void skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_tests, name, why);
}

static inline int done_testing(void)
{
	printf("1..%d\n", tap_tests);
	return tap_failures != 0;
}

#endif /* TAP_H */
