// SPDX-License-Identifier: GPL-2.0
/*
 * Exits as the guest reads them are exits as perf counts them, of every kind.
 *
 * vCPU 0 works in a thread of its own that perf watches from its first exit to its
 * last; then vCPU 1 reads what vCPU 0 had. So nothing is missing at either end.
 *
 * With the argument "run" the exits alone, for a KVM without exitstat; with "run N" no more
 * than N of each kind.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <asm/svm.h>
#include <asm/vmx.h>

#include "perf.h"
#include "small_vm.h"
#include "tap.h"
#include "worker.h"

static const struct kind {
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
	{ GUEST_INTERRUPT, "external interrupt", 10000 },
	{ GUEST_TOUCH, "nested page fault", 1000 },
	{ GUEST_MMIO_WRITE, "MMIO", 1000 },
	/* Exits that go on to the guest's hypervisor, */
	{ GUEST_NESTED | GUEST_CPUID, "CPUID of a nested guest", 500 },
	{ GUEST_NESTED | GUEST_MSR, "RDMSR of a nested guest", 500 },
	{ GUEST_NESTED | GUEST_HYPERCALL, "hypercall of a nested guest", 500 },
	/* and those of which it learns nothing. */
	{ GUEST_NESTED | GUEST_IO, "port I/O of a nested guest", 500 },
	{ GUEST_NESTED | GUEST_TOUCH, "nested page fault of a nested guest", 500 },
	{ GUEST_NESTED | GUEST_MMIO_WRITE, "MMIO of a nested guest", 500 },
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

/* By what a hypervisor enters its guest again: on SVM, for the first time as well. */
static uint32_t resume_reason(void)
{
	return host_is_amd() ? SVM_EXIT_VMRUN : EXIT_REASON_VMRESUME;
}

/* After each exit that the hypervisor has seen but the last. */
static uint64_t resumes_of(const struct kind *kind)
{
	uint64_t first = host_is_amd();

	switch (kind->job & ~GUEST_NESTED) {
	case GUEST_CPUID:
	case GUEST_MSR:
	case GUEST_HYPERCALL:
		return first + kind->times;
	}
	return first;
}

static void check_resumes(struct small_vm *vm, const struct kind *kind, uint64_t perf)
{
	uint64_t resumes = vm_others(vm, 1, resume_reason());

	check_equal(resumes, perf, kind->name, "by VMRUN or VMRESUME equals perf's");
	ok(resumes == resumes_of(kind), "%s: as many of these as the hypervisor makes", kind->name);
}

/* The guest's timer may be VMX's preemption timer, but the host's interrupts it, too. */
static uint64_t least_of(const struct kind *kind)
{
	return kind->job == GUEST_INTERRUPT ? 1 : kind->times;
}

static void test_kind(const struct kind *kind)
{
	uint32_t reasons[] = { reason_of(kind->job), resume_reason() };
	bool nested = kind->job & GUEST_NESTED;
	struct small_vm vm;
	struct worker worker = { .vm = &vm, .vcpu = 0, .job = kind->job, .times = kind->times };
	struct perf perf;
	uint64_t total, by_reason;

	vm_create(&vm, 2);
	/* On VMX the first access to MMIO is an EPT violation, those after it are what is meant. */
	if ((kind->job & ~GUEST_NESTED) == GUEST_MMIO_WRITE)
		vm_run(&vm, 1, kind->job, 1);
	worker_create(&worker);
	perf_start(&perf, &worker.tid, 1, reasons, nested ? 2 : 1);
	worker_go(&worker);
	worker_wait(&worker);
	perf_stop(&perf);

	total = vm_others(&vm, 1, EXITSTAT_ALL_REASONS);
	by_reason = vm_others(&vm, 1, reasons[0]);
	check_equal(total, perf.exits[0], kind->name, "total equals perf's");
	check_equal(by_reason, perf.exits[1], kind->name, "by its reason equals perf's");
	ok(by_reason >= least_of(kind), "%s: at least as many as the guest caused", kind->name);
	if (nested)
		check_resumes(&vm, kind, perf.exits[2]);
	check_sum(&vm, kind->name, total);
	vm_destroy(&vm);
}

static void just_run(const struct kind *kind, uint32_t most)
{
	struct small_vm vm;

	vm_create(&vm, 1);
	vm_run(&vm, 0, kind->job, kind->times < most ? kind->times : most);
	vm_destroy(&vm);
}

int main(int argc, char **argv)
{
	bool run = argc > 1 && !strcmp(argv[1], "run");
	uint32_t most = argc > 2 ? (uint32_t)atoi(argv[2]) : UINT32_MAX;
	const struct kind *kind;

	for (kind = kinds; kind < kinds + sizeof(kinds) / sizeof(*kinds); kind++) {
		if (kind->job == GUEST_TIMER && host_is_amd())
			skip(kind->name, "SVM has none");
		else if (run)
			just_run(kind, most);
		else
			test_kind(kind);
	}
	return done_testing();
}
