// SPDX-License-Identifier: GPL-2.0
/*
 * The reason lies in KVM's own structure for a vCPU, or in the VMCB that this points to. Where
 * that is the kernel's BTF says. Without, KVM's function tells the reason, at four times the
 * instructions.
 */
#define pr_fmt(fmt) "kvm_exitstat: " fmt

#include <linux/kvm_host.h>
#include <linux/printk.h>
#include <linux/static_call.h>

#include "exit_reason.h"
#include "member.h"
#include "reasons.h"
#include "symbol.h"

typedef void get_exit_info_function(struct kvm_vcpu *vcpu, u32 *reason, u64 *info1, u64 *info2,
				    u32 *intr_info, u32 *error_code);

DEFINE_STATIC_CALL_NULL(get_exit_info, *(get_exit_info_function *)NULL);

unsigned int exitstat_reason_offset __read_mostly;

/* exitstat_exit_reason(), when it is not known where the reason lies. */
u32 exitstat_ask_exit_reason(struct kvm_vcpu *vcpu)
{
	u32 reason = EXITSTAT_OTHER, intr_info, error_code;
	u64 info1, info2;

	static_call(get_exit_info)(vcpu, &reason, &info1, &info2, &intr_info, &error_code);
	return boot_cpu_has(X86_FEATURE_SVM) ? reason : (u16)reason;
}

/* Later kernels keep what VMX and TDX share in a structure of its own. */
static unsigned int vmx_reason_offset(void)
{
	unsigned int shared = exitstat_member_offset("vcpu_vmx", "vt");
	const char *structure = shared ? "vcpu_vt" : "vcpu_vmx";
	unsigned int reason = exitstat_member_offset(structure, "exit_reason");

	return reason ? shared + reason : 0;
}

/**
 * exitstat_find_exit_reason - find the vendor module's function, and where the reason lies
 *
 * Return: 0 also when that module is not loaded; call again when it is.
 */
int exitstat_find_exit_reason(void)
{
	get_exit_info_function *function;
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
		pr_err("%s has no function %s: " EXITSTAT_KNOWS "\n", module, name);
		return -ENOENT;
	}
	static_call_update(get_exit_info, function);
	exitstat_reason_offset = boot_cpu_has(X86_FEATURE_SVM) ?
				 exitstat_member_offset("vcpu_svm", "vmcb") : vmx_reason_offset();
	if (function && !exitstat_reason_offset)
		pr_info("the kernel's BTF does not tell where %s has the exit's reason: each exit costs some instructions more%s\n",
			module, boot_cpu_has(X86_FEATURE_SVM) ?
			", no samples for guests, no leaves for their kernels alone" : "");
	return 0;
}
