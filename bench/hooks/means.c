// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks on kvm_cpuid(), each by another of the kernel's means. They do nothing, so that what
 * the means itself costs can be seen, or ask for the exit's reason, in one of two ways.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/kvm_host.h>
#include <linux/module.h>

#include "exit_reason.h"
#include "symbol.h"

#define FUNCTION	"kvm_cpuid"

static char *means = "";
module_param(means, charp, 0444);
MODULE_PARM_DESC(means, "kprobe, behind, kretprobe, ftrace, ipmodify, ask or read");

static u32 last_reason;

static int on_kprobe(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

static int on_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	return 0;
}

static void on_ftrace(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		      struct ftrace_regs *regs)
{
}

static void on_ftrace_ask(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			  struct ftrace_regs *regs)
{
	last_reason = exitstat_ask_exit_reason((struct kvm_vcpu *)regs->regs.di);
}

static void on_ftrace_read(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			   struct ftrace_regs *regs)
{
	last_reason = exitstat_exit_reason((struct kvm_vcpu *)regs->regs.di);
}

static struct kprobe kprobe = { .symbol_name = FUNCTION, .pre_handler = on_kprobe };
/* Behind the call to ftrace, so that a jump or a breakpoint takes its place. */
static struct kprobe behind = { .symbol_name = FUNCTION, .pre_handler = on_kprobe, .offset = 5 };
static struct kretprobe kretprobe = { .kp.symbol_name = FUNCTION, .handler = on_return };
static struct ftrace_ops ftrace = { .func = on_ftrace };
static struct ftrace_ops ipmodify = { .func = on_ftrace, .flags = FTRACE_OPS_FL_IPMODIFY };
static struct ftrace_ops ask = { .func = on_ftrace_ask };
static struct ftrace_ops read = { .func = on_ftrace_read };

static int place_kprobe(void *probe)
{
	return register_kprobe(probe);
}

static void remove_kprobe(void *probe)
{
	unregister_kprobe(probe);
}

static int place_kretprobe(void *probe)
{
	return register_kretprobe(probe);
}

static void remove_kretprobe(void *probe)
{
	unregister_kretprobe(probe);
}

static int place_ftrace(void *ops)
{
	int error = ftrace_set_filter(ops, FUNCTION, strlen(FUNCTION), 0);

	return error ?: register_ftrace_function(ops);
}

static void remove_ftrace(void *ops)
{
	unregister_ftrace_function(ops);
}

static const struct hook {
	const char *means;
	int (*place)(void *what);
	void (*remove)(void *what);
	void *what;
} hooks[] = {
	{ "kprobe", place_kprobe, remove_kprobe, &kprobe },
	{ "behind", place_kprobe, remove_kprobe, &behind },
	{ "kretprobe", place_kretprobe, remove_kretprobe, &kretprobe },
	{ "ftrace", place_ftrace, remove_ftrace, &ftrace },
	{ "ipmodify", place_ftrace, remove_ftrace, &ipmodify },
	{ "ask", place_ftrace, remove_ftrace, &ask },
	{ "read", place_ftrace, remove_ftrace, &read },
};

static const struct hook *hook;

static int __init hooks_init(void)
{
	int error;

	for (hook = hooks; hook < hooks + ARRAY_SIZE(hooks); hook++)
		if (!strcmp(hook->means, means))
			break;
	if (hook == hooks + ARRAY_SIZE(hooks))
		return -EINVAL;
	error = exitstat_symbol_init() ?: exitstat_find_exit_reason();
	if (!error && !exitstat_reason_offset)
		error = -ENOENT;
	return error ?: hook->place(hook->what);
}
module_init(hooks_init);

static void __exit hooks_exit(void)
{
	hook->remove(hook->what);
}
module_exit(hooks_exit);

MODULE_DESCRIPTION("Measures the kernel's means of hooking a function");
MODULE_LICENSE("GPL");
