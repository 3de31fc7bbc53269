// SPDX-License-Identifier: GPL-2.0
/*
 * generate DIRECTORY: recordings for the tests, of VMs on paper. Every one of them is
 * what exitstat --record would have written there.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "paper.h"

#define TSC_KHZ	2400000

static const char *directory;

static struct exitstat *record(struct machine *machine, const char *name)
{
	struct exitstat *es;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	es = paper_open(machine, path);
	if (!es)
		err(1, "%s", path);
	exitstat_open(es);
	return es;
}

static void read_scope(struct exitstat *es, int cpu)
{
	static struct exitstat_sample sample;

	if (exitstat_read(es, cpu, EXITSTAT_READ_ALL, &sample))
		errx(1, "%s", exitstat_message(es));
}

/* The VM, then each vCPU, and that many times: good for every mode but --course. */
static void record_vm(uint32_t space, const char *name, unsigned int samples)
{
	struct machine *machine = machine_new(space, 2, TSC_KHZ);
	struct exitstat *es;
	unsigned int i;

	paper_work(machine, space, 2000);
	es = record(machine, name);
	for (i = 0; i < samples; i++) {
		read_scope(es, EXITSTAT_VM);
		read_scope(es, 0);
		read_scope(es, 1);
		paper_work(machine, space, 100 + 20 * (i % 7));
		machine_pass(machine, TSC_KHZ * 900ull);
	}
	exitstat_free(es);
	machine_free(machine);
}

static void read_histograms(struct exitstat *es, const uint32_t *selectors, size_t n)
{
	static struct exitstat_histogram histograms[16];
	size_t i;

	for (i = 0; i < n; i++)
		histograms[i].selector = selectors[i];
	if (exitstat_read_histograms(es, EXITSTAT_VM, histograms, n))
		errx(1, "%s", exitstat_message(es));
}

/* With how long it took: the table's, then what "histogram" and "histogram io rare" ask for. */
static void record_histograms(const char *name, unsigned int samples)
{
	static const uint32_t table[] = { EXITSTAT_ALL_REASONS, 0x60, 0x72, 0x78, 0x7b, 0x7c, 0x8d,
					  0x400 };
	static const uint32_t usual[] = {
		EXITSTAT_ALL_REASONS, EXITSTAT_OF_STATE | EXITSTAT_STATE_VMM,
		EXITSTAT_OF_STATE | EXITSTAT_STATE_HALTED,
		EXITSTAT_OF_STATE | EXITSTAT_STATE_PREEMPTED, 0x7b, 0x8d };
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);
	unsigned int i, n;
	struct exitstat *es;

	machine_keep_histograms(machine);
	paper_work(machine, EXITSTAT_SPACE_SVM, 2000);
	/* The one that a mean does not show: 20 ms. */
	machine_exit(machine, 0, 0x7b, TSC_KHZ * 20);
	es = record(machine, name);
	for (i = 0; i < samples; i++) {
		read_scope(es, EXITSTAT_VM);
		read_histograms(es, table, sizeof(table) / sizeof(*table));
		read_histograms(es, usual, sizeof(usual) / sizeof(*usual));
		paper_work(machine, EXITSTAT_SPACE_SVM, 100);
		/* In the second of three runs there are a few longer ones: 30 ms. */
		for (n = 0; i == 2 && n < 5; n++)
			machine_exit(machine, 0, 0x7b, TSC_KHZ * 30);
		machine_pass(machine, TSC_KHZ * 900ull);
	}
	exitstat_free(es);
	machine_free(machine);
}

/* Two readings with nothing between them but the reading. */
static void record_idle(uint32_t space, const char *name)
{
	struct machine *machine = machine_new(space, 2, TSC_KHZ);
	struct exitstat *es;

	paper_work(machine, space, 100);
	es = record(machine, name);
	read_scope(es, EXITSTAT_VM);
	read_scope(es, EXITSTAT_VM);
	exitstat_free(es);
	machine_free(machine);
}

static void record_moved(const char *name, enum machine_host to)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);
	static struct exitstat_sample sample;
	struct exitstat *es;
	int i;

	paper_work(machine, EXITSTAT_SPACE_SVM, 2000);
	es = record(machine, name);
	for (i = 0; i < 5; i++) {
		exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &sample);
		if (!i) {
			machine_forget(machine);
			machine_set_host(machine, to);
		}
		paper_work(machine, EXITSTAT_SPACE_SVM, 100);
		machine_pass(machine, TSC_KHZ * 900ull);
	}
	exitstat_free(es);
	machine_free(machine);
}

/* What a CPU goes through, reading by reading. */
enum fate { THERE, AWAY, REPLACED };

