// SPDX-License-Identifier: GPL-2.0
/*
 * A kprobe is the one exported way to turn a name into an address. It is used once, for
 * the kernel's own function that does so for any name.
 *
 * Found functions are called by static calls: an indirect call must land on an ENDBR
 * where the kernel has IBT on, and the kernel takes those away that it does not need.
 */
#define pr_fmt(fmt) "kvm_exitstat: " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/static_call.h>

#include "symbol.h"

typedef unsigned long lookup_function(const char *name);

DEFINE_STATIC_CALL_NULL(lookup, *(lookup_function *)NULL);

/**
 * exitstat_symbol_init - before the first exitstat_symbol()
 *
 * Return: 0, or what register_kprobe() says.
 */
int exitstat_symbol_init(void)
{
	struct kprobe probe = {
		.symbol_name = "kallsyms_lookup_name",
		.flags = KPROBE_FLAG_DISABLED,
	};
	int error;

	error = register_kprobe(&probe);
	if (error) {
		pr_err("cannot find kallsyms_lookup_name with a kprobe (%d): does this kernel have CONFIG_KPROBES?\n",
		       error);
		return error;
	}
	static_call_update(lookup, (lookup_function *)probe.addr);
	unregister_kprobe(&probe);
	return 0;
}

/**
 * exitstat_kernel_symbol - find a function or a variable of the kernel's
 * @name: its name
 *
 * Return: its address, NULL when there is none.
 */
void *exitstat_kernel_symbol(const char *name)
{
	return (void *)static_call(lookup)(name);
}

/**
 * exitstat_symbol - find a function or a variable
 * @module: the module that has it, unless it is built into the kernel
 * @name: its name
 *
 * Return: its address, NULL when there is none.
 */
void *exitstat_symbol(const char *module, const char *name)
{
	char full[MODULE_NAME_LEN + KSYM_NAME_LEN];
	unsigned long address;

	snprintf(full, sizeof(full), "%s:%s", module, name);
	address = static_call(lookup)(full);
	if (!address && EXITSTAT_KVM_IS_BUILTIN)
		address = static_call(lookup)(name);
	return (void *)address;
}

/** exitstat_module_is_loaded - is there a module of that name? */
bool exitstat_module_is_loaded(const char *module)
{
	char full[MODULE_NAME_LEN + KSYM_NAME_LEN];

	snprintf(full, sizeof(full), "%s:__this_module", module);
	return static_call(lookup)(full);
}
