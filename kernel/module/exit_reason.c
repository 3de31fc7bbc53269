// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's own function tells the reason, for all that KVM knows to run: a VMCS, an
 * enlightened one that VMREAD does not read, a VMCB.
 */
#define pr_fmt(fmt) "kvm_exitstat: " fmt

#include <linux/kvm_host.h>
#include <linux/printk.h>

#include "exit_reason.h"
#include "symbol.h"

DEFINE_STATIC_CALL_NULL(exitstat_exit_info, *(exitstat_get_exit_info *)NULL);

/**
 * exitstat_find_exit_reason - find the vendor module's function
 *
 * Return: 0 also when that module is not loaded; call again when it is.
 */
int exitstat_find_exit_reason(void)
{
	exitstat_get_exit_info *function;
	const char *module, *name;

	if (boot_cpu_has(X86_FEATURE_SVM)) {
		module = "kvm_amd";
		name = "svm_get_exit_info";
	} else {
		module = "kvm_intel";
		name = "vmx_get_exit_info";
	}
	function = exitstat_symbol(module, name);
	if (!function && exitstat_module_is_loaded(module)) {
		pr_err("%s has no function %s: exitstat knows Linux 6.1 to 7.2\n", module, name);
		return -ENOENT;
	}
	static_call_update(exitstat_exit_info, function);
	return 0;
}
