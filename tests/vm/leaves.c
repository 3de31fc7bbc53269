// SPDX-License-Identifier: GPL-2.0
/*
 * What every leaf answers to a real guest. With the argument "dump", just the leaves that
 * are not exitstat's, to compare with a stock KVM; with arguments LEAF or LEAF:ECX, just
 * these; with "-", each that standard input names, at once.
 */
#include <err.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "small_vm.h"
#include "tap.h"

/* Around exitstat's leaves, in the hypervisors' ranges and out of every range. */
static const uint32_t outside[] = {
	0x20000000, 0x40000000, 0x40000001, 0x40000010, 0x400000ff, 0x40000100, 0x4fffffef,
	0x4fffff00, 0x50000000, 0x5fff0000, 0x80000000, 0x8fff0000, 0x8fffffff, 0xc0000000,
	0xfffffffe, 0xffffffff,
};

static void print_leaf(struct small_vm *vm, uint32_t leaf, uint32_t index)
{
	struct guest_query query = vm_ask(vm, 0, leaf, index);

	printf("%08x %08x: %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n",
	       leaf, index, query.rax, query.rbx, query.rcx, query.rdx);
}

static void print_argument(struct small_vm *vm, const char *argument)
{
	char *rest;
	uint32_t leaf = strtoul(argument, &rest, 0);

	print_leaf(vm, leaf, *rest == ':' ? strtoul(rest + 1, NULL, 0) : 0);
}

static void dump(struct small_vm *vm)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid = { .head.nent = 256 };
	size_t i;

	ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid);
	for (i = 0; i < cpuid.head.nent; i++)
		print_leaf(vm, cpuid.entries[i].function, cpuid.entries[i].index);
	for (i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
		print_leaf(vm, outside[i], 0);
		print_leaf(vm, outside[i], ~0u);
	}
	for (i = 0; i < 0x40; i++)
		print_leaf(vm, i, 0);
}

/* A thread makes the VM and runs it that is not the process's first one, as in a VMM. */
static void *answer_input(void *unused)
{
	struct small_vm vm;
	uint32_t leaf;

	vm_create(&vm, 1);
	while (scanf("%" SCNx32, &leaf) == 1) {
		print_leaf(&vm, leaf, 0);
		fflush(stdout);
	}
	vm_destroy(&vm);
	return unused;
}

static void answer_in_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, answer_input, NULL))
		errx(1, "pthread_create failed");
	pthread_join(thread, NULL);
}

static bool upper_halves_clear(const struct guest_query *query)
{
	return !((query->rax | query->rbx | query->rcx | query->rdx) >> 32);
}

static void test_identify(struct small_vm *vm)
{
	struct guest_query query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	uint32_t words[3] = { query.rbx, query.rcx, query.rdx }, features = 0;

	if (!host_hides_vmcb())
		features = EXITSTAT_FEATURE_SAMPLING | EXITSTAT_FEATURE_RESTRICT;
	ok(query.rax == EXITSTAT_ABI_VERSION && !memcmp(words, EXITSTAT_SIGNATURE, 12),
	   "identify: version and signature");
	query = vm_ask(vm, 0, EXITSTAT_LEAF_PROPERTIES, 0);
	ok(query.rax > 1000 && query.rbx == features,
	   "properties: a TSC frequency, the features");
	ok(query.rcx == (host_is_amd() ? EXITSTAT_SPACE_SVM : EXITSTAT_SPACE_VMX),
	   "properties: the processor's reasons");
	ok(query.rdx == 1, "properties: one vCPU");
}

static void test_course_leaves(struct small_vm *vm)
{
	uint32_t untaken = host_is_amd() ? 0x8a : 59;
	struct guest_query query = vm_ask(vm, 0, EXITSTAT_LEAF_EXITS, 0x12345678);

	ok(query.rax > 0 && !query.rcx && !query.rdx, "exits: in EAX; ECX and EDX are 0");
	query = vm_ask(vm, 0, EXITSTAT_LEAF_CYCLES, 0x12345678);
	ok(query.rcx > 0 && !query.rax && !query.rdx, "cycles: in ECX; EAX and EDX are 0");
	query = vm_ask(vm, 0, EXITSTAT_LEAF_REASON_EXITS, reason_of(GUEST_CPUID));
	ok(query.rax > 0 && !query.rcx && !query.rdx, "exits of CPUID");
	query = vm_ask(vm, 0, EXITSTAT_LEAF_REASON_CYCLES, reason_of(GUEST_CPUID));
	ok(query.rcx > 0 && !query.rax && !query.rdx, "cycles of CPUID");
	query = vm_ask(vm, 0, EXITSTAT_LEAF_REASON_EXITS, untaken);
	ok(!query.rax && !query.rbx && !query.rcx && !query.rdx,
	   "a reason that is defined but never taken: zeros");
}

