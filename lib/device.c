// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Answers from the host's device, about a VM at a time.
 *
 * A reading asks mostly what the last one has asked: that is asked again at its beginning, all
 * at once, and what is new besides, by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "exitstat_host.h"
#include "handle.h"

/* How many VMs, or vCPUs, are listed at a time. */
#define PIECE	256

struct questions {
	size_t n;
	struct exitstat_host_question question[EXITSTAT_MAX_QUESTIONS];
};

/**
 * struct exitstat_device - the open device
 * @fd: its descriptor
 * @vm: the number of the VM whose answers are wanted
 * @ahead: what the last reading has asked, and its answers for this one
 * @next: the first of @ahead that has not been wanted yet
 * @asked: what this reading has asked
 */
struct exitstat_device {
	int fd;
	uint64_t vm;
	struct questions ahead, asked;
	size_t next;
};

static int failed(struct exitstat *es)
{
	switch (errno) {
	case ESRCH:
		return exitstat_fail(es, EXITSTAT_ERR_VM,
				     "the VM has ended, or has never been on this host");
	case ENOENT:
		return exitstat_fail(es, EXITSTAT_ERR_CPU, "the VM has no vCPU %d that has run",
				     es->scope);
	case ENOTTY:
		return exitstat_fail(es, EXITSTAT_ERR_ABI, EXITSTAT_DEVICE " is of another version: install "
				     "the exitstat that goes with the host's kvm_exitstat");
	case EBADF:
		return exitstat_fail(es, EXITSTAT_ERR_DEVICE, "what a VM sees may be changed by "
				     "those who may write to " EXITSTAT_DEVICE ": be root");
	}
	return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, EXITSTAT_DEVICE ": %s", strerror(errno));
}

static int call(struct exitstat *es, unsigned long request, void *data)
{
	return ioctl(es->device->fd, request, data) < 0 ? failed(es) : 0;
}

static int ask(struct exitstat *es, struct exitstat_host_question *questions, size_t n)
{
	struct exitstat_host_ask ask = {
		.id = es->device->vm,
		.questions = (uintptr_t)questions,
		.n = n,
		.vcpu = es->scope == EXITSTAT_VM ? EXITSTAT_NO_VCPU : (uint32_t)es->scope,
	};

	return call(es, EXITSTAT_HOST_ASK, &ask);
}

static int ask_ahead(struct exitstat *es)
{
	struct exitstat_device *device = es->device;
	struct questions *ahead = &device->ahead;

	*ahead = device->asked;
	device->asked.n = 0;
	device->next = 0;
	return ahead->n ? ask(es, ahead->question, ahead->n) : 0;
}

static int device_on(struct exitstat *es, int cpu, exitstat_work *work, void *data)
{
	int err;

	es->cpu = cpu == EXITSTAT_VM ? 0 : cpu;
	exitstat_take_time(es);
	err = ask_ahead(es);
	if (!err)
		err = work(es, data);
	es->device->ahead.n = 0;
	return err;
}

/* What was asked ahead and is skipped here was not wanted. */
static const struct exitstat_host_question *find_ahead(struct exitstat_device *device,
						       uint32_t leaf, uint32_t ecx)
{
	const struct exitstat_host_question *question = device->ahead.question;
	size_t i;

	for (i = device->next; i < device->ahead.n; i++)
		if (question[i].leaf == leaf && question[i].subleaf == ecx) {
			device->next = i + 1;
			return &question[i];
		}
	return NULL;
}

static int device_query(struct exitstat *es, uint32_t leaf, uint32_t ecx,
			struct exitstat_regs *regs)
{
	struct exitstat_device *device = es->device;
	const struct exitstat_host_question *answer = find_ahead(device, leaf, ecx);
	struct exitstat_host_question single = { .leaf = leaf, .subleaf = ecx };
	int err = answer ? 0 : ask(es, &single, 1);

	if (err)
		return err;
	if (!answer)
		answer = &single;
	if (device->asked.n < EXITSTAT_MAX_QUESTIONS)
		device->asked.question[device->asked.n++] = *answer;
	*regs = (struct exitstat_regs){ answer->eax, answer->ebx, answer->ecx, answer->edx };
	return 0;
}

static int device_cpus(struct exitstat *es, int *cpus, size_t max)
{
	uint32_t indices[PIECE] = { 0 }, i;
	struct exitstat_host_vcpus list = {
		.id = es->device->vm,
		.vcpus = (uintptr_t)indices,
		.room = PIECE,
	};
	int n = 0, err;

	do {
		err = call(es, EXITSTAT_HOST_VCPUS, &list);
		if (err)
			return err;
		for (i = 0; i < list.n; i++, n++)
			if ((size_t)n < max)
				cpus[n] = indices[i];
		if (i)
			list.first = indices[i - 1] + 1;
	} while (i);
	return n;
}

static void device_free(struct exitstat *es)
{
	close(es->device->fd);
	free(es->device);
}

