// SPDX-License-Identifier: GPL-2.0
/*
 * Two vCPUs that exit at once: the exits that perf counts, and those that the host's
 * counters show in the course leaf. Prints both.
 */
#include <inttypes.h>
#include <stdio.h>

#include "perf.h"
#include "small_vm.h"
#include "worker.h"

#define TIMES	150000
#define READER	2

static uint64_t read_total(struct small_vm *vm)
{
	struct guest_query query = vm_ask(vm, READER, EXITSTAT_LEAF_EXITS, 0);

	return query.rbx << 32 | query.rax;
}

/* Less what the reader itself caused, from one reading to the next. */
static uint64_t counted_since(struct small_vm *vm, uint64_t before)
{
	uint64_t after = read_total(vm), reading = read_total(vm) - after;

	if (vm_ask(vm, READER, EXITSTAT_LEAF_IDENTIFY, 0).rax == EXITSTAT_ABI_VERSION)
		return vm_others(vm, READER, EXITSTAT_ALL_REASONS);
	return after - before - reading;
}

int main(void)
{
	struct worker workers[2];
	struct small_vm vm;
	struct perf perf;
	uint64_t before, counted;
	int i;

	vm_create(&vm, 3);
	for (i = 0; i < 2; i++) {
		workers[i] = (struct worker){ .vm = &vm, .vcpu = i, .job = GUEST_CPUID,
					      .times = TIMES };
		worker_create(&workers[i]);
	}
	read_total(&vm);
	before = read_total(&vm);
	perf_start(&perf, (pid_t[]){ workers[0].tid, workers[1].tid }, 2, NULL, 0);
	for (i = 0; i < 2; i++)
		worker_go(&workers[i]);
	for (i = 0; i < 2; i++)
		worker_wait(&workers[i]);
	perf_stop(&perf);
	counted = counted_since(&vm, before);
	printf("%" PRIu64 "\t%" PRIu64 "\t%" PRId64 "\n", perf.exits[0], counted,
	       (int64_t)(perf.exits[0] - counted));
	vm_destroy(&vm);
	return 0;
}
