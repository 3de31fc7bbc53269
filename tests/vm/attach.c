// SPDX-License-Identifier: GPL-2.0
/*
 * kvm_exitstat.ko loaded and unloaded while VMs run. With the argument "stress N": N times
 * while two VMs exit as fast as they can.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "perf.h"
#include "small_vm.h"
#include "tap.h"
#include "worker.h"

#define LOAD	"insmod /mnt/job/ko/kvm_exitstat.ko"
#define UNLOAD	"rmmod kvm_exitstat"

static void run(const char *command)
{
	if (system(command))
		errx(1, "failed: %s", command);
}

static bool same_answer(const struct guest_query *a, const struct guest_query *b)
{
	return a->rax == b->rax && a->rbx == b->rbx && a->rcx == b->rcx && a->rdx == b->rdx;
}

/*
 * perf has no "exits so far", so two of them: one starts before the module, one after it.
 * Whatever the module misses lies between the two starts.
 */
static void test_running_vm(void)
{
	struct small_vm vm;
	struct worker worker = { .vm = &vm, .vcpu = 0, .job = GUEST_CPUID, .times = 100000 };
	struct perf before, after;
	uint64_t exits;

	vm_create(&vm, 2);
	worker_create(&worker);
	worker_go(&worker);
	perf_start(&before, &worker.tid, 1, NULL, 0);
	run(LOAD);
	perf_start(&after, &worker.tid, 1, NULL, 0);
	worker_wait(&worker);
	perf_stop(&before);
	perf_stop(&after);
	exits = vm_others(&vm, 1, EXITSTAT_ALL_REASONS);
	if (!ok(before.exits[0] >= exits && exits >= after.exits[0] && after.exits[0] > 1000,
		"loaded while a vCPU runs: no exit is missed from then on"))
		printf("# perf from before %" PRIu64 ", exitstat %" PRIu64 ", perf from after %"
		       PRIu64 "\n", before.exits[0], exits, after.exits[0]);
	vm_destroy(&vm);
}

static void test_unload(struct small_vm *vm, const struct guest_query *stock)
{
	struct guest_query query;

	run(LOAD);
	query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(query.rax == EXITSTAT_ABI_VERSION && !same_answer(&query, stock),
	   "a VM from before sees the leaves");
	run(UNLOAD);
	query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(same_answer(&query, stock), "unloaded: CPUID answers as before");
}

static void test_expose(struct small_vm *vm, const struct guest_query *stock)
{
	struct guest_query query;
	char command[100];

	run(LOAD " expose=none");
	query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(same_answer(&query, stock), "expose=none: CPUID answers as on a stock host");
	snprintf(command, sizeof(command), "echo %d on >/sys/kernel/debug/exitstat/expose",
		 getpid());
	run(command);
	query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(query.rax == EXITSTAT_ABI_VERSION, "switched on for this VM: it sees the leaves");
	snprintf(command, sizeof(command), "grep -qx '%d on' /sys/kernel/debug/exitstat/expose",
		 getpid());
	ok(!system(command), "and the file says so");
	snprintf(command, sizeof(command), "echo %d off >/sys/kernel/debug/exitstat/expose",
		 getpid());
	run(command);
	query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(same_answer(&query, stock), "switched off again: it does not");
	run(UNLOAD);
}

static atomic_bool stop, harmed;

/* Exits of two kinds, and an answer of KVM's own that must never change. */
static void *keep_exiting(void *argument)
{
	struct small_vm *vm = argument;
	struct guest_query first = vm_ask(vm, 0, 0, 0), query;

	while (!stop) {
		vm_run(vm, 0, GUEST_CPUID, 1000);
		vm_run(vm, 0, GUEST_IO, 100);
		query = vm_ask(vm, 0, 0, 0);
		if (!same_answer(&query, &first))
			harmed = true;
	}
	return NULL;
}

static void stress(int times)
{
	struct small_vm vms[2];
	pthread_t threads[2];
	int i;

	for (i = 0; i < 2; i++) {
		vm_create(&vms[i], 1);
		pthread_create(&threads[i], NULL, keep_exiting, &vms[i]);
	}
	for (i = 0; i < times; i++)
		run(LOAD " && " UNLOAD);
	stop = true;
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		vm_destroy(&vms[i]);
	}
	ok(!harmed, "loaded and unloaded %d times: two guests that exit all the time are unharmed",
	   times);
}

int main(int argc, char **argv)
{
	struct guest_query stock;
	struct small_vm vm;

	if (argc > 2 && !strcmp(argv[1], "stress")) {
		stress(atoi(argv[2]));
		return done_testing();
	}
	run(UNLOAD);
	vm_create(&vm, 1);
	stock = vm_ask(&vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	test_unload(&vm, &stock);
	test_expose(&vm, &stock);
	vm_destroy(&vm);
	test_running_vm();
	return done_testing();
}
