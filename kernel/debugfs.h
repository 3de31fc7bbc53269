/* SPDX-License-Identifier: GPL-2.0 */
/* exitstat's own state, for the host's administrator. */
#ifndef EXITSTAT_DEBUGFS_H
#define EXITSTAT_DEBUGFS_H

void exitstat_debugfs_init(void);
void exitstat_debugfs_exit(void);

#endif /* EXITSTAT_DEBUGFS_H */
