/* SPDX-License-Identifier: GPL-2.0 */
/* The answer to a leaf: for a guest that executes CPUID, and for the host. */
#ifndef EXITSTAT_ANSWER_H
#define EXITSTAT_ANSWER_H

#include "leaves.h"

struct kvm_vcpu;

/* Answer with the sums of all VMs instead of the reader's own. */
extern bool exitstat_scope_host;

/* The term whose numbers the course leaves have: an enum exitstat_numbering. */
extern unsigned int exitstat_numbering;

bool exitstat_answer(struct kvm_vcpu *vcpu, u32 leaf, u32 ecx, struct exitstat_regs *regs);
int exitstat_ask(u64 id, u32 index, u32 leaf, u32 ecx, struct exitstat_regs *regs);

#endif /* EXITSTAT_ANSWER_H */
