// SPDX-License-Identifier: GPL-2.0
/* Loaded, it tells the log the probes that are on KVM's tracepoints. */
#include <linux/module.h>
#include <linux/tracepoint.h>

static void tell(const struct tracepoint *tracepoint)
{
	const struct tracepoint_func *probe = rcu_dereference_raw(tracepoint->funcs);

	for (; probe && probe->func; probe++)
		pr_info("probes: %s %ps\n", tracepoint->name, probe->func);
}

/* Called for the modules that are loaded already, too, while none of them can go. */
static int on_module(struct notifier_block *block, unsigned long state, void *data)
{
	const struct module *module = ((struct tp_module *)data)->mod;
	unsigned int i;

	if (state != MODULE_STATE_COMING || strcmp(module->name, "kvm"))
		return NOTIFY_DONE;
	for (i = 0; i < module->num_tracepoints; i++)
		tell(tracepoint_ptr_deref(&module->tracepoints_ptrs[i]));
	return NOTIFY_OK;
}

static struct notifier_block block = { .notifier_call = on_module };

static int __init probes_init(void)
{
	return register_tracepoint_module_notifier(&block);
}
module_init(probes_init);

static void __exit probes_exit(void)
{
	unregister_tracepoint_module_notifier(&block);
}
module_exit(probes_exit);

MODULE_DESCRIPTION("Tells who probes KVM's tracepoints");
MODULE_LICENSE("GPL");
