// SPDX-License-Identifier: GPL-2.0
/*
 * Exits as the guest reads them are exits as perf counts them, of every kind.
 *
 * vCPU 0 works in a thread of its own that perf watches from its first exit to its
 * last; then vCPU 1 reads what vCPU 0 had. So nothing is missing at either end.
 *
 * With the argument "run" the exits alone, for a KVM without exitstat.
 */
#include <inttypes.h>
#include <string.h>

#include "perf.h"
#include "small_vm.h"
#include "tap.h"
#include "worker.h"

static const struct {
	enum guest_job job;
	const char *name;
	uint32_t times;
} kinds[] = {
	{ GUEST_CPUID, "CPUID", 2000 },
	{ GUEST_IO, "port I/O", 1000 },
	{ GUEST_MSR, "RDMSR", 2000 },
	{ GUEST_FAST_MSR, "WRMSR on the fast path", 2000 },
	{ GUEST_DEADLINE, "WRMSR of the TSC deadline", 2000 },
	{ GUEST_TIMER, "preemption timer", 50 },
	{ GUEST_HYPERCALL, "hypercall", 2000 },
	{ GUEST_HLT, "HLT", 50 },
	{ GUEST_TOUCH, "nested page fault", 1000 },
	{ GUEST_MMIO_WRITE, "MMIO", 1000 },
};

static void check_equal(uint64_t guest, uint64_t perf, const char *kind, const char *what)
{
	if (!ok(guest == perf, "%s: %s", kind, what))
		printf("# the guest reads %" PRIu64 ", perf counts %" PRIu64 "\n", guest, perf);
}

/* The reasons one by one, as the guest finds them, add up to the total. */
static void check_sum(struct small_vm *vm, const char *kind, uint64_t total)
{
	uint32_t reason = 0;
	uint64_t sum = 0;

	for (;;) {
		reason = vm_ask(vm, 1, EXITSTAT_LEAF_NEXT, reason).rax;
		if (reason == EXITSTAT_NEXT_NONE)
			break;
		sum += vm_others(vm, 1, reason);
		if (reason++ == EXITSTAT_REASON_MASK)
			break;
	}
	check_equal(sum, total, kind, "the reasons add up to the total");
}

static void test_kind(enum guest_job job, const char *name, uint32_t times)
{
	uint32_t reason = reason_of(job);
	struct small_vm vm;
	struct worker worker = { .vm = &vm, .vcpu = 0, .job = job, .times = times };
	struct perf perf;
	uint64_t total, by_reason;

	vm_create(&vm, 2);
	/* On VMX the first access to MMIO is an EPT violation, those after it are what is meant. */
	if (job == GUEST_MMIO_WRITE)
		vm_run(&vm, 1, job, 1);
	worker_create(&worker);
	perf_start(&perf, &worker.tid, 1, &reason, 1);
	worker_go(&worker);
	worker_wait(&worker);
	perf_stop(&perf);

	total = vm_others(&vm, 1, EXITSTAT_ALL_REASONS);
	by_reason = vm_others(&vm, 1, reason);
	check_equal(total, perf.exits[0], name, "total equals perf's");
	check_equal(by_reason, perf.exits[1], name, "by its reason equals perf's");
	ok(by_reason >= times, "%s: at least as many as the guest caused", name);
	check_sum(&vm, name, total);
	vm_destroy(&vm);
}

static void just_run(enum guest_job job, uint32_t times)
{
	struct small_vm vm;

	vm_create(&vm, 1);
	vm_run(&vm, 0, job, times);
	vm_destroy(&vm);
}

int main(int argc, char **argv)
{
	bool run = argc > 1 && !strcmp(argv[1], "run");
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (kinds[i].job == GUEST_TIMER && host_is_amd())
			skip(kinds[i].name, "SVM has none");
		else if (run)
			just_run(kinds[i].job, kinds[i].times);
		else
			test_kind(kinds[i].job, kinds[i].name, kinds[i].times);
	}
	return done_testing();
}
