// SPDX-License-Identifier: GPL-2.0
/* Signals as exitstat was given them. */
#include <signal.h>

#include "tool.h"

/* What nohup, or a shell in the background, has it ignore stays ignored. */
void handle_signal(int signal, const struct sigaction *action)
{
	struct sigaction inherited;

	sigaction(signal, NULL, &inherited);
	if (inherited.sa_handler != SIG_IGN)
		sigaction(signal, action, NULL);
}
