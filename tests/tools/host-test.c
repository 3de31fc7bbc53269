// SPDX-License-Identifier: GPL-2.0
/* libexitstat on a host's device: VMs whose accounting and leaves are the real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paper-host.h"
#include "paper.h"

#define SPACE	EXITSTAT_SPACE_SVM
#define TSC_KHZ	2400000

static struct exitstat_sample before, after, delta, guest;

/* A VM of the host that has worked for so long. */
struct test_vm {
	struct machine *machine;
	uint64_t id;
};

static struct test_vm start_vm(unsigned int vcpus, unsigned int rounds)
{
	struct test_vm vm = { .machine = machine_new(SPACE, vcpus, TSC_KHZ) };

	paper_work(vm.machine, SPACE, rounds);
	vm.id = host_add_vm(vm.machine, getpid(), true);
	return vm;
}

static void end_vm(const struct test_vm *vm)
{
	host_end_vm(vm->id);
	machine_free(vm->machine);
}

static struct exitstat *open_device(uint64_t id)
{
	struct exitstat *es = exitstat_new();

	assert_int_equal(exitstat_device(es), 0);
	assert_int_equal(exitstat_choose_vm(es, id), 0);
	assert_int_equal(exitstat_open(es), 0);
	assert_true(exitstat_is_host(es));
	return es;
}

static void read_all(struct exitstat *es, int cpu, struct exitstat_sample *sample)
{
	assert_int_equal(exitstat_read(es, cpu, EXITSTAT_READ_ALL, sample), 0);
}

/* The counters alike, whoever has read them. */
static void same_counters(const struct exitstat_sample *a, const struct exitstat_sample *b)
{
	size_t i;

	assert_int_equal(a->total.count, b->total.count);
	assert_int_equal(a->total.cycles, b->total.cycles);
	assert_int_equal(a->vmm.count, b->vmm.count);
	assert_int_equal(a->vcpus, b->vcpus);
	assert_int_equal(a->nr_reasons, b->nr_reasons);
	for (i = 0; i < a->nr_reasons; i++) {
		assert_int_equal(a->reasons[i].reason, b->reasons[i].reason);
		assert_int_equal(a->reasons[i].exits.count, b->reasons[i].exits.count);
		assert_int_equal(a->reasons[i].exits.cycles, b->reasons[i].exits.cycles);
		assert_int_equal(a->reasons[i].vmm.count, b->reasons[i].vmm.count);
		assert_int_equal(a->reasons[i].vmm.cycles, b->reasons[i].vmm.cycles);
	}
}

static void readings_are_no_exits(void **state)
{
	struct test_vm vm = start_vm(2, 100);
	struct exitstat *es = open_device(vm.id);
	int cpu;

	(void)state;
	assert_int_equal(exitstat_host(es)->space, SPACE);
	assert_int_equal(exitstat_host(es)->tsc_khz, TSC_KHZ);
	assert_int_equal(exitstat_host(es)->vcpus, 2);
	for (cpu = EXITSTAT_VM; cpu < 2; cpu++) {
		read_all(es, cpu, &before);
		read_all(es, cpu, &after);
		same_counters(&before, &after);
		assert_int_equal(after.own.count, 0);
		assert_int_equal(after.cost.count, 0);
		assert_true(after.elapsed_ns > 0);
		assert_true(after.states[EXITSTAT_STATE_GUEST].cycles > 0);
		assert_int_equal(after.cpu, cpu);
	}
	exitstat_free(es);
	end_vm(&vm);
}

