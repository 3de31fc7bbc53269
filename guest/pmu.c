// SPDX-License-Identifier: GPL-2.0
/*
 * perf's PMU "exitstat" in a guest: the exits of the vCPU that runs the task. The host counts
 * all the time; an event is the difference of two answers.
 */
#define pr_fmt(fmt) "exitstat_guest: " fmt

#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/version.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "ask.h"
#include "config.h"
#include "context.h"
#include "names.h"
#include "restrict.h"
#include "sample.h"

/* The reason of our own questions. */
static u32 cpuid_reason;

/* Until Linux 6.13 perf finds a PMU by its number before it is complete. */
static bool registered;

/* Of hw_perf_event, what is ours to use: */
#define counts_own	config_base	/* it counts our questions, too */
#define asked_at	event_base	/* TSC of the last answer */

/* Does an event count what each question adds: an exit, and so a stay in host and in guest? */
static bool counts_questions(u64 config)
{
	u32 ecx = config;

	if (config & EXITSTAT_CONFIG_TSC)
		return false;
	if (exitstat_config_leaf(config) == EXITSTAT_LEAF_STATE)
		return ecx == EXITSTAT_STATE_GUEST || ecx == EXITSTAT_STATE_HOST;
	return exitstat_config_leaf(config) == EXITSTAT_LEAF_SNAPSHOT &&
		(ecx & EXITSTAT_ALL_REASONS || ecx == cpuid_reason);
}

/*
 * Any leaf's answer, for who is kept from the leaves and may watch CPUs all the same. Not those
 * that change what is armed, or who sees the leaves.
 */
static bool answer_is_valid(struct perf_event *event)
{
	u64 config = event->attr.config;
	u32 leaf = exitstat_config_leaf(config);

	if (event->attach_state & PERF_ATTACH_TASK || is_sampling_event(event))
		return false;
	if (leaf == EXITSTAT_LEAF_RESTRICT)
		return (u32)config == EXITSTAT_RESTRICT_ASK;
	return leaf < EXITSTAT_LEAF_SELECT || leaf > EXITSTAT_LEAF_SAMPLE;
}

static bool config_is_valid(struct perf_event *event)
{
	u64 config = event->attr.config;
	u64 known = EXITSTAT_CONFIG_LEAF | EXITSTAT_CONFIG_TSC | EXITSTAT_CONFIG_ANSWER | U32_MAX;
	u32 ecx = config;

	if (config & ~known)
		return false;
	if (config & EXITSTAT_CONFIG_ANSWER)
		return answer_is_valid(event);
	switch (exitstat_config_leaf(config)) {
	case EXITSTAT_LEAF_STATE:
		return ecx < EXITSTAT_NR_STATES;
	case EXITSTAT_LEAF_SNAPSHOT:
	case EXITSTAT_LEAF_VMM:
		return !(ecx & ~(EXITSTAT_REASON_MASK | EXITSTAT_ALL_REASONS));
	}
	return false;
}

static u64 half_of(const struct exitstat_regs *regs, u64 config)
{
	return config & EXITSTAT_CONFIG_TSC ? (u64)regs->edx << 32 | regs->ecx :
					      (u64)regs->ebx << 32 | regs->eax;
}

static u64 read_host(struct perf_event *event)
{
	u64 config = event->attr.config, own;
	struct exitstat_regs regs;

	own = exitstat_ask(exitstat_config_leaf(config), (u32)config | EXITSTAT_THIS_VCPU, &regs);
	return half_of(&regs, config) - (event->hw.counts_own ? own : 0);
}

static bool is_answer(const struct perf_event *event)
{
	return event->attr.config & EXITSTAT_CONFIG_ANSWER;
}

/* Who reads it leaves out what it takes himself: one CPUID, here and nowhere else. */
static u64 read_answer(const struct perf_event *event)
{
	u64 config = event->attr.config;
	struct exitstat_regs regs;

	exitstat_tell(exitstat_config_leaf(config), config, &regs);
	return half_of(&regs, config);
}

/*
 * The host's counters start anew when the VM has moved or exitstat was loaded again, and without
 * exitstat there the answer may be anything. Nothing grows by more than the TSC has, be the
 * guest's TSC slower than the host's by up to 16.
 */
static bool is_plausible(u64 delta, u64 cycles)
{
	return delta <= cycles << 4;
}

static void update(struct perf_event *event)
{
	struct hw_perf_event *hwc = &event->hw;
	u64 before, now, since, at;

	do {
		before = local64_read(&hwc->prev_count);
		since = hwc->asked_at;
		now = read_host(event);
		at = rdtsc();
	} while (local64_cmpxchg(&hwc->prev_count, before, now) != before);
	hwc->asked_at = at;
	if (is_plausible(now - before, at - since))
		local64_add(now - before, &event->count);
}

static void pmu_read(struct perf_event *event)
{
	if (is_answer(event))
		local64_set(&event->count, read_answer(event));
	else if (!(event->hw.state & PERF_HES_STOPPED))
		update(event);
}

