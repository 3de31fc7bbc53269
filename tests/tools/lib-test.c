// SPDX-License-Identifier: GPL-2.0
/* libexitstat against the real accounting, its recordings, and hosts without exitstat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paper.h"

#define TSC_KHZ	2400000

static const uint32_t spaces[] = { EXITSTAT_SPACE_VMX, EXITSTAT_SPACE_SVM };
static const uint32_t cpuid_of[] = { 10, 0x72 };

static struct exitstat_sample before, after, delta;

static struct exitstat *open_paper(struct machine *machine)
{
	struct exitstat *es = paper_open(machine, NULL);

	assert_non_null(es);
	assert_int_equal(exitstat_open(es), 0);
	return es;
}

static const struct exitstat_reason *find(const struct exitstat_sample *sample, uint32_t reason)
{
	size_t i;

	for (i = 0; i < sample->nr_reasons; i++)
		if (sample->reasons[i].reason == reason)
			return &sample->reasons[i];
	return NULL;
}

static void sample_is_what_the_host_has(void **state)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);
	struct exitstat *es;

	(void)state;
	paper_work(machine, EXITSTAT_SPACE_SVM, 100);
	es = open_paper(machine);
	assert_int_equal(exitstat_host(es)->space, EXITSTAT_SPACE_SVM);
	assert_int_equal(exitstat_host(es)->tsc_khz, TSC_KHZ);
	assert_int_equal(exitstat_host(es)->vcpus, 2);
	assert_string_equal(exitstat_host(es)->hypervisor, "KVMKVMKVM");

	assert_int_equal(exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after), 0);
	assert_int_equal(after.nr_reasons, 7);
	assert_int_equal(find(&after, 0x400)->exits.count, 200);
	assert_int_equal(find(&after, 0x400)->exits.cycles, 100 * (5200 + 4800));
	assert_int_equal(find(&after, 0x7b)->exits.cycles, 100 * 3000);
	assert_int_equal(find(&after, 0x7b)->vmm.count, 100);
	assert_int_equal(find(&after, 0x7b)->vmm.cycles, 100 * 21000);
	assert_int_equal(after.vmm.count, 100);
	assert_int_equal(after.states[EXITSTAT_STATE_PREEMPTED].cycles, 100 * 7000);
	exitstat_free(es);
	machine_free(machine);
}

static void own_reading_is_left_out(void **state)
{
	size_t i;
	int cpu;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct machine *machine = machine_new(spaces[i], 2, TSC_KHZ);
		struct exitstat *es = open_paper(machine);

		for (cpu = EXITSTAT_VM; cpu < 2; cpu++) {
			exitstat_read(es, cpu, EXITSTAT_READ_ALL, &before);
			/* Reading something else must not be told either. */
			exitstat_read(es, 0, EXITSTAT_READ_ALL, &after);
			exitstat_read(es, EXITSTAT_VM, 0, &after);
			exitstat_read(es, cpu, EXITSTAT_READ_ALL, &after);
			assert_int_equal(exitstat_delta(es, &before, &after, &delta), 0);
			assert_int_equal(delta.total.count, 0);
			assert_int_equal(delta.total.cycles, 0);
			assert_int_equal(delta.states[EXITSTAT_STATE_HOST].cycles, 0);
			assert_int_equal(delta.states[EXITSTAT_STATE_GUEST].count, 0);
			assert_int_equal(delta.nr_reasons, 0);
			assert_true(delta.own.count > 0);
		}
		exitstat_free(es);
		machine_free(machine);
	}
}

static void others_cpuids_are_told(void **state)
{
	uint32_t regs[4];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct machine *machine = machine_new(spaces[i], 2, TSC_KHZ);
		struct exitstat *es = open_paper(machine);

		exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &before);
		for (n = 0; n < 1000; n++)
			machine_cpuid(machine, n % 2, 0, 0, regs);
		exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
		assert_int_equal(exitstat_delta(es, &before, &after, &delta), 0);
		assert_int_equal(delta.nr_reasons, 1);
		assert_int_equal(find(&delta, cpuid_of[i])->exits.count, 1000);
		assert_int_equal(delta.total.count, 1000);
		/* Every CPUID costs the same here, so that even the cycles are exact. */
		assert_int_equal(find(&delta, cpuid_of[i])->exits.cycles, 1000 * CPUID_CYCLES);
		assert_int_equal(delta.total.cycles, 1000 * CPUID_CYCLES);
		exitstat_free(es);
		machine_free(machine);
	}
}

