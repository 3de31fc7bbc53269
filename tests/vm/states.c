// SPDX-License-Identifier: GPL-2.0
/*
 * Where the time goes: the five states add up to the TSC that elapsed, and each grows by
 * what belongs to it.
 */
#include <err.h>
#include <inttypes.h>
#include <unistd.h>

#include "late_pages.h"
#include "neighbour.h"
#include "small_vm.h"
#include "tap.h"

struct states {
	uint64_t tsc;
	uint64_t took;		/* the reading, from the first question to the last */
	uint64_t entered[EXITSTAT_NR_STATES];
	uint64_t cycles[EXITSTAT_NR_STATES];
};

/*
 * In one run, so that no state but guest and host lies between the questions. The first is asked for
 * its time alone, before which none of the others is answered.
 */
static struct states read_states(struct small_vm *vm)
{
	struct guest_query *queries = vm_shared(vm, 0)->queries, *answers = queries + 1;
	struct states states;
	int i;

	queries[0] = (struct guest_query){ .leaf = EXITSTAT_LEAF_IDENTIFY };
	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		answers[i] = (struct guest_query){ .leaf = EXITSTAT_LEAF_STATE, .index = i };
	vm_run(vm, 0, GUEST_ASK, 1 + EXITSTAT_NR_STATES);
	for (i = 0; i < EXITSTAT_NR_STATES; i++) {
		states.entered[i] = answers[i].rbx << 32 | answers[i].rax;
		states.cycles[i] = answers[i].rdx << 32 | answers[i].rcx;
	}
	states.tsc = queries[0].tsc;
	states.took = answers[EXITSTAT_NR_STATES - 1].tsc - queries[0].tsc;
	return states;
}

static struct states difference(const struct states *after, const struct states *before)
{
	struct states states = { .tsc = after->tsc - before->tsc,
				 .took = before->took + after->took };
	int i;

	for (i = 0; i < EXITSTAT_NR_STATES; i++) {
		states.entered[i] = after->entered[i] - before->entered[i];
		states.cycles[i] = after->cycles[i] - before->cycles[i];
	}
	return states;
}

static void show(const struct states *states)
{
	printf("# tsc %" PRIu64 ": guest %" PRIu64 ", host %" PRIu64 ", vmm %" PRIu64
	       ", halted %" PRIu64 ", preempted %" PRIu64 "\n", states->tsc, states->cycles[0],
	       states->cycles[1], states->cycles[2], states->cycles[3], states->cycles[4]);
}

static void check_sum(const struct states *states, const char *what)
{
	uint64_t sum = 0, error;
	int i;

	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		sum += states->cycles[i];
	error = sum > states->tsc ? sum - states->tsc : states->tsc - sum;
	/* What passes while the states are read one by one is in some and not in others. */
	if (!ok(error <= states->tsc / 100 + states->took,
		"%s: the states add up to the TSC within 1 %%", what))
		show(states);
}

static void wait_long(void)
{
	usleep(1000);
}

static struct states spend(struct small_vm *vm, enum guest_job job, uint32_t times)
{
	struct states before = read_states(vm), after;

	vm_run(vm, 0, job, times);
	after = read_states(vm);
	return difference(&after, &before);
}

static void test_work(struct small_vm *vm)
{
	struct states states = spend(vm, GUEST_CPUID, 20000);

	check_sum(&states, "working");
	if (!ok(states.cycles[EXITSTAT_STATE_HOST] > states.cycles[EXITSTAT_STATE_HALTED] &&
		states.entered[EXITSTAT_STATE_GUEST] >= 20000, "working: guest and host grow"))
		show(&states);
}

static void test_idle(struct small_vm *vm)
{
	struct states states = spend(vm, GUEST_IDLE, 200);

	check_sum(&states, "idle");
	/* A timer that fires before the HLT leaves nothing to wait for. */
	if (!ok(states.entered[EXITSTAT_STATE_HALTED] >= 100, "idle: most HLTs are waited for"))
		show(&states);
	if (!ok(states.cycles[EXITSTAT_STATE_HALTED] > states.tsc / 5,
		"idle: halted time grows"))
		show(&states);
	if (!ok(states.cycles[EXITSTAT_STATE_HALTED] > states.cycles[EXITSTAT_STATE_HOST],
		"idle: more is halted than host time"))
		show(&states);
}

