/* SPDX-License-Identifier: GPL-2.0 */
/* A thread that runs one vCPU, once it is told to, so that perf can be put on it first. */
#ifndef WORKER_H
#define WORKER_H

#include <err.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include "small_vm.h"

struct worker {
	struct small_vm *vm;
	int vcpu;
	enum guest_job job;
	uint32_t times;
	pthread_t thread;
	pid_t tid;
	sem_t there, go;
};

static void *worker_main(void *argument)
{
	struct worker *worker = argument;

	worker->tid = gettid();
	sem_post(&worker->there);
	sem_wait(&worker->go);
	vm_run(worker->vm, worker->vcpu, worker->job, worker->times);
	return NULL;
}

/* Returns when the thread has a number, worker->tid. */
static inline void worker_create(struct worker *worker)
{
	sem_init(&worker->there, 0, 0);
	sem_init(&worker->go, 0, 0);
	if (pthread_create(&worker->thread, NULL, worker_main, worker))
		errx(1, "pthread_create failed");
	sem_wait(&worker->there);
}

static inline void worker_go(struct worker *worker)
{
	sem_post(&worker->go);
}

static inline void worker_wait(struct worker *worker)
{
	pthread_join(worker->thread, NULL);
}

#endif /* WORKER_H */