static void vcpu_is_seen_alone(void **state)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_VMX, 2, TSC_KHZ);
	struct exitstat *es = open_paper(machine);

	(void)state;
	exitstat_read(es, 1, EXITSTAT_READ_ALL, &before);
	paper_work(machine, EXITSTAT_SPACE_VMX, 10);
	exitstat_read(es, 1, EXITSTAT_READ_ALL, &after);
	assert_int_equal(exitstat_delta(es, &before, &after, &delta), 0);
	assert_int_equal(delta.vcpus, 1);
	assert_int_equal(delta.total.count, 30);
	assert_null(find(&delta, 30));
	assert_int_equal(find(&delta, 48)->exits.cycles, 10 * 4800);
	assert_true(delta.states[EXITSTAT_STATE_HALTED].count == 10);
	exitstat_free(es);
	machine_free(machine);
}

static void states_only_costs_less(void **state)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_VMX, 2, TSC_KHZ);
	struct exitstat *es;

	(void)state;
	paper_work(machine, EXITSTAT_SPACE_VMX, 10);
	es = open_paper(machine);
	exitstat_read(es, 0, EXITSTAT_READ_STATES, &before);
	exitstat_read(es, 0, EXITSTAT_READ_STATES, &after);
	assert_int_equal(after.own.count - before.own.count, 11);
	assert_int_equal(after.nr_reasons, 0);
	exitstat_read(es, 0, 0, &after);
	assert_int_equal(after.elapsed_ns, 0);
	exitstat_free(es);
	machine_free(machine);
}

static void moving_is_noticed(void **state)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);
	struct exitstat *es;

	(void)state;
	paper_work(machine, EXITSTAT_SPACE_SVM, 100);
	es = open_paper(machine);
	exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &before);
	machine_forget(machine);
	exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	assert_int_equal(exitstat_delta(es, &before, &after, &delta), EXITSTAT_ERR_BACKWARDS);
	assert_non_null(strstr(exitstat_message(es), "moved to another host"));

	/* More exits than before altogether, but fewer of one reason. */
	paper_work(machine, EXITSTAT_SPACE_SVM, 50);
	while (after.total.count <= before.total.count)
		exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	assert_int_equal(exitstat_delta(es, &before, &after, &delta), EXITSTAT_ERR_BACKWARDS);

	machine_set_host(machine, HOST_STOCK_AMD);
	assert_int_equal(exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after),
			 EXITSTAT_ERR_NOT_EXPOSED);
	assert_non_null(strstr(exitstat_message(es), "no longer exposed"));
	exitstat_free(es);
	machine_free(machine);
}

