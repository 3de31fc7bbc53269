// SPDX-License-Identifier: GPL-2.0
/* Differences of samples: counters that wrapped, and counters that started anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "paper.h"

#define TSC_KHZ	2400000
#define SECOND	(TSC_KHZ * 1000ull)

static struct exitstat_sample before, after, delta;

struct run {
	struct machine *machine;
	struct exitstat *es;
};

static struct run start_vcpus(unsigned int vcpus, unsigned int rounds)
{
	struct run run = { .machine = machine_new(EXITSTAT_SPACE_SVM, vcpus, TSC_KHZ) };

	paper_work(run.machine, EXITSTAT_SPACE_SVM, rounds);
	run.es = paper_open(run.machine, NULL);
	assert_non_null(run.es);
	assert_int_equal(exitstat_open(run.es), 0);
	assert_int_equal(exitstat_read(run.es, EXITSTAT_VM, EXITSTAT_READ_ALL, &before), 0);
	return run;
}

/* A VM with one vCPU: fewer than this machine's CPUs in any case. */
static struct run start_run(unsigned int rounds)
{
	return start_vcpus(1, rounds);
}

/* As on another host, where all counters come to be above their old values. */
static void restart(struct run *run, unsigned int rounds)
{
	uint32_t regs[4];
	int i;

	machine_forget(run->machine);
	paper_work(run->machine, EXITSTAT_SPACE_SVM, rounds);
	for (i = 0; i < 100; i++)
		machine_cpuid(run->machine, 0, 0, 0, regs);
}

static int end_run(struct run *run, unsigned int what)
{
	int err;

	assert_int_equal(exitstat_read(run->es, EXITSTAT_VM, what, &after), 0);
	err = exitstat_delta(run->es, &before, &after, &delta);
	if (err)
		assert_non_null(strstr(exitstat_message(run->es), "measure again"));
	exitstat_free(run->es);
	machine_free(run->machine);
	return err;
}

/* Be it the first or the second that takes five seconds, there was no restart. */
static void a_reading_may_take_long(void **state)
{
	int slow;

	(void)state;
	for (slow = 0; slow <= 1; slow++) {
		struct run run;

		paper_answer_takes = slow ? 0 : SECOND / 5;
		run = start_run(1000);
		paper_work(run.machine, EXITSTAT_SPACE_SVM, 10000);
		paper_answer_takes = slow ? SECOND / 5 : 0;
		assert_int_equal(end_run(&run, EXITSTAT_READ_ALL), 0);
	}
	paper_answer_takes = 0;
}

/* What is missing is the time of 1000 rounds, unless that is little. */
static void restart_is_seen(void **state)
{
	unsigned int rounds;

	(void)state;
	for (rounds = 1000; rounds <= 64000; rounds *= 4) {
		struct run run = start_run(1000);

		restart(&run, 1000 + rounds);
		assert_int_equal(end_run(&run, EXITSTAT_READ_ALL),
				 rounds < 16000 ? EXITSTAT_ERR_BACKWARDS : 0);
	}
}

/* As where a kernel is told to use fewer CPUs than there are, or after a crash uses one. */
static struct run start_on_few_cpus(unsigned int rounds)
{
	paper_cpus = 2;
	return start_vcpus(MACHINE_MAX_VCPUS, rounds);
}

static int end_on_few_cpus(struct run *run)
{
	int err = end_run(run, EXITSTAT_READ_ALL);

	paper_cpus = MACHINE_MAX_VCPUS;
	return err;
}

static void restart_is_seen_on_few_cpus(void **state)
{
	unsigned int rounds;

	(void)state;
	for (rounds = 1000; rounds <= 64000; rounds *= 4) {
		struct run run = start_on_few_cpus(1000);

		restart(&run, 1000 + rounds);
		assert_int_equal(end_on_few_cpus(&run),
				 rounds < 16000 ? EXITSTAT_ERR_BACKWARDS : 0);
	}
}

/* With scope=host their time is in the sum no more, and in ours nothing is missing. */
static void end_of_others_is_no_restart(void **state)
{
	struct run run = start_on_few_cpus(1000);

	(void)state;
	machine_pass(run.machine, 10 * SECOND);
	exitstat_read(run.es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	after.states[EXITSTAT_STATE_GUEST].cycles -= 62 * 10 * SECOND;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), 0);
	after.vcpus -= 62;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), 0);
	end_on_few_cpus(&run);
}

