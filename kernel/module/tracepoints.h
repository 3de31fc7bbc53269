/* SPDX-License-Identifier: GPL-2.0 */
/* Probes on KVM's tracepoints. */
#ifndef EXITSTAT_TRACEPOINTS_H
#define EXITSTAT_TRACEPOINTS_H

int exitstat_tracepoints_place(void);
void exitstat_tracepoints_remove(void);

#endif /* EXITSTAT_TRACEPOINTS_H */
