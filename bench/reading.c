// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs a guest to read all that exitstat has to tell of its VM, as a table by
 * reason: the exits, and the TSC, with more and more vCPUs in the VM.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "small_vm.h"

#define MAX_VCPUS	256

/* A vCPU that has an account, because it was about to run once. */
static int add_vcpu(struct small_vm *vm, int id, int size)
{
	int fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
	struct kvm_run *run;

	if (fd < 0)
		err(1, "KVM_CREATE_VCPU %d", id);
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run == MAP_FAILED)
		err(1, "mmap of a vCPU");
	run->immediate_exit = 1;
	if (ioctl(fd, KVM_RUN, 0) == 0 || errno != EINTR)
		err(1, "KVM_RUN of vCPU %d", id);
	munmap(run, size);
	return fd;
}

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
	int fds[MAX_VCPUS], i, n, size;
	struct guest_shared *shared;
	uint64_t tsc = 0;
	struct small_vm vm;

	vm_create(&vm, 1);
	vm_run(&vm, 0, GUEST_HYPERCALL, 10);
	vm_run(&vm, 0, GUEST_MSR, 10);
	vm_run(&vm, 0, GUEST_TOUCH, 10);
	size = ioctl(vm.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	for (i = 1; i < nr_vcpus; i++)
		fds[i] = add_vcpu(&vm, i, size);
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
