// SPDX-License-Identifier: GPL-2.0
/*
 * Each Nth exit is an NMI of the guest that asked for it, with the instruction that caused the
 * exit and what that accessed; nobody else has one.
 */
#include <inttypes.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "parameter.h"
#include "small_vm.h"
#include "tap.h"
#include "worker.h"

#define ENOUGH	600	/* seconds */
#define MANY	1000000
#define ROUNDS	8
#define BESIDE	2500	/* I/Os, in a round */

/* What an exit may be about. */
enum { ANYTHING, PORT, MSR_APIC_BASE, MSR_ICR, MSR_DEADLINE, HYPERCALL, FRESH, MMIO, LEAF };

static const struct kind {
	enum guest_job job;
	const char *name;
	uint32_t times;
	int about;
} kinds[] = {
	{ GUEST_CPUID, "CPUID", 1000, LEAF },
	{ GUEST_IO, "port I/O", 500, PORT },
	{ GUEST_MSR, "RDMSR", 500, MSR_APIC_BASE },
	{ GUEST_FAST_MSR, "WRMSR on the fast path", 500, MSR_ICR },
	{ GUEST_DEADLINE, "WRMSR of the TSC deadline", 500, MSR_DEADLINE },
	{ GUEST_HYPERCALL, "hypercall", 500, HYPERCALL },
	{ GUEST_TOUCH, "nested page fault", 500, FRESH },
	{ GUEST_MMIO_WRITE, "MMIO", 500, MMIO },
	{ GUEST_INTERRUPT, "external interrupt", 5000, ANYTHING },
	{ GUEST_IDLE, "HLT", 30, ANYTHING },
};

/* What the driver itself asks between the two looks at the exits, and for each sample. */
#define QUESTIONS	3
#define QUESTIONS_EACH	2

static bool is_about(int about, uint64_t what)
{
	switch (about) {
	case PORT:
		return what == GUEST_PORT_WORK;
	case MSR_APIC_BASE:
		return what == 0x1b;
	case MSR_ICR:
		return what == 0x830;
	case MSR_DEADLINE:
		return what == 0x6e0;
	case HYPERCALL:
		return what == 1;
	case FRESH:
		return what >= GUEST_FRESH && what < GUEST_BYTES;
	case MMIO:
		return what >> 12 == GUEST_MMIO >> 12;
	case LEAF:
		return what == 0;
	}
	return true;
}

static struct guest_samples *sample(struct small_vm *vm, uint32_t selector, uint32_t period)
{
	struct guest_samples *sampling = &vm_shared(vm, 0)->sampling;

	*sampling = (struct guest_samples){ .period = period, .selector = selector };
	return sampling;
}

static void run_in_time(struct small_vm *vm, const struct kind *kind)
{
	alarm(ENOUGH);
	vm_run(vm, 0, kind->job, kind->times);
	alarm(0);
}

static void no_progress(int signal)
{
	static const char text[] = "not ok 1000 - the guest makes progress\n";

	(void)signal;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

/* Exits that count: all of the selected reason but the driver's own. */
static uint64_t counted(const struct guest_samples *sampling)
{
	bool all = sampling->selector & EXITSTAT_ALL_REASONS;
	uint64_t own = 0;

	if (all || sampling->selector == reason_of(GUEST_CPUID))
		own += QUESTIONS + QUESTIONS_EACH * sampling->nmis;
	/* The handler's IRET. */
	if (all && host_is_amd())
		own += sampling->nmis;
	return sampling->exits - own;
}

static void diagnose(const struct guest_samples *s)
{
	printf("# period %u: %u NMIs, %u samples, %u here, %u behind it, of %" PRIu64 " exits; last: reason %#x, at %#"
	       PRIx64 ", interrupted at %#" PRIx64 ", about %#" PRIx64 "\n", s->period, s->nmis,
	       s->samples, s->here, s->before, s->exits, s->reason, s->rip, s->ip, s->about);
}

/* Of @least exits at least. What interrupts the handler does not count. */
static void check_number(const struct guest_samples *s, uint64_t least, const char *name,
			 const char *of)
{
	uint64_t sampled = (uint64_t)s->samples * s->period;

	if (!ok(s->granted == 1 && s->samples && s->nmis == s->samples,
		"%s, %s, period %u: each NMI is one sample", name, of, s->period))
		diagnose(s);
	if (!ok(sampled + s->period >= least && sampled <= counted(s),
		"%s, %s, period %u: samples times period is the exits", name, of, s->period))
		diagnose(s);
}

static void test_reason(struct small_vm *vm, const struct kind *kind, uint32_t period)
{
	uint32_t reason = reason_of(kind->job);
	bool may_be_late = kind->job == GUEST_IDLE || kind->job == GUEST_INTERRUPT;
	const struct guest_samples *s = sample(vm, reason, period);

	run_in_time(vm, kind);
	/* The host's interrupts come amid the handler, too, where they are exits but no samples. */
	check_number(s, kind->job == GUEST_INTERRUPT ? period : counted(s), kind->name,
		     "its reason");
	if (!ok(s->reason == reason && is_about(kind->about, s->about),
		"%s, period %u: what it was about is told", kind->name, period))
		diagnose(s);
	/* A HLT for which there is something to do at once is told of later, and so is an interrupt. */
	if (!ok(s->here + s->before >= (may_be_late ? s->nmis / 2 : s->nmis),
		"%s, period %u: the instruction is told", kind->name, period))
		diagnose(s);
}

static void test_all(struct small_vm *vm, const struct kind *kind, uint32_t period)
{
	const struct guest_samples *s = sample(vm, EXITSTAT_ALL_REASONS, period);

	run_in_time(vm, kind);
	check_number(s, kind->times, kind->name, "all reasons");
}

static void test_kind(const struct kind *kind)
{
	static const uint32_t periods[] = { 1, 10 };
	struct small_vm vm;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		vm_create(&vm, 1);
		test_reason(&vm, kind, periods[i]);
		vm_destroy(&vm);
		vm_create(&vm, 1);
		test_all(&vm, kind, periods[i]);
		vm_destroy(&vm);
	}
}

