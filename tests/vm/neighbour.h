/* SPDX-License-Identifier: GPL-2.0 */
/* A thread that is busy on the CPU of the thread that runs a vCPU, and so preempts it. */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct neighbour {
	pthread_t thread, vcpu;
	bool interrupts;	/* the vCPU, with signals, each when the one before has arrived */
	uint32_t sent;
	atomic_bool stop;
};

static atomic_bool signal_arrived = true;

static void on_signal(int signal)
{
	(void)signal;
	signal_arrived = true;
}

static void *be_busy(void *argument)
{
	struct neighbour *neighbour = argument;

	while (!neighbour->stop)
		if (neighbour->interrupts && signal_arrived) {
			signal_arrived = false;
			neighbour->sent++;
			pthread_kill(neighbour->vcpu, SIGUSR1);
		}
	return NULL;
}

/* Threads that are created later inherit it. */
static inline void keep_to_one_cpu(void)
{
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		err(1, "sched_setaffinity");
}

static inline void move_in(struct neighbour *neighbour)
{
	keep_to_one_cpu();
	signal(SIGUSR1, on_signal);
	neighbour->vcpu = pthread_self();
	if (pthread_create(&neighbour->thread, NULL, be_busy, neighbour))
		errx(1, "pthread_create failed");
}

static inline void move_out(struct neighbour *neighbour)
{
	neighbour->stop = true;
	pthread_join(neighbour->thread, NULL);
}

#endif /* NEIGHBOUR_H */
