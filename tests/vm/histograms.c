// SPDX-License-Identifier: GPL-2.0
/*
 * How long it took: the buckets add up to the counts, lie around the sums of cycles, and have
 * the longest that was timed around it. Read as the host, so that no reading is an exit.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <x86intrin.h>

#include "exitstat_host.h"
#include "neighbour.h"
#include "parameter.h"
#include "small_vm.h"
#include "tap.h"
#include "worker.h"

struct histogram {
	uint64_t count;
	uint64_t least, most;	/* cycles that the buckets allow for */
	uint64_t longest;
	uint64_t counts[EXITSTAT_NR_BUCKETS];
	bool agrees;		/* the map, and four at once, are what two and two are */
};

static int device;

static struct exitstat_host_question ask(int vcpu, uint32_t leaf, uint32_t subleaf)
{
	struct exitstat_host_question question = { .leaf = leaf, .subleaf = subleaf };
	struct exitstat_host_ask ask = {
		.questions = (uintptr_t)&question, .n = 1, .vcpu = vcpu };
	struct exitstat_host_vm vm = { .id = 0 };
	struct exitstat_host_list list = { .vms = (uintptr_t)&vm, .room = 1 };

	while (vm.pid != getpid()) {
		list.after = vm.id;
		if (ioctl(device, EXITSTAT_HOST_LIST, &list) || !list.n)
			errx(1, "the device does not list this VM");
	}
	ask.id = vm.id;
	if (ioctl(device, EXITSTAT_HOST_ASK, &ask))
		err(1, "EXITSTAT_HOST_ASK");
	return question;
}

static struct pair ask_pair(int vcpu, uint32_t leaf, uint32_t selector)
{
	struct exitstat_host_question q = ask(vcpu, leaf, selector);

	return (struct pair){ q.eax | (uint64_t)q.ebx << 32, q.ecx | (uint64_t)q.edx << 32 };
}

static uint32_t one_of_four(int vcpu, uint32_t selector, uint32_t bucket)
{
	struct exitstat_host_question q = ask(vcpu, EXITSTAT_LEAF_HISTOGRAM,
					      selector | EXITSTAT_FOUR_BUCKETS |
					      (bucket & ~3u) << EXITSTAT_BUCKET_SHIFT);
	const uint32_t counts[] = { q.eax, q.ebx, q.ecx, q.edx };

	return counts[bucket % 4];
}

static struct histogram read_histogram(int vcpu, uint32_t selector)
{
	/* Neither is a count and cycles: the longest and a map, and two counts. */
	struct pair longest = ask_pair(vcpu, EXITSTAT_LEAF_LONGEST, selector), two;
	struct histogram histogram = { .longest = longest.count, .agrees = true };
	uint32_t bucket;
	uint64_t count;

	for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket++) {
		if (bucket % 2 == 0)
			two = ask_pair(vcpu, EXITSTAT_LEAF_HISTOGRAM,
				       selector | bucket << EXITSTAT_BUCKET_SHIFT);
		count = bucket % 2 ? two.cycles : two.count;
		histogram.agrees &= (longest.cycles >> bucket & 1) == !!count &&
				    one_of_four(vcpu, selector, bucket) == count;
		histogram.counts[bucket] = count;
		histogram.count += count;
		histogram.least += count * exitstat_bucket_begin(bucket);
		histogram.most += count * (bucket == EXITSTAT_NR_BUCKETS - 1 ? histogram.longest :
					   exitstat_bucket_begin(bucket + 1));
	}
	return histogram;
}

/* What is under way has been counted, and has no cycles yet. */
static void check(const struct histogram *histogram, struct pair pair, uint64_t under_way,
		  const char *what)
{
	bool good;

	good = ok(histogram->agrees && histogram->count + under_way == pair.count,
		  "%s: the buckets add up to the count", what);
	good &= ok(histogram->least <= pair.cycles && pair.cycles <= histogram->most,
		   "%s: they lie around the sum of cycles", what);
	good &= ok(histogram->longest <= pair.cycles &&
		   histogram->longest * histogram->count >= pair.cycles,
		   "%s: the longest is between the mean and the sum", what);
	if (!good)
		printf("# %" PRIu64 " in buckets, %" PRIu64 " in all; %" PRIu64 " to %" PRIu64
		       " cycles, %" PRIu64 " in all; longest %" PRIu64 "\n", histogram->count,
		       pair.count, histogram->least, histogram->most, pair.cycles,
		       histogram->longest);
}

static struct histogram check_exits(uint32_t selector, uint64_t under_way, const char *what)
{
	struct histogram histogram = read_histogram(0, selector);

	check(&histogram, ask_pair(0, EXITSTAT_LEAF_SNAPSHOT, selector), under_way, what);
	return histogram;
}

