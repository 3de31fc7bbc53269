/* SPDX-License-Identifier: GPL-2.0 */
/* More vCPUs than small_vm has: they never enter the guest. */
#ifndef IDLE_VCPU_H
#define IDLE_VCPU_H

#include <err.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>

#include "small_vm.h"

/* A vCPU that has an account, because it was about to run once. */
static inline int add_idle_vcpu(struct small_vm *vm, int id)
{
	int size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
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

#endif /* IDLE_VCPU_H */
