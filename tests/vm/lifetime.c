// SPDX-License-Identifier: GPL-2.0
/*
 * VMs that come and go. "N" as argument: create, run and destroy N VMs, without a word.
 * Otherwise: what a destroyed VM leaves to the host's sum, which wants exitstat_scope=host.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "perf.h"
#include "small_vm.h"
#include "tap.h"
#include "worker.h"

#define TIMES	1000

static void create_and_destroy(long times)
{
	struct small_vm vm;

	while (times--) {
		vm_create(&vm, 1);
		vm_run(&vm, 0, GUEST_CPUID, 1);
		vm_destroy(&vm);
	}
}

int main(int argc, char **argv)
{
	struct small_vm reader, vm;
	struct worker worker = { .vm = &vm, .vcpu = 0, .job = GUEST_CPUID, .times = TIMES };
	struct perf perf;
	uint64_t before, living, gone;

	if (argc > 1) {
		create_and_destroy(atol(argv[1]));
		return 0;
	}

	vm_create(&reader, 1);
	before = vm_others(&reader, 0, EXITSTAT_ALL_REASONS);
	vm_create(&vm, 1);
	worker_create(&worker);
	perf_start(&perf, &worker.tid, 1, NULL, 0);
	worker_go(&worker);
	worker_wait(&worker);
	perf_stop(&perf);
	living = vm_others(&reader, 0, EXITSTAT_ALL_REASONS);
	ok(living - before == perf.exits[0],
	   "scope host: another VM's exits are in the sum, as perf counts them");
	vm_destroy(&vm);
	gone = vm_others(&reader, 0, EXITSTAT_ALL_REASONS);
	ok(gone == living, "a destroyed VM's and vCPU's exits stay in the sum");
	ok(vm_ask(&reader, 0, EXITSTAT_LEAF_PROPERTIES, 0).rdx == 1,
	   "a destroyed vCPU is not in scope");
	vm_destroy(&reader);
	return done_testing();
}
