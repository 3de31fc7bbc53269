// SPDX-License-Identifier: GPL-2.0
/*
 * The whole command on a host with a device, where there is none. The file EXITSTAT_HOST has a
 * line for each VM: its process, how many vCPUs, whether it is exposed, how many rounds of work
 * it does ten times a second. EXITSTAT_HOST_ERROR is why the device cannot be
 * opened, EXITSTAT_HOST_OFF that it counts nothing, EXITSTAT_HOST_ENDS the call before which the
 * first VM ends, EXITSTAT_HOST_HISTOGRAMS of how many VMs, the first ones, there are histograms: of
 * these each has once waited for a CPU, 20 ms times its number. With EXITSTAT_GUEST_DRIVER it is a
 * guest whose driver has an event of each name.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exitstat_abi.h"
#include "exitstat_host.h"
#include "paper-host.h"
#include "paper.h"

#define TSC_KHZ		2400000
#define MAX_VMS		1000
#define EVENTS		"/sys/bus/event_source/devices/exitstat/events/"

static struct {
	struct machine *machine;
	unsigned int rounds;
} vms[MAX_VMS];
static size_t nr_vms;
static uint64_t start, worked;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Its clock is this machine's, ahead of it at times by what the work takes. */
static void pass_time(struct machine *machine, uint64_t ns)
{
	if (machine_ns(machine) < ns)
		machine_pass(machine, (ns - machine_ns(machine)) * TSC_KHZ / 1000000);
}

/* All VMs work, a tenth of a second after they have last. */
static void work(void)
{
	const char *ends = getenv("EXITSTAT_HOST_ENDS");
	uint64_t ns = now_ns() - start;
	bool again = ns - worked > 100000000;
	size_t i;

	if (ends && the_host.calls == (unsigned int)atoi(ends))
		host_end_vm(1);
	for (i = 0; i < nr_vms; i++) {
		pass_time(vms[i].machine, ns);
		if (again)
			paper_work(vms[i].machine, EXITSTAT_SPACE_SVM, vms[i].rounds);
	}
	if (again)
		worked = ns;
}

static void add_vm(int pid, unsigned int vcpus, bool exposed, unsigned int rounds)
{
	const char *histograms = getenv("EXITSTAT_HOST_HISTOGRAMS");

	vms[nr_vms].machine = machine_new(EXITSTAT_SPACE_SVM, vcpus, TSC_KHZ);
	if (histograms && nr_vms < (size_t)atoi(histograms)) {
		machine_keep_histograms(vms[nr_vms].machine);
		paper_work(vms[nr_vms].machine, EXITSTAT_SPACE_SVM, 100);
		machine_preempt(vms[nr_vms].machine, 0, TSC_KHZ * 20 * (nr_vms + 1));
	}
	vms[nr_vms++].rounds = rounds;
	host_add_vm(vms[nr_vms - 1].machine, pid, exposed);
}

__attribute__((constructor)) static void make_host(void)
{
	const char *path = getenv("EXITSTAT_HOST"), *error = getenv("EXITSTAT_HOST_ERROR");
	FILE *file = path ? fopen(path, "re") : NULL;
	unsigned int vcpus, rounds;
	int pid, exposed;

	if (error)
		the_host.open_error = atoi(error);
	the_host.read_only = getenv("EXITSTAT_HOST_READ_ONLY");
	the_host.off = getenv("EXITSTAT_HOST_OFF");
	while (file && fscanf(file, "%d %u %d %u", &pid, &vcpus, &exposed, &rounds) == 4)
		add_vm(pid, vcpus, exposed, rounds);
	if (file)
		fclose(file);
	start = now_ns() - 3600 * 1000000000ull;
	the_host.on_call = work;
}

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);

int __wrap_access(const char *path, int mode)
{
	if (!strcmp(path, EXITSTAT_DEVICE))
		return getenv("EXITSTAT_HOST") ? 0 : -1;
	if (getenv("EXITSTAT_GUEST_DRIVER") && !strncmp(path, EVENTS, sizeof(EVENTS) - 1))
		return 0;
	return __real_access(path, mode);
}
