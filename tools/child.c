// SPDX-License-Identifier: GPL-2.0
/*
 * Running a command as if exitstat were not there: what the terminal sends reaches the
 * command by itself, what somebody sends to exitstat is passed on.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
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

/*
 * A handler does not outlive the command's exec, and what is ignored stays so. Ignored, SIGCHLD would
 * take the command's status away; and a recording that nobody reads any more is no reason to lose
 * the report.
 */
void child_signals_init(void)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		handle_signal(signals[i], &action);
	own_signal(SIGCHLD, SIG_DFL);
	own_signal(SIGPIPE, SIG_IGN);
}

/*
 * The command's side of vfork(), whose memory is exitstat's: a signal is not to be passed on
 * from here. posix_spawn() can neither ignore a signal nor run a script without #!.
 */
__attribute__((noreturn))
static void become(char **command, const sigset_t *mask, volatile int *error_number)
{
	struct sigaction action;
	int signal;

	for (signal = 1; signal < NSIG; signal++)
		if (!sigaction(signal, NULL, &action) && action.sa_sigaction == pass_on)
			sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	give_back_signal(SIGCHLD);
	give_back_signal(SIGPIPE);
	give_back_signal(SIGXFSZ);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(*command, command);
	*error_number = errno;
	_exit(STATUS_NOT_FOUND);
}

/* Return: why it does not run, or 0. */
static int start(char **command, bool *forked)
{
	volatile int error_number = 0;
	sigset_t all, mask;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	pid = vfork();
	if (!pid)
		become(command, &mask, &error_number);
	*forked = pid >= 0;
	if (!*forked)
		error_number = errno;
	else if (error_number)
		waitpid(pid, NULL, 0);
	else
		child = pid;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return error_number;
}

/*
 * @status: as waitpid() has it
 *
 * Return: 0, or exitstat's own status when the command does not run, which is told.
 */
int child_run(char **command, int *status)
{
	bool forked;
	int error_number = start(command, &forked);

	if (error_number) {
		fprintf(stderr, "exitstat: cannot run %s: %s\n", *command, strerror(error_number));
		return !forked ? STATUS_RUN_FAILED :
		       error_number == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
	}
	if (early)
		kill(child, early);
	early = 0;
	while (waitpid(child, status, 0) < 0)
		if (errno != EINTR)
			die(STATUS_RUN_FAILED, "cannot wait for %s: %s", *command, strerror(errno));
	child = 0;
	return 0;
}
