/* SPDX-License-Identifier: GPL-2.0 */
/* The VMs of a host, with their names. */
#ifndef VM_LIST_H
#define VM_LIST_H

#include "exitstat.h"
#include "tool.h"
#include "vm_name.h"

struct vm {
	struct exitstat_vm host;
	struct vm_name name;
};

/* In the order of their numbers. */
struct vm_list {
	size_t n;
	struct vm *vm;
};

/*
 * vm_list.c: who is there now; names that @list has already are kept.
 * Return: 0; enum exitstat_error, and the list stays as it was.
 */
int vm_list_update(struct exitstat *es, struct vm_list *list);
void vm_list_free(struct vm_list *list);

/*
 * The VM that @word names: a name, UUID, process, or id=NUMBER. Ends the program when there is
 * none, or more than one.
 */
const struct vm *vm_list_find(const struct vm_list *list, const char *word);

#endif /* VM_LIST_H */
