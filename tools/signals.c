// SPDX-License-Identifier: GPL-2.0
/* Signals as exitstat was given them. */
#include <signal.h>

#include "tool.h"

bool is_ignored(int signal)
{
	struct sigaction now;

	sigaction(signal, NULL, &now);
	return now.sa_handler == SIG_IGN;
}

static struct sigaction inherited[NSIG];

void own_signal(int signal, void (*handler)(int))
{
	sigaction(signal, &(struct sigaction){ .sa_handler = handler }, &inherited[signal]);
}

void give_back_signal(int signal)
{
	sigaction(signal, &inherited[signal], NULL);
}

/* What nohup, or a shell in the background, has it ignore stays ignored. */
void handle_signal(int signal, const struct sigaction *action)
{
	if (!is_ignored(signal))
		sigaction(signal, action, NULL);
}
