// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reading on a CPU, in a guest.
 *
 * The whole VM answers alike on every CPU. A vCPU answers for itself only, so a thread goes
 * there, which ends with the reading: the caller's own affinity is never touched, for it
 * may be changed meanwhile, and is inherited.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handle.h"

/* Enough for a reading, where the limits may allow little. */
#define STACK_SIZE	(256 * 1024)

#define MAX_CPUS	(1 << 20)

/* Work for a thread on @cpu, and what came of it. */
struct errand {
	struct exitstat *es;
	int cpu;
	exitstat_work *work;
	void *data;
	int err, error_number;
};

/* The one that the reading is of. */
int exitstat_cpu_gone(struct exitstat *es)
{
	return exitstat_fail(es, EXITSTAT_ERR_CPU,
			     "CPU %d has gone: it is offline now, or this process may no longer use "
			     "it", es->cpu);
}

static int go_to(struct exitstat *es, int cpu)
{
	int err = -1, known = cpu >= 0 && cpu < MAX_CPUS;
	cpu_set_t *set = known ? CPU_ALLOC(cpu + 1) : NULL;

	if (set) {
		CPU_ZERO_S(CPU_ALLOC_SIZE(cpu + 1), set);
		CPU_SET_S(cpu, CPU_ALLOC_SIZE(cpu + 1), set);
		err = sched_setaffinity(0, CPU_ALLOC_SIZE(cpu + 1), set);
		CPU_FREE(set);
	}
	if (!err)
		return 0;
	if (!known || errno == EINVAL)
		return exitstat_fail(es, EXITSTAT_ERR_CPU,
				     "cannot run on CPU %d: choose a CPU that is online and that "
				     "this process may use", cpu);
	return exitstat_fail(es, EXITSTAT_ERR_SYSTEM,
			     "cannot run on CPU %d: %s; without a choice of CPUs the whole VM can "
			     "be read, but no single vCPU", cpu, strerror(errno));
}

static int work_now(struct exitstat *es, exitstat_work *work, void *data)
{
	exitstat_take_time(es);
	return work(es, data);
}

static void *run_errand(void *data)
{
	struct errand *errand = data;
	struct exitstat *es = errand->es;

	errand->err = go_to(es, errand->cpu);
	if (!errand->err) {
		es->cpu = errand->cpu;
		es->pinned = true;
		errand->err = work_now(es, errand->work, errand->data);
		es->pinned = false;
	}
	errand->error_number = errno;
	return NULL;
}

/* The process's signals are its own threads' business. */
static int create_thread(pthread_t *thread, struct errand *errand)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int error_number;

	error_number = pthread_attr_init(&attr);
	if (error_number)
		return error_number;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error_number = pthread_create(thread, &attr, run_errand, errand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return error_number;
}

/* Who is cancelled while the thread has the handle would leave it to nobody. */
static int work_on(struct exitstat *es, int cpu, exitstat_work *work, void *data)
{
	struct errand errand = { .es = es, .cpu = cpu, .work = work, .data = data };
	int error_number, cancel_state;
	pthread_t thread;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	error_number = create_thread(&thread, &errand);
	if (!error_number)
		pthread_join(thread, NULL);
	pthread_setcancelstate(cancel_state, NULL);
	errno = error_number ? error_number : errand.error_number;
	if (!error_number)
		return errand.err;
	return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "cannot start a thread on CPU %d: %s", cpu,
			     strerror(error_number));
}

int exitstat_on_cpu(struct exitstat *es, int cpu, exitstat_work *work, void *data)
{
	return cpu == EXITSTAT_VM ? work_now(es, work, data) : work_on(es, cpu, work, data);
}

/* The kernel refuses a set smaller than its own, whose size nobody tells. */
static cpu_set_t *get_affinity(struct exitstat *es, size_t *nr_cpus)
{
	cpu_set_t *set;
	size_t cpus;

	for (cpus = 1024; cpus <= MAX_CPUS; cpus *= 2) {
		set = CPU_ALLOC(cpus);
		if (!set)
			break;
		if (!sched_getaffinity(0, CPU_ALLOC_SIZE(cpus), set)) {
			*nr_cpus = cpus;
			return set;
		}
		CPU_FREE(set);
		if (errno != EINVAL)
			break;
	}
	exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "cannot tell this process's CPUs: %s",
		      strerror(errno));
	return NULL;
}

int exitstat_own_cpus(struct exitstat *es, int *cpus, size_t max)
{
	size_t nr_cpus, cpu;
	cpu_set_t *set = get_affinity(es, &nr_cpus);
	int n = 0;

	if (!set)
		return EXITSTAT_ERR_SYSTEM;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		if (!CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(nr_cpus), set))
			continue;
		if ((size_t)n < max)
			cpus[n] = cpu;
		n++;
	}
	CPU_FREE(set);
	return n;
}

/*
 * With no more vCPUs than CPUs that run all of them are this VM's. Otherwise this kernel may have
 * been told to use fewer, or the host shows other VMs' as well.
 */
int exitstat_own_witness(struct exitstat *es, uint32_t vcpus)
{
	int cpu;

	if (vcpus <= (unsigned long)sysconf(_SC_NPROCESSORS_ONLN) ||
	    exitstat_own_cpus(es, &cpu, 1) <= 0)
		return EXITSTAT_VM;
	return cpu;
}
