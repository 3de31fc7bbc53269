// SPDX-License-Identifier: GPL-2.0
/*
 * ftrace switches itself off until the next boot, as it does when it finds the kernel's code
 * other than it should be.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static int __init ftrace_off_init(void)
{
	struct kprobe probe = { .symbol_name = "ftrace_kill", .flags = KPROBE_FLAG_DISABLED };
	int error = register_kprobe(&probe);
	void (*kill)(void) = (void *)probe.addr;

	if (error)
		return error;
	unregister_kprobe(&probe);
	kill();
	return 0;
}
module_init(ftrace_off_init);

static void __exit ftrace_off_exit(void)
{
}
module_exit(ftrace_off_exit);

MODULE_DESCRIPTION("Has ftrace switch itself off");
MODULE_LICENSE("GPL");
