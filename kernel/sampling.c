// SPDX-License-Identifier: GPL-2.0
/*
 * Which exit is a sample, and the leaves by which the guest's kernel asks for it.
 *
 * Only the vCPU's own thread comes here. Who has armed a vCPU may be gone: a reset, another
 * kernel. That shows by its table of interrupt handlers, which is looked at before each NMI.
 */
#include "sampling.h"

#define SVM_CPUID	0x72
#define SVM_HLT		0x78
#define SVM_IDLE_HLT	0xa6
#define VMX_CPUID	10
#define VMX_HLT		12

unsigned int exitstat_least_period __read_mostly = 1;

/*
 * After these the guest does not go on with its next instruction, or it is what the delivery
 * of an NMI or interrupt takes: an NMI after each of them would let none be delivered.
 */
static const u32 vmx_without[] = {
	2, 3, 4, 5, 6,		/* triple fault, INIT, SIPI, SMIs */
	7, 8, 17,		/* interrupt window, NMI window, RSM */
	20, 24,			/* VMLAUNCH, VMRESUME: a nested guest would have it */
	33, 34, 41,		/* VM entry failures */
};

static const u32 svm_without[] = {
	0x062, 0x063,		/* SMI, INIT */
	0x064, 0x073, 0x074,	/* VINTR, RSM, IRET */
	0x041,			/* #DB: KVM's single step behind the IRET of an NMI's handler */
	0x07f, 0x080,		/* SHUTDOWN; VMRUN: a nested guest would have it */
	-4u, -3u, -2u, -1u,	/* VMRUN failures */
};

static bool is_in(const u32 *list, size_t n, u32 reason)
{
	for (; n; n--, list++)
		if (*list == reason)
			return true;
	return false;
}

/**
 * exitstat_reason_has_samples - can an exit of this reason be a sample?
 * @reasons: the vendor's table
 * @reason: the reason
 */
bool exitstat_reason_has_samples(const struct exitstat_reasons *reasons, u32 reason)
{
	if (reasons->space == EXITSTAT_SPACE_SVM)
		return !is_in(svm_without, ARRAY_SIZE(svm_without), reason);
	return !is_in(vmx_without, ARRAY_SIZE(vmx_without), reason);
}

static bool is_cpuid(const struct exitstat_reasons *reasons, u32 reason)
{
	return reason == (reasons->space == EXITSTAT_SPACE_SVM ? SVM_CPUID : VMX_CPUID);
}

static bool is_hlt(const struct exitstat_reasons *reasons, u32 reason)
{
	if (reasons->space == EXITSTAT_SPACE_SVM)
		return reason == SVM_HLT || reason == SVM_IDLE_HLT;
	return reason == VMX_HLT;
}

/* A question of the guest's kernel to us: who measures leaves out what that takes. */
static bool is_question(const struct exitstat_sampling *s, u32 reason)
{
	return is_cpuid(s->reasons, reason) && exitstat_is_leaf(exitstat_guest_eax(s->vcpu)) &&
	       !exitstat_guest_cpl(s->vcpu);
}

static void fire(struct exitstat_account *account)
{
	account->sampling = EXITSTAT_SAMPLING_FIRED;
	exitstat_inject_nmi(account->sample.vcpu);
}

/* With an NMI at once a guest that has nothing to do would never sleep. */
static void take(struct exitstat_account *account, u32 reason)
{
	struct exitstat_sampling *s = &account->sample;

	s->fired++;
	s->reason = reason;
	s->rip = exitstat_guest_rip(s->vcpu);
	s->about = exitstat_guest_exit_is_about(s->vcpu, reason);
	if (is_hlt(s->reasons, reason))
		account->sampling = EXITSTAT_SAMPLING_AT_WAKE;
	else
		fire(account);
}

/* May an NMI come behind this exit? */
static bool can_fire(const struct exitstat_sampling *s, u32 reason)
{
	return exitstat_reason_has_samples(s->reasons, reason) &&
	       !exitstat_guest_in_delivery(s->vcpu);
}

static void count(struct exitstat_account *account, u8 slot, u32 reason)
{
	struct exitstat_sampling *s = &account->sample;

	if (!s->any && slot != s->slot)
		return;
	if (s->left > 1)
		s->left--;
	else if (can_fire(s, reason))
		take(account, reason);
}

/* Who has armed it is gone, or is to have no more. An NMI that has come may be asked about. */
static void end(struct exitstat_account *account)
{
	if (account->sampling == EXITSTAT_SAMPLING_AT_WAKE)
		account->sample.fired = 0;
	account->sampling = EXITSTAT_SAMPLING_OFF;
}

/**
 * exitstat_sample_exit - an exit of a vCPU for which sampling is not off; interrupts are disabled
 * @account: the vCPU's account
 * @slot: the slot of the exit's reason
 */
