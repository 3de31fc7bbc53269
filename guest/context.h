/* SPDX-License-Identifier: GPL-2.0 */
/* What perf keeps of a task for as long as it lives. */
#ifndef EXITSTAT_GUEST_CONTEXT_H
#define EXITSTAT_GUEST_CONTEXT_H

#include <linux/version.h>

struct task_struct;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
int exitstat_context_init(struct task_struct *task);
#else
static inline int exitstat_context_init(struct task_struct *task)
{
	return 0;
}
#endif

#endif