/* Beyond the exit that it is about. */
static void test_cost(void)
{
	const struct kind *io = &kinds[1];
	uint64_t most = host_is_amd() ? 3 : 2, exits;
	struct small_vm vm;
	struct pair before, after;
	const struct guest_samples *s;

	vm_create(&vm, 1);
	s = sample(&vm, reason_of(io->job), 1);
	vm_run(&vm, 0, io->job, 1);
	before = vm_pair(&vm, 0, EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS);
	s = sample(&vm, reason_of(io->job), 1);
	run_in_time(&vm, io);
	exits = s->nmis;
	vm_shared(&vm, 0)->sampling.period = 0;
	after = vm_pair(&vm, 0, EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS);
	/* Host interrupts and the like. */
	ok(after.count - before.count < io->times + (most + 1) * exits,
	   "a sample costs %" PRIu64 " exits at most", most);
	printf("# %" PRIu64 " exits in all for %" PRIu64 " samples\n", after.count - before.count,
	       exits);
	vm_destroy(&vm);
}

/* Each leaf of the range with ECXs of all kinds. */
static void test_programs(void)
{
	struct guest_query query;
	struct small_vm vm;
	uint32_t leaf, ecx, changed = 0;
	unsigned int bit;

	vm_create(&vm, 1);
	sample(&vm, reason_of(GUEST_IO), MANY)->goes_on = 1;
	vm_run(&vm, 0, GUEST_IO, 1);
	vm_shared(&vm, 0)->sampling.period = 0;
	vm.at_cpl3 = true;
	for (leaf = EXITSTAT_LEAF_SELECT; leaf <= EXITSTAT_LEAF_SAMPLE; leaf++) {
		for (bit = 0; bit <= 32; bit++) {
			ecx = bit < 32 ? 1u << bit : ~0u;
			query = vm_ask(&vm, 0, leaf, ecx);
			changed += query.rax || query.rbx || query.rcx || query.rdx;
		}
	}
	ok(!changed, "a program gets zeros from the leaves for the kernel");
	query = vm_ask(&vm, 0, EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS);
	ok(query.rax, "and answers from the others");
	vm.at_cpl3 = false;
	query = vm_ask(&vm, 0, EXITSTAT_LEAF_ARM, 0);
	/* The end of each job is an exit that counts. */
	ok(query.rax > MANY / 2 && query.rax < MANY, "and has changed nothing");
	vm_destroy(&vm);
}

/* The vCPU runs something else: an NMI, for which there is no handler, would be its end. */
static void test_another_kernel(void)
{
	struct kvm_sregs sregs;
	struct small_vm vm;
	uint32_t reason;

	vm_create(&vm, 1);
	sample(&vm, EXITSTAT_ALL_REASONS, 100)->goes_on = 1;
	vm_run(&vm, 0, GUEST_IO, 10);
	vm_shared(&vm, 0)->sampling.period = 0;
	ioctl(vm.vcpus[0], KVM_GET_SREGS, &sregs);
	sregs.idt = (struct kvm_dtable){ 0 };
	ioctl(vm.vcpus[0], KVM_SET_SREGS, &sregs);
	reason = vm_try(&vm, 0, GUEST_IO, 1000);
	ok(reason == KVM_EXIT_IO, "what is armed is not for the next kernel");
	vm_destroy(&vm);
}

