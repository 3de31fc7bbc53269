// SPDX-License-Identifier: GPL-2.0
/*
 * An interrupt that comes at any moment ends the HLT that waits for it, also one that comes while
 * STI still holds it back: nobody, exitstat or an emulator, may let it in before the HLT.
 */
#include <stdlib.h>
#include <time.h>

#include "small_vm.h"
#include "tap.h"
#include "worker.h"

#define WAKES	20000
#define FOR_EVER	20	/* seconds, of an emulator on a busy machine */
#define LONGEST_PAUSE	4000	/* turns of a loop: about what lies between two HLTs */

static bool awaken(const uint32_t *took)
{
	time_t end = time(NULL) + FOR_EVER;

	while (!__atomic_load_n(took, __ATOMIC_RELAXED))
		if (time(NULL) > end)
			return false;
	return true;
}

static void pause_a_while(void)
{
	volatile int turns = rand() % LONGEST_PAUSE;

	while (turns--)
		;
}

int main(void)
{
	struct small_vm vm;
	struct worker worker = { .vm = &vm, .job = GUEST_WAKE, .times = WAKES };
	uint32_t *took;
	int i;

	vm_create(&vm, 1);
	took = vm_shared(&vm, 0)->took;
	/* What comes before the guest has its APIC would be lost. */
	vm_run(&vm, 0, GUEST_WAKE, 0);
	worker_create(&worker);
	worker_go(&worker);
	for (i = 0; i < WAKES; i++) {
		__atomic_store_n(&took[i % GUEST_MAX_QUERIES], 0, __ATOMIC_RELAXED);
		pause_a_while();
		vm_wake(&vm, 0);
		if (!awaken(&took[i % GUEST_MAX_QUERIES]))
			break;
	}
	if (!ok(i == WAKES, "each interrupt ends the HLT that waits for it")) {
		printf("# number %d has not\n", i);
		return done_testing();
	}
	worker_wait(&worker);
	vm_destroy(&vm);
	return done_testing();
}
