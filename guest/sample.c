// SPDX-License-Identifier: GPL-2.0
/*
 * Samples: every so many exits the host gives this CPU an NMI, and tells what it was about.
 *
 * A vCPU has one countdown. So one event at a time can sample on a CPU, and who wants another
 * one is told so when it is opened.
 */
#define pr_fmt(fmt) "exitstat_guest: " fmt

#include <linux/capability.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/static_call.h>
#include <asm/nmi.h>

#include "ask.h"
#include "config.h"
#include "exitstat_abi.h"
#include "sample.h"

/* No instruction is longer: Intel SDM, vol. 2, 2.3.11. */
#define MAX_INSTRUCTION	15

typedef int overflow_function(struct perf_event *event, struct perf_sample_data *data,
			      struct pt_regs *regs);

/* perf's, for drivers that are part of the kernel. */
DEFINE_STATIC_CALL_RET0(overflow, *(overflow_function *)NULL);

/* The event that samples on this CPU; it has sampled, so that an NMI may be ours. */
static DEFINE_PER_CPU(struct perf_event *, sampled);
static DEFINE_PER_CPU(bool, listening);

/* This kernel goes down. */
static bool ended;

/* Of event->hw, what is ours to use: the shortest countdown that the host grants. */
#define least	extra_reg.config

static u32 next_countdown(const struct perf_event *event)
{
	return clamp_t(u64, event->hw.sample_period, event->hw.least, EXITSTAT_COUNTDOWN_MASK);
}

static u32 select(const struct perf_event *event)
{
	struct exitstat_regs regs;

	exitstat_ask(EXITSTAT_LEAF_SELECT, (u32)event->attr.config, &regs);
	return regs.eax;
}

static u32 arm(u32 countdown)
{
	struct exitstat_regs regs;

	exitstat_tell(EXITSTAT_LEAF_ARM, countdown, &regs);
	return regs.eax;
}

/*
 * What was left of a countdown, or the next period where that is shorter. Its sample stands for
 * what is over of the countdown, too, and for what the host adds, as it grants none that short.
 */
static u32 go_on(struct perf_event *event, u32 granted)
{
	struct hw_perf_event *hwc = &event->hw;
	u64 left = local64_read(&hwc->period_left);
	u32 next = next_countdown(event);

	/* A host without exitstat may answer anything. */
	if (!left || left > hwc->last_period) {
		hwc->last_period = next;
		return next;
	}
	if (left > next) {
		hwc->last_period -= left - next;
		return next;
	}
	if (left < granted) {
		hwc->last_period += granted - left;
		return granted;
	}
	return left;
}

/**
 * exitstat_sample_start - the event's task has come to this CPU, or the event goes on
 * @event: an event that samples
 */
void exitstat_sample_start(struct perf_event *event)
{
	struct hw_perf_event *hwc = &event->hw;
	u32 granted;

	/* Contexts that perf swaps may bring a second one, which is to disturb nobody. */
	if (this_cpu_read(sampled) || READ_ONCE(ended))
		return;
	this_cpu_write(sampled, event);
	this_cpu_write(listening, true);
	/* The host may be another one, or grant less than when the event was opened. */
	granted = select(event);
	if (!granted)
		return;
	hwc->least = granted;
	arm(go_on(event, granted));
}

/**
 * exitstat_sample_stop - it goes, or is to wait
 * @event: the event, which was started on this CPU
 */
void exitstat_sample_stop(struct perf_event *event)
{
	if (this_cpu_read(sampled) != event)
		return;
	local64_set(&event->hw.period_left, arm(0));
	this_cpu_write(sampled, NULL);
}

static void stop_here(void *unused)
{
	if (this_cpu_read(sampled))
		arm(0);
}

