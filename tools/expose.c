// SPDX-License-Identifier: GPL-2.0
/* exitstat expose: what a VM sees of exitstat. */
#include <string.h>

#include "exitstat_host.h"
#include "vm_list.h"

static const char *const names[] = {
	[EXITSTAT_EXPOSE_NONE] = "none",
	[EXITSTAT_EXPOSE_ALL] = "all",
	[EXITSTAT_EXPOSE_KERNEL] = "kernel",
};

#define NR_NAMES	(sizeof(names) / sizeof(names[0]))

const char *exposure_name(uint32_t exposure)
{
	return exposure < NR_NAMES ? names[exposure] : "?";
}

bool exposure_of_name(const char *name, uint32_t *exposure)
{
	for (*exposure = 0; *exposure < NR_NAMES; ++*exposure)
		if (!strcmp(names[*exposure], name))
			return true;
	return false;
}

int tool_expose(struct tool *tool)
{
	struct vm_list list = { .n = 0 };
	int err = vm_list_update(tool->es, &list);

	if (!err)
		err = exitstat_expose(tool->es, vm_list_find(&list, tool->vm)->host.id,
				      tool->exposure);
	if (err)
		die_of(tool, err);
	vm_list_free(&list);
	return 0;
}
