/* SPDX-License-Identifier: GPL-2.0 */
/* What only KVM's own source defines: where members lie, and what tracepoints have. */
#ifndef EXITSTAT_MEMBER_H
#define EXITSTAT_MEMBER_H

unsigned int exitstat_member_offset(const char *structure, const char *member);
void exitstat_tracepoint_arguments(const char *name, char *letters, size_t size);

#endif /* EXITSTAT_MEMBER_H */
