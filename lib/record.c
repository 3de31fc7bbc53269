// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Writing down every answer, in the form that replay.c reads. See libexitstat(3). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "recording.h"

static int cannot_write(struct exitstat *es, const char *what)
{
	return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "cannot write the recording%s%s: %s",
			     *what ? " " : "", what, strerror(errno));
}

static int record_answer(struct exitstat *es, uint32_t leaf, uint32_t ecx,
			 const struct exitstat_regs *regs)
{
	int n = fprintf(es->record,
			"%" PRIu64 ".%09" PRIu64 " %d %08x %08x -> %08x %08x %08x %08x\n",
			es->time_ns / 1000000000, es->time_ns % 1000000000, es->cpu, leaf, ecx,
			regs->eax, regs->ebx, regs->ecx, regs->edx);

	return n < 0 ? cannot_write(es, "") : 0;
}

/* What has been recorded is there, however the program may end. */
static int record_end(struct exitstat *es)
{
	return fflush(es->record) ? cannot_write(es, "") : 0;
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
		return cannot_write(es, path);
	es->listener = &recorder;
	if (fprintf(es->record, "%s\n# seconds %s leaf ecx -> eax ebx ecx edx\n",
		    es->from_host ? EXITSTAT_HOST_RECORDING : EXITSTAT_RECORDING,
		    es->from_host ? "vcpu" : "cpu") < 0)
		return cannot_write(es, path);
	return 0;
}
