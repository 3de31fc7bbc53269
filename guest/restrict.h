/* SPDX-License-Identifier: GPL-2.0 */
/* Whether this guest's programs see the leaves. */
#ifndef EXITSTAT_GUEST_RESTRICT_H
#define EXITSTAT_GUEST_RESTRICT_H

#include <linux/sysfs.h>
#include <linux/types.h>

extern const struct attribute_group exitstat_caps_group;

int exitstat_restrict_init(u32 features);
void exitstat_restrict_again(void);
void exitstat_restrict_exit(void);

#endif
