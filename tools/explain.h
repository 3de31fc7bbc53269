/* SPDX-License-Identifier: GPL-2.0 */
/* What exit reasons are, and what to do about them; made from explain/reasons.txt. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stddef.h>

#include "call_sites.h"

/**
 * struct advice - sentences, and where they are from
 * @text: the sentences
 * @sources: manuals and documentation, separated by "; "
 */
struct advice {
	const char *text, *sources;
};

enum part { PART_WHAT, PART_CAUSES, PART_GUEST, PART_HOST, NR_PARTS };

/**
 * struct explanation - of a reason, or several that are the same thing
 * @title: in a few words
 * @reasons: their names, NULL after the last
 * @parts: the text by enum part, each up to one without text
 */
struct explanation {
	const char *title;
	const char *const *reasons;
	const struct advice *parts[NR_PARTS];
};

/* Up to one without title. */
extern const struct explanation explanations[];

struct row;

/**
 * struct subject - what is explained
 * @name: the reason
 * @explanation: the text on it, or NULL
 * @row: what it has cost, or NULL
 * @sites: which code causes it here
 */
struct subject {
	const char *name;
	const struct explanation *explanation;
	const struct row *row;
	struct call_sites sites;
};

/* explain_print.c */
struct tool;
void explain_list(void);
void explain_print(const struct tool *tool, const struct subject *subjects, size_t n);
void explain_json(const struct tool *tool, const struct subject *subjects, size_t n);

#endif /* EXPLAIN_H */
