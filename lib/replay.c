// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Answers from a recording.
 *
 * Every question takes the next line that answers it, so that a recording of many
 * samples replays as many. It may hold more than is asked for, not less.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

static bool answers(const struct recorded_answer *answer, uint32_t leaf, uint32_t ecx, int scope)
{
	return answer->leaf == leaf && answer->ecx == ecx &&
	       (scope == EXITSTAT_VM || answer->cpu == scope);
}

/* Each sample starts with the identity. */
static bool has_further_sample(const struct exitstat_recording *recording)
{
	size_t i;

	for (i = recording->next; i < recording->nr; i++)
		if (recording->answers[i].leaf == EXITSTAT_LEAF_IDENTIFY)
			return true;
	return false;
}

/* What has been asked already is a sample's first part, whose histograms may be its last. */
static int no_answer(struct exitstat *es, uint32_t leaf)
{
	if (!es->host.abi)
		return exitstat_fail(es, EXITSTAT_ERR_REPLAY, "the recording has no answer to leaf "
				     "0x%08x: record it anew", leaf);
	if (leaf > EXITSTAT_LEAF_IDENTIFY && leaf <= EXITSTAT_LEAF_LONGEST &&
	    !has_further_sample(es->recording))
		return exitstat_fail(es, EXITSTAT_ERR_CUT, "the recording ends within a sample: it "
				     "was cut off, or is to be replayed with the options that it "
				     "was recorded with");
	return exitstat_fail(es, EXITSTAT_ERR_END, "the recording ends here");
}

/* What is skipped was asked all the same. */
static int skip_to(struct exitstat *es, size_t next)
{
	struct exitstat_recording *recording = es->recording;
	int err = 0;

	for (; recording->next < next && !err; recording->next++)
		err = exitstat_count_answer(es, recording->answers[recording->next].cpu);
	return err;
}

static int replay_query(struct exitstat *es, uint32_t leaf, uint32_t ecx,
			struct exitstat_regs *regs)
{
	const struct exitstat_recording *recording = es->recording;
	const struct recorded_answer *answer;
	size_t i = recording->next;

	while (i < recording->nr && !answers(&recording->answers[i], leaf, ecx, es->scope))
		i++;
	if (i == recording->nr)
		return no_answer(es, leaf);
	answer = &recording->answers[i];
	*regs = answer->regs;
	es->time_ns = answer->time_ns;
	es->cpu = answer->cpu;
	return skip_to(es, i + 1);
}

static int replay_on(struct exitstat *es, int cpu, exitstat_work *work, void *data)
{
	(void)cpu;
	return work(es, data);
}

/*
 * Those that were read by their number the next time, ascending: a CPU may have come or
 * gone. Only such a reading asks for a vCPU's totals.
 */
static int replay_cpus(struct exitstat *es, int *cpus, size_t max)
{
	const struct exitstat_recording *recording = es->recording;
	int n = 0, last = -1;
	size_t i;

	for (i = recording->next; i < recording->nr; i++) {
		const struct recorded_answer *answer = &recording->answers[i];

		if (answer->leaf != EXITSTAT_LEAF_SNAPSHOT ||
		    !(answer->ecx & EXITSTAT_ALL_REASONS))
			continue;
		if (!(answer->ecx & EXITSTAT_THIS_VCPU) && !n)
			continue;
		if (!(answer->ecx & EXITSTAT_THIS_VCPU) || answer->cpu <= last)
			break;
		last = answer->cpu;
		if ((size_t)n < max)
			cpus[n] = last;
		n++;
	}
	return n ? n : exitstat_fail(es, EXITSTAT_ERR_END, "the recording ends here");
}

/* Is this one the first of a witness's states, and are the others behind it? */
static bool is_witness(const struct recorded_answer *answer)
{
	uint32_t state;

	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		if (!answers(&answer[state], EXITSTAT_LEAF_STATE, EXITSTAT_THIS_VCPU | state,
			     answer->cpu))
			return false;
	return true;
}

/* A witness was read right behind the sample, if at all. */
static int replay_witness(struct exitstat *es, uint32_t vcpus)
{
	const struct exitstat_recording *recording = es->recording;
	const struct recorded_answer *next = recording->answers + recording->next;

	(void)vcpus;
	return recording->nr - recording->next >= EXITSTAT_NR_STATES && is_witness(next) ?
	       next->cpu : EXITSTAT_VM;
}

static void replay_free(struct exitstat *es)
{
	free(es->recording->answers);
	free(es->recording);
}

static const struct exitstat_source replay_source = {
	.on = replay_on,
	.query = replay_query,
	.cpus = replay_cpus,
	.witness = replay_witness,
	.free = replay_free,
};

EXPORT int exitstat_replay(struct exitstat *es, const char *path)
{
	FILE *file;
	int err;

	es->recording = calloc(1, sizeof(*es->recording));
	if (!es->recording)
		return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "out of memory");
	es->source = &replay_source;
	file = fopen(path, "re");
	if (!file)
		return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "cannot open %s: %s", path,
				     strerror(errno));
	err = exitstat_parse_recording(es, file, path);
	fclose(file);
	return err;
}

EXPORT int exitstat_is_replay(const struct exitstat *es)
{
	return es->source == &replay_source;
}
