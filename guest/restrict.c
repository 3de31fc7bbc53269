// SPDX-License-Identifier: GPL-2.0
/*
 * restrict=1: the host answers its leaves to this kernel only, as exits tell programs of each
 * other. perf's own rights hold for its events.
 */
#define pr_fmt(fmt) "exitstat_guest: " fmt

#include <linux/device.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "ask.h"
#include "exitstat_abi.h"
#include "restrict.h"

static bool restricted;
module_param_named(restrict, restricted, bool, 0444);
MODULE_PARM_DESC(restrict, "Whether the leaves are closed to this guest's programs: 1, or 0 (default)");

static u32 restrict_leaves(u32 how)
{
	struct exitstat_regs regs;

	preempt_disable();
	exitstat_tell(EXITSTAT_LEAF_RESTRICT, how, &regs);
	preempt_enable();
	return regs.eax;
}

/* The host may be another one, or exitstat have been loaded anew there, and nobody tells. */
#define AGAIN_SECONDS	10

static void close_again(struct work_struct *work);
static DECLARE_DELAYED_WORK(close_work, close_again);

/* With what else wakes a CPU, but not only then: others may be at work. */
static void close_later(void)
{
	schedule_delayed_work(&close_work, round_jiffies_relative(AGAIN_SECONDS * HZ));
}

static void close_again(struct work_struct *work)
{
	restrict_leaves(1);
	close_later();
}

/** exitstat_restrict_again - who opens an event has the leaves closed at once */
void exitstat_restrict_again(void)
{
	if (restricted)
		restrict_leaves(1);
}

/**
 * exitstat_restrict_init - close the leaves, or open what an earlier kernel has closed
 * @features: EXITSTAT_FEATURE_* of the host
 *
 * Return: 0; -EOPNOTSUPP when they are to be closed and the host does not.
 */
int exitstat_restrict_init(u32 features)
{
	u32 by = 0;

	if (features & EXITSTAT_FEATURE_RESTRICT)
		by = restrict_leaves(restricted);
	if (!restricted)
		return 0;
	if (!(by & EXITSTAT_RESTRICTED_BY_GUEST))
		return -EOPNOTSUPP;
	close_later();
	return 0;
}

/** exitstat_restrict_exit - what was closed is open again */
void exitstat_restrict_exit(void)
{
	if (!restricted)
		return;
	cancel_delayed_work_sync(&close_work);
	restrict_leaves(0);
}

static ssize_t restricted_show(struct device *dev, struct device_attribute *attr, char *page)
{
	u32 by = exitstat_is_there() ? restrict_leaves(EXITSTAT_RESTRICT_ASK) : 0;

	return sysfs_emit(page, "%s\n", by & EXITSTAT_RESTRICTED_BY_HOST ? "host" :
			  by & EXITSTAT_RESTRICTED_BY_GUEST ? "guest" : "no");
}

static DEVICE_ATTR_RO(restricted);

static struct attribute *caps_attrs[] = { &dev_attr_restricted.attr, NULL };

/* Who keeps programs from the leaves: no, guest or host. */
const struct attribute_group exitstat_caps_group = { .name = "caps", .attrs = caps_attrs };
