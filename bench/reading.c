// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs a guest to read all that exitstat has to tell of its VM, as a table by
 * reason: the exits, and the TSC, with more and more vCPUs in the VM.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "idle_vcpu.h"
#include "small_vm.h"

#define MAX_VCPUS	256

static struct guest_query query(uint32_t leaf, uint32_t index)
{
	return (struct guest_query){ .leaf = leaf, .index = index };
}

/* The questions of a table, once the reasons are known. */
static int find_questions(struct small_vm *vm, struct guest_query queries[GUEST_MAX_QUERIES])
{
	uint32_t reason = 0, next, state;
	int n = 0;

	queries[n++] = query(EXITSTAT_LEAF_IDENTIFY, 0);
	queries[n++] = query(EXITSTAT_LEAF_PROPERTIES, 0);
	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		queries[n++] = query(EXITSTAT_LEAF_STATE, state);
	for (;;) {
		next = vm_ask(vm, 0, EXITSTAT_LEAF_NEXT, reason).rax;
		queries[n++] = query(EXITSTAT_LEAF_NEXT, reason);
		if (next == EXITSTAT_NEXT_NONE || n + 3 > GUEST_MAX_QUERIES)
			return n;
		queries[n++] = query(EXITSTAT_LEAF_SNAPSHOT, next);
		queries[n++] = query(EXITSTAT_LEAF_VMM, next);
		reason = next + 1;
	}
}

static void read_table(int nr_vcpus)
{
	struct guest_query questions[GUEST_MAX_QUERIES];
	int fds[MAX_VCPUS], i, n;
	struct guest_shared *shared;
	uint64_t tsc = 0;
	struct small_vm vm;

	vm_create(&vm, 1);
	vm_run(&vm, 0, GUEST_HYPERCALL, 10);
	vm_run(&vm, 0, GUEST_MSR, 10);
	vm_run(&vm, 0, GUEST_TOUCH, 10);
	for (i = 1; i < nr_vcpus; i++)
		fds[i] = add_idle_vcpu(&vm, i);
	shared = vm_shared(&vm, 0);
	n = find_questions(&vm, questions);
	memcpy(shared->queries, questions, sizeof(questions));
	vm_run(&vm, 0, GUEST_ASK, n);
	if (shared->queries[1].rdx != (unsigned int)nr_vcpus)
		errx(1, "%d vCPUs, and the guest sees %" PRIu64, nr_vcpus, shared->queries[1].rdx);
	for (i = 0; i < n; i++)
		tsc += shared->took[i];
	printf("%d\t%d\t%" PRIu64 "\t%" PRIu64 "\n", nr_vcpus, n, tsc, tsc / n);
	for (i = 1; i < nr_vcpus; i++)
		close(fds[i]);
	vm_destroy(&vm);
}

int main(void)
{
	read_table(1);
	read_table(16);
	read_table(256);
	return 0;
}
