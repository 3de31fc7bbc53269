// SPDX-License-Identifier: GPL-2.0
/* Several vCPUs at once lose no exit, and a VM sees no exit of another. */
#include <inttypes.h>
#include <sys/sysinfo.h>

#include "perf.h"
#include "small_vm.h"
#include "tap.h"
#include "worker.h"

/* vCPUs that take turns on one CPU have few chances to lose anything, and Bochs needs a minute. */
#define TIMES	(get_nprocs() == 1 ? 2000 : 20000)

static void check_equal(uint64_t guest, uint64_t perf, const char *what)
{
	if (!ok(guest == perf, "%s", what))
		printf("# the guest reads %" PRIu64 ", perf counts %" PRIu64 "\n", guest, perf);
}

static void run_both(struct worker workers[2])
{
	worker_go(&workers[0]);
	worker_go(&workers[1]);
	worker_wait(&workers[0]);
	worker_wait(&workers[1]);
}

static void test_two_vcpus(void)
{
	struct small_vm vm;
	struct worker workers[] = {
		{ .vm = &vm, .vcpu = 0, .job = GUEST_CPUID, .times = TIMES },
		{ .vm = &vm, .vcpu = 1, .job = GUEST_CPUID, .times = TIMES },
	};
	struct perf perf;
	struct pair own;

	vm_create(&vm, 3);
	worker_create(&workers[0]);
	worker_create(&workers[1]);
	perf_start(&perf, (pid_t[]){ workers[0].tid, workers[1].tid }, 2, NULL, 0);
	run_both(workers);
	perf_stop(&perf);

	check_equal(vm_others(&vm, 2, EXITSTAT_ALL_REASONS), perf.exits[0],
		    "two vCPUs at once: the VM's total equals perf's");
	ok(vm_others(&vm, 2, reason_of(GUEST_CPUID)) == 2 * TIMES,
	   "two vCPUs at once: no CPUID is lost");
	own = vm_pair(&vm, 0, EXITSTAT_LEAF_SNAPSHOT,
		      reason_of(GUEST_CPUID) | EXITSTAT_THIS_VCPU);
	ok(own.count == TIMES + 1, "this vCPU alone: its own CPUIDs and the one that reads");
	ok(vm_ask(&vm, 2, EXITSTAT_LEAF_PROPERTIES, 0).rdx == 3, "three vCPUs in scope");
	vm_destroy(&vm);
}

static void test_two_vms(void)
{
	struct small_vm vms[2];
	struct worker workers[] = {
		{ .vm = &vms[0], .vcpu = 0, .job = GUEST_CPUID, .times = TIMES },
		{ .vm = &vms[1], .vcpu = 0, .job = GUEST_MSR, .times = TIMES },
	};
	struct perf perfs[2];
	int i;

	for (i = 0; i < 2; i++) {
		vm_create(&vms[i], 2);
		worker_create(&workers[i]);
		perf_start(&perfs[i], &workers[i].tid, 1, NULL, 0);
	}
	run_both(workers);
	for (i = 0; i < 2; i++)
		perf_stop(&perfs[i]);

	for (i = 0; i < 2; i++)
		check_equal(vm_others(&vms[i], 1, EXITSTAT_ALL_REASONS), perfs[i].exits[0],
			    i ? "two VMs: the second sees its own exits only" :
				"two VMs: the first sees its own exits only");
	ok(vm_others(&vms[0], 1, reason_of(GUEST_MSR)) == 0,
	   "two VMs: the first has none of the second's reason");
	ok(vm_others(&vms[1], 1, reason_of(GUEST_CPUID)) == 0,
	   "two VMs: the second has none of the first's reason");
	for (i = 0; i < 2; i++)
		vm_destroy(&vms[i]);
}

int main(void)
{
	test_two_vcpus();
	test_two_vms();
	return done_testing();
}