static struct histogram check_state(enum exitstat_state state, const char *what)
{
	struct histogram histogram = read_histogram(0, EXITSTAT_OF_STATE | state);

	check(&histogram, ask_pair(0, EXITSTAT_LEAF_STATE, state), 0, what);
	return histogram;
}

static void test_reasons(struct small_vm *vm)
{
	static const struct {
		enum guest_job job;
		const char *name;
		uint32_t times;
	} kinds[] = {
		{ GUEST_CPUID, "CPUID", 2000 },
		{ GUEST_MSR, "RDMSR", 2000 },
		{ GUEST_HYPERCALL, "hypercall", 1000 },
		{ GUEST_TOUCH, "nested page fault", 500 },
		{ GUEST_HLT, "HLT", 100 },
		{ GUEST_NESTED | GUEST_CPUID, "CPUID of a nested guest", 200 },
	};
	struct histogram histogram;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		vm_run(vm, 0, kinds[i].job, kinds[i].times);
		histogram = check_exits(reason_of(kinds[i].job), 0, kinds[i].name);
		/* A timer that fires early leaves some HLTs without an exit. */
		ok(histogram.count >= kinds[i].times / 2, "%s: there are many", kinds[i].name);
	}
	/* The access that ends a job is under way. */
	check_exits(reason_of(GUEST_IO), 1, "port I/O");
	check_exits(EXITSTAT_ALL_REASONS, 1, "all reasons");
}

/* How many may have taken as long as that. */
static uint64_t as_long_as(const struct histogram *histogram, uint64_t cycles)
{
	uint64_t count = 0;
	uint32_t bucket;

	for (bucket = exitstat_bucket(cycles); bucket < EXITSTAT_NR_BUCKETS; bucket++)
		count += histogram->counts[bucket];
	return count;
}

#define SLEEPS		5
#define SLEEP_MS	20

static uint64_t timed;

static void sleep_and_time(void)
{
	uint64_t begin = __rdtsc();

	usleep(SLEEP_MS * 1000);
	begin = __rdtsc() - begin;
	timed = begin > timed ? begin : timed;
}

/* A VM of its own: between two jobs of others a slow VMM may have stayed longer. */
static void test_vmm(void)
{
	uint32_t selector = EXITSTAT_OF_VMM | reason_of(GUEST_IO);
	uint64_t begin = __rdtsc(), took, waited, sleep;
	struct histogram histogram, all, exits;
	struct small_vm vm;

	vm_create(&vm, 1);
	vm.on_io = sleep_and_time;
	vm_run(&vm, 0, GUEST_IO, SLEEPS);
	vm.on_io = NULL;
	/* One that has woken to a busy CPU is preempted until it has it. */
	waited = ask_pair(0, EXITSTAT_LEAF_STATE, EXITSTAT_STATE_PREEMPTED).cycles;
	vm_run(&vm, 0, GUEST_IO, 100);
	took = __rdtsc() - begin;
	histogram = read_histogram(0, selector);
	check(&histogram, ask_pair(0, EXITSTAT_LEAF_VMM, reason_of(GUEST_IO)), 1,
	      "a VMM that sleeps");
	if (!ok(histogram.longest + waited >= timed && histogram.longest <= took,
		"a VMM that sleeps: the longest is what it has slept"))
		printf("# longest %" PRIu64 ", slept %" PRIu64 ", preempted %" PRIu64
		       ", in all %" PRIu64 "\n", histogram.longest, timed, waited, took);
	/* The emulator may not have run for as long meanwhile, but not each time. */
	exits = read_histogram(0, EXITSTAT_OF_EXITS | reason_of(GUEST_IO));
	sleep = SLEEP_MS * ask(0, EXITSTAT_LEAF_PROPERTIES, 0).eax;
	ok(as_long_as(&histogram, sleep) >= SLEEPS && as_long_as(&exits, sleep) < SLEEPS,
	   "a VMM that sleeps: that is no host time");
	/* By the state's leaf what lasts has cycles. */
	all = read_histogram(0, EXITSTAT_OF_STATE | EXITSTAT_STATE_VMM);
	check(&all, ask_pair(0, EXITSTAT_LEAF_VMM, EXITSTAT_ALL_REASONS), 1, "the VMM's stays");
	ok(all.longest >= histogram.longest && all.count >= histogram.count,
	   "the VMM's stays are those after all reasons");
	vm_destroy(&vm);
}

#define MILLISECONDS	900

