/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>

/* pace.c: from now on, an interval after the other. */
void pace_start(void);
/* Return: whether to go on after it: nobody has asked for an end. */
bool pace_wait(double interval);
bool pace_is_stopped(void);

#endif /* PACE_H */
