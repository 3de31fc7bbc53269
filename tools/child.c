// SPDX-License-Identifier: GPL-2.0
/*
 * Running a command as if exitstat were not there: what the terminal sends reaches the
 * command by itself, what somebody sends to exitstat is passed on.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "tool.h"

static volatile sig_atomic_t child, early;

/* While there is no command, the next one gets it. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (!child)
		early = signal;
	else if (info->si_code <= 0)
		kill(child, signal);
}

/* A handler, unlike SIG_IGN, does not outlive the command's exec. */
void child_signals_init(void)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction old;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	/* Ignored, it would take the command's status away. */
	signal(SIGCHLD, SIG_DFL);
}

/* Return: the status as waitpid() has it. */
int child_run(char **command)
{
	int err, status;
	pid_t pid;

	err = posix_spawnp(&pid, *command, NULL, NULL, command, environ);
	if (err)
		die(err == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE,
		    "cannot run %s: %s", *command, strerror(err));
	child = pid;
	if (early)
		kill(pid, early);
	early = 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die(STATUS_RUN_FAILED, "cannot wait for %s: %s", *command, strerror(errno));
	child = 0;
	return status;
}
