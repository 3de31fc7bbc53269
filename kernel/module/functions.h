/* SPDX-License-Identifier: GPL-2.0 */
/* Hooks at the entry of KVM's functions. */
#ifndef EXITSTAT_FUNCTIONS_H
#define EXITSTAT_FUNCTIONS_H

int exitstat_functions_place(void);
int exitstat_functions_remove(void);

#endif /* EXITSTAT_FUNCTIONS_H */
