/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two plain global counters, and the CPUID leaves that show them: the classroom's way,
 * to compare with. Racy on purpose.
 */
#include <linux/types.h>

extern u64 total_exits, total_cycles;

static __always_inline void counters_answer(u32 leaf, u32 *eax, u32 *ebx, u32 *ecx)
{
	if (leaf == 0x4ffffffc) {
		*eax = total_exits;
	} else if (leaf == 0x4ffffffd) {
		*ebx = total_cycles >> 32;
		*ecx = total_cycles;
	}
}
