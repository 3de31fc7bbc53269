// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "exitstat_abi.h"
#include "exitstat_host.h"
#include "paper-host.h"

#define MAX_VMS	1000

/* Fewer than there is room for at times, as the kernel may. */
#define PIECE	100

struct host the_host = { .version = EXITSTAT_HOST_VERSION };

static struct vm {
	struct machine *machine;
	int pid;
	uint32_t exposed;
} vms[MAX_VMS + 1];
static uint64_t last_vm;
static int device = -1;

uint64_t host_add_vm(struct machine *machine, int pid, bool exposed)
{
	if (last_vm == MAX_VMS)
		abort();
	vms[++last_vm] = (struct vm){ machine, pid, exposed };
	return last_vm;
}

void host_end_vm(uint64_t id)
{
	vms[id].machine = NULL;
}

static struct vm *find_vm(uint64_t id)
{
	return id <= last_vm && vms[id].machine ? &vms[id] : NULL;
}

static int info(struct exitstat_host_info *info)
{
	uint64_t id;

	*info = (struct exitstat_host_info){
		.version = the_host.version,
		.way = EXITSTAT_WAY_MODULE,
		.space = EXITSTAT_SPACE_SVM,
		.tsc_khz = 2400000,
		.enabled = !the_host.off,
	};
	for (id = 1; id <= last_vm; id++)
		if (find_vm(id)) {
			info->vms++;
			info->vcpus += machine_vcpus(vms[id].machine);
		}
	return 0;
}

static int list(struct exitstat_host_list *list)
{
	struct exitstat_host_vm *to = (void *)(uintptr_t)list->vms;
	uint64_t id;

	list->n = 0;
	for (id = list->after + 1; id <= last_vm && list->n < list->room && list->n < PIECE; id++)
		if (find_vm(id))
			to[list->n++] = (struct exitstat_host_vm){
				.id = id,
				.start_ns = 1000000 * id,
				.pid = vms[id].pid,
				.vcpus = machine_vcpus(vms[id].machine),
				.exposure = vms[id].exposed,
			};
	return 0;
}

static int list_vcpus(struct exitstat_host_vcpus *list)
{
	uint32_t *to = (void *)(uintptr_t)list->vcpus, i;
	struct vm *vm = find_vm(list->id);

	if (!vm)
		return ESRCH;
	list->n = 0;
	for (i = list->first; i < machine_vcpus(vm->machine) && list->n < list->room &&
	     list->n < 3; i++)
		to[list->n++] = i;
	return 0;
}

static int ask(struct exitstat_host_ask *ask)
{
	struct exitstat_host_question *question = (void *)(uintptr_t)ask->questions, *q;
	struct vm *vm = find_vm(ask->id);
	uint32_t regs[4];

	if (ask->n > EXITSTAT_MAX_QUESTIONS)
		return EINVAL;
	if (!vm)
		return ESRCH;
	if (ask->vcpu != EXITSTAT_NO_VCPU && ask->vcpu >= machine_vcpus(vm->machine))
		return ENOENT;
	for (q = question; q < question + ask->n; q++) {
		machine_ask(vm->machine, ask->vcpu, q->leaf, q->subleaf, regs);
		memcpy(&q->eax, regs, sizeof(regs));
	}
	return 0;
}

static int expose(const struct exitstat_host_expose *expose)
{
	struct vm *vm = find_vm(expose->id);

	if (the_host.read_only)
		return EBADF;
	if (!vm)
		return ESRCH;
	vm->exposed = expose->exposure;
	return 0;
}

static int call(unsigned long request, void *data)
{
	if (the_host.on_call)
		the_host.on_call();
	the_host.calls++;
	if (the_host.call_error)
		return the_host.call_error;
	switch (request) {
	case EXITSTAT_HOST_INFO:
		return info(data);
	case EXITSTAT_HOST_LIST:
		return list(data);
	case EXITSTAT_HOST_VCPUS:
		return list_vcpus(data);
	case EXITSTAT_HOST_ASK:
		return ask(data);
	case EXITSTAT_HOST_EXPOSE:
		return expose(data);
	}
	return ENOTTY;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

/* Behind the device's descriptor there is nothing. */
int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	if (!strcmp(path, EXITSTAT_DEVICE)) {
		errno = the_host.open_error;
		if (!errno && the_host.read_only && (flags & O_ACCMODE) != O_RDONLY)
			errno = EACCES;
		if (errno)
			return -1;
		device = __real_open("/dev/null", flags);
		return device;
	}
	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	return __real_open(path, flags, mode);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *data;

	va_start(args, request);
	data = va_arg(args, void *);
	va_end(args);
	if (fd != device)
		return __real_ioctl(fd, request, data);
	errno = call(request, data);
	return errno ? -1 : 0;
}
