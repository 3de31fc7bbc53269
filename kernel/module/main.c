// SPDX-License-Identifier: GPL-2.0
/*
 * exitstat beside an unmodified KVM: attached while kvm.ko is there, or always when KVM
 * is built into the kernel.
 */
#define pr_fmt(fmt) "kvm_exitstat: " fmt

#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "device.h"
#include "events.h"
#include "exit_reason.h"
#include "functions.h"
#include "guest.h"
#include "symbol.h"
#include "tracepoints.h"

/* Attaching and detaching, one at a time. */
static DEFINE_MUTEX(attach_lock);
static bool attached;
static bool leaving;
static bool stuck;
static int attach_error;

/*
 * ftrace switches itself off for good when it finds the kernel's code other than it should
 * be, and our functions are called from there for ever: they must not be freed. While the
 * module is unloaded nothing but a task that never ends can keep it.
 */
static void stay(int error)
{
	pr_err("ftrace does not let go of KVM's functions (%d): the module stays until the next boot; what it counts is not to be trusted any more\n",
	       error);
	if (THIS_MODULE->state != MODULE_STATE_GOING)
		__module_get(THIS_MODULE);
	stuck = true;
}

static int place_hooks(void)
{
	int error;

	error = exitstat_functions_place();
	return error ?: exitstat_tracepoints_place();
}

/* Return: whether all are removed; if not, what they use must stay as well. */
static bool remove_hooks(void)
{
	int error;

	exitstat_tracepoints_remove();
	error = exitstat_functions_remove();
	if (error)
		stay(error);
	return !error;
}

static int attach(void)
{
	void *grafted = exitstat_symbol("kvm", "exitstat_init");
	int error;

	if (grafted && grafted != exitstat_init) {
		pr_err("this KVM has exitstat in it already: the module is not needed\n");
		return -EEXIST;
	}
	error = exitstat_find_exit_reason();
	if (error)
		return error;
	exitstat_find_inject_nmi();
	error = exitstat_init();
	if (error)
		return error;
	error = place_hooks();
	if (!error)
		exitstat_device_init();
	if (!error || !remove_hooks())
		return 0;
	exitstat_cleanup();
	return error;
}

static void attach_once(void)
{
	mutex_lock(&attach_lock);
	if (!attached && !leaving) {
		attach_error = attach();
		attached = !attach_error;
	}
	mutex_unlock(&attach_lock);
}

static void detach(void)
{
	mutex_lock(&attach_lock);
	if (attached && !stuck) {
		exitstat_device_exit();
		if (remove_hooks()) {
			exitstat_cleanup();
			attached = false;
		}
	}
	mutex_unlock(&attach_lock);
}

/* Called for the modules that are loaded already, too. */
static int on_module_with_tracepoints(struct notifier_block *block, unsigned long state,
				      void *data)
{
	struct tp_module *module = data;

	if (strcmp(module->mod->name, "kvm"))
		return NOTIFY_DONE;
	if (state == MODULE_STATE_COMING)
		attach_once();
	else if (state == MODULE_STATE_GOING)
		detach();
	return NOTIFY_OK;
}

/* The vendor's module may come and go while kvm.ko stays. */
static int on_module(struct notifier_block *block, unsigned long state, void *data)
{
	struct module *module = data;
	int error = 0;

	if (state != MODULE_STATE_COMING ||
	    (strcmp(module->name, "kvm_amd") && strcmp(module->name, "kvm_intel")))
		return NOTIFY_DONE;
	mutex_lock(&attach_lock);
	if (attached)
		error = exitstat_find_exit_reason();
	mutex_unlock(&attach_lock);
	if (error)
		detach();
	return NOTIFY_OK;
}

static struct notifier_block tracepoint_block = { .notifier_call = on_module_with_tracepoints };
static struct notifier_block module_block = { .notifier_call = on_module };

/*
 * Detached first: the notifiers' locks are held while they are unregistered and would keep all
 * modules from loading meanwhile, for ever when the hooks do not go.
 */
static void unwatch_kvm(void)
{
	mutex_lock(&attach_lock);
	leaving = true;
	mutex_unlock(&attach_lock);
	detach();
	while (stuck && THIS_MODULE->state == MODULE_STATE_GOING)
		schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
	unregister_tracepoint_module_notifier(&tracepoint_block);
	unregister_module_notifier(&module_block);
}

static int watch_kvm(void)
{
	int error;

	error = register_module_notifier(&module_block);
	if (error)
		return error;
	error = register_tracepoint_module_notifier(&tracepoint_block);
	if (error) {
		unregister_module_notifier(&module_block);
		return error;
	}
	if (EXITSTAT_KVM_IS_BUILTIN)
		attach_once();
	if (attach_error)
		unwatch_kvm();
	return attach_error;
}

static int __init kvm_exitstat_init(void)
{
	int error;

	if (IS_ENABLED(CONFIG_LTO_CLANG)) {
		pr_err("this kernel is optimised as a whole (CONFIG_LTO_CLANG): a hook on a function that is inlined sees nothing; take the graft\n");
		return -EOPNOTSUPP;
	}
	error = exitstat_symbol_init();
	return error ?: watch_kvm();
}
module_init(kvm_exitstat_init);

static void __exit kvm_exitstat_exit(void)
{
	unwatch_kvm();
}
module_exit(kvm_exitstat_exit);

MODULE_DESCRIPTION("Shows a VM its exits, by CPUID leaves");
MODULE_VERSION(EXITSTAT_VERSION);
MODULE_LICENSE("GPL");
