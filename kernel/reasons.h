/* SPDX-License-Identifier: GPL-2.0 */
/* Exit reasons: which numbers the manuals define, and which counter each has. */
#ifndef EXITSTAT_REASONS_H
#define EXITSTAT_REASONS_H

#include "types.h"

/* SVM needs 117; a page has room for 124. */
#define EXITSTAT_NR_SLOTS	120

/* Rows of histograms: one each for the usual reasons, and the one that the others share. */
#define EXITSTAT_NR_ROWS	14
#define EXITSTAT_SHARED_ROW	0

/* The 32-bit form of EXITSTAT_REASON_OTHER; neither manual has it. */
#define EXITSTAT_OTHER	0xffffefffu

#define EXITSTAT_SLOT_INDEXES	0x120

/**
 * struct exitstat_reasons - one vendor's exit reasons
 * @space: EXITSTAT_SPACE_VMX or EXITSTAT_SPACE_SVM
 * @nr_slots: how many slots are in use
 * @other: the slot of every reason that has none of its own
 * @slot: the slot by exitstat_slot_index() of the reason
 * @number: the reason of each slot, ascending by its low 16 bits
 * @row: the row of each slot in histograms
 *
 * Each exit reads it: no cache line of it has what others write.
 */
struct exitstat_reasons {
	u32 space;
	u8 nr_slots;
	u8 other;
	u8 slot[EXITSTAT_SLOT_INDEXES];
	u32 number[EXITSTAT_NR_SLOTS];
	u8 row[EXITSTAT_NR_SLOTS];
} ____cacheline_aligned;

void exitstat_reasons_init(struct exitstat_reasons *reasons, u32 space);
bool exitstat_reason_defined(const struct exitstat_reasons *reasons, u32 reason);

/*
 * VMX's reasons and most of SVM's are small; SVM's others lie at 0x400 and just
 * below 2^32. EXITSTAT_SLOT_INDEXES: a number that cannot have a slot.
 */
static __always_inline u32 exitstat_slot_index(u32 reason)
{
	if (likely(reason < 0x100))
		return reason;
	if (reason - 0x400 < 0x10)
		return reason - 0x300;
	if (reason >= 0xfffffff0)
		return reason - 0xfffffff0 + 0x110;
	return EXITSTAT_SLOT_INDEXES;
}

/**
 * exitstat_reason_slot - find the counter of an exit reason
 * @reasons: the vendor's table
 * @reason: VMX basic exit reason, or the low 32 bits of an SVM exit code
 *
 * Return: the slot, @reasons->other for a reason without one.
 */
static __always_inline u8 exitstat_reason_slot(const struct exitstat_reasons *reasons, u32 reason)
{
	u32 index = exitstat_slot_index(reason);

	if (unlikely(index == EXITSTAT_SLOT_INDEXES))
		return reasons->other;
	return reasons->slot[index];
}

#endif /* EXITSTAT_REASONS_H */
