/* SPDX-License-Identifier: GPL-2.0 */
/* What sampling takes of KVM. */
#ifndef EXITSTAT_GUEST_H
#define EXITSTAT_GUEST_H

void exitstat_find_inject_nmi(void);

#endif /* EXITSTAT_GUEST_H */
