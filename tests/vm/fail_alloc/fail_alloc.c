// SPDX-License-Identifier: GPL-2.0
/* While it is loaded there is no memory for accounts: for the tests. */
#include <linux/kprobes.h>
#include <linux/module.h>

static noinline notrace void just_return(void)
{
}

/* Instead of the function: return NULL to its caller. */
static int fail(struct kprobe *probe, struct pt_regs *regs)
{
	regs->ax = 0;
	regs->ip = (unsigned long)just_return;
	return 1;
}

NOKPROBE_SYMBOL(fail);

/* With one of these the kernel makes no jump of the breakpoint, which could not change ip. */
static void stay_breakpoint(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe probe = {
	.symbol_name = "exitstat_account_alloc",
	.pre_handler = fail,
	.post_handler = stay_breakpoint,
};

static int __init fail_alloc_init(void)
{
	return register_kprobe(&probe);
}

static void __exit fail_alloc_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(fail_alloc_init);
module_exit(fail_alloc_exit);
MODULE_DESCRIPTION("Makes exitstat's allocations fail");
MODULE_LICENSE("GPL");