static void hosts_without_exitstat(void **state)
{
	static const struct {
		enum machine_host host;
		int error;
		enum exitstat_answer answer;
		const char *says;
	} cases[] = {
		{ HOST_STOCK_AMD, EXITSTAT_ERR_NOT_EXPOSED, EXITSTAT_ANSWER_ZEROS, "zeros" },
		{ HOST_STOCK_INTEL, EXITSTAT_ERR_NOT_EXPOSED, EXITSTAT_ANSWER_ECHO,
		  "highest basic leaf" },
		{ HOST_BARE_METAL, EXITSTAT_ERR_NOT_A_VM, EXITSTAT_ANSWER_ECHO, "not a virtual" },
		{ HOST_HYPERV, EXITSTAT_ERR_NOT_EXPOSED, EXITSTAT_ANSWER_ZEROS, "Microsoft Hv" },
		{ HOST_XEN, EXITSTAT_ERR_NOT_EXPOSED, EXITSTAT_ANSWER_ZEROS, "XenVMMXenVMM" },
		{ HOST_KVM_AS_XEN, EXITSTAT_ERR_NOT_EXPOSED, EXITSTAT_ANSWER_ZEROS,
		  "load kvm_exitstat" },
		{ HOST_KVM_AS_BOTH, EXITSTAT_ERR_NOT_EXPOSED, EXITSTAT_ANSWER_ZEROS,
		  "load kvm_exitstat" },
		{ HOST_NEWER_ABI, EXITSTAT_ERR_ABI, EXITSTAT_ANSWER_SIGNATURE, "version 2" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct machine *machine = machine_new(EXITSTAT_SPACE_VMX, 1, TSC_KHZ);
		struct exitstat *es = paper_open(machine, NULL);

		machine_set_host(machine, cases[i].host);
		assert_int_equal(exitstat_open(es), cases[i].error);
		assert_int_equal(exitstat_host(es)->answer, cases[i].answer);
		assert_non_null(strstr(exitstat_message(es), cases[i].says));
		exitstat_free(es);
		machine_free(machine);
	}
}

static struct exitstat *replay(const char *path)
{
	struct exitstat *es = exitstat_new();

	assert_non_null(es);
	assert_int_equal(exitstat_replay(es, path), 0);
	assert_true(exitstat_is_replay(es));
	return es;
}

static void replay_is_what_was_recorded(void **state)
{
	static struct exitstat_sample live[3], replayed;
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);
	char path[] = "/tmp/exitstat-test-XXXXXX";
	struct exitstat *es;
	int cpu, cpus[2];

	(void)state;
	close(mkstemp(path));
	es = paper_open(machine, path);
	assert_int_equal(exitstat_open(es), 0);
	paper_work(machine, EXITSTAT_SPACE_SVM, 10);
	for (cpu = EXITSTAT_VM; cpu < 2; cpu++)
		exitstat_read(es, cpu, EXITSTAT_READ_ALL, &live[cpu + 1]);
	exitstat_free(es);

	es = replay(path);
	assert_int_equal(exitstat_open(es), 0);
	assert_int_equal(exitstat_cpus(es, cpus, 2), 2);
	assert_int_equal(cpus[1], 1);
	for (cpu = EXITSTAT_VM; cpu < 2; cpu++) {
		assert_int_equal(exitstat_read(es, cpu, EXITSTAT_READ_ALL, &replayed), 0);
		assert_memory_equal(&live[cpu + 1], &replayed, sizeof(replayed));
	}
	assert_int_equal(exitstat_read(es, 0, EXITSTAT_READ_ALL, &replayed), EXITSTAT_ERR_END);
	exitstat_free(es);

	/* What was skipped were CPUIDs, too. */
	es = replay(path);
	assert_int_equal(exitstat_open(es), 0);
	assert_int_equal(exitstat_read(es, 1, EXITSTAT_READ_ALL, &replayed), 0);
	assert_memory_equal(&live[2], &replayed, sizeof(replayed));
	exitstat_free(es);
	machine_free(machine);
	unlink(path);
}

static int replay_text(const char *text, char *message, size_t size)
{
	char path[] = "/tmp/exitstat-test-XXXXXX";
	struct exitstat *es = exitstat_new();
	FILE *file = fdopen(mkstemp(path), "w");
	int err;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	err = exitstat_replay(es, path);
	if (!err)
		err = exitstat_open(es);
	if (!err)
		err = exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after);
	snprintf(message, size, "%s", exitstat_message(es));
	exitstat_free(es);
	unlink(path);
	return err;
}

#define HEADER	"exitstat-recording 1\n"
#define OPEN	HEADER \
	"0.000000000 0 4ffffff0 00000000 -> 00000001 454d564b 53746978 00746174\n" \
	"0.000000000 0 00000001 00000000 -> 00000000 00000000 80000000 00000000\n" \
	"0.000000000 0 40000000 00000000 -> 40000001 4b4d564b 564b4d56 0000004d\n" \
	"0.000000000 0 00000000 00000000 -> 0000000d 68747541 444d4163 69746e65\n" \
	"0.000000000 0 0000000d 00000000 -> 00000007 00000340 00000340 00000000\n"