static void test_vmm(struct small_vm *vm)
{
	struct pair before, after;
	struct states states;
	uint32_t reason = reason_of(GUEST_IO);

	vm->on_io = wait_long;
	before = vm_pair(vm, 0, EXITSTAT_LEAF_VMM, reason);
	states = spend(vm, GUEST_IO, 500);
	after = vm_pair(vm, 0, EXITSTAT_LEAF_VMM, reason);
	check_sum(&states, "a VMM that sleeps");
	ok(states.entered[EXITSTAT_STATE_VMM] >= 500, "a VMM that sleeps: it has every return");
	if (!ok(states.cycles[EXITSTAT_STATE_VMM] > states.tsc / 2,
		"a VMM that sleeps: most of the time is its"))
		show(&states);
	ok(after.count - before.count >= 500, "a VMM that sleeps: returns by reason");
	ok(after.cycles - before.cycles > states.tsc / 2, "a VMM that sleeps: time by reason");
	vm->on_io = NULL;
}

/* What the scheduler knows: how long this thread has waited for a CPU, in ns. */
static uint64_t run_delay(void)
{
	FILE *file = fopen("/proc/thread-self/schedstat", "r");
	uint64_t delay;

	if (!file || fscanf(file, "%*u %" SCNu64, &delay) != 1)
		errx(1, "/proc/thread-self/schedstat says no run delay");
	fclose(file);
	return delay;
}

static uint64_t cycles_of(struct small_vm *vm, uint64_t ns)
{
	return ns * vm_ask(vm, 0, EXITSTAT_LEAF_PROPERTIES, 0).rax / 1000000;
}

/*
 * A tenth, and some turns of the neighbour's, are for preemptions that come between what the
 * scheduler is asked and the guest.
 */
static bool is_about(struct small_vm *vm, uint64_t value, uint64_t wanted)
{
	uint64_t error = value > wanted ? value - wanted : wanted - value;

	return error <= wanted / 10 + cycles_of(vm, 15000000);
}

static void test_preempted(struct small_vm *vm)
{
	struct neighbour neighbour = { 0 };
	struct states states;
	const uint64_t *cycles = states.cycles, *entered = states.entered;
	uint64_t delay;
	bool good;

	move_in(&neighbour);
	delay = run_delay();
	states = spend(vm, GUEST_CPUID, 8000);
	delay = cycles_of(vm, run_delay() - delay);
	move_out(&neighbour);

	check_sum(&states, "a busy neighbour");
	good = ok(entered[EXITSTAT_STATE_PREEMPTED] >= 10 &&
		  cycles[EXITSTAT_STATE_PREEMPTED] > states.tsc / 3,
		  "a busy neighbour: preempted time grows");
	good &= ok(is_about(vm, cycles[EXITSTAT_STATE_PREEMPTED], delay),
		   "a busy neighbour: preempted is what the scheduler made the thread wait");
	good &= ok(is_about(vm, states.tsc - cycles[EXITSTAT_STATE_GUEST] -
			    cycles[EXITSTAT_STATE_HOST], delay),
		   "a busy neighbour: guest and host are what is left");
	/* From the guest it is always to the host, so what is more comes from elsewhere. */
	good &= ok(entered[EXITSTAT_STATE_HOST] - entered[EXITSTAT_STATE_GUEST] + 2 >=
		   entered[EXITSTAT_STATE_PREEMPTED],
		   "a busy neighbour: the host is entered again after each preemption");
	if (!good) {
		printf("# run delay %" PRIu64 "; preempted %" PRIu64 " times\n", delay,
		       entered[EXITSTAT_STATE_PREEMPTED]);
		show(&states);
	}
}

/* A vCPU that is preempted and then returns, with no entry in between. */
static void test_interrupted(struct small_vm *vm)
{
	struct neighbour neighbour = { .interrupts = true };
	uint64_t returns;
	struct states states;

	move_in(&neighbour);
	states = spend(vm, GUEST_CPUID, 8000);
	move_out(&neighbour);
	check_sum(&states, "a neighbour that sends signals");
	returns = states.entered[EXITSTAT_STATE_VMM];
	/* Few arrive when KVM_RUN is over already. */
	if (!ok(neighbour.sent >= 10 && returns >= neighbour.sent - neighbour.sent / 10,
		"a neighbour that sends signals: it has every return"))
		printf("# %u signals, %" PRIu64 " returns\n", neighbour.sent, returns);
}

