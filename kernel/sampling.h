/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sampling: an NMI for the guest after every so many exits of a vCPU that asked for it.
 *
 * It is armed for one NMI at a time. Fired, it counts nothing until the guest has asked what the
 * NMI was about. So whatever becomes of who armed it, one NMI at most is expected by nobody.
 */
#ifndef EXITSTAT_SAMPLING_H
#define EXITSTAT_SAMPLING_H

#include "guest_state.h"
#include "leaves.h"

struct kvm_vcpu;

/* Of struct exitstat_account: what happens at an exit. */
enum exitstat_armed {
	EXITSTAT_SAMPLING_OFF,
	EXITSTAT_SAMPLING_ON,		/* it is counted */
	EXITSTAT_SAMPLING_AT_WAKE,	/* it was a HLT: the NMI comes when the vCPU wakes */
	EXITSTAT_SAMPLING_FIRED,	/* the guest is to ask about the NMI */
};

/* The fewest exits from sample to sample that a guest may ask for; 0: there is no sampling. */
extern unsigned int exitstat_least_period;

static inline bool exitstat_sampling_is_on(void)
{
	return READ_ONCE(exitstat_least_period) && exitstat_can_sample();
}

bool exitstat_reason_has_samples(const struct exitstat_reasons *reasons, u32 reason);
void exitstat_sample_exit(struct exitstat_account *account, u8 slot);
void exitstat_sample_wake(struct exitstat_account *account);
bool exitstat_last_sample(struct exitstat_account *account, struct exitstat_regs *regs);
struct exitstat_regs exitstat_sampling_answer(struct exitstat_account *account,
					      struct kvm_vcpu *vcpu,
					      const struct exitstat_reasons *reasons, u32 leaf,
					      u32 ecx);

#endif /* EXITSTAT_SAMPLING_H */
