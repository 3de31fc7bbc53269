// SPDX-License-Identifier: GPL-2.0
/*
 * Figures that do not depend on speed, a line each: "# figure WHAT VALUE". The module and the
 * graft must have the same, event by event: tests/same.t compares what this prints with both.
 */
#include <inttypes.h>

#include "late_pages.h"
#include "small_vm.h"
#include "tap.h"

#define PAGES	20

static const struct {
	const char *name;
	enum guest_job job;
	uint32_t times;
} jobs[] = {
	{ "CPUID", GUEST_CPUID, 500 },
	{ "port I/O", GUEST_IO, 200 },
	{ "MMIO", GUEST_MMIO_WRITE, 100 },
	{ "MSR", GUEST_MSR, 300 },
	{ "fast MSR", GUEST_FAST_MSR, 200 },
	{ "hypercall", GUEST_HYPERCALL, 200 },
	{ "page fault", GUEST_TOUCH, 64 },
	{ "late page", GUEST_TOUCH_OPEN, PAGES },
	{ "nested CPUID", GUEST_NESTED | GUEST_CPUID, 100 },
};

struct figures {
	uint64_t exits, returns, all_returns, halted;
};

static struct figures read_figures(struct small_vm *vm, uint32_t reason)
{
	return (struct figures){
		.exits = vm_pair(vm, 0, EXITSTAT_LEAF_SNAPSHOT, reason).count,
		.returns = vm_pair(vm, 0, EXITSTAT_LEAF_VMM, reason).count,
		.all_returns = vm_pair(vm, 0, EXITSTAT_LEAF_VMM, EXITSTAT_ALL_REASONS).count,
		.halted = vm_pair(vm, 0, EXITSTAT_LEAF_STATE, EXITSTAT_STATE_HALTED).count,
	};
}

static struct figures show(const char *name, const struct figures *before,
			   const struct figures *after)
{
	struct figures got = {
		after->exits - before->exits, after->returns - before->returns,
		after->all_returns - before->all_returns, after->halted - before->halted,
	};

	/* A thread may be woken for nothing, so how often it sleeps is another question. */
	printf("# figure %s: %" PRIu64 " exits, %" PRIu64 " returns for them, %" PRIu64
	       " altogether, halted: %s\n", name, got.exits, got.returns, got.all_returns,
	       got.halted ? "yes" : "no");
	return got;
}

static void do_job(struct small_vm *vm, int i)
{
	uint32_t reason = reason_of(jobs[i].job);
	struct figures before, after, got;
	struct late_pages late;

	before = read_figures(vm, reason);
	if (jobs[i].job == GUEST_TOUCH_OPEN)
		late_pages_begin(&late, vm, PAGES, 5);
	vm_run(vm, 0, jobs[i].job, jobs[i].times);
	if (jobs[i].job == GUEST_TOUCH_OPEN)
		late_pages_end(&late);
	after = read_figures(vm, reason);
	got = show(jobs[i].name, &before, &after);
	ok(got.exits >= jobs[i].times, "%s: %" PRIu32 " times, and as many exits", jobs[i].name,
	   jobs[i].times);
}

static void without_entry(struct small_vm *vm)
{
	struct figures before = read_figures(vm, 0), after;
	int i;

	for (i = 0; i < 100; i++)
		vm_run_nothing(vm, 0);
	after = read_figures(vm, 0);
	show("KVM_RUN without an entry", &before, &after);
	before = after;
	vm_want_sipi(vm, 0, 500);
	after = read_figures(vm, 0);
	ok(show("a SIPI that does not come", &before, &after).halted >= 1,
	   "a vCPU that wants a SIPI is halted");
}

int main(void)
{
	struct small_vm vm;
	size_t i;

	vm_create(&vm, 1);
	/* All that the questions touch is there already; VMX's first MMIO is an EPT violation. */
	read_figures(&vm, 0);
	vm_run(&vm, 0, GUEST_MMIO_WRITE, 1);
	for (i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		do_job(&vm, i);
	without_entry(&vm);
	vm_destroy(&vm);
	return done_testing();
}