/* Its exits go on to the guest's hypervisor, or not; it must not have the NMI. */
static void test_nested(void)
{
	static const struct kind nested[] = {
		{ GUEST_NESTED | GUEST_CPUID, "CPUID of a nested guest", 500, ANYTHING },
		{ GUEST_NESTED | GUEST_IO, "port I/O of a nested guest", 500, ANYTHING },
	};
	struct guest_samples *s;
	struct small_vm vm;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		vm_create(&vm, 1);
		s = sample(&vm, EXITSTAT_ALL_REASONS, 3);
		run_in_time(&vm, &nested[i]);
		if (!ok(s->nmis && s->nmis == s->samples,
			"%s: its hypervisor has the samples", nested[i].name))
			diagnose(s);
		vm_destroy(&vm);
	}
}

static uint32_t features(struct small_vm *vm)
{
	return vm_ask(vm, 0, EXITSTAT_LEAF_PROPERTIES, 0).rbx;
}

static void test_host(void)
{
	struct guest_samples *s;
	struct small_vm vm;

	vm_create(&vm, 1);
	ok(features(&vm) & EXITSTAT_FEATURE_SAMPLING, "the guest is told that there is sampling");
	set_parameter("sampling", "50");
	s = sample(&vm, reason_of(GUEST_IO), 1);
	vm_run(&vm, 0, GUEST_IO, 500);
	if (!ok(s->granted == 50 && s->nmis == 10, "the host grants no less than its period"))
		diagnose(s);
	set_parameter("sampling", "0");
	s = sample(&vm, reason_of(GUEST_IO), 1);
	vm_run(&vm, 0, GUEST_IO, 500);
	if (!ok(!s->granted && !s->nmis, "or nothing at all"))
		diagnose(s);
	s->period = 0;
	ok(!(features(&vm) & EXITSTAT_FEATURE_SAMPLING), "and the guest is told so");
	set_parameter("sampling", "1");
	vm_destroy(&vm);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* What an I/O takes the VM in the middle: that its vCPU has waited for a CPU meanwhile is rare. */
static uint32_t io_takes(struct small_vm *vm)
{
	uint32_t *took = vm_shared(vm, 0)->took;

	run_in_time(vm, &kinds[1]);
	qsort(took, GUEST_MAX_QUERIES, sizeof(*took), compare);
	return took[GUEST_MAX_QUERIES / 2];
}

/* What an I/O takes beside a VM that has each exit as an NMI, for longer than this takes, or none. */
static uint32_t io_takes_beside(struct small_vm *one, uint32_t period)
{
	struct worker worker = { .vm = one, .job = GUEST_IO, .times = BESIDE };
	struct small_vm other;
	uint32_t takes;

	vm_create(&other, 1);
	sample(one, EXITSTAT_ALL_REASONS, period);
	worker_create(&worker);
	worker_go(&worker);
	takes = io_takes(&other);
	worker_wait(&worker);
	vm_destroy(&other);
	return takes;
}

/*
 * In a VM that has not asked for it an NMI would be a triple fault, which ends the test. In turns,
 * and the least of each: what else the machine does slows some of them down, but not one kind only.
 */
static void test_others(void)
{
	uint32_t before = UINT32_MAX, meanwhile = UINT32_MAX, takes, nmis = 0;
	struct small_vm one;
	unsigned int i;

	vm_create(&one, 1);
	for (i = 0; i < ROUNDS; i++) {
		takes = io_takes_beside(&one, 0);
		before = takes < before ? takes : before;
		takes = io_takes_beside(&one, 1);
		meanwhile = takes < meanwhile ? takes : meanwhile;
		nmis += vm_shared(&one, 0)->sampling.nmis;
	}
	ok(nmis >= ROUNDS * BESIDE, "a VM has each of its exits as an NMI");
	ok(meanwhile <= 2 * before, "another's take no longer meanwhile, and it has no NMI");
	printf("# cycles of an I/O: %u, and %u beside it\n", before, meanwhile);
	vm_destroy(&one);
}

int main(void)
{
	unsigned int i;

	if (host_hides_vmcb()) {
		skip("sampling", "this kernel has no BTF, which tells the module where the VMCB is");
		return done_testing();
	}
	signal(SIGALRM, no_progress);
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		test_kind(&kinds[i]);
	test_cost();
	test_programs();
	test_another_kernel();
	test_nested();
	test_host();
	test_others();
	return done_testing();
}
