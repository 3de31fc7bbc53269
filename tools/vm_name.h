/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_NAME_H
#define VM_NAME_H

/**
 * struct vm_name - what people call a VM
 * @name: that of QEMU's command line, else its process's; NULL when not known
 * @uuid: that of QEMU's command line, or NULL
 *
 * Whoever started the process chose them, but they are UTF-8 without control characters.
 */
struct vm_name {
	char *name, *uuid;
};

/* vm_name.c: the VM that process @pid has made, a number of the initial PID namespace. */
struct vm_name vm_name_of(int pid);
void vm_name_free(struct vm_name *name);

#endif /* VM_NAME_H */
