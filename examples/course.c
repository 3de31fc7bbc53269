// SPDX-License-Identifier: GPL-2.0
/*
 * What a piece of work costs in VM exits, by the four course leaves alone.
 *
 * Runs in the inner VM, without privileges (with them, port I/O is part of the work).
 * A reason is known when its leaf does not answer "undefined"; libexitstat has its name.
 */
#include <cpuid.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exitstat.h"

#define MAX_REASONS	0x404
#define UNDEFINED_REASON	0xffff
#define TIMES		1000
#define BYTES		(32 << 20)

struct count {
	uint64_t exits, cycles;
};

struct reading {
	struct count total;
	struct count reasons[MAX_REASONS];
};

static const char *reason_name(uint32_t space, unsigned int reason)
{
	const char *name = exitstat_reason_name(space, reason);

	return name ? name : "?";
}

static bool defined(uint32_t leaf, uint32_t reason)
{
	uint32_t a, b, c, d;

	__cpuid_count(leaf, reason, a, b, c, d);
	return d != EXITSTAT_UNDEFINED;
}

static struct count read_total(void)
{
	uint32_t a, b, c, d, high, low;

	__cpuid_count(EXITSTAT_LEAF_EXITS, 0, a, b, c, d);
	__cpuid_count(EXITSTAT_LEAF_CYCLES, 0, c, high, low, d);
	return (struct count){ (uint64_t)b << 32 | a, (uint64_t)high << 32 | low };
}

static struct count read_reason(uint32_t reason)
{
	uint32_t a, b, c, d, high, low;

	__cpuid_count(EXITSTAT_LEAF_REASON_EXITS, reason, a, b, c, d);
	__cpuid_count(EXITSTAT_LEAF_REASON_CYCLES, reason, c, high, low, d);
	return (struct count){ (uint64_t)b << 32 | a, (uint64_t)high << 32 | low };
}

static void read_all(struct reading *reading)
{
	uint32_t reason;

	reading->total = read_total();
	for (reason = 0; reason < MAX_REASONS; reason++)
		if (defined(EXITSTAT_LEAF_REASON_EXITS, reason))
			reading->reasons[reason] = read_reason(reason);
}

static bool exitstat_is_here(void)
{
	uint32_t a, b, c, d;
	char signature[12];

	__cpuid_count(EXITSTAT_LEAF_IDENTIFY, 0, a, b, c, d);
	memcpy(signature, &b, 4);
	memcpy(signature + 4, &c, 4);
	memcpy(signature + 8, &d, 4);
	return a == EXITSTAT_ABI_VERSION &&
	       !memcmp(signature, EXITSTAT_SIGNATURE, sizeof(signature));
}

/* Exits of several kinds: CPUID, nested page faults, a timer and HLT, port I/O. */
static void work(void)
{
	uint32_t a, b, c, d;
	char *memory;
	int i, port;

	for (i = 0; i < TIMES; i++)
		__cpuid_count(1, 0, a, b, c, d);

	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory != MAP_FAILED)
		munmap(memory, BYTES);

	usleep(20000);

	port = open("/dev/port", O_WRONLY);
	if (port < 0) {
		printf("(no port I/O: it needs root)\n");
		return;
	}
	for (i = 0; i < TIMES; i++)
		if (pwrite(port, "", 1, 0x80) != 1)
			break;
	close(port);
}

static void print_line(const char *name, struct count before, struct count after)
{
	uint64_t exits = after.exits - before.exits, cycles = after.cycles - before.cycles;

	if (exits)
		printf("%-24s %10" PRIu64 " %14" PRIu64 " %10" PRIu64 "\n", name, exits, cycles,
		       cycles / exits);
}

static struct reading before, after;

int main(void)
{
	uint32_t a, b, space, d, reason;

	if (!exitstat_is_here()) {
		fprintf(stderr, "course: the hypervisor does not answer exitstat's leaves: put exitstat into the host's KVM\n");
		return 2;
	}
	if (defined(EXITSTAT_LEAF_REASON_CYCLES, UNDEFINED_REASON)) {
		fprintf(stderr, "course: the host answers the course leaves as another term than Fall 2022 has them: on the host, numbering=fall2022\n");
		return 2;
	}
	__cpuid_count(EXITSTAT_LEAF_PROPERTIES, 0, a, b, space, d);

	read_all(&before);
	work();
	read_all(&after);

	printf("%d CPUIDs, %d port writes, %d KiB touched, 20 ms asleep, and the reading of %s's leaves:\n\n",
	       TIMES, TIMES, BYTES >> 10, space == EXITSTAT_SPACE_SVM ? "SVM" : "VMX");
	printf("%-24s %10s %14s %10s\n", "REASON", "EXITS", "CYCLES", "PER EXIT");
	for (reason = 0; reason < MAX_REASONS; reason++)
		print_line(reason_name(space, reason), before.reasons[reason],
			   after.reasons[reason]);
	print_line("total", before.total, after.total);
	printf("\nsince the VM started: %" PRIu64 " exits, %" PRIu64 " cycles\n",
	       after.total.exits, after.total.cycles);
	return 0;
}