static void pmu_start(struct perf_event *event, int flags)
{
	if (!is_answer(event)) {
		event->hw.asked_at = rdtsc();
		local64_set(&event->hw.prev_count, read_host(event));
	}
	/* An NMI may read it from here on. */
	WRITE_ONCE(event->hw.state, 0);
	if (is_sampling_event(event))
		exitstat_sample_start(event);
}

static void pmu_stop(struct perf_event *event, int flags)
{
	if (is_answer(event) || event->hw.state & PERF_HES_STOPPED)
		return;
	/* First, since perf may stop and start anew in the NMI of a sample. */
	if (is_sampling_event(event))
		exitstat_sample_stop(event);
	WRITE_ONCE(event->hw.state, PERF_HES_STOPPED | PERF_HES_UPTODATE);
	update(event);
}

static int pmu_add(struct perf_event *event, int flags)
{
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
	if (flags & PERF_EF_START)
		pmu_start(event, flags);
	return 0;
}

static void pmu_del(struct perf_event *event, int flags)
{
	pmu_stop(event, PERF_EF_UPDATE);
}

static int pmu_check_period(struct perf_event *event, u64 period)
{
	return is_sampling_event(event) ? exitstat_sample_check_period(event, period) : 0;
}

/* A count cannot tell the kernel's exits from those of programs; a sample can. */
static bool wants_a_part(const struct perf_event *event)
{
	const struct perf_event_attr *attr = &event->attr;

	return attr->exclude_user || attr->exclude_kernel || attr->exclude_hv ||
	       attr->exclude_idle || attr->exclude_host || attr->exclude_guest;
}

static int pmu_event_init(struct perf_event *event)
{
	u64 config = event->attr.config;
	int error;

	/* Pairs with the release in start(). */
	if (!smp_load_acquire(&registered) || event->attr.type != event->pmu->type)
		return -ENOENT;
	if (!config_is_valid(event))
		return -EINVAL;
	/* A child's event asks nothing: no fork fails because the host is another one. */
	if (!event->parent && !is_answer(event)) {
		if (!exitstat_is_there())
			return -ENODEV;
		exitstat_restrict_again();
		error = exitstat_context_init(event->hw.target);
		if (error)
			return error;
	}
	event->hw.counts_own = counts_questions(config);
	/* A group's NMI may come before the event has been added for the first time. */
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
	if (is_sampling_event(event))
		return exitstat_sample_event_init(event);
	return wants_a_part(event) ? -EINVAL : 0;
}

static struct pmu pmu = {
	.module = THIS_MODULE,
	.task_ctx_nr = perf_sw_context,
	.attr_groups = exitstat_attr_groups,
	.event_init = pmu_event_init,
	.add = pmu_add,
	.del = pmu_del,
	.start = pmu_start,
	.stop = pmu_stop,
	.read = pmu_read,
	.check_period = pmu_check_period,
};

static int read_properties(struct exitstat_regs *regs)
{
	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR)) {
		pr_err("this is no virtual machine: load it in a guest\n");
		return -ENODEV;
	}
	if (!exitstat_is_there()) {
		pr_err("the host has no exitstat, or hides it from this VM: its operator loads kvm_exitstat, or says: exitstat expose VM all\n");
		return -ENODEV;
	}
	exitstat_ask_properties(regs);
	if (regs->eax)
		return 0;
	pr_err("the host does not know the frequency of its TSC\n");
	return -ENODEV;
}

/*
 * Until Linux 6.13 perf forgets a PMU's number without waiting for who has found it by that, and
 * may have been preempted before he holds the module.
 */
static void wait_for_finders(void)
{
	if (LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0))
		synchronize_rcu_tasks();
}

static int __init start(void)
{
	struct exitstat_regs properties;
	int error = read_properties(&properties);

	if (error)
		return error;
	cpuid_reason = properties.ecx == EXITSTAT_SPACE_SVM ? 0x72 : 10;
	error = exitstat_restrict_init(properties.ebx);
	if (error) {
		pr_err("the host does not close its leaves to programs: load it without restrict=1, or have its exitstat renewed (where the guest's state is encrypted it cannot)\n");
		return error;
	}
	error = exitstat_names_init(properties.ecx, properties.eax);
	if (error)
		goto no_names;
	error = exitstat_sample_init();
	if (error)
		goto no_samples;
	error = perf_pmu_register(&pmu, "exitstat", -1);
	if (error)
		goto no_pmu;
	/* Pairs with the acquire in pmu_event_init(). */
	smp_store_release(&registered, true);
	return 0;

no_pmu:
	wait_for_finders();
	exitstat_sample_exit();
no_samples:
	exitstat_names_exit();
no_names:
	exitstat_restrict_exit();
	return error;
}
module_init(start);

static void __exit finish(void)
{
	perf_pmu_unregister(&pmu);
	wait_for_finders();
	exitstat_sample_exit();
	exitstat_names_exit();
	exitstat_restrict_exit();
}
module_exit(finish);

MODULE_DESCRIPTION("VM exits of this guest, for perf");
MODULE_LICENSE("GPL");
MODULE_VERSION(EXITSTAT_VERSION);
