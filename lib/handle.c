// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The handle's life, and the one way to ask a question. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "handle.h"

EXPORT struct exitstat *exitstat_new(void)
{
	struct exitstat *es = calloc(1, sizeof(*es));

	if (es) {
		es->source = &exitstat_cpuid_source;
		es->scope = EXITSTAT_VM;
	}
	return es;
}

EXPORT void exitstat_free(struct exitstat *es)
{
	if (!es)
		return;
	if (es->listener)
		es->listener->free(es);
	if (es->source->free)
		es->source->free(es);
	free(es->own_of);
	free(es);
}

EXPORT const char *exitstat_message(const struct exitstat *es)
{
	return es->message;
}

EXPORT const struct exitstat_host *exitstat_host(const struct exitstat *es)
{
	return &es->host;
}

EXPORT int exitstat_is_host(const struct exitstat *es)
{
	return es->from_host;
}

int exitstat_fail(struct exitstat *es, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(es->message, sizeof(es->message), format, args);
	va_end(args);
	return error;
}

static int grow_own_of(struct exitstat *es, size_t n)
{
	uint64_t *own_of = realloc(es->own_of, n * sizeof(*own_of));

	if (!own_of)
		return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "out of memory");
	memset(own_of + es->nr_own_of, 0, (n - es->nr_own_of) * sizeof(*own_of));
	es->own_of = own_of;
	es->nr_own_of = n;
	return 0;
}

/* This handle has executed a CPUID on @cpu. */
int exitstat_count_own(struct exitstat *es, int cpu)
{
	int err;

	if ((size_t)cpu >= es->nr_own_of) {
		err = grow_own_of(es, cpu + 1);
		if (err)
			return err;
	}
	es->own++;
	es->own_of[cpu]++;
	return 0;
}

/* This handle has had an answer on @cpu. From the host none is an exit. */
int exitstat_count_answer(struct exitstat *es, int cpu)
{
	int err = es->from_host ? 0 : exitstat_count_own(es, cpu);

	return !err && es->by_perf ? exitstat_count_own(es, cpu) : err;
}

/* An answer between two CPUs is nobody's, but it has been counted. */
void exitstat_drop_answer(struct exitstat *es, uint32_t leaf)
{
	static const struct exitstat_regs none;

	if (es->listener)
		es->listener->answer(es, EXITSTAT_DROPPED, leaf, &none);
}

/* How many CPUIDs this handle has executed in the present scope. */
uint64_t exitstat_own(const struct exitstat *es)
{
	if (es->scope == EXITSTAT_VM)
		return es->own;
	return (size_t)es->scope < es->nr_own_of ? es->own_of[es->scope] : 0;
}

/* What is asked from here on is of this time. */
void exitstat_take_time(struct exitstat *es)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	es->time_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* With @err, or when it is 0 with what went wrong in recording. */
int exitstat_end_reading(struct exitstat *es, int err)
{
	return es->listener ? es->listener->end(es, err) : err;
}

/* All that @work asks is asked of @cpu's vCPU, or of the VM. */
int exitstat_on(struct exitstat *es, int cpu, exitstat_work *work, void *data)
{
	int err;

	es->scope = cpu;
	es->reading = true;
	err = es->source->on(es, cpu, work, data);
	es->reading = false;
	es->scope = EXITSTAT_VM;
	return exitstat_end_reading(es, err);
}

EXPORT int exitstat_query(struct exitstat *es, uint32_t leaf, uint32_t ecx,
			  struct exitstat_regs *regs)
{
	int err = es->source->query(es, leaf, ecx, regs);

	if (err || !es->listener)
		return err;
	es->listener->answer(es, leaf, ecx, regs);
	/* What is asked alone is a reading of its own. */
	return es->reading ? 0 : exitstat_end_reading(es, 0);
}

EXPORT int exitstat_cpus(struct exitstat *es, int *cpus, size_t max)
{
	return es->source->cpus(es, cpus, max);
}
