// SPDX-License-Identifier: GPL-2.0
/* exitstat --course: the four course leaves, as the registers have them. */
#include <stdlib.h>

#include <jansson.h>

#include "tool.h"

struct answer {
	uint32_t leaf, ecx;
	struct exitstat_regs regs;
};

static void ask(struct tool *tool, struct answer *answer, uint32_t leaf, uint32_t ecx)
{
	int err;

	answer->leaf = leaf;
	answer->ecx = ecx;
	err = exitstat_query(tool->es, leaf, ecx, &answer->regs);
	if (err)
		die_of(tool, err);
}

/* The course leaves know the reasons that the manual defines, so not the other ones. */
static size_t ask_reasons(struct tool *tool, struct answer *answers)
{
	struct exitstat_regs next;
	uint32_t from, number;
	size_t n = 0;
	int err;

	for (from = 0; from <= EXITSTAT_REASON_MASK && n < EXITSTAT_MAX_REASONS;
	     from = next.eax + 1) {
		err = exitstat_query(tool->es, EXITSTAT_LEAF_NEXT, from, &next);
		if (err)
			die_of(tool, err);
		if (next.eax < from || next.eax > EXITSTAT_REASON_MASK)
			break;
		number = exitstat_reason_number(next.eax);
		if (next.eax == EXITSTAT_REASON_OTHER)
			continue;
		ask(tool, &answers[2 * n], EXITSTAT_LEAF_REASON_EXITS, number);
		ask(tool, &answers[2 * n + 1], EXITSTAT_LEAF_REASON_CYCLES, number);
		n++;
	}
	return 2 * n;
}

static void print_answers(const struct tool *tool, const struct answer *answer, size_t n)
{
	if (!tool->noheadings)
		printf("leaf       ecx           eax        ebx        ecx        edx\n");
	for (; n; n--, answer++)
		printf("0x%08x 0x%08x -> 0x%08x 0x%08x 0x%08x 0x%08x\n", answer->leaf, answer->ecx,
		       answer->regs.eax, answer->regs.ebx, answer->regs.ecx, answer->regs.edx);
}

static void print_json(const struct answer *answer, size_t n)
{
	json_t *array = json_array(), *object;

	for (; n; n--, answer++)
		json_array_append_new(array, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",
			"leaf", (json_int_t)answer->leaf, "index", (json_int_t)answer->ecx,
			"eax", (json_int_t)answer->regs.eax, "ebx", (json_int_t)answer->regs.ebx,
			"ecx", (json_int_t)answer->regs.ecx, "edx", (json_int_t)answer->regs.edx));
	object = json_pack("{s:s, s:o}", "report", "course", "answers", array);
	if (!object || json_dumpf(object, stdout, JSON_INDENT(2)))
		die(STATUS_FAILED, "cannot write JSON");
	putchar('\n');
	json_decref(object);
}

int tool_course(struct tool *tool)
{
	struct answer *answers = allocate(2 + 2 * EXITSTAT_MAX_REASONS, sizeof(*answers));
	size_t n = 2;

	ask(tool, &answers[0], EXITSTAT_LEAF_EXITS, 0);
	ask(tool, &answers[1], EXITSTAT_LEAF_CYCLES, 0);
	n += ask_reasons(tool, answers + n);
	if (tool->json)
		print_json(answers, n);
	else
		print_answers(tool, answers, n);
	free(answers);
	return 0;
}