/* The sum is looked at as ever: this machine has fewer CPUs than the VM vCPUs, or not. */
static void another_witness_is_none(void **state)
{
	struct run run = start_on_few_cpus(1000);

	(void)state;
	restart(&run, 2000);
	exitstat_read(run.es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	before.vcpus = after.vcpus = 1;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), EXITSTAT_ERR_BACKWARDS);
	after.witness.cpu++;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), 0);
	before.witness.time_ns = 0;
	after.witness.cpu--;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), 0);
	end_on_few_cpus(&run);
}

static void own_reading_of_a_witness_is_left_out(void **state)
{
	struct run run = start_on_few_cpus(1000);

	(void)state;
	assert_int_equal(before.witness.cpu, 1);
	assert_int_equal(end_on_few_cpus(&run), 0);
	assert_int_equal(after.witness.cpu, 1);
	assert_int_equal(delta.total.count, 0);
	assert_int_equal(delta.total.cycles, 0);
	assert_int_equal(delta.states[EXITSTAT_STATE_HOST].cycles, 0);
	assert_int_equal(delta.states[EXITSTAT_STATE_GUEST].count, 0);
	assert_int_equal(delta.nr_reasons, 0);
	assert_int_equal(delta.own.count, after.total.own - before.total.own);
}

static void usual_reading_has_no_witness(void **state)
{
	struct run run = start_vcpus(2, 1);

	(void)state;
	assert_int_equal(before.witness.time_ns, 0);
	paper_cpus = 1;
	exitstat_read(run.es, EXITSTAT_VM, EXITSTAT_READ_REASONS, &after);
	assert_int_equal(after.witness.time_ns, 0);
	exitstat_read(run.es, 1, EXITSTAT_READ_ALL, &after);
	assert_int_equal(after.witness.time_ns, 0);
	assert_int_equal(end_on_few_cpus(&run), 0);
	assert_int_not_equal(after.witness.time_ns, 0);
}

static void long_sleep_is_no_restart(void **state)
{
	struct run run = start_run(1000);

	(void)state;
	machine_pass(run.machine, 10 * 365 * 86400ull * SECOND);
	paper_work(run.machine, EXITSTAT_SPACE_SVM, 10);
	assert_int_equal(end_run(&run, EXITSTAT_READ_ALL), 0);
	assert_int_equal(delta.elapsed_ns / 1000000000, 10 * 365 * 86400ull);
}

/* Of a vCPU that is read late the states are short of time. */
static void late_reading_is_no_restart(void **state)
{
	struct run run = start_run(100000);

	(void)state;
	paper_work(run.machine, EXITSTAT_SPACE_SVM, 1);
	before.time_ns -= 150000000;
	assert_int_equal(end_run(&run, EXITSTAT_READ_ALL), 0);
}

static void suspended_vm_is_no_restart(void **state)
{
	struct run run = start_run(1000);

	(void)state;
	machine_pass(run.machine, 3600 * SECOND);
	before.time_ns += 3590 * 1000000000ull;
	assert_int_equal(end_run(&run, EXITSTAT_READ_ALL), 0);
}

/* It runs for the last tenth of the time only. */
static void new_vcpu_is_no_restart(void **state)
{
	struct run run = start_run(1000);

	(void)state;
	machine_pass(run.machine, 10 * SECOND);
	exitstat_read(run.es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	after.vcpus = 2;
	after.states[EXITSTAT_STATE_GUEST].cycles += SECOND;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), 0);
	end_run(&run, EXITSTAT_READ_ALL);
}

static void without_states_there_is_no_telling(void **state)
{
	struct run run = start_run(1000);

	(void)state;
	restart(&run, 2000);
	assert_int_equal(end_run(&run, 0), 0);
	assert_int_equal(delta.states[EXITSTAT_STATE_GUEST].cycles, 0);
}