/* A CPU that halts for the next kernel to start it is to have no NMI before that. */
static int on_reboot(struct notifier_block *block, unsigned long action, void *data)
{
	WRITE_ONCE(ended, true);
	on_each_cpu(stop_here, NULL, 1);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_block = { .notifier_call = on_reboot };

static u64 what_it_was_about(void)
{
	struct exitstat_regs regs;

	exitstat_ask(EXITSTAT_LEAF_SAMPLE, EXITSTAT_SAMPLE_ABOUT, &regs);
	return (u64)regs.ebx << 32 | regs.eax;
}

/*
 * Where the instruction that has exited is the interrupted one, or the one before, the sample
 * has its address, and the stack is its own. A HLT that ended at once is farther away.
 */
static void sample(struct perf_event *event, u64 rip, const struct pt_regs *interrupted)
{
	struct pt_regs regs = *interrupted;
	u64 period = event->hw.last_period, about = 0;
	struct perf_sample_data data;

	/* The next countdown has begun, be this one left out or not. */
	event->hw.last_period = next_countdown(event);
	if (user_mode(&regs) ? event->attr.exclude_user : event->attr.exclude_kernel)
		return;
	if (regs.ip - rip <= MAX_INSTRUCTION) {
		regs.ip = rip;
		regs.flags |= PERF_EFLAGS_EXACT;
	} else {
		regs.flags &= ~PERF_EFLAGS_EXACT;
	}
	if (event->attr.sample_type & PERF_SAMPLE_ADDR)
		about = what_it_was_about();
	/* perf itself reads only the others of the group. */
	if (event->attr.sample_type & PERF_SAMPLE_READ)
		event->pmu->read(event);
	perf_sample_data_init(&data, about, period);
	/* Before Linux 6.16 it was the driver that stopped what is too frequent. */
	if (static_call(overflow)(event, &data, &regs))
		event->pmu->stop(event, 0);
}

static int on_nmi(unsigned int type, struct pt_regs *regs)
{
	struct perf_event *event = this_cpu_read(sampled);
	struct exitstat_regs answer;

	if (!this_cpu_read(listening))
		return NMI_DONE;
	exitstat_tell(EXITSTAT_LEAF_SAMPLE, event ? next_countdown(event) : 0, &answer);
	/* Without exitstat there, the answer may be anything. */
	if ((answer.ebx & ~EXITSTAT_REASON_MASK) != EXITSTAT_SAMPLE_MARK || !answer.eax) {
		/* Of a pointer Linux 6.1 stores the lowest byte, which may be 0. */
		this_cpu_write(listening, !!event);
		return NMI_DONE;
	}
	if (event)
		sample(event, (u64)answer.edx << 32 | answer.ecx, regs);
	return NMI_HANDLED;
}

/* The events that are open, each with its CPU and its task; -1 and NULL are all of them. */
struct opened {
	struct list_head of_all;
	int cpu;
	const struct task_struct *task;
};

static LIST_HEAD(all_opened);
static DEFINE_SPINLOCK(opened_lock);

static bool meet(const struct opened *a, const struct opened *b)
{
	return (a->cpu == b->cpu || a->cpu < 0 || b->cpu < 0) &&
	       (a->task == b->task || !a->task || !b->task);
}

static bool is_taken(const struct opened *opened)
{
	const struct opened *other;

	list_for_each_entry(other, &all_opened, of_all)
		if (meet(opened, other))
			return true;
	return false;
}

/*
 * Nobody can have opened an event of a task that is not there yet, and who would open one of all
 * tasks meets the parent's, which lasts as long: a fork looks at no other.
 */
static int add(struct opened *opened, bool is_child)
{
	int error = 0;

	spin_lock(&opened_lock);
	if (!is_child && is_taken(opened))
		error = -EBUSY;
	else
		list_add(&opened->of_all, &all_opened);
	spin_unlock(&opened_lock);
	return error;
}

static void close_event(struct perf_event *event)
{
	struct opened *opened = event->pmu_private;

	spin_lock(&opened_lock);
	list_del(&opened->of_all);
	spin_unlock(&opened_lock);
	kfree(opened);
}

static int open_event(struct perf_event *event)
{
	struct opened *opened = kmalloc(sizeof(*opened), GFP_KERNEL);
	int error;

	if (!opened)
		return -ENOMEM;
	opened->cpu = event->cpu;
	opened->task = event->hw.target;
	error = add(opened, event->parent);
	if (error) {
		kfree(opened);
		return error;
	}
	event->pmu_private = opened;
	event->destroy = close_event;
	return 0;
}

/* 0 when the host has no samples of these exits. The CPU's own event stays selected. */
static u32 ask_least(const struct perf_event *event)
{
	const struct perf_event *running;
	unsigned long flags;
	u32 granted;

	local_irq_save(flags);
	granted = select(event);
	running = this_cpu_read(sampled);
	if (running)
		select(running);
	local_irq_restore(flags);
	return granted;
}

/*
 * With -d a sample of a nested page fault tells a guest-physical address, which perf itself
 * gives to those only who may look into the kernel.
 */
static bool tells_too_much(const struct perf_event *event)
{
	return event->attr.sample_type & PERF_SAMPLE_ADDR && event->attr.exclude_kernel &&
	       !perfmon_capable();
}

/**
 * exitstat_sample_check_period - may an event have this period?
 * @event: an event that samples
 * @period: in exits; of one by frequency anything, as it follows the frequency
 *
 * Return: 0, or -EINVAL.
 */
int exitstat_sample_check_period(struct perf_event *event, u64 period)
{
	if (event->attr.freq)
		return 0;
	return period < event->hw.least || period > EXITSTAT_COUNTDOWN_MASK ? -EINVAL : 0;
}

static int ask_period(struct perf_event *event)
{
	event->hw.least = ask_least(event);
	if (!event->hw.least)
		return -EOPNOTSUPP;
	return exitstat_sample_check_period(event, event->attr.sample_period);
}

/**
 * exitstat_sample_event_init - before an event may sample
 * @event: the event, whose config is valid
 *
 * Return: 0; -EOPNOTSUPP when the host has no samples of it; -EINVAL when it grants no period that
 * short, it is too long, or idleness or the host is to be left out; -EBUSY when another event may
 * sample on the same CPU at the same time; -EACCES, -ENOMEM.
 */
int exitstat_sample_event_init(struct perf_event *event)
{
	u64 config = event->attr.config;
	int error;

	/* A child's is as its parent's, so that no fork fails because the host is another one. */
	if (event->parent) {
		event->hw.least = event->parent->hw.least;
		return open_event(event);
	}
	if (exitstat_config_leaf(config) != EXITSTAT_LEAF_SNAPSHOT ||
	    config & EXITSTAT_CONFIG_TSC || has_branch_stack(event))
		return -EOPNOTSUPP;
	/* Whose sleep it was the host cannot tell. */
	if (event->attr.exclude_idle || event->attr.exclude_host)
		return -EINVAL;
	if (tells_too_much(event))
		return -EACCES;
	/* Before the host is asked, which would disturb one that samples here. */
	error = open_event(event);
	if (error)
		return error;
	error = ask_period(event);
	if (error) {
		close_event(event);
		event->destroy = NULL;
	}
	return error;
}

/**
 * exitstat_sample_init - before the first event
 *
 * Return: 0, or why there can be no samples.
 */
int exitstat_sample_init(void)
{
	/* A kprobe is the one exported way to turn a name into an address. */
	struct kprobe probe = {
		.symbol_name = "perf_event_overflow",
		.flags = KPROBE_FLAG_DISABLED,
	};
	int error;

	error = register_kprobe(&probe);
	if (error) {
		pr_err("cannot find perf_event_overflow with a kprobe (%d): does this kernel have CONFIG_KPROBES?\n",
		       error);
		return error;
	}
	static_call_update(overflow, (overflow_function *)probe.addr);
	unregister_kprobe(&probe);
	error = register_nmi_handler(NMI_LOCAL, on_nmi, 0, "exitstat");
	if (!error)
		register_reboot_notifier(&reboot_block);
	return error;
}

/** exitstat_sample_exit - after the last event */
void exitstat_sample_exit(void)
{
	unregister_reboot_notifier(&reboot_block);
	unregister_nmi_handler(NMI_LOCAL, "exitstat");
}
