// SPDX-License-Identifier: GPL-2.0
/* Makes VMs with vCPUs, each of which has an account, and keeps them until its input ends. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "idle_vcpu.h"
#include "small_vm.h"

int main(int argc, char **argv)
{
	int vms, vcpus, i, id;
	struct small_vm *vm;

	if (argc != 3)
		errx(1, "usage: memory VMS VCPUS");
	vms = atoi(argv[1]);
	vcpus = atoi(argv[2]);
	vm = calloc(vms, sizeof(*vm));
	if (!vm)
		err(1, "calloc");
	for (i = 0; i < vms; i++) {
		vm_create(&vm[i], 1);
		vm_run(&vm[i], 0, GUEST_CPUID, 1);
		for (id = 1; id < vcpus; id++)
			add_idle_vcpu(&vm[i], id);
	}
	puts("there");
	fflush(stdout);
	getchar();
	return 0;
}
