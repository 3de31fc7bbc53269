/* SPDX-License-Identifier: GPL-2.0 */
/* The places in KVM where the module listens. */
#ifndef EXITSTAT_HOOKS_H
#define EXITSTAT_HOOKS_H

int exitstat_hooks_place(void);
void exitstat_hooks_remove(void);
int exitstat_vendor_find(void);

#endif /* EXITSTAT_HOOKS_H */