static void broken_recordings(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *says;
	} cases[] = {
		{ "", EXITSTAT_ERR_REPLAY, "no recording" },
		{ "hello\n", EXITSTAT_ERR_REPLAY, "not a recording" },
		{ HEADER, EXITSTAT_ERR_REPLAY, "no recording" },
		{ HEADER "# comment\n\n0.0 0 1 2 -> 3 4 5 6\n", EXITSTAT_ERR_REPLAY, "line 4" },
		{ HEADER "0.000000000 0 1 2 -> 3 4 5\n", EXITSTAT_ERR_REPLAY, "line 2" },
		{ HEADER "0.000000000 0 1 2 -> 3 4 5 6 7\n", EXITSTAT_ERR_REPLAY, "line 2" },
		{ HEADER "0.000000000 -1 1 2 -> 3 4 5 6\n", EXITSTAT_ERR_REPLAY, "line 2" },
		{ HEADER "0.000000000 9999999 1 2 -> 3 4 5 6\n", EXITSTAT_ERR_REPLAY, "line 2" },
		{ HEADER "0.000000000 0 1 2 -> 3 4 5 6\n", EXITSTAT_ERR_REPLAY, "no answer" },
	};
	char message[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(replay_text(cases[i].text, message, sizeof(message)),
				 cases[i].error);
		assert_non_null(strstr(message, cases[i].says));
	}
}

static int answers_in_disorder(const char *next)
{
	char text[4096], message[400];
	static const char format[] =
		"1.000000000 0 4ffffff1 00000000 -> 00249f00 00000000 00000002 00000001\n"
		"1.000000000 0 4ffffff0 00000000 -> 00000001 %s\n"
		"1.000000000 0 4ffffff1 00000000 -> 00249f00 00000000 00000002 00000001\n"
		"1.000000000 0 4ffffff2 80000072 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff2 40000000 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff5 40000000 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff4 00000000 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff4 00000001 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff4 00000002 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff4 00000003 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff4 00000004 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff3 00000000 -> 00000060 00000000 00000000 00000000\n"
		"1.000000000 0 4ffffff2 00000060 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff5 00000060 -> 00000002 00000000 00000100 00000000\n"
		"1.000000000 0 4ffffff3 00000061 -> %s 00000000 00000000 00000000\n"
		"1.000000000 0 4ffffff2 80000072 -> 00000009 00000000 00000900 00000000\n";
	int n = snprintf(text, sizeof(text), "%s", OPEN);

	snprintf(text + n, sizeof(text) - n, format, "454d564b 53746978 00746174", next);
	return replay_text(text, message, sizeof(message));
}

static void answers_that_make_no_sense(void **state)
{
	(void)state;
	assert_int_equal(answers_in_disorder("ffffffff"), 0);
	assert_int_equal(answers_in_disorder("00000060"), EXITSTAT_ERR_ANSWER);
	assert_int_equal(answers_in_disorder("00010000"), EXITSTAT_ERR_ANSWER);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(exitstat_reason_name(EXITSTAT_SPACE_VMX, 48), "EPT_VIOLATION");
	assert_string_equal(exitstat_reason_name(EXITSTAT_SPACE_VMX, 85), "MSR_WRITE_IMM");
	assert_string_equal(exitstat_reason_name(EXITSTAT_SPACE_SVM, 0x400), "npf");
	assert_string_equal(exitstat_reason_name(EXITSTAT_SPACE_SVM, 0xffff),
			    "invalid_guest_state");
	assert_string_equal(exitstat_reason_name(EXITSTAT_SPACE_SVM, 0xfffe), "busy");
	assert_string_equal(exitstat_reason_name(EXITSTAT_SPACE_VMX, EXITSTAT_REASON_OTHER),
			    "other");
	/* 0x80000001 is a message of SEV-ES, which the header has among the reasons. */
	assert_null(exitstat_reason_name(EXITSTAT_SPACE_SVM, 1));
	assert_null(exitstat_reason_name(EXITSTAT_SPACE_VMX, 35));
	assert_null(exitstat_reason_name(0, 48));
	assert_int_equal(exitstat_reason_number(0xffff), 0xffffffff);
	assert_int_equal(exitstat_reason_number(0x400), 0x400);
	assert_string_equal(exitstat_state_name(EXITSTAT_STATE_VMM), "vmm");
	assert_null(exitstat_state_name(EXITSTAT_NR_STATES));
}

