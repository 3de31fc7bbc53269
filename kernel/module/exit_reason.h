/* SPDX-License-Identifier: GPL-2.0 */
/* The reason of a vCPU's last exit, as KVM's vendor module has it. */
#ifndef EXITSTAT_EXIT_REASON_H
#define EXITSTAT_EXIT_REASON_H

#include <linux/static_call.h>
#include <linux/types.h>
#include <linux/version.h>
#include <asm/cpufeature.h>

struct kvm_vcpu;

typedef void exitstat_get_exit_info(struct kvm_vcpu *vcpu, u32 *reason, u64 *info1, u64 *info2,
				    u32 *intr_info, u32 *error_code);

DECLARE_STATIC_CALL(exitstat_exit_info, *(exitstat_get_exit_info *)NULL);

int exitstat_find_exit_reason(void);

/*
 * SVM's kvm_exit tracepoint was in the exit handler once, too late for the clock and
 * not for every exit; where that may be so, a function's entry takes its place.
 */
static inline bool exitstat_exit_is_a_function(void)
{
	return LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0) && boot_cpu_has(X86_FEATURE_SVM);
}

/**
 * exitstat_exit_reason - after a VM exit, before the next VM entry
 * @vcpu: the vCPU, loaded on this CPU
 *
 * Return: VMX basic exit reason, or the low 32 bits of the SVM exit code.
 */
static __always_inline u32 exitstat_exit_reason(struct kvm_vcpu *vcpu)
{
	u32 reason, intr_info, error_code;
	u64 info1, info2;

	static_call(exitstat_exit_info)(vcpu, &reason, &info1, &info2, &intr_info, &error_code);
	return boot_cpu_has(X86_FEATURE_SVM) ? reason : (u16)reason;
}

#endif /* EXITSTAT_EXIT_REASON_H */