/* The cycles of 300 years: a counter that wrapped cannot be told. */
static void more_than_64_bits_is_said(void **state)
{
	struct run run = start_run(1);

	(void)state;
	exitstat_read(run.es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	after.time_ns = before.time_ns + 300 * 365 * 86400ull * 1000000000;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), EXITSTAT_ERR_BACKWARDS);
	assert_non_null(strstr(exitstat_message(run.es), "64 bits"));
	exitstat_free(run.es);
	machine_free(run.machine);
}

/* Cycles may step back by what turns out to be another state's, not by a restart. */
static void less_cycles_are_a_restart(void **state)
{
	struct run run = start_run(100000);

	(void)state;
	exitstat_read(run.es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	after.states[EXITSTAT_STATE_HALTED].cycles -= 30 * SECOND;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), 0);
	assert_int_equal(delta.states[EXITSTAT_STATE_HALTED].cycles, 0);
	after.states[EXITSTAT_STATE_HALTED].cycles -= 60 * SECOND;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), EXITSTAT_ERR_BACKWARDS);
	exitstat_free(run.es);
	machine_free(run.machine);
}

/* What the VMM takes for a CPUID of before stays, though our own CPUIDs are left out. */
static void stay_that_began_before_is_told(void **state)
{
	struct run run = start_run(10);
	struct exitstat_reason *cpuid = after.reasons;

	(void)state;
	exitstat_read(run.es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	while (cpuid->reason != 0x72)
		cpuid++;
	cpuid->vmm.cycles += SECOND;
	after.vmm.cycles += SECOND;
	assert_int_equal(exitstat_delta(run.es, &before, &after, &delta), 0);
	assert_int_equal(delta.vmm.cycles, SECOND);
	assert_int_equal(delta.nr_reasons, 1);
	assert_int_equal(delta.reasons[0].exits.count, 0);
	assert_int_equal(delta.reasons[0].vmm.cycles, SECOND);
	exitstat_free(run.es);
	machine_free(run.machine);
}

/* A number on any scale, below a limit. */
static uint64_t chance(uint64_t limit)
{
	uint64_t n = (uint64_t)random() << 33 ^ (uint64_t)random() << 12 ^ random();

	return (n >> random() % 64) % limit;
}

/* Adds what came since to a counter that is anywhere; of the CPUIDs 10 are our own. */
static void move(struct exitstat_count *b, struct exitstat_count *a, uint64_t limit,
		 struct exitstat_count *moved)
{
	moved->count = 10 + chance(1000000000000000000);
	moved->cycles = chance(limit);
	b->count = chance(UINT64_MAX - moved->count);
	b->cycles = chance(UINT64_MAX) + chance(2);
	b->own = 1000;
	a->count = b->count + moved->count;
	a->cycles = b->cycles + moved->cycles;
	a->own = 1010;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Any counters that vCPUs can have, which may wrap between the samples. */
static void differences_are_exact(void **state)
{
	struct exitstat *es = exitstat_new();
	struct exitstat_count total, vmm, states[EXITSTAT_NR_STATES], npf;
	unsigned __int128 passed;
	uint64_t own;
	int i, times;

	(void)state;
	srandom(time(NULL));
	for (times = 0; times < 100000; times++) {
		memset(&before, 0, sizeof(before));
		memset(&after, 0, sizeof(after));
		before.space = after.space = EXITSTAT_SPACE_SVM;
		before.what = after.what = EXITSTAT_READ_ALL;
		before.vcpus = after.vcpus = 1 + chance(4096);
		before.tsc_khz = after.tsc_khz = 1000000 + chance(4000000);
		before.cost = (struct exitstat_count){ .count = 50, .cycles = chance(1ull << 40) };
		after.cost = (struct exitstat_count){ .count = 20, .cycles = chance(1ull << 40) };
		for (passed = 0, i = 0; i < EXITSTAT_NR_STATES; i++) {
			move(&before.states[i], &after.states[i], UINT64_MAX / 5, &states[i]);
			passed += states[i].cycles;
		}
		move(&before.total, &after.total, states[EXITSTAT_STATE_HOST].cycles + 1, &total);
		move(&before.vmm, &after.vmm, states[EXITSTAT_STATE_VMM].cycles + 1, &vmm);
		before.nr_reasons = after.nr_reasons = 1;
		before.reasons[0].reason = after.reasons[0].reason = 0x400;
		move(&before.reasons[0].exits, &after.reasons[0].exits, total.cycles + 1, &npf);
		after.time_ns = passed * 1000000 / ((uint64_t)after.vcpus * after.tsc_khz);

		assert_int_equal(exitstat_delta(es, &before, &after, &delta), 0);
		own = (unsigned __int128)(before.cost.cycles + after.cost.cycles) * 10 / 70;
		assert_int_equal(delta.total.count, total.count - 10);
		assert_int_equal(delta.total.cycles, less(total.cycles, own));
		assert_int_equal(delta.vmm.count, vmm.count);
		assert_int_equal(delta.vmm.cycles, vmm.cycles);
		assert_int_equal(delta.own.cycles, own);
		assert_int_equal(delta.states[EXITSTAT_STATE_GUEST].count,
				 states[EXITSTAT_STATE_GUEST].count - 10);
		assert_int_equal(delta.states[EXITSTAT_STATE_HOST].cycles,
				 less(states[EXITSTAT_STATE_HOST].cycles, own));
		assert_int_equal(delta.states[EXITSTAT_STATE_HALTED].cycles,
				 states[EXITSTAT_STATE_HALTED].cycles);
		assert_int_equal(delta.reasons[0].exits.count, npf.count);
		assert_int_equal(delta.reasons[0].exits.cycles, npf.cycles);
	}
	exitstat_free(es);
}

/* Up to a fifth less than @passed, or up to as much more. */
static uint64_t about(uint64_t passed)
{
	return random() % 2 ? passed - passed * (random() % 10000) / 50000 :
			      passed + chance(passed);
}

static int check_witness(struct exitstat *es, uint64_t ns, uint64_t cycles, uint64_t had)
{
	before = (struct exitstat_sample){ .cpu = EXITSTAT_VM, .what = EXITSTAT_READ_ALL,
					   .vcpus = 1 + chance(10000), .tsc_khz = TSC_KHZ };
	after = before;
	before.witness.time_ns = 1 + chance(1ull << 60);
	after.witness.time_ns = before.witness.time_ns + ns;
	before.witness.cycles = cycles;
	after.witness.cycles = cycles + had;
	return exitstat_delta(es, &before, &after, &delta);
}

/* Two looks at a witness, at any age of its, with any part of the time missing between them. */
static void witness_is_short_of_a_tenth(void **state)
{
	struct exitstat *es = exitstat_new();
	uint64_t ns, passed, had, cycles, late;
	int times;

	(void)state;
	for (times = 0; times < 100000; times++) {
		ns = 1000 + chance(30 * 86400 * 1000000000ull);
		passed = ns * (TSC_KHZ / 1000) / 1000;
		had = about(passed);
		cycles = random() % 2 ? chance(had) : chance(1ull << 62);
		late = passed / 10 + (cycles + had > passed ? SECOND / 5 : 0);
		assert_int_equal(check_witness(es, ns, cycles, had),
				 had + late < passed ? EXITSTAT_ERR_BACKWARDS : 0);
		/* It has a minute, or more, less than before. */
		assert_int_equal(check_witness(es, ns, 2000 * SECOND,
					       -(60 + chance(1000)) * SECOND),
				 EXITSTAT_ERR_BACKWARDS);
	}
	exitstat_free(es);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reading_may_take_long),
		cmocka_unit_test(restart_is_seen),
		cmocka_unit_test(restart_is_seen_on_few_cpus),
		cmocka_unit_test(end_of_others_is_no_restart),
		cmocka_unit_test(another_witness_is_none),
		cmocka_unit_test(own_reading_of_a_witness_is_left_out),
		cmocka_unit_test(usual_reading_has_no_witness),
		cmocka_unit_test(witness_is_short_of_a_tenth),
		cmocka_unit_test(long_sleep_is_no_restart),
		cmocka_unit_test(late_reading_is_no_restart),
		cmocka_unit_test(suspended_vm_is_no_restart),
		cmocka_unit_test(new_vcpu_is_no_restart),
		cmocka_unit_test(without_states_there_is_no_telling),
		cmocka_unit_test(more_than_64_bits_is_said),
		cmocka_unit_test(less_cycles_are_a_restart),
		cmocka_unit_test(stay_that_began_before_is_told),
		cmocka_unit_test(differences_are_exact),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
