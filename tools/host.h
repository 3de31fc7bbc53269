/* SPDX-License-Identifier: GPL-2.0 */
/* When the command is asked about a host's VMs. */
#ifndef HOST_H
#define HOST_H

#include "tool.h"

/* host.c: --vm's; the device is open, and the VM need not be exposed */
void choose_vm(struct tool *tool);
bool has_device_file(void);
/* This is no guest of exitstat's, says @error, but a host that has it. */
bool has_device(const struct tool *tool, int error);
/* Instead of this guest, its VMs. */
void open_device(struct tool *tool);
/* What a CPU's number is called: a VM's vCPUs have their own. */
const char *cpu_word(const struct tool *tool);

#endif /* HOST_H */
