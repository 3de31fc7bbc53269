// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/exitstat itself: "device vms", "vcpus" or "failures" prints that number, "device list" a
 * line for each VM, "ID PID on" or "ID PID off", and "device expose ID on|off" shows the leaves to
 * a VM. Otherwise a test: it answers as CPUID does, and bears hostile callers.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exitstat_host.h"
#include "small_vm.h"
#include "tap.h"

#define NOBODY	65534
#define ELEMENTS(a)	(sizeof(a) / sizeof(*(a)))

static int device;

static int ask(uint64_t id, uint32_t vcpu, struct exitstat_host_question *questions, uint32_t n)
{
	struct exitstat_host_ask ask = {
		.id = id, .questions = (uintptr_t)questions, .n = n, .vcpu = vcpu };

	return ioctl(device, EXITSTAT_HOST_ASK, &ask) ? errno : 0;
}

static uint32_t list(uint64_t after, struct exitstat_host_vm *vms, uint32_t room)
{
	struct exitstat_host_list list = {
		.after = after, .vms = (uintptr_t)vms, .room = room };

	if (ioctl(device, EXITSTAT_HOST_LIST, &list))
		err(1, "EXITSTAT_HOST_LIST");
	return list.n;
}

static int expose(int fd, uint64_t id, uint32_t exposure)
{
	struct exitstat_host_expose expose = { .id = id, .exposure = exposure };

	return ioctl(fd, EXITSTAT_HOST_EXPOSE, &expose) ? errno : 0;
}

static struct exitstat_host_info info(void)
{
	struct exitstat_host_info info;

	if (ioctl(device, EXITSTAT_HOST_INFO, &info))
		err(1, "EXITSTAT_HOST_INFO");
	return info;
}

static void print_list(void)
{
	struct exitstat_host_vm vm = { .id = 0 };

	while (list(vm.id, &vm, 1))
		printf("%llu %d %s\n", vm.id, vm.pid,
		       vm.exposure == EXITSTAT_EXPOSE_ALL ? "on" : "off");
}

static int command(int argc, char **argv)
{
	if (!strcmp(argv[1], "vms")) {
		printf("%llu\n", info().vms);
	} else if (!strcmp(argv[1], "vcpus")) {
		printf("%llu\n", info().vcpus);
	} else if (!strcmp(argv[1], "failures")) {
		printf("%llu\n", info().failed_allocations);
	} else if (!strcmp(argv[1], "list")) {
		print_list();
	} else if (!strcmp(argv[1], "expose") && argc == 4) {
		errno = expose(device, strtoull(argv[2], NULL, 10), !strcmp(argv[3], "on"));
		if (errno)
			err(1, "VM %s", argv[2]);
	} else {
		errx(2, "unknown command %s", argv[1]);
	}
	return 0;
}

static uint64_t own_id(void)
{
	struct exitstat_host_vm vm = { .id = 0 };

	while (list(vm.id, &vm, 1))
		if (vm.pid == getpid())
			return vm.id;
	errx(1, "the device does not list this VM");
}

/* The guest's own question is an exit, which the host then sees too. */
static void answers_as_cpuid(struct small_vm *vm, uint64_t id)
{
	uint32_t reason = reason_of(GUEST_CPUID);
	struct exitstat_host_question questions[] = {
		{ .leaf = EXITSTAT_LEAF_IDENTIFY },
		{ .leaf = EXITSTAT_LEAF_PROPERTIES },
		{ .leaf = EXITSTAT_LEAF_SNAPSHOT, .subleaf = reason | EXITSTAT_THIS_VCPU },
	};
	struct exitstat_host_question *q = questions;
	struct guest_query guest;

	vm_run(vm, 1, GUEST_CPUID, 50);
	guest = vm_ask(vm, 1, EXITSTAT_LEAF_IDENTIFY, 0);
	ok(!ask(id, 1, questions, ELEMENTS(questions)), "three questions of a vCPU are answered");
	ok(q->eax == guest.rax && q->ebx == guest.rbx && q->ecx == guest.rcx && q->edx == guest.rdx,
	   "the identity is what the guest sees");
	guest = vm_ask(vm, 1, EXITSTAT_LEAF_PROPERTIES, 0);
	q++;
	ok(q->eax == guest.rax && q->ebx == guest.rbx && q->ecx == guest.rcx && q->edx == guest.rdx,
	   "so are the properties");
	guest = vm_ask(vm, 1, EXITSTAT_LEAF_SNAPSHOT, reason | EXITSTAT_THIS_VCPU);
	q++;
	ok(guest.rax == q->eax + 2ul, "and its CPUIDs, with the two that it made since");
}

