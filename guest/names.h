/* SPDX-License-Identifier: GPL-2.0 */
/* What sysfs, and so perf list, has of the events. */
#ifndef EXITSTAT_GUEST_NAMES_H
#define EXITSTAT_GUEST_NAMES_H

#include <linux/sysfs.h>
#include <linux/types.h>

extern const struct attribute_group *exitstat_attr_groups[];

int exitstat_names_init(u32 space, u32 khz);
void exitstat_names_exit(void);

#endif