void exitstat_sample_exit(struct exitstat_account *account, u8 slot)
{
	struct exitstat_sampling *s = &account->sample;
	u32 reason = s->reasons->number[slot];

	if (exitstat_guest_is_nested(s->vcpu))
		return;
	if (!READ_ONCE(exitstat_least_period) || exitstat_guest_idt(s->vcpu) != s->idt)
		return end(account);
	if (exitstat_guest_blocks_nmi(s->vcpu) || is_question(s, reason))
		return;
	if (account->sampling == EXITSTAT_SAMPLING_ON)
		count(account, slot, reason);
	else if (account->sampling == EXITSTAT_SAMPLING_AT_WAKE && can_fire(s, reason))
		fire(account);	/* there was something to do at once, or the VMM saw to it */
}

/**
 * exitstat_sample_wake - a vCPU for which sampling is not off has been halted
 * @account: the vCPU's account
 */
void exitstat_sample_wake(struct exitstat_account *account)
{
	if (account->sampling == EXITSTAT_SAMPLING_AT_WAKE)
		fire(account);
}

static void arm(struct exitstat_account *account, u32 countdown, u32 least)
{
	account->sampling = EXITSTAT_SAMPLING_OFF;
	account->sample.left = countdown < least ? least : countdown;
	if (countdown && least && account->sample.idt != EXITSTAT_NO_IDT)
		account->sampling = EXITSTAT_SAMPLING_ON;
}

static struct exitstat_regs answer_select(struct exitstat_account *account, u32 ecx, u32 least)
{
	struct exitstat_sampling *s = &account->sample;
	u8 slot = 0;

	if (!exitstat_find_selected(s->reasons, ecx, &slot))
		return (struct exitstat_regs){ 0 };
	s->any = ecx & EXITSTAT_ALL_REASONS;
	s->slot = slot;
	if (!s->any && !exitstat_reason_has_samples(s->reasons, s->reasons->number[slot]))
		return (struct exitstat_regs){ 0 };
	return (struct exitstat_regs){ .eax = least };
}

static struct exitstat_regs answer_arm(struct exitstat_account *account, u32 ecx, u32 least)
{
	struct exitstat_sampling *s = &account->sample;
	u32 left = account->sampling == EXITSTAT_SAMPLING_ON ? s->left : 0;

	s->fired = 0;
	s->idt = exitstat_guest_idt(s->vcpu);
	arm(account, ecx & EXITSTAT_COUNTDOWN_MASK, least);
	return (struct exitstat_regs){ .eax = left };
}

static struct exitstat_regs answer_sample(struct exitstat_account *account, u32 ecx, u32 least)
{
	struct exitstat_sampling *s = &account->sample;
	struct exitstat_regs regs = { .ebx = EXITSTAT_SAMPLE_MARK };

	if (ecx & EXITSTAT_SAMPLE_ABOUT)
		return (struct exitstat_regs){ .eax = s->about, .ebx = s->about >> 32 };
	if (!s->fired)
		return regs;
	regs.eax = s->fired;
	regs.ebx |= s->reason & EXITSTAT_REASON_MASK;
	regs.ecx = s->rip;
	regs.edx = s->rip >> 32;
	s->fired = 0;
	/* One that came with the end of sampling starts nothing. */
	if (account->sampling == EXITSTAT_SAMPLING_FIRED)
		arm(account, ecx & EXITSTAT_COUNTDOWN_MASK, least);
	return regs;
}

/**
 * exitstat_last_sample - answer *sample* for an NMI that has come, be sampling over or not
 * @account: the account of the vCPU that asks
 * @regs: where the answer goes
 *
 * Without it the guest would take the NMI for somebody else's.
 *
 * Return: false when there was none.
 */
bool exitstat_last_sample(struct exitstat_account *account, struct exitstat_regs *regs)
{
	if (!account->sample.fired)
		return false;
	*regs = answer_sample(account, 0, 0);
	return true;
}

/**
 * exitstat_sampling_answer - answer select, arm or sample
 * @account: the account of the vCPU that asks
 * @vcpu: the vCPU
 * @reasons: the vendor's table
 * @leaf: CPUID's EAX
 * @ecx: CPUID's ECX
 *
 * Return: all four registers; zeros for all but the guest's kernel.
 */
struct exitstat_regs exitstat_sampling_answer(struct exitstat_account *account,
					      struct kvm_vcpu *vcpu,
					      const struct exitstat_reasons *reasons, u32 leaf,
					      u32 ecx)
{
	u32 least = READ_ONCE(exitstat_least_period);
	struct exitstat_regs regs = { 0 };

	if (exitstat_guest_cpl(vcpu) || exitstat_guest_is_nested(vcpu))
		return regs;
	if (!exitstat_sampling_is_on()) {
		if (leaf == EXITSTAT_LEAF_SAMPLE)
			exitstat_last_sample(account, &regs);
		return regs;
	}
	account->sample.vcpu = vcpu;
	account->sample.reasons = reasons;
	switch (leaf) {
	case EXITSTAT_LEAF_SELECT:
		return answer_select(account, ecx, least);
	case EXITSTAT_LEAF_ARM:
		return answer_arm(account, ecx, least);
	}
	return answer_sample(account, ecx, least);
}
