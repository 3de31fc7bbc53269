// SPDX-License-Identifier: GPL-2.0
/*
 * "many N": N VMs, each of whose vCPUs has run, and runs again at each byte of standard input. A
 * line on standard output tells when that is done. When they run again neither KVM nor the process
 * allocates anything.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "small_vm.h"

static struct small_vm *vms;

/* The guest says again that it is done. */
static void run_again(struct small_vm *vm)
{
	int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		if (ioctl(vm->vcpus[i], KVM_RUN, 0) || vm->runs[i]->exit_reason != KVM_EXIT_IO)
			err(1, "KVM_RUN returned with reason %u", vm->runs[i]->exit_reason);
}

static void warm_up(struct small_vm *vm)
{
	int i;

	vm_create(vm, GUEST_MAX_VCPUS);
	for (i = 0; i < vm->nr_vcpus; i++)
		vm_run(vm, i, GUEST_CPUID, 1);
	run_again(vm);
}

int main(int argc, char **argv)
{
	int i, n = argc > 1 ? atoi(argv[1]) : 0;
	char byte;

	/* Not even its own code, which could be read from its file again. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		err(1, "mlockall");
	vms = calloc(n, sizeof(*vms));
	if (!vms)
		err(1, "no memory for %d VMs", n);
	for (i = 0; i < n; i++)
		warm_up(&vms[i]);
	do {
		puts("done");
		fflush(stdout);
		if (read(0, &byte, 1) != 1)
			return 0;
		for (i = 0; i < n; i++)
			run_again(&vms[i]);
	} while (true);
}
