// SPDX-License-Identifier: GPL-2.0
/*
 * The processor has what is wanted in the VMCS (Intel SDM, vol. 3, appendix B) or in the VMCB
 * (AMD APM, vol. 2, appendix B), and neither depends on what KVM has copied from there yet.
 */
#include <linux/kvm_host.h>
#include <asm/asm.h>
#include <asm/cpufeature.h>
#include <asm/desc_defs.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>
#include <asm/vmx.h>

#include "guest_state.h"

/* Of segments' access rights: long mode's code, and the descriptor's privilege level. */
#define VMX_LONG_MODE	BIT(13)
#define VMX_DPL_SHIFT	5
#define SVM_LONG_MODE	BIT(9)

/* Later than Linux 6.1's headers: AMD APM, vol. 2, 15.21.10. */
#define SVM_NMI_BLOCKED	BIT(12)
#define SVM_NMI_VIRTUAL	BIT(26)

/* With CONFIG_KVM_SMM=n, which Linux 6.2 has brought, no guest is in SMM. */
#ifndef HF_SMM_MASK
#define HF_SMM_MASK	0
#endif

/*
 * A field of the VMCS. Return: false where there is none to be read so, as in Hyper-V's guests, or
 * no more, as VMX is off: the host reboots.
 */
static bool read_vmcs(unsigned long field, unsigned long *value)
{
	bool failed;

	asm volatile("stc\n"
		     "1:	vmread %[field], %[value]\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : [value] "=r" (*value), "=@ccbe" (failed) : [field] "r" (field));
	return !failed;
}

static unsigned long vmcs(unsigned long field)
{
	unsigned long value;

	return read_vmcs(field, &value) ? value : 0;
}

static bool is_svm(void)
{
	return boot_cpu_has(X86_FEATURE_SVM);
}

/** exitstat_guest_is_nested - was it a guest of the guest, or in its firmware's SMM? */
bool exitstat_guest_is_nested(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.hflags & (HF_GUEST_MASK | HF_SMM_MASK);
}

/**
 * exitstat_guest_idt - which interrupt handlers the guest has
 * @vcpu: the vCPU
 *
 * Return: their table's linear base; EXITSTAT_NO_IDT without paging, as after a reset, and where
 * the guest's state is not known.
 */
u64 exitstat_guest_idt(struct kvm_vcpu *vcpu)
{
	struct vmcb *vmcb;

	if (vcpu->arch.guest_state_protected)
		return EXITSTAT_NO_IDT;
	if (!is_svm())
		return vmcs(GUEST_CR0) & X86_CR0_PG ? vmcs(GUEST_IDTR_BASE) : EXITSTAT_NO_IDT;
	vmcb = exitstat_vmcb(vcpu);
	return vmcb->save.cr0 & X86_CR0_PG ? vmcb->save.idtr.base : EXITSTAT_NO_IDT;
}

/** exitstat_guest_cpl - the guest's current privilege level; 3 where it is not known */
u8 exitstat_guest_cpl(struct kvm_vcpu *vcpu)
{
	unsigned long rights;

	if (vcpu->arch.guest_state_protected || !exitstat_can_sample())
		return 3;
	if (is_svm())
		return exitstat_vmcb(vcpu)->save.cpl;
	return read_vmcs(GUEST_SS_AR_BYTES, &rights) ? rights >> VMX_DPL_SHIFT & 3 : 3;
}

/** exitstat_guest_eax - the guest's EAX at the exit */
u32 exitstat_guest_eax(struct kvm_vcpu *vcpu)
{
	return is_svm() ? exitstat_vmcb(vcpu)->save.rax : vcpu->arch.regs[VCPU_REGS_RAX];
}

/** exitstat_guest_rip - the linear address of the instruction at the exit */
u64 exitstat_guest_rip(struct kvm_vcpu *vcpu)
{
	struct vmcb_save_area *save;

	if (!is_svm())
		return vmcs(GUEST_RIP) +
		       (vmcs(GUEST_CS_AR_BYTES) & VMX_LONG_MODE ? 0 : vmcs(GUEST_CS_BASE));
	save = &exitstat_vmcb(vcpu)->save;
	return save->rip + (save->cs.attrib & SVM_LONG_MODE ? 0 : save->cs.base);
}

/*
 * On SVM a hypervisor clears the global interrupt flag, and a nested guest that runs before it
 * is set again would have the NMI. Older processors do not tell: all of the time then.
 */
static bool gif_is_clear(struct kvm_vcpu *vcpu, u32 int_ctl)
{
	return vcpu->arch.efer & EFER_SVME &&
	       (int_ctl & (V_GIF_ENABLE_MASK | V_GIF_MASK)) != (V_GIF_ENABLE_MASK | V_GIF_MASK);
}

/* Without virtual NMIs KVM intercepts the IRET of each one's handler. */
static bool is_in_handler(const struct vmcb_control_area *control)
{
	if (control->int_ctl & SVM_NMI_VIRTUAL)
		return control->int_ctl & SVM_NMI_BLOCKED;
	return control->intercepts[INTERCEPT_IRET / 32] & BIT(INTERCEPT_IRET % 32);
}

/** exitstat_guest_blocks_nmi - does the guest handle an NMI, or may it have none otherwise? */
bool exitstat_guest_blocks_nmi(struct kvm_vcpu *vcpu)
{
	const struct vmcb_control_area *control;

	if (!is_svm())
		return vmcs(GUEST_INTERRUPTIBILITY_INFO) & GUEST_INTR_STATE_NMI;
	control = &exitstat_vmcb(vcpu)->control;
	return gif_is_clear(vcpu, control->int_ctl) || is_in_handler(control);
}

/** exitstat_guest_in_delivery - was the guest amid the delivery of an event? */
bool exitstat_guest_in_delivery(struct kvm_vcpu *vcpu)
{
	if (!is_svm())
		return vmcs(IDT_VECTORING_INFO_FIELD) & VECTORING_INFO_VALID_MASK;
	return exitstat_vmcb(vcpu)->control.exit_int_info & SVM_EXITINTINFO_VALID;
}

static u64 svm_exit_is_about(struct kvm_vcpu *vcpu, u32 reason)
{
	const struct vmcb_control_area *control = &exitstat_vmcb(vcpu)->control;

	switch (reason) {
	case SVM_EXIT_CPUID:
	case SVM_EXIT_VMMCALL:
		return exitstat_guest_eax(vcpu);
	case SVM_EXIT_MSR:
		return (u32)vcpu->arch.regs[VCPU_REGS_RCX];
	case SVM_EXIT_IOIO:
		return (u16)(control->exit_info_1 >> 16);
	case SVM_EXIT_NPF:
		return control->exit_info_2;
	}
	return control->exit_info_1;
}

static u64 vmx_exit_is_about(struct kvm_vcpu *vcpu, u32 reason)
{
	switch (reason) {
	case EXIT_REASON_CPUID:
	case EXIT_REASON_VMCALL:
		return exitstat_guest_eax(vcpu);
	case EXIT_REASON_MSR_READ:
	case EXIT_REASON_MSR_WRITE:
		return (u32)vcpu->arch.regs[VCPU_REGS_RCX];
	case EXIT_REASON_IO_INSTRUCTION:
		return (u16)(vmcs(EXIT_QUALIFICATION) >> 16);
	case EXIT_REASON_EPT_VIOLATION:
	case EXIT_REASON_EPT_MISCONFIG:
		return vmcs(GUEST_PHYSICAL_ADDRESS);
	}
	return vmcs(EXIT_QUALIFICATION);
}

/**
 * exitstat_guest_exit_is_about - what the exit is about
 * @vcpu: the vCPU
 * @reason: the exit's reason
 *
 * Return: the CPUID leaf, the hypercall's number, the MSR, the port, the guest-physical address;
 * of other exits VMX's exit qualification, SVM's EXITINFO1.
 */
u64 exitstat_guest_exit_is_about(struct kvm_vcpu *vcpu, u32 reason)
{
	return is_svm() ? svm_exit_is_about(vcpu, reason) : vmx_exit_is_about(vcpu, reason);
}
