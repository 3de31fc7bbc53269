/* SPDX-License-Identifier: GPL-2.0 */
/* What every test needs, in the order in which cmocka wants it. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif /* TEST_H */
