// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Writing down every answer, in the form that replay.c reads. See libexitstat(3). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "recording.h"

static int cannot_write(struct exitstat *es, int error, const char *what)
{
	return exitstat_fail(es, error, "cannot write the recording%s%s: %s",
			     *what ? " " : "", what, strerror(errno));
}

/* After an error there is no more: without a part of it the rest would be of something else. */
static void record_answer(struct exitstat *es, uint32_t leaf, uint32_t ecx,
			  const struct exitstat_regs *regs)
{
	if (!es->record_error &&
	    fprintf(es->record, "%" PRIu64 ".%09" PRIu64 " %d %08x %08x -> %08x %08x %08x %08x\n",
		    es->time_ns / 1000000000, es->time_ns % 1000000000, es->cpu, leaf, ecx,
		    regs->eax, regs->ebx, regs->ecx, regs->edx) < 0)
		es->record_error = errno;
}

/* What has been recorded is there, however the program may end. */
static int record_end(struct exitstat *es, int err)
{
	if (!es->record_error && fflush(es->record))
		es->record_error = errno;
	if (err || !es->record_error)
		return err;
	errno = es->record_error;
	return cannot_write(es, EXITSTAT_ERR_RECORD, "");
}

static void record_free(struct exitstat *es)
{
	fclose(es->record);
}

static const struct exitstat_listener recorder = {
	.answer = record_answer,
	.end = record_end,
	.free = record_free,
};

EXPORT int exitstat_record(struct exitstat *es, const char *path)
{
	es->record = fopen(path, "we");
	if (!es->record)
		return cannot_write(es, EXITSTAT_ERR_SYSTEM, path);
	es->listener = &recorder;
	if (fprintf(es->record, "%s\n# seconds %s leaf ecx -> eax ebx ecx edx\n",
		    es->from_host ? EXITSTAT_HOST_RECORDING : EXITSTAT_RECORDING,
		    es->from_host ? "vcpu" : "cpu") < 0)
		return cannot_write(es, EXITSTAT_ERR_SYSTEM, path);
	return 0;
}