/* A VM that keeps a CPU busy, the one that this thread keeps to. */
struct rival {
	struct small_vm vm;
	pthread_t thread;
	atomic_bool stop;
};

static void *run_rival(void *argument)
{
	struct rival *rival = argument;

	while (!rival->stop)
		vm_run(&rival->vm, 0, GUEST_CPUID, 1000);
	return NULL;
}

/*
 * Two VMs on one CPU, one of them halting often. SCHED_BATCH, so that its thread, woken,
 * waits for its turn instead of taking the CPU.
 */
static void test_woken_to_a_busy_cpu(struct small_vm *vm)
{
	const struct sched_param no_priority = { 0 };
	struct rival rival = { 0 };
	struct states states;
	const uint64_t *cycles = states.cycles;
	uint64_t delay, steal;
	bool good;

	vm_create(&rival.vm, 1);
	vm_tell_steal(vm, 0);
	keep_to_one_cpu();
	if (pthread_create(&rival.thread, NULL, run_rival, &rival) ||
	    sched_setscheduler(0, SCHED_BATCH, &no_priority))
		errx(1, "cannot compete with a thread");
	read_states(vm);
	steal = vm_steal(vm);
	delay = run_delay();
	states = spend(vm, GUEST_HLT, 200);
	delay = cycles_of(vm, run_delay() - delay);
	steal = cycles_of(vm, vm_steal(vm) - steal);
	rival.stop = true;
	pthread_join(rival.thread, NULL);
	sched_setscheduler(0, SCHED_OTHER, &no_priority);
	vm_destroy(&rival.vm);

	check_sum(&states, "woken to a busy CPU");
	good = ok(states.entered[EXITSTAT_STATE_HALTED] >= 20 && delay > states.tsc / 10,
		  "woken to a busy CPU: it halts, and waits for the CPU");
	good &= ok(is_about(vm, cycles[EXITSTAT_STATE_PREEMPTED], delay),
		   "woken to a busy CPU: preempted is what the scheduler made the thread wait");
	good &= ok(is_about(vm, cycles[EXITSTAT_STATE_PREEMPTED], steal),
		   "woken to a busy CPU: and the steal time that the guest is told");
	if (!good) {
		printf("# run delay %" PRIu64 ", steal time %" PRIu64 "\n", delay, steal);
		show(&states);
	}
}

/* The VMM's thread sleeps and is woken to a busy CPU: that is no time of the VMM's. */
static void test_vmm_woken_to_a_busy_cpu(struct small_vm *vm)
{
	const struct sched_param no_priority = { 0 };
	struct neighbour neighbour = { 0 };
	struct states states;
	uint64_t delay;
	bool good;

	move_in(&neighbour);
	sched_setscheduler(0, SCHED_BATCH, &no_priority);
	vm->on_io = wait_long;
	delay = run_delay();
	states = spend(vm, GUEST_IO, 500);
	delay = cycles_of(vm, run_delay() - delay);
	vm->on_io = NULL;
	sched_setscheduler(0, SCHED_OTHER, &no_priority);
	move_out(&neighbour);

	check_sum(&states, "a VMM woken to a busy CPU");
	good = ok(delay > states.tsc / 10 &&
		  is_about(vm, states.cycles[EXITSTAT_STATE_PREEMPTED], delay),
		  "a VMM woken to a busy CPU: preempted is what the scheduler made it wait");
	if (!good) {
		printf("# run delay %" PRIu64 "\n", delay);
		show(&states);
	}
}

/* KVM_RUN that never enters the guest, on a busy CPU: preempted at times, but no return. */
static void test_no_entry(struct small_vm *vm)
{
	struct neighbour neighbour = { 0 };
	struct pair before, after;
	int i;

	before = vm_pair(vm, 0, EXITSTAT_LEAF_VMM, EXITSTAT_ALL_REASONS);
	move_in(&neighbour);
	for (i = 0; i < 5000; i++)
		vm_run_nothing(vm, 0);
	move_out(&neighbour);
	after = vm_pair(vm, 0, EXITSTAT_LEAF_VMM, EXITSTAT_ALL_REASONS);
	/* The one is that of the first question. */
	if (!ok(after.count - before.count == 1, "KVM_RUN without an entry is no return"))
		printf("# %" PRIu64 " returns\n", after.count - before.count);
}

