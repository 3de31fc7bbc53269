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

void (*exitstat_get_exit_info)(struct kvm_vcpu *vcpu, u32 *reason, u64 *info1, u64 *info2,
			       u32 *intr_info, u32 *error_code);

/**
 * exitstat_find_exit_reason - find the vendor module's function
 *
 * Return: 0 also when that module is not loaded; call again when it is.
 */
int exitstat_find_exit_reason(void)
{
	const char *module, *name;

	if (boot_cpu_has(X86_FEATURE_SVM)) {
		module = "kvm_amd";
		name = "svm_get_exit_info";
	} else {
		module = "kvm_intel";
		name = "vmx_get_exit_info";
	}
	exitstat_get_exit_info = exitstat_symbol(module, name);
	if (exitstat_get_exit_info || !exitstat_module_is_loaded(module))
		return 0;
	pr_err("%s has no function %s: exitstat knows Linux 6.1 to 7.2\n", module, name);
	return -ENOENT;
}
