/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HYPERVISOR_H
#define HYPERVISOR_H

struct guest_shared;

void run_nested(void (*job)(struct guest_shared *shared), struct guest_shared *shared);

#endif /* HYPERVISOR_H */
