// SPDX-License-Identifier: GPL-2.0
/*
 * kvm_exitstat.ko loaded and unloaded while VMs run, or the graft switched on and off. With the
 * argument "stress N": N times while two VMs exit as fast as they can; with "churn N": while
 * VMs by the dozen come and go.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "perf.h"
#include "small_vm.h"
#include "tap.h"
#include "worker.h"

#define MODULE	"/mnt/job/ko/kvm_exitstat.ko"
#define SWITCH	"/sys/module/kvm/parameters/exitstat"

static bool grafted;

static void turn(const char *word)
{
	int file = open(SWITCH, O_WRONLY | O_CLOEXEC);

	if (write(file, word, strlen(word)) < 0)
		err(1, "cannot write to " SWITCH);
	close(file);
}

/* By the system calls themselves: under an emulator starting insmod takes longer. */
static void load(const char *parameters)
{
	int file;

	if (grafted)
		return turn("on");
	file = open(MODULE, O_RDONLY | O_CLOEXEC);
	if (syscall(SYS_finit_module, file, parameters, 0))
		err(1, "cannot load " MODULE);
	close(file);
}

static void unload(void)
{
	if (grafted)
		return turn("off");
	if (syscall(SYS_delete_module, "kvm_exitstat", O_NONBLOCK))
		err(1, "cannot unload kvm_exitstat");
}

static bool same_answer(const struct guest_query *a, const struct guest_query *b)
{
	return a->rax == b->rax && a->rbx == b->rbx && a->rcx == b->rcx && a->rdx == b->rdx;
}

/* Of both vCPUs, with those of asking. */
static uint64_t all_exits(struct small_vm *vm)
{
	return vm_pair(vm, 1, EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS).count;
}

/*
 * perf has no "exits so far", so two of them: one starts before the module, one after it.
 * Whatever the module misses lies between the two starts.
 */
static void test_running_vm(void)
{
	struct small_vm vm;
	struct worker worker = { .vm = &vm, .vcpu = 0, .job = GUEST_CPUID, .times = UINT32_MAX };
	struct perf before, after;
	uint64_t exits;

	vm_create(&vm, 2);
	worker_create(&worker);
	setpriority(PRIO_PROCESS, 0, -20);
	worker_go(&worker);
	perf_start(&before, &worker.tid, 1, NULL, 0);
	load("");
	perf_start(&after, &worker.tid, 1, NULL, 0);
	/* However long perf took to start, the worker goes on for a while. */
	exits = all_exits(&vm) + 10000;
	while (all_exits(&vm) < exits)
		usleep(1000);
	vm_shared(&vm, 0)->times = 0;
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

	load("");
	query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(query.rax == EXITSTAT_ABI_VERSION && !same_answer(&query, stock),
	   "a VM from before sees the leaves");
	unload();
	query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(same_answer(&query, stock), "unloaded: CPUID answers as before");
}

