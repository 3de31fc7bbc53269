/* SPDX-License-Identifier: GPL-2.0 */
/*
 * perf's config of an event: the low half is ECX of the leaf that is asked, whose last digit is
 * above it, and then which of the answer's two numbers counts: EBX:EAX, or EDX:ECX. An event may
 * instead be the answer itself.
 */
#ifndef EXITSTAT_GUEST_CONFIG_H
#define EXITSTAT_GUEST_CONFIG_H

#include <linux/bits.h>
#include <linux/types.h>

#include "exitstat_abi.h"

#define EXITSTAT_CONFIG_LEAF	GENMASK_ULL(35, 32)
#define EXITSTAT_CONFIG_TSC	BIT_ULL(36)
#define EXITSTAT_CONFIG_ANSWER	BIT_ULL(37)

static inline u32 exitstat_config_leaf(u64 config)
{
	return EXITSTAT_LEAF_FIRST + (u32)((config & EXITSTAT_CONFIG_LEAF) >> 32);
}

static inline u64 exitstat_config(u32 leaf, u32 ecx)
{
	return (u64)(leaf - EXITSTAT_LEAF_FIRST) << 32 | ecx;
}

#endif
