// SPDX-License-Identifier: GPL-2.0
/* The terminal: taken by ncurses, and given back whatever happens. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <ncurses.h>

#include "top.h"

static volatile sig_atomic_t stopped;

static void on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* Not a safe thing to do in a handler, but all is lost anyway, save the terminal. */
static void on_crash(int signal)
{
	endwin();
	raise(signal);
}

static void catch_signals(void)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
				     SIGVTALRM, SIGPIPE, SIGXCPU };
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct sigaction stop = { .sa_handler = on_stop };
	struct sigaction crash = { .sa_handler = on_crash, .sa_flags = SA_RESETHAND };
	size_t i;

	for (i = 0; i < sizeof(stops) / sizeof(*stops); i++)
		handle_signal(stops[i], &stop);
	for (i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		handle_signal(crashes[i], &crash);
}

/* ncurses itself takes care of SIGTSTP and SIGWINCH. */
void screen_start_or_die(void)
{
	if (!newterm(NULL, stdout, stdin))
		die(STATUS_FAILED, "the terminal \"%s\" is unknown: set TERM to one that terminfo "
		    "has, or use exitstat 1", getenv("TERM") ? getenv("TERM") : "");
	atexit(screen_end);
	catch_signals();
	cbreak();
	noecho();
	keypad(stdscr, true);
	set_escdelay(50);
	curs_set(0);
}

void screen_end(void)
{
	if (!isendwin())
		endwin();
}

bool screen_stopped(void)
{
	return stopped;
}

/* What cannot be read any more is always ready to be read; the screen may be another terminal. */
static bool is_gone(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	struct pollfd screen = { .fd = STDOUT_FILENO };

	return errno == EIO || poll(&screen, 1, 0) > 0 ||
	       (poll(&input, 1, 0) > 0 && input.revents & ~POLLIN);
}

int screen_key(int milliseconds)
{
	int key;

	timeout(milliseconds);
	errno = 0;
	key = getch();
	if (key == ERR && is_gone())
		stopped = 1;
	return key;
}