/* What the guest reads is what the host has read just before, and its own CPUIDs. */
static void host_sees_what_the_guest_sees(void **state)
{
	struct test_vm vm = start_vm(2, 100), other = start_vm(4, 33);
	struct exitstat *es = open_device(vm.id), *in_guest = paper_open(vm.machine, NULL);

	(void)state;
	assert_int_equal(exitstat_open(in_guest), 0);
	read_all(es, EXITSTAT_VM, &before);
	exitstat_read(in_guest, EXITSTAT_VM, 0, &guest);
	assert_int_equal(guest.total.count, before.total.count + 4);
	read_all(es, EXITSTAT_VM, &after);
	assert_int_equal(exitstat_delta(es, &before, &after, &delta), 0);
	assert_int_equal(delta.total.count, 6);
	assert_int_equal(delta.nr_reasons, 1);
	assert_int_equal(delta.reasons[0].exits.count, 6);
	assert_int_equal(delta.reasons[0].exits.cycles, 6 * CPUID_CYCLES);
	assert_int_equal(delta.own.count, 0);
	exitstat_free(in_guest);
	exitstat_free(es);
	end_vm(&vm);
	end_vm(&other);
}

/* A CPUID that lasts is time of CPUID, though its exit was before. */
static void cycles_without_exits_stay(void **state)
{
	struct test_vm vm = start_vm(1, 10);
	struct exitstat *es = open_device(vm.id);
	uint32_t regs[4];

	(void)state;
	machine_cpuid(vm.machine, 0, 0, 0, regs);
	read_all(es, EXITSTAT_VM, &before);
	after = before;
	after.time_ns += 100;
	after.total.cycles += 500;
	after.states[EXITSTAT_STATE_HOST].cycles += 500;
	for (size_t i = 0; i < after.nr_reasons; i++)
		if (after.reasons[i].reason == 0x72)
			after.reasons[i].exits.cycles += 500;
	assert_int_equal(exitstat_delta(es, &before, &after, &delta), 0);
	assert_int_equal(delta.total.cycles, 500);
	assert_int_equal(delta.nr_reasons, 1);
	assert_int_equal(delta.reasons[0].exits.cycles, 500);
	exitstat_free(es);
	end_vm(&vm);
}

/* As soon as one like it has been made, a reading is one call; a new reason is three more. */
static void readings_are_few_calls(void **state)
{
	struct test_vm vm = start_vm(2, 10), idle = start_vm(3, 0);
	struct exitstat *es = open_device(vm.id);

	(void)state;
	read_all(es, EXITSTAT_VM, &before);
	the_host.calls = 0;
	read_all(es, EXITSTAT_VM, &after);
	assert_int_equal(the_host.calls, 1);
	same_counters(&before, &after);

	machine_exit(vm.machine, 1, 0x41, 700);
	the_host.calls = 0;
	read_all(es, EXITSTAT_VM, &after);
	assert_int_equal(after.nr_reasons, before.nr_reasons + 1);
	assert_int_equal(the_host.calls, 4);

	/* Of a VM with fewer reasons nothing of the other is told. */
	exitstat_choose_vm(es, idle.id);
	read_all(es, EXITSTAT_VM, &after);
	assert_int_equal(after.nr_reasons, 1);
	assert_int_equal(after.total.count, 1);
	assert_int_equal(after.vcpus, 3);
	exitstat_choose_vm(es, vm.id);
	read_all(es, EXITSTAT_VM, &after);
	assert_int_equal(after.nr_reasons, before.nr_reasons + 1);
	assert_int_equal(after.vcpus, 2);
	exitstat_free(es);
	end_vm(&vm);
	end_vm(&idle);
}

static void vms_are_listed(void **state)
{
	struct test_vm vm[350];
	struct exitstat *es = exitstat_new();
	struct exitstat_device_info info;
	struct exitstat_vm *vms;
	long i, n;

	(void)state;
	assert_int_equal(exitstat_device(es), 0);
	assert_int_equal(exitstat_vms(es, &vms), 0);
	assert_null(vms);
	for (i = 0; i < 350; i++)
		vm[i] = start_vm(1 + i % 9, 0);
	end_vm(&vm[7]);
	n = exitstat_vms(es, &vms);
	assert_int_equal(n, 349);
	assert_int_equal(vms[6].id, vm[6].id);
	assert_int_equal(vms[7].id, vm[8].id);
	assert_int_equal(vms[348].id, vm[349].id);
	assert_int_equal(vms[348].vcpus, 1 + 349 % 9);
	assert_int_equal(vms[348].pid, getpid());
	assert_int_equal(vms[348].exposure, 1);
	free(vms);
	assert_int_equal(exitstat_device_info(es, &info), 0);
	assert_int_equal(info.vms, 349);
	for (i = 0; i < 350; i++)
		if (i != 7)
			end_vm(&vm[i]);
	exitstat_free(es);
}