static const struct exitstat_source device_source = {
	.on = device_on,
	.query = device_query,
	.cpus = device_cpus,
	.free = device_free,
};

static int cannot_open(struct exitstat *es)
{
	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return exitstat_fail(es, EXITSTAT_ERR_DEVICE,
			"there is no " EXITSTAT_DEVICE ": load kvm_exitstat, or boot a kernel built with "
			"CONFIG_KVM_EXITSTAT, and load KVM");
	case EACCES:
	case EPERM:
		return exitstat_fail(es, EXITSTAT_ERR_DEVICE,
			EXITSTAT_DEVICE " may be read by root and by the group exitstat: ask the "
			"administrator for adduser USER exitstat, and log in again");
	}
	return exitstat_fail(es, EXITSTAT_ERR_DEVICE, "cannot open " EXITSTAT_DEVICE ": %s",
			     strerror(errno));
}

/* Those who may not write may read. */
static int open_device(void)
{
	int fd = open(EXITSTAT_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS) ?
	       open(EXITSTAT_DEVICE, O_RDONLY | O_CLOEXEC) : fd;
}

static int check_version(struct exitstat *es)
{
	struct exitstat_device_info info;
	int err = exitstat_device_info(es, &info);

	if (err || info.version == EXITSTAT_HOST_VERSION)
		return err;
	return exitstat_fail(es, EXITSTAT_ERR_ABI,
		EXITSTAT_DEVICE " has version %u and this exitstat knows version %u: install the exitstat "
		"that goes with the host's kvm_exitstat", info.version, EXITSTAT_HOST_VERSION);
}

EXPORT int exitstat_device(struct exitstat *es)
{
	struct exitstat_device *device;
	int fd;

	if (es->listener)
		return exitstat_fail(es, EXITSTAT_ERR_DEVICE,
				     "a recording says where it comes from: exitstat_device() goes "
				     "before exitstat_record()");
	fd = open_device();
	if (fd < 0)
		return cannot_open(es);
	device = calloc(1, sizeof(*device));
	if (!device) {
		close(fd);
		return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "out of memory");
	}
	device->fd = fd;
	es->device = device;
	es->source = &device_source;
	es->from_host = true;
	return check_version(es);
}

static int need_device(struct exitstat *es)
{
	return es->device ? 0 :
	       exitstat_fail(es, EXITSTAT_ERR_DEVICE, "this handle is not on a host's device");
}

EXPORT int exitstat_device_info(struct exitstat *es, struct exitstat_device_info *info)
{
	struct exitstat_host_info host;
	int err = need_device(es);

	if (!err)
		err = call(es, EXITSTAT_HOST_INFO, &host);
	if (err)
		return err;
	*info = (struct exitstat_device_info){
		.version = host.version,
		.way = host.way,
		.space = host.space,
		.tsc_khz = host.tsc_khz,
		.enabled = host.enabled,
		.vms = host.vms,
		.vcpus = host.vcpus,
		.failed_allocations = host.failed_allocations,
	};
	return 0;
}

static bool add_vms(struct exitstat_vm **vms, size_t n, const struct exitstat_host_vm *piece,
		    size_t more)
{
	struct exitstat_vm *grown = reallocarray(*vms, n + more, sizeof(*grown));
	size_t i;

	if (!grown)
		return false;
	*vms = grown;
	for (i = 0; i < more; i++)
		grown[n + i] = (struct exitstat_vm){
			.id = piece[i].id,
			.start_ns = piece[i].start_ns,
			.pid = piece[i].pid,
			.vcpus = piece[i].vcpus,
			.exposure = piece[i].exposure,
		};
	return true;
}

static long list_vms(struct exitstat *es, struct exitstat_vm **vms)
{
	struct exitstat_host_vm piece[PIECE];
	struct exitstat_host_list list = { .vms = (uintptr_t)piece, .room = PIECE };
	size_t n = 0;
	int err;

	do {
		err = call(es, EXITSTAT_HOST_LIST, &list);
		if (err)
			return err;
		if (list.n && !add_vms(vms, n, piece, list.n))
			return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "out of memory");
		n += list.n;
		if (list.n)
			list.after = piece[list.n - 1].id;
	} while (list.n);
	return n;
}

EXPORT long exitstat_vms(struct exitstat *es, struct exitstat_vm **vms)
{
	long n = need_device(es);

	*vms = NULL;
	if (!n)
		n = list_vms(es, vms);
	if (n < 0) {
		free(*vms);
		*vms = NULL;
	}
	return n;
}

EXPORT int exitstat_choose_vm(struct exitstat *es, uint64_t id)
{
	int err = need_device(es);

	if (!err)
		es->device->vm = id;
	return err;
}

EXPORT int exitstat_expose(struct exitstat *es, uint64_t id, uint32_t exposure)
{
	struct exitstat_host_expose expose = { .id = id, .exposure = exposure };
	int err = need_device(es);

	return err ? err : call(es, EXITSTAT_HOST_EXPOSE, &expose);
}
