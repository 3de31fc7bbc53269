// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "handle.h"
#include "paper.h"

unsigned int paper_cpus = MACHINE_MAX_VCPUS;
uint64_t paper_answer_takes;
bool paper_moves;

static struct machine *the_machine;

static void paper_time(struct exitstat *es)
{
	es->time_ns = machine_ns(the_machine);
}

static int paper_on(struct exitstat *es, int cpu, exitstat_work *work, void *data)
{
	es->cpu = cpu == EXITSTAT_VM ? 0 : cpu;
	paper_time(es);
	return work(es, data);
}

static int ask(struct exitstat *es, uint32_t leaf, uint32_t ecx, struct exitstat_regs *regs)
{
	uint32_t words[4];

	machine_pass(the_machine, paper_answer_takes);
	machine_cpuid(the_machine, es->cpu, leaf, ecx, words);
	memcpy(regs, words, sizeof(words));
	return exitstat_count_own(es, es->cpu);
}

static int paper_query(struct exitstat *es, uint32_t leaf, uint32_t ecx,
		       struct exitstat_regs *regs)
{
	int cpu = es->cpu;

	if (paper_moves && es->scope == EXITSTAT_VM && leaf != EXITSTAT_LEAF_IDENTIFY) {
		es->cpu = machine_vcpus(the_machine) - 1;
		ask(es, leaf, ecx, regs);
		exitstat_drop_answer(es, leaf);
		es->cpu = cpu;
	}
	return ask(es, leaf, ecx, regs);
}

static int list_cpus(struct exitstat *es, int *cpus, size_t max)
{
	size_t n = machine_vcpus(the_machine), i;

	(void)es;
	for (i = 0; i < n && i < max; i++)
		cpus[i] = i;
	return n;
}

/* The last one, which is not the one that reads the whole VM. */
static int paper_witness(struct exitstat *es, uint32_t vcpus)
{
	(void)es;
	return vcpus > paper_cpus ? (int)paper_cpus - 1 : EXITSTAT_VM;
}

static const struct exitstat_source paper_source = {
	.on = paper_on,
	.query = paper_query,
	.cpus = list_cpus,
	.witness = paper_witness,
	.time = paper_time,
};

struct exitstat *paper_open(struct machine *machine, const char *record)
{
	struct exitstat *es = exitstat_new();

	the_machine = machine;
	if (es) {
		es->source = &paper_source;
		if (record && exitstat_record(es, record)) {
			exitstat_free(es);
			es = NULL;
		}
	}
	return es;
}

/* Reasons by vendor: page faults, port I/O, MSRs, interrupts, and a rare one. */
struct kinds {
	uint32_t fault, io, msr, interrupt, rare;
};

static const struct kinds vmx = { 48, 30, 32, 1, 55 };
static const struct kinds svm = { 0x400, 0x7b, 0x7c, 0x60, 0x8d };

void paper_work(struct machine *machine, uint32_t space, unsigned int times)
{
	const struct kinds *k = space == EXITSTAT_SPACE_SVM ? &svm : &vmx;
	unsigned int last = machine_vcpus(machine) - 1;

	machine_exit(machine, 0, k->rare, 2000);
	for (; times; times--) {
		machine_pass(machine, 40000);
		machine_exit(machine, 0, k->fault, 5200);
		machine_exit(machine, last, k->fault, 4800);
		machine_pass(machine, 25000);
		machine_exit(machine, 0, k->msr, 1100);
		machine_exit(machine, 0, k->msr, 1300);
		machine_vmm(machine, 0, k->io, 3000, 21000);
		machine_exit(machine, last, k->interrupt, 900);
		machine_halt(machine, last);
		machine_pass(machine, 90000);
		machine_wake(machine, last);
		machine_preempt(machine, 0, 7000);
	}
}
