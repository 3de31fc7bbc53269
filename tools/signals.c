// SPDX-License-Identifier: GPL-2.0
/* Signals as exitstat was given them. */
#include <signal.h>

#include "tool.h"

bool is_ignored(int signal)
{
	struct sigaction inherited;

	sigaction(signal, NULL, &inherited);
	return inherited.sa_handler == SIG_IGN;
}

void keep_child_status(struct sigaction *inherited)
{
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, inherited);
}

/* What nohup, or a shell in the background, has it ignore stays ignored. */
void handle_signal(int signal, const struct sigaction *action)
{
	if (!is_ignored(signal))
		sigaction(signal, action, NULL);
}
