/* SPDX-License-Identifier: GPL-2.0 */
/* What the pure part needs of its surroundings: the kernel, or a test's userspace.h. */
#ifndef EXITSTAT_TYPES_H
#define EXITSTAT_TYPES_H

#ifdef __KERNEL__

#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/kcsan-checks.h>
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>
#include <asm/page.h>
#include <asm/processor.h>

#else

#include "userspace.h"

#endif
#endif /* EXITSTAT_TYPES_H */
