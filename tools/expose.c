// SPDX-License-Identifier: GPL-2.0
/* exitstat expose: what a VM sees of exitstat. */
#include "vm_list.h"

int tool_expose(struct tool *tool)
{
	struct vm_list list = { .n = 0 };
	int err = vm_list_update(tool->es, &list);

	if (!err)
		err = exitstat_expose(tool->es, vm_list_find(&list, tool->vm)->host.id,
				      tool->exposed);
	if (err)
		die_of(tool, err);
	vm_list_free(&list);
	return 0;
}
