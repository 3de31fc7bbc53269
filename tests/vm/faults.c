// SPDX-License-Identifier: GPL-2.0
/*
 * A triple fault and a VM entry that fails are exits like any other, and harm neither the
 * VM nor its counts.
 *
 * With the argument "run" the exits alone, for a KVM without exitstat.
 */
#include <err.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <asm/vmx.h>

#include "perf.h"
#include "small_vm.h"
#include "tap.h"

#define TIMES	10

static void triple_fault(struct small_vm *vm)
{
	uint32_t reason = vm_try(vm, 0, GUEST_TRIPLE_FAULT, 1);

	if (reason != KVM_EXIT_SHUTDOWN)
		errx(1, "the VM has not shut down: KVM_RUN returned with reason %u", reason);
}

static void fail_entry(struct small_vm *vm)
{
	uint64_t reason = vm_fail_entry(vm, 0);

	if (reason != (EXIT_REASON_INVALID_STATE | VMX_EXIT_REASONS_FAILED_VMENTRY))
		errx(1, "the VM entry failed for reason %#" PRIx64, reason);
}

/* @number is the reason as the processor and perf have it, with its flags. */
static void test_fault(void (*fault)(struct small_vm *), uint32_t reason, uint32_t number,
		       const char *name)
{
	struct small_vm vm;
	struct perf perf;
	pid_t self = gettid();
	uint64_t total, by_reason, cpuids;
	int i;

	vm_create(&vm, 2);
	perf_start(&perf, &self, 1, &number, 1);
	for (i = 0; i < TIMES; i++) {
		fault(&vm);
		vm_run(&vm, 0, GUEST_CPUID, 1);
	}
	perf_stop(&perf);

	total = vm_others(&vm, 1, EXITSTAT_ALL_REASONS);
	by_reason = vm_others(&vm, 1, reason);
	cpuids = vm_others(&vm, 1, reason_of(GUEST_CPUID));
	if (!ok(total == perf.exits[0], "%s: total equals perf's", name))
		printf("# the guest reads %" PRIu64 ", perf counts %" PRIu64 "\n", total,
		       perf.exits[0]);
	if (!ok(by_reason == TIMES && perf.exits[1] == TIMES, "%s: each one is counted", name))
		printf("# the guest reads %" PRIu64 ", perf counts %" PRIu64 "\n", by_reason,
		       perf.exits[1]);
	ok(cpuids == TIMES, "%s: the vCPU works as before", name);
	vm_destroy(&vm);
}

static void just_run(void (*fault)(struct small_vm *))
{
	struct small_vm vm;

	vm_create(&vm, 1);
	fault(&vm);
	vm_destroy(&vm);
}

int main(int argc, char **argv)
{
	bool run = argc > 1 && !strcmp(argv[1], "run");

	if (run)
		just_run(triple_fault);
	else
		test_fault(triple_fault, reason_of(GUEST_TRIPLE_FAULT),
			   reason_of(GUEST_TRIPLE_FAULT), "triple fault");

	if (host_is_amd())
		skip("VM entry failure", "KVM enters no invalid guest state on SVM");
	else if (run)
		just_run(fail_entry);
	else
		test_fault(fail_entry, EXIT_REASON_INVALID_STATE,
			   EXIT_REASON_INVALID_STATE | VMX_EXIT_REASONS_FAILED_VMENTRY,
			   "VM entry failure");
	return done_testing();
}
