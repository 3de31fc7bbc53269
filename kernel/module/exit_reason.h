/* SPDX-License-Identifier: GPL-2.0 */
/* The reason of a vCPU's last exit, as KVM's vendor module has it. */
#ifndef EXITSTAT_EXIT_REASON_H
#define EXITSTAT_EXIT_REASON_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/version.h>
#include <asm/cpufeature.h>
#include <asm/svm.h>

struct kvm_vcpu;

/* Of the pointer to the VMCB in a vCPU of SVM, of the reason in one of VMX; or 0. */
extern unsigned int exitstat_reason_offset;

int exitstat_find_exit_reason(void);
u32 exitstat_ask_exit_reason(struct kvm_vcpu *vcpu);

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
	void *place = (void *)vcpu + exitstat_reason_offset;

	if (unlikely(place == vcpu))
		return exitstat_ask_exit_reason(vcpu);
	if (boot_cpu_has(X86_FEATURE_SVM))
		return (*(struct vmcb **)place)->control.exit_code;
	return *(u16 *)place;
}

#endif /* EXITSTAT_EXIT_REASON_H */
