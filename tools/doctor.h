/* SPDX-License-Identifier: GPL-2.0 */
/* What the doctor says, of a guest (doctor.c) and of a host (doctor_host.c). */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "tool.h"

__attribute__((format(printf, 2, 3)))
void say(const char *verdict, const char *format, ...);

/* Can this machine have VMs at all? */
bool runs_vms(void);
/* Return: the exit status. */
int doctor_host(void);

#endif /* DOCTOR_H */
