/* SPDX-License-Identifier: GPL-2.0 */
/* A guest that has just exited, and the NMIs that it was given: instead of guest_state.c. */
#ifndef PROCESSOR_H
#define PROCESSOR_H

#include "guest_state.h"

extern struct processor {
	bool nested;
	u64 idt;
	u8 cpl;
	u32 eax;
	u64 rip, about;
	bool blocks_nmi;
	bool in_delivery;
	unsigned int nmis;
	bool can_sample;
} processor;

#endif /* PROCESSOR_H */
