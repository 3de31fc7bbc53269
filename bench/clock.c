// SPDX-License-Identifier: GPL-2.0
/*
 * How long the guest state is for a CPUID and what leads to it: with --icount in instructions.
 * What the module has more than the graft lies between its hooks and the graft's.
 */
#include <inttypes.h>
#include <stdio.h>

#include "small_vm.h"

#define TIMES	1000

int main(void)
{
	struct pair before, after;
	struct small_vm vm;

	vm_create(&vm, 1);
	vm_run(&vm, 0, GUEST_CPUID, TIMES);
	before = vm_pair(&vm, 0, EXITSTAT_LEAF_STATE, EXITSTAT_STATE_GUEST);
	vm_run(&vm, 0, GUEST_CPUID, TIMES);
	after = vm_pair(&vm, 0, EXITSTAT_LEAF_STATE, EXITSTAT_STATE_GUEST);
	printf("%" PRIu64 "\n", (after.cycles - before.cycles) / (after.count - before.count));
	vm_destroy(&vm);
	return 0;
}