static void vcpus_are_listed(void **state)
{
	struct test_vm vm = start_vm(8, 1);
	struct exitstat *es = open_device(vm.id);
	int cpus[8] = { 0 }, i;

	(void)state;
	assert_int_equal(exitstat_cpus(es, NULL, 0), 8);
	assert_int_equal(exitstat_cpus(es, cpus, 8), 8);
	for (i = 0; i < 8; i++)
		assert_int_equal(cpus[i], i);
	assert_int_equal(exitstat_read(es, 8, 0, &after), EXITSTAT_ERR_CPU);
	assert_non_null(strstr(exitstat_message(es), "no vCPU 8"));
	exitstat_free(es);
	end_vm(&vm);
}

static void vm_that_ends(void **state)
{
	struct test_vm vm = start_vm(2, 10);
	struct exitstat *es = open_device(vm.id);

	(void)state;
	read_all(es, EXITSTAT_VM, &before);
	end_vm(&vm);
	assert_int_equal(exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &after),
			 EXITSTAT_ERR_VM);
	assert_int_equal(exitstat_read(es, 1, 0, &after), EXITSTAT_ERR_VM);
	assert_int_equal(exitstat_cpus(es, NULL, 0), EXITSTAT_ERR_VM);
	assert_int_equal(exitstat_expose(es, vm.id, 1), EXITSTAT_ERR_VM);
	assert_non_null(strstr(exitstat_message(es), "has ended"));
	exitstat_free(es);
}

static void exposure_is_changed(void **state)
{
	struct test_vm vm = start_vm(2, 10);
	struct exitstat *es = open_device(vm.id);
	struct exitstat_vm *vms;

	(void)state;
	assert_int_equal(exitstat_expose(es, vm.id, 0), 0);
	assert_int_equal(exitstat_vms(es, &vms), 1);
	assert_int_equal(vms->exposure, 0);
	free(vms);
	assert_int_equal(exitstat_expose(es, vm.id, 2), 0);
	assert_int_equal(exitstat_vms(es, &vms), 1);
	assert_int_equal(vms->exposure, 2);
	free(vms);
	assert_int_equal(exitstat_expose(es, vm.id, 1), 0);
	exitstat_free(es);

	the_host.read_only = true;
	es = open_device(vm.id);
	assert_int_equal(exitstat_expose(es, vm.id, 0), EXITSTAT_ERR_DEVICE);
	assert_non_null(strstr(exitstat_message(es), "be root"));
	read_all(es, EXITSTAT_VM, &after);
	the_host.read_only = false;
	exitstat_free(es);
	end_vm(&vm);
}

static void hosts_without_the_device(void **state)
{
	static const struct {
		struct host host;
		int error;
		const char *says;
	} cases[] = {
		{ { .open_error = ENOENT }, EXITSTAT_ERR_DEVICE, "load kvm_exitstat" },
		{ { .open_error = ENODEV }, EXITSTAT_ERR_DEVICE, "load kvm_exitstat" },
		{ { .open_error = EACCES }, EXITSTAT_ERR_DEVICE, "group exitstat" },
		{ { .open_error = EMFILE }, EXITSTAT_ERR_DEVICE, "Too many open files" },
		{ { .call_error = ENOTTY }, EXITSTAT_ERR_ABI, "another version" },
		{ { .version = 2 }, EXITSTAT_ERR_ABI, "version 2" },
	};
	struct host usual = the_host;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exitstat *es = exitstat_new();

		the_host = cases[i].host;
		assert_int_equal(exitstat_device(es), cases[i].error);
		assert_non_null(strstr(exitstat_message(es), cases[i].says));
		exitstat_free(es);
		the_host = usual;
	}
}

