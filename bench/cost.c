// SPDX-License-Identifier: GPL-2.0
/*
 * What a CPUID exit costs: the TSC between two CPUIDs of the guest, the one most often
 * seen. Where the TSC counts executed instructions (lab/vm --icount) that is their number,
 * the same run after run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "small_vm.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	uint64_t cost[GUEST_MAX_QUERIES - 1];
	struct guest_query *queries;
	struct small_vm vm;
	int i;

	vm_create(&vm, 1);
	queries = vm_shared(&vm, 0)->queries;
	/* The first run fills the caches of KVM. */
	vm_run(&vm, 0, GUEST_ASK, GUEST_MAX_QUERIES);
	vm_run(&vm, 0, GUEST_ASK, GUEST_MAX_QUERIES);
	for (i = 0; i < GUEST_MAX_QUERIES - 1; i++)
		cost[i] = queries[i + 1].tsc - queries[i].tsc;
	vm_destroy(&vm);
	qsort(cost, GUEST_MAX_QUERIES - 1, sizeof(*cost), compare);
	printf("%" PRIu64 "\n", cost[(GUEST_MAX_QUERIES - 1) / 2]);
	return 0;
}