/* More of that, for the graft as well, is in expose.test. */
static void test_expose(struct small_vm *vm, const struct guest_query *stock)
{
	struct guest_query query;

	load("expose=none");
	query = vm_ask(vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(same_answer(&query, stock), "expose=none: CPUID answers as on a stock host");
	unload();
}

static atomic_bool stop;

/* A guest under load, and what became of it. */
struct exiter {
	struct small_vm vm;
	pthread_t thread;
	struct guest_query vendor, stock;	/* leaf 0, and exitstat's without exitstat */
	bool harmed;
	atomic_uint with, without;	/* how often exitstat was seen, and not */
};

static _Thread_local uint32_t port_writes;

/* At a PAUSE an emulator that has one thread for all CPUs turns to the next one. */
static void count_port_write(void)
{
	port_writes++;
	__builtin_ia32_pause();
}

/* The one leaf is KVM's own and never changes, the other one is exitstat's or KVM's. */
static void check_answer(struct exiter *exiter, const struct guest_query *query)
{
	if (query->leaf == 0)
		exiter->harmed |= !same_answer(query, &exiter->vendor);
	else if (same_answer(query, &exiter->stock))
		exiter->without++;
	else if (query->rax == EXITSTAT_ABI_VERSION)
		exiter->with++;
	else
		exiter->harmed = true;
}

static void *keep_exiting(void *argument)
{
	struct exiter *exiter = argument;
	struct guest_query *queries = vm_shared(&exiter->vm, 0)->queries;
	int i;

	while (!stop) {
		for (i = 0; i < GUEST_MAX_QUERIES; i++)
			queries[i] = (struct guest_query){
				.leaf = i % 2 ? EXITSTAT_LEAF_IDENTIFY : 0 };
		vm_run(&exiter->vm, 0, GUEST_ASK, GUEST_MAX_QUERIES);
		for (i = 0; i < GUEST_MAX_QUERIES; i++)
			check_answer(exiter, &queries[i]);
		port_writes = 0;
		vm_run(&exiter->vm, 0, GUEST_IO, 100);
		exiter->harmed |= port_writes != 100;
	}
	return NULL;
}

/* VMs of all ages, up to some seconds: any of them makes room for the next. */
#define CROWDS	4
#define CROWD	12

struct crowd {
	pthread_t thread;
	unsigned int seed;
	uint32_t vms;
};

static void *come_and_go(void *argument)
{
	struct crowd *crowd = argument;
	struct small_vm vms[CROWD] = { 0 };
	unsigned int seed = crowd->seed;
	struct small_vm *vm;

	while (!stop) {
		vm = &vms[rand_r(&seed) % CROWD];
		if (vm->nr_vcpus)
			vm_destroy(vm);
		/* Another one's vCPU gets the memory of this one's. */
		sched_yield();
		vm_create(vm, 1);
		vm_run(vm, 0, GUEST_CPUID, 1);
		crowd->vms++;
	}
	for (vm = vms; vm < vms + CROWD; vm++)
		if (vm->nr_vcpus)
			vm_destroy(vm);
	return NULL;
}

/*
 * A VM may end at any point of a load or an unload. Each waits for some VMs to come, so that
 * none is idle; memory that is used again soon is what shows a record that was left.
 */
static void churn(int times)
{
	struct crowd crowds[CROWDS] = { 0 };
	uint32_t vms = 0, before;
	int i, j;

	for (i = 0; i < CROWDS; i++) {
		crowds[i].seed = i;
		pthread_create(&crowds[i].thread, NULL, come_and_go, &crowds[i]);
	}
	setpriority(PRIO_PROCESS, 0, -20);
	for (i = 0; i < times; i++) {
		before = crowds[i % CROWDS].vms;
		load("");
		while (*(volatile uint32_t *)&crowds[i % CROWDS].vms < before + 3)
			usleep(1000);
		unload();
	}
	stop = true;
	for (j = 0; j < CROWDS; j++) {
		pthread_join(crowds[j].thread, NULL);
		vms += crowds[j].vms;
	}
	ok(vms >= 3u * times, "loaded and unloaded %d times: %" PRIu32 " VMs came and went meanwhile",
	   times, vms);
}

/* Both guests shall have seen it once, however little they leave each other of the CPUs. */
static void wait_for(const atomic_uint *one, const atomic_uint *other)
{
	int tries = 10000;

	while (tries-- && !(*one && *other))
		usleep(1000);
}

static void stress(int times)
{
	struct exiter exiters[2] = { 0 };
	bool harmed = false, changes = true;
	int i;

	for (i = 0; i < 2; i++) {
		vm_create(&exiters[i].vm, 1);
		exiters[i].vm.on_io = count_port_write;
		exiters[i].vendor = vm_ask(&exiters[i].vm, 0, 0, 0);
		exiters[i].stock = vm_ask(&exiters[i].vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
		pthread_create(&exiters[i].thread, NULL, keep_exiting, &exiters[i]);
	}
	/* The guests leave little of the CPUs to others. */
	setpriority(PRIO_PROCESS, 0, -20);
	wait_for(&exiters[0].without, &exiters[1].without);
	for (i = 0; i < times; i++) {
		load("");
		if (i == 0)
			wait_for(&exiters[0].with, &exiters[1].with);
		unload();
	}
	stop = true;
	for (i = 0; i < 2; i++) {
		pthread_join(exiters[i].thread, NULL);
		vm_destroy(&exiters[i].vm);
		harmed |= exiters[i].harmed;
		changes &= exiters[i].with && exiters[i].without;
		printf("# guest %d: %" PRIu32 " answers of exitstat, %" PRIu32 " without it\n",
		       i, exiters[i].with, exiters[i].without);
	}
	ok(!harmed, "loaded and unloaded %d times: two guests that exit all the time are unharmed",
	   times);
	ok(changes, "and both have seen exitstat come and go");
}

int main(int argc, char **argv)
{
	struct guest_query stock;
	struct small_vm vm;

	grafted = !access(SWITCH, F_OK);
	if (argc > 2 && !strcmp(argv[1], "stress")) {
		stress(atoi(argv[2]));
		return done_testing();
	}
	if (argc > 2 && !strcmp(argv[1], "churn")) {
		churn(atoi(argv[2]));
		return done_testing();
	}
	unload();
	vm_create(&vm, 1);
	stock = vm_ask(&vm, 0, EXITSTAT_LEAF_IDENTIFY, 0);
	test_unload(&vm, &stock);
	if (!grafted)
		test_expose(&vm, &stock);
	vm_destroy(&vm);
	test_running_vm();
	return done_testing();
}