#define SIPI_MILLISECONDS	900
#define PAGE_MILLISECONDS	10

static void test_wait_for_sipi(struct small_vm *vm)
{
	struct states before = read_states(vm), after, states;
	uint64_t wanted = cycles_of(vm, SIPI_MILLISECONDS * 1000000);

	vm_want_sipi(vm, 0, SIPI_MILLISECONDS);
	after = read_states(vm);
	states = difference(&after, &before);
	check_sum(&states, "waiting for a SIPI");
	if (!ok(states.cycles[EXITSTAT_STATE_HALTED] > wanted / 10 * 9,
		"waiting for a SIPI: halted"))
		show(&states);
}

/*
 * A page that takes its time to come, as from a swap file. KVM halts the vCPU meanwhile, if
 * that could take interrupts; but the guest is not idle, it wants to work.
 */
static void test_page_in(struct small_vm *vm)
{
	struct late_pages late;
	struct states states;
	bool good;

	late_pages_begin(&late, vm, 50, PAGE_MILLISECONDS);
	states = spend(vm, GUEST_TOUCH_OPEN, 50);
	late_pages_end(&late);
	check_sum(&states, "pages that come late");
	good = ok(late.served == 50, "pages that come late: all have come");
	good &= ok(states.cycles[EXITSTAT_STATE_HALTED] < states.tsc / 20 &&
		   states.cycles[EXITSTAT_STATE_HOST] > states.tsc / 2,
		   "pages that come late: the wait is the host's, not idleness");
	if (!good) {
		printf("# %u pages\n", late.served);
		show(&states);
	}
}

/* No count is less than it was. */
static bool only_grows(const struct states *difference)
{
	bool grows = (int64_t)difference->tsc > 0;
	int i;

	for (i = 0; i < EXITSTAT_NR_STATES; i++)
		grows &= (int64_t)difference->entered[i] >= 0 &&
			 (int64_t)difference->cycles[i] >= 0;
	return grows;
}

/* The guest is a hypervisor, and its guest exits. */
static void test_nested(struct small_vm *vm)
{
	struct states states;
	struct pair exits, before = vm_pair(vm, 0, EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS);
	bool grow = true;
	int i;

	for (i = 0; i < 5; i++) {
		states = spend(vm, GUEST_NESTED | GUEST_CPUID, 1000);
		exits = vm_pair(vm, 0, EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS);
		grow &= only_grows(&states) && exits.cycles > before.cycles &&
			exits.count >= before.count + 2000 &&
			states.entered[EXITSTAT_STATE_GUEST] >= 2000;
		before = exits;
		check_sum(&states, "a nested guest");
	}
	ok(grow, "a nested guest: no count goes backwards, and each CPUID is two exits or more");
}

/* Host state's cycles are those of the exits, exit for exit. */
static void test_host_is_exits(struct small_vm *vm)
{
	struct guest_query *queries = vm_shared(vm, 0)->queries;
	uint64_t exits, state;

	queries[0] = (struct guest_query){ .leaf = EXITSTAT_LEAF_CYCLES };
	queries[1] = (struct guest_query){ .leaf = EXITSTAT_LEAF_STATE,
					   .index = EXITSTAT_STATE_HOST };
	queries[2] = (struct guest_query){ .leaf = EXITSTAT_LEAF_CYCLES };
	vm_run(vm, 0, GUEST_ASK, 3);
	state = queries[1].rdx << 32 | queries[1].rcx;
	exits = queries[0].rbx << 32 | queries[0].rcx;
	ok(exits < state, "the host state has the cycles of the exits, and of the first reading");
	exits = queries[2].rbx << 32 | queries[2].rcx;
	ok(state < exits, "and not yet those of the exit that reads");
}

int main(void)
{
	struct small_vm vm;

	vm_create(&vm, 1);
	test_work(&vm);
	test_idle(&vm);
	test_vmm(&vm);
	test_host_is_exits(&vm);
	test_nested(&vm);
	test_preempted(&vm);
	test_interrupted(&vm);
	test_woken_to_a_busy_cpu(&vm);
	test_vmm_woken_to_a_busy_cpu(&vm);
	test_no_entry(&vm);
	test_wait_for_sipi(&vm);
	test_page_in(&vm);
	vm_destroy(&vm);
	return done_testing();
}