static void record_fates(const char *name, const enum fate *fates, size_t n)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);
	struct exitstat *es;
	size_t i;

	paper_work(machine, EXITSTAT_SPACE_SVM, 2000);
	es = record(machine, name);
	for (i = 0; i < n; i++) {
		read_scope(es, 0);
		if (fates[i] == REPLACED)
			machine_replace(machine, 1);
		if (fates[i] != AWAY)
			read_scope(es, 1);
		paper_work(machine, EXITSTAT_SPACE_SVM, 100);
		machine_pass(machine, TSC_KHZ * 900ull);
	}
	exitstat_free(es);
	machine_free(machine);
}

/* All counters are above their old values by then. */
static void record_moved_unseen(const char *name)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);
	struct exitstat *es;
	uint32_t regs[4];
	int i;

	paper_work(machine, EXITSTAT_SPACE_SVM, 20000);
	es = record(machine, name);
	read_scope(es, EXITSTAT_VM);
	machine_forget(machine);
	paper_work(machine, EXITSTAT_SPACE_SVM, 30000);
	for (i = 0; i < 100; i++)
		machine_cpuid(machine, 0, 0, 0, regs);
	read_scope(es, EXITSTAT_VM);
	paper_work(machine, EXITSTAT_SPACE_SVM, 100);
	read_scope(es, EXITSTAT_VM);
	exitstat_free(es);
	machine_free(machine);
}

static void record_host(enum machine_host host, const char *name)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_VMX, 1, TSC_KHZ);

	machine_set_host(machine, host);
	exitstat_free(record(machine, name));
	machine_free(machine);
}

static void ask_course(struct exitstat *es, uint32_t ecx)
{
	struct exitstat_regs regs;
	uint32_t leaf;

	for (leaf = EXITSTAT_LEAF_EXITS; leaf <= EXITSTAT_LEAF_LAST; leaf++)
		exitstat_query(es, leaf, ecx, &regs);
}

/* The order in which exitstat --course asks, and more than it does: each leaf each time. */
static void record_course(uint32_t space, enum machine_host host, const char *name)
{
	struct machine *machine = machine_new(space, 2, TSC_KHZ);
	struct exitstat_regs next;
	struct exitstat *es;
	uint32_t from;

	machine_set_host(machine, host);
	paper_work(machine, space, 100);
	machine_exit(machine, 0, 0xffffffff, 700);
	es = record(machine, name);
	ask_course(es, 0xffff);
	ask_course(es, 0);
	for (from = 0; from <= EXITSTAT_REASON_MASK; from = next.eax + 1) {
		exitstat_query(es, EXITSTAT_LEAF_NEXT, from, &next);
		if (next.eax == EXITSTAT_NEXT_NONE)
			break;
		if (next.eax != EXITSTAT_REASON_OTHER)
			ask_course(es, exitstat_reason_number(next.eax));
	}
	exitstat_free(es);
	machine_free(machine);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(1, "usage: generate DIRECTORY");
	directory = argv[1];
	record_vm(EXITSTAT_SPACE_SVM, "svm", 6);
	record_vm(EXITSTAT_SPACE_VMX, "vmx", 6);
	record_vm(EXITSTAT_SPACE_SVM, "long", 200);
	record_histograms("histograms", 6);
	record_idle(EXITSTAT_SPACE_SVM, "idle-svm");
	record_idle(EXITSTAT_SPACE_VMX, "idle-vmx");
	record_moved("moved", HOST_EXITSTAT);
	record_moved("moved-to-stock", HOST_STOCK_AMD);
	record_moved_unseen("moved-unseen");
	record_fates("hotplug", (enum fate[]){ THERE, AWAY, AWAY, THERE, THERE, THERE }, 6);
	record_fates("replaced", (enum fate[]){ THERE, THERE, REPLACED, THERE }, 4);
	record_course(EXITSTAT_SPACE_SVM, HOST_EXITSTAT, "course-svm");
	record_course(EXITSTAT_SPACE_VMX, HOST_EXITSTAT, "course-vmx");
	record_course(EXITSTAT_SPACE_VMX, HOST_FALL_2020, "course-fall2020");
	record_course(EXITSTAT_SPACE_SVM, HOST_FALL_2021, "course-fall2021");
	record_host(HOST_STOCK_INTEL, "stock-intel");
	record_host(HOST_STOCK_AMD, "stock-amd");
	record_host(HOST_BARE_METAL, "bare-metal");
	record_host(HOST_HYPERV, "hyper-v");
	record_host(HOST_NEWER_ABI, "newer-abi");
	return 0;
}
