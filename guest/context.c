// SPDX-License-Identifier: GPL-2.0
/*
 * Until Linux 6.1 a task's context for software events points to the PMU whose event was the
 * first in it, and perf goes by that pointer after the event has gone, and its PMU, too. So the
 * first one is to be an event of the kernel's own.
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/perf_event.h>
#include <linux/sched.h>

#include "context.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/**
 * exitstat_context_init - before a task has an event of this PMU
 * @task: the task, or NULL
 *
 * A child's context is made like its parent's.
 *
 * Return: 0; -ESRCH when the task ends, -ENOMEM.
 */
int exitstat_context_init(struct task_struct *task)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		/* Others are opened under a lock that unregistering a PMU has while it waits. */
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.disabled = 1,
	};
	struct perf_event *event;

	/* There is one, until the task ends, or runs a program that may not be looked into. */
	if (!task || READ_ONCE(task->perf_event_ctxp[perf_sw_context]))
		return 0;
	event = perf_event_create_kernel_counter(&attr, -1, task, NULL, NULL);
	if (IS_ERR(event))
		return PTR_ERR(event);
	perf_event_release_kernel(event);
	return 0;
}
#endif