/* Nor has this one been halted before. */
static void test_halted(void)
{
	uint64_t begin, took, khz;
	struct histogram histogram;
	struct pair before, in;
	struct small_vm vm;

	vm_create(&vm, 1);
	vm_run(&vm, 0, GUEST_CPUID, 1);
	khz = ask(0, EXITSTAT_LEAF_PROPERTIES, 0).eax;
	before = ask_pair(0, EXITSTAT_LEAF_STATE, EXITSTAT_STATE_HALTED);
	begin = __rdtsc();
	vm_want_sipi(&vm, 0, MILLISECONDS);
	took = __rdtsc() - begin;
	histogram = check_state(EXITSTAT_STATE_HALTED, "halted");
	in = ask_pair(0, EXITSTAT_LEAF_STATE, EXITSTAT_STATE_HALTED);
	in.count -= before.count;
	in.cycles -= before.cycles;
	/* Whatever wakes its thread meanwhile, it halts again. */
	if (!ok(in.cycles >= MILLISECONDS * khz / 10 * 9 &&
		histogram.longest >= in.cycles / in.count &&
		histogram.longest <= took, "halted: the longest is how long it had to wait"))
		printf("# longest %" PRIu64 ", %" PRIu64 " times, in all %" PRIu64 "\n",
		       histogram.longest, in.count, took);
	vm_destroy(&vm);
}

static void test_preempted(void)
{
	struct neighbour neighbour = { 0 };
	struct histogram histogram;
	uint64_t begin, took;
	struct small_vm vm;

	vm_create(&vm, 1);
	move_in(&neighbour);
	begin = __rdtsc();
	vm_run(&vm, 0, GUEST_CPUID, 8000);
	took = __rdtsc() - begin;
	move_out(&neighbour);
	histogram = check_state(EXITSTAT_STATE_PREEMPTED, "preempted");
	ok(histogram.count >= 10 && histogram.longest <= took,
	   "preempted: often, and not longer than the busy task was there");
	check_exits(reason_of(GUEST_CPUID), 0, "preempted amid CPUIDs");
	check_exits(EXITSTAT_ALL_REASONS, 1, "preempted amid all");
	vm_destroy(&vm);
}

#define TIMES	20000

static void test_two_vcpus(void)
{
	uint32_t reason = reason_of(GUEST_CPUID);
	struct histogram histogram;
	struct small_vm vm;
	struct worker workers[] = {
		{ .vm = &vm, .vcpu = 0, .job = GUEST_CPUID, .times = TIMES },
		{ .vm = &vm, .vcpu = 1, .job = GUEST_CPUID, .times = TIMES },
	};
	int i;

	vm_create(&vm, 2);
	for (i = 0; i < 2; i++)
		worker_create(&workers[i]);
	for (i = 0; i < 2; i++)
		worker_go(&workers[i]);
	for (i = 0; i < 2; i++)
		worker_wait(&workers[i]);
	histogram = check_exits(reason, 0, "two vCPUs at once");
	ok(histogram.count == 2 * TIMES, "two vCPUs at once: none is lost");
	check_exits(EXITSTAT_ALL_REASONS, 2, "two vCPUs at once: all reasons");
	histogram = read_histogram(1, reason | EXITSTAT_THIS_VCPU);
	ok(histogram.count == TIMES, "this vCPU alone: its own");
	vm_destroy(&vm);
}

/* A guest reads of itself; the exit that reads is in no bucket yet. */
static void test_guest(struct small_vm *vm)
{
	uint64_t features = vm_ask(vm, 0, EXITSTAT_LEAF_PROPERTIES, 0).rbx;
	struct guest_query longest = vm_ask(vm, 0, EXITSTAT_LEAF_LONGEST, reason_of(GUEST_CPUID));

	ok(features & EXITSTAT_FEATURE_HISTOGRAMS, "a guest sees that there are histograms");
	ok((longest.rbx << 32 | longest.rax) <=
	   read_histogram(0, reason_of(GUEST_CPUID)).longest && longest.rax,
	   "it reads the longest, as the host does");
}

static void test_off(void)
{
	struct small_vm vm;

	vm_create(&vm, 1);
	vm_run(&vm, 0, GUEST_CPUID, 10);
	ok(!(vm_ask(&vm, 0, EXITSTAT_LEAF_PROPERTIES, 0).rbx & EXITSTAT_FEATURE_HISTOGRAMS) &&
	   vm_ask(&vm, 0, EXITSTAT_LEAF_HISTOGRAM, EXITSTAT_ALL_REASONS).rax == 0 &&
	   vm_ask(&vm, 0, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS).rax == 0,
	   "a VM without histograms is told so, and reads zeros");
	vm_destroy(&vm);
}

int main(void)
{
	struct small_vm vm;

	device = open("/dev/exitstat", O_RDONLY);
	if (device < 0)
		err(1, "/dev/exitstat");
	test_off();
	set_parameter("histograms", "1");
	test_two_vcpus();
	vm_create(&vm, 1);
	test_reasons(&vm);
	test_guest(&vm);
	vm_destroy(&vm);
	test_preempted();
	test_halted();
	test_vmm();
	set_parameter("histograms", "0");
	test_off();
	return done_testing();
}
