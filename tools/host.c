// SPDX-License-Identifier: GPL-2.0
/* A host: which of its VMs is meant, or all of them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exitstat_host.h"
#include "host.h"
#include "vm_list.h"

void choose_vm(struct tool *tool)
{
	struct vm_list list = { .n = 0 };
	const struct vm *vm;
	int err = vm_list_update(tool->es, &list);

	if (err)
		die_of(tool, err);
	vm = vm_list_find(&list, tool->vm);
	exitstat_choose_vm(tool->es, vm->host.id);
	vm_list_free(&list);
}

bool has_device_file(void)
{
	return !access(EXITSTAT_DEVICE, F_OK);
}

bool has_device(const struct tool *tool, int error)
{
	return !tool->vm && !tool->replay &&
	       (error == EXITSTAT_ERR_NOT_A_VM || error == EXITSTAT_ERR_NOT_EXPOSED) &&
	       has_device_file();
}

void open_device(struct tool *tool)
{
	int err;

	if (tool->record)
		die(STATUS_USAGE, "a recording is of one VM: exitstat --vm VM --record FILE top");
	if (tool->cpu != EXITSTAT_VM)
		die(STATUS_USAGE, "which VM's vCPU? exitstat --vm VM --cpu %d top", tool->cpu);
	exitstat_free(tool->es);
	tool->es = exitstat_new();
	if (!tool->es)
		die(STATUS_FAILED, "out of memory");
	err = exitstat_device(tool->es);
	if (err)
		die_of(tool, err);
}

const char *cpu_word(const struct tool *tool)
{
	return exitstat_is_host(tool->es) ? "vCPU" : "CPU";
}