int __real_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);

static const cpu_set_t *granted, *left;

/*
 * Whenever the library chooses a CPU, the administrator grants this process others, or leaves
 * the thread none but others.
 */
int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	int err = __real_sched_setaffinity(pid, size, set);

	if (granted)
		__real_sched_setaffinity(getpid(), sizeof(*granted), granted);
	if (left)
		__real_sched_setaffinity(0, sizeof(*left), left);
	return err;
}

static unsigned int nr_threads(void)
{
	struct dirent *entry;
	unsigned int n = 0;
	DIR *dir = opendir("/proc/self/task");

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += *entry->d_name != '.';
	closedir(dir);
	return n;
}

static void real_cpu_leaves_affinity_to_others(void **state)
{
	struct exitstat *es = exitstat_new();
	cpu_set_t all, one, now;

	(void)state;
	sched_getaffinity(0, sizeof(all), &all);
	if (CPU_COUNT(&all) < 2)
		skip();
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	__real_sched_setaffinity(0, sizeof(one), &one);
	granted = &all;
	exitstat_read(es, EXITSTAT_VM, 0, &after);
	sched_getaffinity(0, sizeof(now), &now);
	assert_true(CPU_EQUAL(&now, &one));
	assert_int_not_equal(exitstat_read(es, sched_getcpu(), 0, &after), EXITSTAT_ERR_SYSTEM);
	granted = NULL;
	sched_getaffinity(0, sizeof(now), &now);
	__real_sched_setaffinity(0, sizeof(all), &all);
	assert_true(CPU_EQUAL(&now, &all));
	assert_int_equal(nr_threads(), 1);
	exitstat_free(es);
}

static void cpu_that_goes_while_it_is_read(void **state)
{
	struct exitstat *es = exitstat_new();
	cpu_set_t others;
	int cpu;

	(void)state;
	sched_getaffinity(0, sizeof(others), &others);
	if (CPU_COUNT(&others) < 2)
		skip();
	cpu = sched_getcpu();
	CPU_CLR(cpu, &others);
	left = &others;
	assert_int_equal(exitstat_read(es, cpu, 0, &after), EXITSTAT_ERR_CPU);
	left = NULL;
	assert_non_null(strstr(exitstat_message(es), "has gone"));
	exitstat_free(es);
}

static void real_cpu_keeps_affinity(void **state)
{
	struct exitstat *es = exitstat_new();
	cpu_set_t set, now;
	int n;

	(void)state;
	sched_getaffinity(0, sizeof(set), &set);
	assert_int_not_equal(exitstat_open(es), EXITSTAT_ERR_SYSTEM);
	n = exitstat_cpus(es, NULL, 0);
	assert_int_equal(n, CPU_COUNT(&set));
	assert_int_equal(exitstat_read(es, 1 << 19, 0, &after), EXITSTAT_ERR_CPU);
	assert_non_null(strstr(exitstat_message(es), "cannot run on CPU 524288"));
	sched_getaffinity(0, sizeof(now), &now);
	assert_true(CPU_EQUAL(&set, &now));
	exitstat_free(es);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sample_is_what_the_host_has),
		cmocka_unit_test(own_reading_is_left_out),
		cmocka_unit_test(others_cpuids_are_told),
		cmocka_unit_test(vcpu_is_seen_alone),
		cmocka_unit_test(states_only_costs_less),
		cmocka_unit_test(moving_is_noticed),
		cmocka_unit_test(hosts_without_exitstat),
		cmocka_unit_test(replay_is_what_was_recorded),
		cmocka_unit_test(broken_recordings),
		cmocka_unit_test(answers_that_make_no_sense),
		cmocka_unit_test(names),
		cmocka_unit_test(real_cpu_keeps_affinity),
		cmocka_unit_test(real_cpu_leaves_affinity_to_others),
		cmocka_unit_test(cpu_that_goes_while_it_is_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
