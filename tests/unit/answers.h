/* SPDX-License-Identifier: GPL-2.0 */
/* The shapes that answers have, and asserting them. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "vm.h"

/* Count and cycles, low before high: snapshot, state, vmm. */
static inline struct exitstat_regs both_halves(u64 count, u64 cycles)
{
	return (struct exitstat_regs){ count, count >> 32, cycles, cycles >> 32 };
}

/* The course's leaves for exits: low before high. */
static inline struct exitstat_regs course_exits(u64 exits)
{
	return (struct exitstat_regs){ .eax = exits, .ebx = exits >> 32 };
}

/* The course's leaves for cycles: high before low. */
static inline struct exitstat_regs course_cycles(u64 cycles)
{
	return (struct exitstat_regs){ .ebx = cycles >> 32, .ecx = cycles };
}

static const struct exitstat_regs zeros;
static const struct exitstat_regs undefined = { .edx = 0xffffffff };

static inline void assert_answer(const struct vm *vm, u32 leaf, u32 ecx,
				 struct exitstat_regs want)
{
	struct exitstat_regs got = vm_ask(vm, leaf, ecx);

	if (memcmp(&got, &want, sizeof(want)))
		fail_msg("leaf %#x, ecx %#x: %#x %#x %#x %#x, should be %#x %#x %#x %#x",
			 leaf, ecx, got.eax, got.ebx, got.ecx, got.edx,
			 want.eax, want.ebx, want.ecx, want.edx);
}

/* Whether bit 31 of ECX is heard: the question is for the account of the reader only. */
static inline bool asks_this_vcpu(const struct vm *vm, u32 leaf, u32 ecx)
{
	struct exitstat_query query;

	exitstat_query_init(&query, &vm->reasons, leaf, ecx);
	return query.this_vcpu;
}

#endif /* ANSWERS_H */
