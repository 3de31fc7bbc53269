/* SPDX-License-Identifier: GPL-2.0 */
/* A handle of libexitstat that reads a VM on paper. */
#ifndef PAPER_H
#define PAPER_H

#include <stdbool.h>

#include "exitstat.h"
#include "machine.h"

/* So many CPUs the guest's system uses. */
extern unsigned int paper_cpus;

/* So many cycles pass with each answer, as where perf has to ask on a busy machine. */
extern uint64_t paper_answer_takes;

/* Amid a reading of the whole VM the reader changes its CPU with each question. */
extern bool paper_moves;

/* For one machine at a time. */
struct exitstat *paper_open(struct machine *machine, const char *record);

/* What a guest does in a while: exits of many kinds, some to userspace, and sleep. */
void paper_work(struct machine *machine, uint32_t space, unsigned int times);

#endif /* PAPER_H */
