// SPDX-License-Identifier: GPL-2.0
/* exitstat --course: the four course leaves, as the registers have them. */
#include <stdlib.h>
#include <string.h>

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

/* A reason that neither manual has: a leaf that is asked by reason says so. */
#define UNDEFINED_REASON	0xffff

static const struct course_numbering numberings[] = {
	{ "Fall 2022", { false, false, true, true } },
	{ "Fall 2021, Spring 2022 and Fall 2023", { true, true, false, false } },
	{ "Fall 2020 and Spring 2021", { false, false, true, false } },
};

const struct course_numbering *course_numbering(struct tool *tool)
{
	bool by_reason[NR_COURSE_LEAVES];
	struct exitstat_regs regs;
	size_t i;
	int err;

	for (i = 0; i < NR_COURSE_LEAVES; i++) {
		err = exitstat_query(tool->es, EXITSTAT_LEAF_EXITS + i, UNDEFINED_REASON, &regs);
		if (err == EXITSTAT_ERR_END)
			return NULL;
		if (err)
			die_of(tool, err);
		by_reason[i] = regs.edx == EXITSTAT_UNDEFINED;
	}
	for (i = 0; i < sizeof(numberings) / sizeof(*numberings); i++)
		if (!memcmp(numberings[i].by_reason, by_reason, sizeof(by_reason)))
			return &numberings[i];
	return NULL;
}

static size_t ask_leaves(struct tool *tool, const struct course_numbering *numbering,
			 struct answer *answers, bool by_reason, uint32_t ecx)
{
	size_t n = 0, i;

	for (i = 0; i < NR_COURSE_LEAVES; i++)
		if (numbering->by_reason[i] == by_reason)
			ask(tool, &answers[n++], EXITSTAT_LEAF_EXITS + i, ecx);
	return n;
}

/* The course leaves know the reasons that the manual defines, so not the other ones. */
static size_t ask_reasons(struct tool *tool, const struct course_numbering *numbering,
			  struct answer *answers)
{
	struct exitstat_regs next;
	size_t n = 0, reasons = 0;
	uint32_t from;
	int err;

	for (from = 0; from <= EXITSTAT_REASON_MASK && reasons < EXITSTAT_MAX_REASONS;
	     from = next.eax + 1) {
		err = exitstat_query(tool->es, EXITSTAT_LEAF_NEXT, from, &next);
		if (err)
			die_of(tool, err);
		if (next.eax < from || next.eax > EXITSTAT_REASON_MASK)
			break;
		if (next.eax == EXITSTAT_REASON_OTHER)
			continue;
		n += ask_leaves(tool, numbering, answers + n, true,
				exitstat_reason_number(next.eax));
		reasons++;
	}
	return n;
}

/* Programs that know one vendor's numbers only are told nothing when they read the other's. */
static void print_numbers(const struct tool *tool, const struct course_numbering *numbering)
{
	bool svm = exitstat_host(tool->es)->space == EXITSTAT_SPACE_SVM;

	printf("leaves as in %s; reasons are %s\n", numbering->terms,
	       svm ? "SVM exit codes (AMD APM vol. 2, appendix C): CPUID is 0x72, not 10" :
		     "VMX basic exit reasons (Intel SDM vol. 3, appendix C): CPUID is 10");
}

static void print_answers(const struct tool *tool, const struct course_numbering *numbering,
			  const struct answer *answer, size_t n)
{
	if (!tool->noheadings) {
		print_numbers(tool, numbering);
		printf("leaf       ecx           eax        ebx        ecx        edx\n");
	}
	for (; n; n--, answer++)
		printf("0x%08x 0x%08x -> 0x%08x 0x%08x 0x%08x 0x%08x\n", answer->leaf, answer->ecx,
		       answer->regs.eax, answer->regs.ebx, answer->regs.ecx, answer->regs.edx);
}

static void print_json(const struct tool *tool, const struct answer *answer, size_t n)
{
	json_t *array = json_array(), *object;

	for (; n; n--, answer++)
		json_array_append_new(array, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",
			"leaf", (json_int_t)answer->leaf, "index", (json_int_t)answer->ecx,
			"eax", (json_int_t)answer->regs.eax, "ebx", (json_int_t)answer->regs.ebx,
			"ecx", (json_int_t)answer->regs.ecx, "edx", (json_int_t)answer->regs.edx));
	object = json_pack("{s:s, s:o}", "report", "course", "answers", array);
	write_json(tool, object, stdout);
}

int tool_course(struct tool *tool)
{
	struct answer *answers = allocate(NR_COURSE_LEAVES * (1 + EXITSTAT_MAX_REASONS),
					  sizeof(*answers));
	const struct course_numbering *numbering = course_numbering(tool);
	size_t n;

	/* A recording that does not tell was made when there was only one. */
	if (!numbering)
		numbering = &numberings[0];
	n = ask_leaves(tool, numbering, answers, false, 0);
	n += ask_reasons(tool, numbering, answers + n);
	if (tool->json)
		print_json(tool, answers, n);
	else
		print_answers(tool, numbering, answers, n);
	free(answers);
	return 0;
}
