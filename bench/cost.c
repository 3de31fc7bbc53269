// SPDX-License-Identifier: GPL-2.0
/*
 * What exits cost, by kind: the TSC in the guest from before an exit to after it. Where
 * the TSC counts executed instructions (lab/vm --icount) that is their number.
 *
 * A line for each kind: its name, how many exits, the median cost of the last 64, and the
 * TSC of the host for an exit, which has all that anybody did meanwhile.
 */
#include <err.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "small_vm.h"

static const struct kind {
	const char *name;
	enum guest_job job;
} kinds[] = {
	{ "CPUID", GUEST_CPUID },
	{ "MSR", GUEST_MSR },
	{ "hypercall", GUEST_HYPERCALL },
	{ "port I/O", GUEST_IO },
	{ "MMIO", GUEST_MMIO_WRITE },
	{ "HLT, wake-up", GUEST_WAKE },
	{ "page fault", GUEST_TOUCH },
	{ "interrupt", GUEST_INTERRUPT },
};

#define TIMES	1000

/* Lets the vCPU halt and wakes it at once, on the same CPU, when it does. */
struct waker {
	struct small_vm *vm;
	pthread_t thread;
	volatile bool stop;
};

static void *wake_again_and_again(void *argument)
{
	struct waker *waker = argument;

	while (!waker->stop)
		vm_wake(waker->vm, 0);
	return NULL;
}

/* The vCPU's thread has the CPU whenever it wants it. */
static void start_waker(struct waker *waker)
{
	struct sched_param priority = { .sched_priority = 1 };

	if (pthread_create(&waker->thread, NULL, wake_again_and_again, waker))
		errx(1, "pthread_create failed");
	if (sched_setscheduler(0, SCHED_FIFO, &priority))
		err(1, "sched_setscheduler: are you root?");
}

static void stop_waker(struct waker *waker)
{
	struct sched_param none = { 0 };

	waker->stop = true;
	if (sched_setscheduler(0, SCHED_OTHER, &none))
		err(1, "sched_setscheduler");
	pthread_join(waker->thread, NULL);
}

static void use_one_cpu(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		err(1, "sched_setaffinity");
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t median(uint32_t values[GUEST_MAX_QUERIES])
{
	qsort(values, GUEST_MAX_QUERIES, sizeof(*values), compare);
	return values[GUEST_MAX_QUERIES / 2];
}

static void measure(const struct kind *kind)
{
	struct small_vm vm;
	struct waker waker = { .vm = &vm };
	uint64_t begin, end;

	vm_create(&vm, 1);
	/* Memory that the host has, so that only the guest's page tables are missing. */
	memset(vm.memory + GUEST_FRESH, 0, TIMES * 4096);
	vm_run(&vm, 0, GUEST_CPUID, GUEST_MAX_QUERIES);
	if (kind->job == GUEST_WAKE)
		start_waker(&waker);
	begin = __rdtsc();
	vm_run(&vm, 0, kind->job, TIMES);
	end = __rdtsc();
	if (kind->job == GUEST_WAKE)
		stop_waker(&waker);
	printf("%s\t%d\t%" PRIu32 "\t%" PRIu64 "\n", kind->name, TIMES,
	       median(vm_shared(&vm, 0)->took), (end - begin) / TIMES);
	vm_destroy(&vm);
}

int main(void)
{
	size_t i;

	use_one_cpu();
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		measure(&kinds[i]);
	return 0;
}
