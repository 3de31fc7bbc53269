// SPDX-License-Identifier: GPL-2.0
/* Intervals, until a signal ends them. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <time.h>

#include "pace.h"
#include "tool.h"

static volatile sig_atomic_t stop;
static struct timespec next;

static void on_stop(int signal)
{
	(void)signal;
	stop = 1;
}

bool pace_is_stopped(void)
{
	return stop;
}

/* Whoever lags in reading the output is not waited for: no SA_RESTART. */
void pace_start(void)
{
	struct sigaction action = { .sa_handler = on_stop };

	handle_signal(SIGINT, &action);
	handle_signal(SIGTERM, &action);
	clock_gettime(CLOCK_MONOTONIC, &next);
}

/* Sleeps to the next full interval after the last; those that ^Z or the clock took are gone. */
bool pace_wait(double interval)
{
	struct timespec now;
	double late;

	clock_gettime(CLOCK_MONOTONIC, &now);
	late = now.tv_sec - next.tv_sec + (now.tv_nsec - next.tv_nsec) / 1e9;
	if (fabs(late) > interval)
		next = now;
	next.tv_sec += (time_t)interval;
	next.tv_nsec += (interval - (time_t)interval) * 1e9;
	if (next.tv_nsec >= 1000000000) {
		next.tv_nsec -= 1000000000;
		next.tv_sec++;
	}
	while (!stop && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
		;
	return !stop;
}
