/* SPDX-License-Identifier: GPL-2.0 */
/* Running a command, out of its way. */
#ifndef CHILD_H
#define CHILD_H

void child_signals_init(void);
int child_run(char **command, int *status);

#endif /* CHILD_H */