static void handles_that_have_no_device(void **state)
{
	struct exitstat *es = exitstat_new();
	struct exitstat_device_info info;
	struct exitstat_vm *vms;

	(void)state;
	assert_int_equal(exitstat_vms(es, &vms), EXITSTAT_ERR_DEVICE);
	assert_int_equal(exitstat_choose_vm(es, 1), EXITSTAT_ERR_DEVICE);
	assert_int_equal(exitstat_expose(es, 1, 1), EXITSTAT_ERR_DEVICE);
	assert_int_equal(exitstat_device_info(es, &info), EXITSTAT_ERR_DEVICE);
	assert_int_equal(exitstat_record(es, "/dev/null"), 0);
	assert_int_equal(exitstat_device(es), EXITSTAT_ERR_DEVICE);
	exitstat_free(es);
}

/* Readings recorded on a host: nothing is left out of them when they are replayed. */
static void recordings_of_a_host(void **state)
{
	static struct exitstat_sample live[4], replayed[4];
	static const int scopes[4] = { EXITSTAT_VM, 0, 1, EXITSTAT_VM };
	struct test_vm vm = start_vm(2, 100);
	char path[] = "/tmp/exitstat-test-XXXXXX";
	struct exitstat *es = exitstat_new();
	int i, cpus[2];

	(void)state;
	close(mkstemp(path));
	assert_int_equal(exitstat_device(es), 0);
	assert_int_equal(exitstat_record(es, path), 0);
	exitstat_choose_vm(es, vm.id);
	assert_int_equal(exitstat_open(es), 0);
	for (i = 0; i < 4; i++) {
		read_all(es, scopes[i], &live[i]);
		paper_work(vm.machine, SPACE, 10);
	}
	exitstat_free(es);
	end_vm(&vm);

	es = exitstat_new();
	assert_int_equal(exitstat_replay(es, path), 0);
	assert_string_equal(exitstat_message(es), "");
	assert_true(exitstat_is_host(es));
	assert_int_equal(exitstat_open(es), 0);
	for (i = 0; i < 4; i++) {
		if (i == 1)
			assert_int_equal(exitstat_cpus(es, cpus, 2), 2);
		read_all(es, scopes[i], &replayed[i]);
		assert_memory_equal(&replayed[i], &live[i], sizeof(live[i]));
	}
	assert_int_equal(exitstat_read(es, EXITSTAT_VM, 0, &after), EXITSTAT_ERR_END);
	assert_int_equal(exitstat_delta(es, &replayed[0], &replayed[3], &delta), 0);
	assert_int_equal(delta.total.count, live[3].total.count - live[0].total.count);
	assert_int_equal(delta.own.count, 0);
	exitstat_free(es);
	assert_int_equal(truncate(path, 5000), 0);
	es = exitstat_new();
	assert_int_equal(exitstat_replay(es, path), 0);
	assert_non_null(strstr(exitstat_message(es), "was cut off"));
	exitstat_free(es);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings_are_no_exits),
		cmocka_unit_test(host_sees_what_the_guest_sees),
		cmocka_unit_test(cycles_without_exits_stay),
		cmocka_unit_test(readings_are_few_calls),
		cmocka_unit_test(vms_are_listed),
		cmocka_unit_test(vcpus_are_listed),
		cmocka_unit_test(vm_that_ends),
		cmocka_unit_test(exposure_is_changed),
		cmocka_unit_test(hosts_without_the_device),
		cmocka_unit_test(handles_that_have_no_device),
		cmocka_unit_test(recordings_of_a_host),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
