/* SPDX-License-Identifier: GPL-2.0 */
/* The host's VMs by their numbers, for who asks the device. */
#ifndef EXITSTAT_VMS_H
#define EXITSTAT_VMS_H

#include <linux/types.h>

struct exitstat_host_vm;

int exitstat_set_exposure(u64 id, u32 exposure);
u32 exitstat_list_vms(u64 after, struct exitstat_host_vm *list, u32 room);
long exitstat_list_vcpus(u64 id, u32 first, u32 *list, u32 room);

#endif /* EXITSTAT_VMS_H */
