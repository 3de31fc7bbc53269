/* SPDX-License-Identifier: GPL-2.0 */
/* Questions to the host's exitstat about this vCPU, by CPUID. */
#ifndef EXITSTAT_GUEST_ASK_H
#define EXITSTAT_GUEST_ASK_H

#include <linux/types.h>

/* CPUID's registers. */
struct exitstat_regs {
	u32 eax, ebx, ecx, edx;
};

u64 exitstat_ask(u32 leaf, u32 ecx, struct exitstat_regs *regs);
void exitstat_tell(u32 leaf, u32 ecx, struct exitstat_regs *regs);
void exitstat_ask_properties(struct exitstat_regs *regs);
bool exitstat_is_there(void);

#endif
