// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Answers from the guest's kernel, where CPUID has none for programs: exitstat_guest.ko has an
 * event for each half of an answer, which takes a CPUID when it is read and none otherwise. Whom
 * it answers is perf's to say, perf_event_open(2).
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "handle.h"

#define PMU_TYPE	"/sys/bus/event_source/devices/exitstat/type"

/* The driver's format, as its directory in sysfs tells it; ECX is below. */
#define CONFIG_LEAF_SHIFT	32
#define CONFIG_TSC		(1ull << 36)
#define CONFIG_ANSWER		(1ull << 37)

/* A group of two events, EDX:ECX and EBX:EAX, as PERF_FORMAT_GROUP reads it. */
struct halves {
	uint64_t nr, high, low;
};

/* Registered later than this program was started, or anew, it may have another one. */
static int pmu_type(void)
{
	FILE *file = fopen(PMU_TYPE, "re");
	int type;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &type) != 1)
		type = -1;
	fclose(file);
	return type;
}

static int open_event(int type, uint64_t config, int cpu, int leader)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.read_format = PERF_FORMAT_GROUP,
	};

	return syscall(SYS_perf_event_open, &attr, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC);
}

/* errno says why not. */
static bool read_halves(int type, uint64_t config, int cpu, struct halves *halves)
{
	int leader = open_event(type, config | CONFIG_TSC, cpu, -1), second, error_number;
	bool good;

	if (leader < 0)
		return false;
	second = open_event(type, config, cpu, leader);
	good = second >= 0 && read(leader, halves, sizeof(*halves)) == sizeof(*halves);
	error_number = errno;
	if (second >= 0)
		close(second);
	close(leader);
	errno = error_number;
	return good;
}

static int refused(struct exitstat *es)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		return exitstat_fail(es, EXITSTAT_ERR_NOT_EXPOSED,
			"perf does not let this user read it: be root, or have kernel.perf_event_paranoid "
			"set to 0 by sysctl");
	case EINVAL:
		return exitstat_fail(es, EXITSTAT_ERR_ABI,
			"this exitstat_guest cannot tell it by perf: install the one that goes with this "
			"exitstat");
	case ENOENT:
	case ENODEV:
		return exitstat_fail(es, EXITSTAT_ERR_NOT_EXPOSED,
			"perf can no longer read it: exitstat_guest was unloaded, or the VM has moved to "
			"a host without exitstat");
	}
	return exitstat_fail(es, EXITSTAT_ERR_SYSTEM, "perf cannot read it: %s",
			     strerror(errno));
}

/*
 * A CPU that goes offline has no events, or answers zeros: as with CPUID, what was asked while the
 * thread changed its CPU is asked again.
 */
static int perf_query(struct exitstat *es, uint32_t leaf, uint32_t ecx, struct exitstat_regs *regs)
{
	uint64_t config = (uint64_t)(leaf & 0xf) << CONFIG_LEAF_SHIFT | CONFIG_ANSWER | ecx;
	int type, err, cpu = sched_getcpu();
	struct halves halves = { .nr = 0 };

	if (leaf < EXITSTAT_LEAF_FIRST || leaf > EXITSTAT_LEAF_LAST)
		return exitstat_cpuid_source.query(es, leaf, ecx, regs);
	type = pmu_type();
	while (!es->pinned || cpu == es->cpu) {
		es->cpu = cpu;
		err = read_halves(type, config, cpu, &halves) ? exitstat_count_answer(es, cpu) :
								refused(es);
		cpu = sched_getcpu();
		if (cpu != es->cpu) {
			if (!err)
				exitstat_drop_answer(es, leaf);
			continue;
		}
		*regs = (struct exitstat_regs){ halves.low, halves.low >> 32, halves.high,
						halves.high >> 32 };
		return err;
	}
	return exitstat_cpu_gone(es);
}

const struct exitstat_source exitstat_perf_source = {
	.on = exitstat_on_cpu,
	.query = perf_query,
	.cpus = exitstat_own_cpus,
	.witness = exitstat_own_witness,
	.time = exitstat_take_time,
};
