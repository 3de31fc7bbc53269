// SPDX-License-Identifier: GPL-2.0
/*
 * A hook on kvm_cpuid that may move the instruction pointer, as a live patch's: ftrace
 * lets a function have one such.
 */
#include <linux/ftrace.h>
#include <linux/module.h>

static char *function = "kvm_cpuid";

static void do_nothing(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		       struct ftrace_regs *regs)
{
}

static struct ftrace_ops ops = { .func = do_nothing, .flags = FTRACE_OPS_FL_IPMODIFY };

static int __init other_cpuid_init(void)
{
	int error = ftrace_set_filter(&ops, function, strlen(function), 1);

	return error ?: register_ftrace_function(&ops);
}
module_init(other_cpuid_init);

static void __exit other_cpuid_exit(void)
{
	unregister_ftrace_function(&ops);
	ftrace_free_filter(&ops);
}
module_exit(other_cpuid_exit);

MODULE_DESCRIPTION("In the way of kvm_exitstat");
MODULE_LICENSE("GPL");
