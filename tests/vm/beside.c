// SPDX-License-Identifier: GPL-2.0
/*
 * beside TIMES: a VM beside others. When standard input says so, its vCPU 0 exits for so many
 * reasons, as often, while perf watches; then its vCPU 1 reads what vCPU 0 had. It prints
 * "REASON PERF GUEST", the first line of all reasons, and stays until standard input ends.
 */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>

#include "perf.h"
#include "small_vm.h"
#include "worker.h"

static const enum guest_job jobs[] = {
	GUEST_CPUID, GUEST_IO, GUEST_MSR, GUEST_HYPERCALL, GUEST_TOUCH,
};

#define NR_JOBS	((int)(sizeof(jobs) / sizeof(*jobs)))

static void wait_for_line(void)
{
	int c;

	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

/* Each job has its thread, for perf to be put on before any of them works. */
static void work(struct worker *workers)
{
	int i;

	for (i = 0; i < NR_JOBS; i++) {
		worker_go(&workers[i]);
		worker_wait(&workers[i]);
	}
}

int main(int argc, char **argv)
{
	uint32_t times = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000, reasons[NR_JOBS];
	struct worker workers[NR_JOBS];
	pid_t threads[NR_JOBS];
	struct small_vm vm;
	struct perf perf;
	int i;

	vm_create(&vm, 2);
	/* There is an account of both when the host is asked for them. */
	vm_ask(&vm, 1, EXITSTAT_LEAF_IDENTIFY, 0);
	for (i = 0; i < NR_JOBS; i++) {
		workers[i] = (struct worker){ .vm = &vm, .job = jobs[i], .times = times };
		worker_create(&workers[i]);
		threads[i] = workers[i].tid;
		reasons[i] = reason_of(jobs[i]);
	}
	perf_start(&perf, threads, NR_JOBS, reasons, NR_JOBS);
	puts("ready");
	fflush(stdout);
	wait_for_line();
	work(workers);
	perf_stop(&perf);
	printf("- %" PRIu64 " %" PRIu64 "\n", perf.exits[0],
	       vm_others(&vm, 1, EXITSTAT_ALL_REASONS));
	for (i = 0; i < NR_JOBS; i++)
		printf("%" PRIu32 " %" PRIu64 " %" PRIu64 "\n", reasons[i], perf.exits[i + 1],
		       vm_others(&vm, 1, reasons[i]));
	puts("done");
	fflush(stdout);
	wait_for_line();
	vm_destroy(&vm);
	return 0;
}
