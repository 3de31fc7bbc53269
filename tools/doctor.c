// SPDX-License-Identifier: GPL-2.0
/* exitstat doctor: does it work here, and if not, what is to be done? */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "host.h"

/* Emulators and busy hosts are late, and so is what they call a second. */
#define TSC_TOLERANCE	0.1
#define LOOK_NS		200000000

void say(const char *verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%-5s ", verdict);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

static void say_vm(const struct exitstat_host *host)
{
	if (host->is_vm)
		say("ok", "this is a virtual machine: hypervisor %s%s%s, CPU %s",
		    *host->hypervisor ? "\"" : "without a name", host->hypervisor,
		    *host->hypervisor ? "\"" : "", host->vendor);
	else if (host->answer != EXITSTAT_ANSWER_SIGNATURE)
		say("FAIL", "this is no virtual machine, or one that hides it (CPU %s)",
		    host->vendor);
	else
		say("note", "this is a virtual machine that hides it (CPU %s)", host->vendor);
}

static void say_remedy(const struct exitstat_host *host, int error)
{
	bool kvm = !*host->hypervisor || !strcmp(host->hypervisor, "KVMKVMKVM");

	if (error == EXITSTAT_ERR_NOT_EXPOSED && kvm && !host->closed)
		printf("      On the host: modprobe kvm_exitstat, or boot a kernel built with\n"
		       "      CONFIG_KVM_EXITSTAT. If it has that already, it hides this VM: there, as root,\n"
		       "        exitstat expose VM all\n"
		       "      with the VM's name, which exitstat vms lists. The VM itself needs no setting\n"
		       "      for it. If the host shows exitstat to this VM's kernel only, or a kernel that\n"
		       "      ran here before has closed it to programs: here, as root,\n"
		       "        modprobe exitstat_guest\n"
		       "      by which perf and exitstat see it.\n");
}

static void say_exposed(const struct exitstat_host *host)
{
	say("ok", "exitstat answers: ABI version %u, reasons of %s, %u vCPUs, host TSC "
	    "%.3f MHz",
	    host->abi, host->space == EXITSTAT_SPACE_SVM ? "SVM" :
		       host->space == EXITSTAT_SPACE_VMX ? "VMX" : "an unknown kind",
	    host->vcpus, host->tsc_khz / 1000.0);
}

static void say_closed(const struct exitstat_host *host)
{
	if (host->closed)
		say("note", "%s: perf reads it, for who may watch CPUs with perf",
		    host->closed & EXITSTAT_RESTRICTED_BY_HOST ?
		    "the host shows exitstat to this VM's kernel only" :
		    "this guest's kernel keeps exitstat from programs (exitstat_guest has restrict=1)");
}

/* One more than the highest of a list of the kernel's, such as 0-3,8. */
static unsigned long end_of_list(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned long cpu, end = 0;

	while (file && fscanf(file, "%lu%*[,-]", &cpu) == 1)
		end = cpu + 1;
	if (file)
		fclose(file);
	return end;
}

/*
 * Of a CPU beyond nr_cpus= the kernel only says that it is offline. That the host has more in
 * scope than the firmware has told of is no proof either.
 */
static void say_scope(const struct tool *tool, const struct exitstat_host *host)
{
	long used = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned long known = end_of_list("/sys/devices/system/cpu/possible");
	unsigned long offline = end_of_list("/sys/devices/system/cpu/offline");

	if (offline > known)
		known = offline;
	if (exitstat_is_replay(tool->es) || exitstat_is_host(tool->es) || used <= 0 ||
	    host->vcpus <= (unsigned long)used)
		return;
	if (host->vcpus <= known)
		say("note", "%u vCPUs have run, of which this system uses %ld: the others are "
		    "offline, unplugged, or kept from it (nr_cpus=, maxcpus=, a kdump kernel)",
		    host->vcpus, used);
	else
		say("note", "%u vCPUs are in scope, and this system knows of %lu CPUs: the host "
		    "shows all its VMs (scope=host), or the firmware's tables were not read "
		    "(acpi=off)", host->vcpus, known);
}

/* A single vCPU is wanted, but the whole VM will do. */
static int first_cpu(const struct tool *tool, struct exitstat_sample *sample)
{
	int cpu;

	if (tool->cpu != EXITSTAT_VM)
		return tool->cpu;
	if (exitstat_cpus(tool->es, &cpu, 1) <= 0)
		return EXITSTAT_VM;
	if (exitstat_is_replay(tool->es) || !exitstat_read(tool->es, cpu, 0, sample))
		return cpu;
	say("note", "%s", exitstat_message(tool->es));
	return EXITSTAT_VM;
}

static void say_numbering(struct tool *tool)
{
	const struct course_numbering *numbering = course_numbering(tool);

	if (numbering)
		say("note", "the course leaves 0x4ffffffc to 0x4fffffff are numbered as in %s: "
		    "programs of other terms print zeros; for them the host has the parameter "
		    "numbering=", numbering->terms);
}

static bool check_moving(const struct exitstat_sample *before, const struct exitstat_sample *after)
{
	uint64_t exits = after->total.count - before->total.count;
	uint64_t own = after->total.own - before->total.own;

	if (!own) {
		say("ok", "the counters are read: %" PRIu64 " exits since the start, %" PRIu64
		    " of them during this check", after->total.count, exits);
		return true;
	}
	if (exits >= own) {
		say("ok", "the counters move: %" PRIu64 " exits, %" PRIu64 " of them for this "
		    "check", exits, own);
		return true;
	}
	say("FAIL", "this check executed %" PRIu64 " CPUIDs, but %" PRIu64 " exits were "
	    "counted: is the host's exitstat attached to this vCPU? Start the VM anew", own, exits);
	return false;
}

/* Of the difference: a state's cycles since the start may be more than 64 bits hold. */
static double counted_ns(const struct exitstat_sample *delta)
{
	long double cycles = delta->own.cycles;
	int state;

	if (!delta->vcpus || !delta->tsc_khz)
		return 0;
	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		cycles += delta->states[state].cycles;
	return cycles * 1000000 / delta->vcpus / delta->tsc_khz;
}

static bool check_tsc(const struct exitstat_sample *delta)
{
	double counted = counted_ns(delta), passed = delta->elapsed_ns;

	if (passed > 0 && fabs(counted / passed - 1) < TSC_TOLERANCE) {
		say("ok", "the host's TSC is sane: the five states add up to %.2f%% of the time",
		    100 * counted / passed);
		return true;
	}
	say("FAIL", "the five states add up to %.3f s, and %.3f s have passed: the host's TSC is "
	    "not stable, or this VM's clock is wrong; see the clock sources of both", counted / 1e9,
	    passed / 1e9);
	return false;
}

static bool check_sum(const struct exitstat_sample *sample)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < sample->nr_reasons; i++)
		sum += sample->reasons[i].exits.count;
	/* The reasons are read after the total, and meanwhile there are exits. */
	if (sum >= sample->total.count) {
		say("ok", "the exits of all %zu reasons add up", sample->nr_reasons);
		return true;
	}
	say("FAIL", "the exits of all reasons are %" PRIu64 ", of %" PRIu64 " altogether: report "
	    "this with the file of --record", sum, sample->total.count);
	return false;
}

