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

static struct kprobe probe = {
	.symbol_name = "exitstat_account_alloc",
	.pre_handler = fail,
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
