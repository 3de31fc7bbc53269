// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From a recording's text to its answers. What was cut off, because a machine crashed or a
 * disk was full, is replayed up to its last whole sample.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"
#include "sample.h"

static bool parse_answer(const char *line, struct recorded_answer *answer)
{
	uint64_t seconds, ns;
	int digits, end = 0;

	if (sscanf(line, "%" SCNu64 ".%n%9" SCNu64 "%n", &seconds, &digits, &ns, &end) != 2 ||
	    end - digits != 9 || seconds >= UINT64_MAX / 1000000000)
		return false;
	line += end;
	end = 0;
	sscanf(line, " %d %x %x -> %x %x %x %x %n", &answer->cpu, &answer->leaf, &answer->ecx,
	       &answer->regs.eax, &answer->regs.ebx, &answer->regs.ecx, &answer->regs.edx, &end);
	answer->time_ns = seconds * 1000000000 + ns;
	return end && !line[end] && answer->cpu >= 0 && answer->cpu < 1 << 20;
}

static bool add_answer(struct exitstat_recording *recording, const struct recorded_answer *answer)
{
	struct recorded_answer *more;
	size_t nr = recording->nr;

	/* Grow at every power of two. */
	if (!(nr & (nr - 1))) {
		more = realloc(recording->answers, (nr ? 2 * nr : 1) * sizeof(*more));
		if (!more)
			return false;
		recording->answers = more;
	}
	recording->answers[recording->nr++] = *answer;
	return true;
}

/* Takes the line's end off, be it that of Windows. Return: was there one? */
static bool end_line(char *line, size_t length)
{
	bool ended = length && line[length - 1] == '\n';

	line[strcspn(line, "\r\n")] = 0;
	return ended;
}

/* Without the line's end: the last number is whole with all of its digits. */
static bool has_all_digits(const char *line)
{
	size_t length = strlen(line), n;

	for (n = 0; n < length && isxdigit((unsigned char)line[length - 1 - n]); n++)
		;
	return n == 8;
}

/**
 * parse_line - the next line
 * @es: the handle
 * @line: its text, without its end
 * @ended: it had an end
 *
 * Return: 0; enum exitstat_error; 1 for the rest of a line that was cut off.
 */
static int parse_line(struct exitstat *es, const char *line, bool ended)
{
	struct recorded_answer answer;

	if (*line == '#' || (!*line && ended))
		return 0;
	if (!parse_answer(line, &answer))
		return ended ? EXITSTAT_ERR_REPLAY : 1;
	if (!ended && !has_all_digits(line))
		return 1;
	if (!add_answer(es->recording, &answer))
		return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "out of memory");
	return 0;
}

static int parse_first_line(struct exitstat *es, const char *line, const char *path)
{
	es->from_host = !strcmp(line, EXITSTAT_HOST_RECORDING);
	if (es->from_host || !strcmp(line, EXITSTAT_RECORDING))
		return 0;
	return exitstat_fail(es, EXITSTAT_ERR_REPLAY, "%s is not a recording of exitstat --record",
			     path);
}

static int parse_lines(struct exitstat *es, FILE *file, const char *path)
{
	unsigned int number = 1;
	char *line = NULL;
	size_t size = 0;
	ssize_t length = getline(&line, &size, file);
	int err = 0;
	bool ended;

	if (length >= 0) {
		end_line(line, length);
		err = parse_first_line(es, line, path);
	}
	while (!err && (length = getline(&line, &size, file)) >= 0) {
		number++;
		ended = end_line(line, length);
		err = parse_line(es, line, ended);
		if (err == EXITSTAT_ERR_REPLAY)
			exitstat_fail(es, err, "%s, line %u, is not an answer: take a recording "
				      "that exitstat --record has written", path, number);
	}
	free(line);
	if (ferror(file))
		return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "cannot read %s: %s", path,
				     strerror(errno));
	return err;
}

/* Is this the last answer that a reading asks for? One that makes no sense is, too. */
static bool ends_sample(const struct recorded_answer *answer,
			const struct recorded_answer *before, uint32_t space)
{
	uint32_t next = answer->regs.eax;

	switch (answer->leaf) {
	case EXITSTAT_LEAF_IDENTIFY:
		return !exitstat_is_signature(&answer->regs) || next != EXITSTAT_ABI_VERSION;
	case EXITSTAT_LEAF_NEXT:
		return next != EXITSTAT_NEXT_NONE && (next > EXITSTAT_REASON_MASK ||
			next < (answer->ecx & EXITSTAT_REASON_MASK));
	case EXITSTAT_LEAF_SNAPSHOT:
		/* What CPUID has cost, neither before the reading nor as one of its reasons. */
		return answer->ecx == (EXITSTAT_THIS_VCPU | exitstat_cpuid_reason(space)) &&
		       before->leaf != EXITSTAT_LEAF_PROPERTIES &&
		       (before->leaf != EXITSTAT_LEAF_NEXT ||
			before->regs.eax == EXITSTAT_NEXT_NONE);
	}
	return false;
}

/*
 * Leaves out the last sample when it has no end. A sample starts with the identity and the
 * properties; what starts the recording, or with something else after it, is none.
 */
static bool cut_sample(struct exitstat_recording *recording)
{
	const struct recorded_answer *answers = recording->answers, *answer, *before;
	size_t first = recording->nr;
	uint32_t space = 0;

	while (first && answers[--first].leaf != EXITSTAT_LEAF_IDENTIFY)
		;
	if (!first)
		return false;
	before = &answers[first];
	for (answer = before; answer < answers + recording->nr; answer++) {
		if (answer->leaf == EXITSTAT_DROPPED)
			continue;
		if (answer->leaf == EXITSTAT_LEAF_PROPERTIES)
			space = answer->regs.ecx;
		else if (answer != before && before->leaf == EXITSTAT_LEAF_IDENTIFY)
			return false;
		if (ends_sample(answer, before, space))
			return false;
		before = answer;
	}
	recording->nr = first;
	return true;
}

int exitstat_parse_recording(struct exitstat *es, FILE *file, const char *path)
{
	int err = parse_lines(es, file, path);
	bool cut = err > 0;

	if (err < 0)
		return err;
	if (!es->recording->nr)
		return exitstat_fail(es, EXITSTAT_ERR_REPLAY, "%s holds no recording", path);
	if (cut_sample(es->recording) || cut)
		exitstat_fail(es, 0, "%s was cut off: it is replayed up to its last whole sample",
			      path);
	return 0;
}