static int read_pair(struct tool *tool, struct exitstat_sample *before,
		     struct exitstat_sample *after, struct exitstat_sample *delta)
{
	int cpu = first_cpu(tool, before), err;

	err = exitstat_read(tool->es, cpu, EXITSTAT_READ_ALL, before);
	if (err)
		return err;
	if (!exitstat_is_replay(tool->es))
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
	err = exitstat_read(tool->es, cpu, EXITSTAT_READ_ALL, after);
	return err ? err : exitstat_delta(tool->es, before, after, delta);
}

static int examine(struct tool *tool)
{
	struct exitstat_sample *samples = allocate(3, sizeof(*samples));
	int err = read_pair(tool, &samples[0], &samples[1], &samples[2]);
	bool good;

	if (err) {
		say("FAIL", "%s", message_of(tool, err));
		free(samples);
		return status_of(tool, err);
	}
	good = check_moving(&samples[0], &samples[1]);
	good &= check_tsc(&samples[2]);
	good &= check_sum(&samples[1]);
	free(samples);
	return good ? 0 : STATUS_FAILED;
}

/* The VM of --vm, or of a recording that was made on its host. */
static int examine_from_host(struct tool *tool)
{
	int err = exitstat_open(tool->es);

	if (err)
		die_of(tool, err);
	say("ok", "this is of a VM, seen from its host");
	say_exposed(exitstat_host(tool->es));
	return examine(tool);
}

static int examine_guest(struct tool *tool, int err)
{
	const struct exitstat_host *host = exitstat_host(tool->es);

	say_vm(host);
	if (err) {
		say("FAIL", "%s", exitstat_message(tool->es));
		say_remedy(host, err);
		return status_of(tool, err);
	}
	say_exposed(host);
	say_closed(host);
	say_scope(tool, host);
	say_numbering(tool);
	return examine(tool);
}

/*
 * What is no guest of exitstat's may be a host: of what it lacks is told only where it can run
 * VMs. A guest that is a host as well is told both.
 */
int tool_doctor(struct tool *tool)
{
	int err, status, host_status;

	if (exitstat_is_host(tool->es))
		return examine_from_host(tool);
	err = exitstat_open(tool->es);
	if (err == EXITSTAT_ERR_REPLAY || err == EXITSTAT_ERR_SYSTEM)
		die_of(tool, err);
	if (err && has_device(tool, err))
		return doctor_host();
	status = examine_guest(tool, err);
	if (tool->replay || !(has_device_file() || (err && runs_vms())))
		return status;
	host_status = doctor_host();
	return status ? status : host_status;
}