static bool is_undefined(struct small_vm *vm, uint32_t leaf, uint32_t reason)
{
	struct guest_query query = vm_ask(vm, 0, leaf, reason);

	return !query.rax && !query.rbx && !query.rcx && query.rdx == EXITSTAT_UNDEFINED;
}

/* Those that the manual leaves out, and numbers beyond. */
static void test_undefined_reasons(struct small_vm *vm)
{
	static const uint32_t vmx[] = { 35, 38, 42, 71, 82, 83, 86, 0xffff, 0x80000021 };
	static const uint32_t svm[] = { 0xa7, 0x100, 0x3ff, 0x404, 0xffff, 0xfffffffb };
	const uint32_t *reasons = host_is_amd() ? svm : vmx;
	size_t i, n = (host_is_amd() ? sizeof(svm) : sizeof(vmx)) / sizeof(*reasons);

	for (i = 0; i < n; i++)
		ok(is_undefined(vm, EXITSTAT_LEAF_REASON_EXITS, reasons[i]) &&
		   is_undefined(vm, EXITSTAT_LEAF_REASON_CYCLES, reasons[i]),
		   "reason %#x is not defined: EDX says so", reasons[i]);
}

/* As on a stock KVM: an Intel guest gets the highest basic leaf, an AMD one zeros. */
static void test_out_of_range(struct small_vm *vm)
{
	static const uint32_t leaves[] = { 0x40000100, 0x4fffff00, 0x4fffffef, 0x50000000 };
	struct guest_query query, wanted = { 0 };
	size_t i;

	if (!host_is_amd())
		wanted = vm_ask(vm, 0, vm_ask(vm, 0, 0, 0).rax, 0);
	for (i = 0; i < sizeof(leaves) / sizeof(*leaves); i++) {
		query = vm_ask(vm, 0, leaves[i], 0);
		ok(query.rax == wanted.rax && query.rbx == wanted.rbx &&
		   query.rcx == wanted.rcx && query.rdx == wanted.rdx,
		   "leaf %#x, out of range: %s", leaves[i],
		   host_is_amd() ? "zeros" : "the highest basic leaf");
	}
}

/* The exit that reads is counted already: each reading sees one more. */
static void test_reading_counts(struct small_vm *vm)
{
	struct guest_query *queries = vm_shared(vm, 0)->queries;
	uint32_t selector = reason_of(GUEST_CPUID);
	int i;

	for (i = 0; i < 3; i++)
		queries[i] = (struct guest_query){ .leaf = EXITSTAT_LEAF_SNAPSHOT,
						   .index = selector };
	vm_run(vm, 0, GUEST_ASK, 3);
	ok(queries[1].rax == queries[0].rax + 1 && queries[2].rax == queries[1].rax + 1,
	   "the exit that reads is counted already");
	ok(queries[1].rcx > queries[0].rcx && queries[2].rcx > queries[1].rcx,
	   "and its cycles are there the next time");
}

static void test_unlisted_leaves(struct small_vm *vm)
{
	struct guest_query query;
	uint32_t leaf;
	bool zeros = true, clear = true;

	for (leaf = EXITSTAT_LEAF_HISTOGRAM; leaf <= EXITSTAT_LEAF_LONGEST; leaf++) {
		query = vm_ask(vm, 0, leaf, 0);
		zeros &= !query.rax && !query.rbx && !query.rcx && !query.rdx;
	}
	ok(zeros, "leaves of what the VM does not have: zeros");
	for (leaf = EXITSTAT_LEAF_FIRST; leaf; leaf = leaf == EXITSTAT_LEAF_LAST ? 0 : leaf + 1) {
		query = vm_ask(vm, 0, leaf, 0);
		clear &= upper_halves_clear(&query);
	}
	ok(clear, "upper halves are clear in every leaf");
}

int main(int argc, char **argv)
{
	struct small_vm vm;

	if (argc > 1 && !strcmp(argv[1], "-")) {
		answer_in_thread();
		return 0;
	}
	vm_create(&vm, 1);
	if (argc > 1 && !strcmp(argv[1], "dump")) {
		dump(&vm);
		return 0;
	}
	if (argc > 1) {
		while (*++argv)
			print_argument(&vm, *argv);
		return 0;
	}
	test_identify(&vm);
	test_course_leaves(&vm);
	test_undefined_reasons(&vm);
	test_out_of_range(&vm);
	test_reading_counts(&vm);
	test_unlisted_leaves(&vm);
	vm_destroy(&vm);
	return done_testing();
}
