/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/exitstat: see include/exitstat_host.h. */
#ifndef EXITSTAT_DEVICE_H
#define EXITSTAT_DEVICE_H

void exitstat_device_init(void);
void exitstat_device_exit(void);

#endif /* EXITSTAT_DEVICE_H */