static void errors(uint64_t id)
{
	struct exitstat_host_question question = { .leaf = EXITSTAT_LEAF_EXITS };
	struct exitstat_host_ask bad = { .id = id, .questions = 8, .n = 1, .vcpu = 0 };
	struct exitstat_host_vcpus reserved = { .id = id, .reserved = 1 };
	static struct exitstat_host_question many[EXITSTAT_MAX_QUESTIONS + 1];
	uint32_t leaf;

	for (leaf = 0; leaf < ELEMENTS(many); leaf++)
		many[leaf].leaf = EXITSTAT_LEAF_FIRST + leaf % 16;
	ok(!ask(id, 0, many, EXITSTAT_MAX_QUESTIONS), "as many questions as are allowed");
	ok(ask(id, 0, many, EXITSTAT_MAX_QUESTIONS + 1) == EINVAL, "one more is EINVAL");
	ok(!ask(id, 0, NULL, 0), "no question");
	ok(ask(id, 77, &question, 1) == ENOENT, "a vCPU that is not there is ENOENT");
	ok(ask(id + 1, 0, &question, 1) == ESRCH, "a VM that is not there is ESRCH");
	ok(ask(0, EXITSTAT_NO_VCPU, &question, 1) == ESRCH, "nor is VM 0");
	for (leaf = 0; leaf < 2; leaf++) {
		question.leaf = leaf;
		ok(ask(id, 0, &question, 1) == EINVAL, "leaf %u is EINVAL", leaf);
	}
	question.leaf = EXITSTAT_LEAF_LAST + 1;
	ok(ask(id, 0, &question, 1) == EINVAL, "a leaf that is not exitstat's is EINVAL");
	ok(ioctl(device, EXITSTAT_HOST_ASK, &bad) && errno == EFAULT, "a wrong address is EFAULT");
	ok(ioctl(device, EXITSTAT_HOST_ASK, 8) && errno == EFAULT, "so is that of the ioctl");
	ok(ioctl(device, EXITSTAT_HOST_VCPUS, &reserved) && errno == EINVAL,
	   "a reserved member that is not 0 is EINVAL");
	ok(expose(device, id, 3) == EINVAL, "an exposure that does not exist is EINVAL");
}

/* The size of the structure is part of the request's number. */
static void every_length(void)
{
	char buffer[8192] = { 0 };
	unsigned int nr, size, good = 0;

	for (nr = 0; nr < 256; nr++)
		for (size = 0; size < 128; size++)
			if (!ioctl(device, _IOC(_IOC_READ, 'x', nr, size), buffer) ||
			    errno != ENOTTY)
				good++;
	ok(good == 1, "of all lengths of all requests that only read there is one (%u)", good);
}

/* In a child, to drop what root may do. Return: its status. */
static int as_nobody(int (*function)(void))
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(99);
		_exit(function());
	}
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

static int open_device(void)
{
	return open(EXITSTAT_DEVICE, O_RDONLY) < 0 ? errno : 0;
}

