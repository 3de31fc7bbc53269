/* SPDX-License-Identifier: GPL-2.0 */
/* Where a member lies in a structure that only KVM's own source defines. */
#ifndef EXITSTAT_MEMBER_H
#define EXITSTAT_MEMBER_H

unsigned int exitstat_member_offset(const char *structure, const char *member);

#endif /* EXITSTAT_MEMBER_H */