static void permissions(uint64_t id)
{
	int reader = open(EXITSTAT_DEVICE, O_RDONLY), writer = open(EXITSTAT_DEVICE, O_WRONLY);
	struct exitstat_host_info info;

	ok(expose(reader, id, 0) == EBADF, "who may only read cannot expose");
	ok(ioctl(writer, EXITSTAT_HOST_INFO, &info) && errno == EBADF,
	   "who may only write is told nothing");
	ok(!ioctl(reader, EXITSTAT_HOST_INFO, &info) && !info.reserved, "who may read is");
	ok(as_nobody(open_device) == EACCES, "who is not root cannot open it");
	close(reader);
	close(writer);
}

static uint64_t random_number(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Mostly numbers that are worth something. */
static uint64_t likely(uint64_t id, void *memory)
{
	switch (random_number() % 8) {
	case 0:
		return random_number();
	case 1:
		return (uintptr_t)memory + random_number() % 8192;
	case 2:
		return random_number() % 8;
	case 3:
		return EXITSTAT_LEAF_FIRST + random_number() % 16;
	case 4:
		return 0xffffffff;
	case 5:
		return 0;
	default:
		return id + random_number() % 64;
	}
}

/* VMs that come and go, in a process of their own, until it is killed. */
static pid_t start_churn(void)
{
	pid_t child = fork();
	struct small_vm vm;

	while (!child) {
		vm_create(&vm, 2);
		vm_run(&vm, random_number() % 2, GUEST_CPUID, 1);
		vm_destroy(&vm);
	}
	return child;
}

static void anything(uint64_t id, unsigned long times)
{
	static const unsigned long requests[] = {
		EXITSTAT_HOST_INFO, EXITSTAT_HOST_LIST, EXITSTAT_HOST_VCPUS, EXITSTAT_HOST_ASK,
		EXITSTAT_HOST_EXPOSE };
	/* Of which the second page cannot be written, and the third is not there. */
	char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long i, j, answered = 0;
	pid_t churn = start_churn();
	uint64_t words[6];

	mprotect(memory + 4096, 4096, PROT_READ);
	for (i = 0; i < times; i++) {
		for (j = 0; j < ELEMENTS(words); j++)
			words[j] = likely(id, memory);
		if (words[1] % 4)
			words[1] = (uintptr_t)memory;
		if (random_number() % 2)
			words[2] = words[2] << 32 | random_number() % 4;
		for (j = 0; j < 64; j++)
			((uint32_t *)memory)[6 * j] = likely(id, memory);
		if (!ioctl(device, requests[random_number() % ELEMENTS(requests)],
			   random_number() % 64 ? (uintptr_t)words : likely(id, memory)))
			answered++;
	}
	kill(churn, SIGKILL);
	waitpid(churn, NULL, 0);
	ok(answered > times / 20, "%lu requests with any numbers while VMs come and go: %lu answered",
	   times, answered);
	munmap(memory, 8192);
}

int main(int argc, char **argv)
{
	struct small_vm vm;
	uint64_t id;

	device = open(EXITSTAT_DEVICE, O_RDWR);
	if (device < 0)
		err(1, EXITSTAT_DEVICE);
	if (argc > 1)
		return command(argc, argv);
	vm_create(&vm, 2);
	vm_run(&vm, 0, GUEST_CPUID, 1);
	vm_run(&vm, 1, GUEST_CPUID, 1);
	id = own_id();
	answers_as_cpuid(&vm, id);
	errors(id);
	every_length();
	permissions(id);
	anything(id, host_is_amd() ? 1000000 : 30000);
	ok(!expose(device, id, EXITSTAT_EXPOSE_ALL), "it can be exposed");
	answers_as_cpuid(&vm, id);
	vm_destroy(&vm);
	ok(ask(id, EXITSTAT_NO_VCPU, NULL, 0) == 0 &&
	   ask(id, 0, &(struct exitstat_host_question){ .leaf = EXITSTAT_LEAF_EXITS }, 1) == ESRCH,
	   "once it has ended it is not there");
	return done_testing();
}
