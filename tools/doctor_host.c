// SPDX-License-Identifier: GPL-2.0
/* exitstat doctor on a host: is exitstat in its KVM, and may one ask it? */
#include <inttypes.h>
#include <unistd.h>

#include "doctor.h"
#include "exitstat_host.h"

#define MODULE		"/sys/module/kvm_exitstat"
#define GRAFT_SWITCH	"/sys/module/kvm/parameters/exitstat"

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

bool runs_vms(void)
{
	return exists("/dev/kvm");
}

static bool check_kvm(void)
{
	bool intel = exists("/sys/module/kvm_intel"), amd = exists("/sys/module/kvm_amd");

	if (runs_vms() && (intel || amd)) {
		say("ok", "KVM is here: %s%s%s", intel ? "kvm_intel" : "", intel && amd ? ", " : "",
		    amd ? "kvm_amd" : "");
		return true;
	}
	say("FAIL", "KVM is not loaded: modprobe kvm_intel or kvm_amd; the kernel's log says why, if "
	    "it refuses");
	return false;
}

/* Both make the device when they are attached to KVM. */
static void say_missing(void)
{
	if (exists(MODULE))
		say("FAIL", "kvm_exitstat is loaded, but not attached to KVM: the kernel's log (dmesg) "
		    "says what it waits for, or which hook could not be placed");
	else if (exists(GRAFT_SWITCH))
		say("FAIL", "KVM has exitstat in it, but no device: the kernel's log (dmesg) says why");
	else
		say("FAIL", "exitstat is not in this host's KVM: modprobe kvm_exitstat, or boot a kernel "
		    "built with CONFIG_KVM_EXITSTAT");
}

/* Return: whether it may be read. */
static bool check_device(struct exitstat *es)
{
	int err = exitstat_device(es);

	if (err && !exists(EXITSTAT_DEVICE))
		say_missing();
	else if (err)
		say("FAIL", "%s", exitstat_message(es));
	else if (access(EXITSTAT_DEVICE, W_OK))
		say("note", "/dev/exitstat may be read by this user; what a VM sees is changed by root");
	else
		say("ok", "/dev/exitstat may be read, and written to");
	return !err;
}

static bool check_way(const struct exitstat_device_info *info)
{
	const char *vendor = info->space == EXITSTAT_SPACE_SVM ? "SVM" : "VMX";

	if (!info->enabled) {
		say("FAIL", "exitstat is in KVM and switched off: echo on >" GRAFT_SWITCH);
		return false;
	}
	say("ok", "%s, all hooks are in place: reasons of %s, TSC %.3f MHz",
	    info->way == EXITSTAT_WAY_MODULE ? "kvm_exitstat is attached to KVM" :
	    "exitstat is in KVM itself", vendor, info->tsc_khz / 1000.0);
	return true;
}

static bool check_memory(const struct exitstat_device_info *info)
{
	if (!info->failed_allocations) {
		say("ok", "there was memory for every account");
		return true;
	}
	say("FAIL", "%" PRIu64 " times there was no memory for an account: vCPUs ran uncounted for a "
	    "time; their figures are too low. Free memory, and start those VMs anew",
	    info->failed_allocations);
	return false;
}

static void say_vms(const struct exitstat_device_info *info)
{
	if (info->vms)
		say("ok", "%" PRIu64 " VM%s with %" PRIu64 " vCPU%s: see exitstat vms", info->vms,
		    info->vms == 1 ? "" : "s", info->vcpus, info->vcpus == 1 ? "" : "s");
	else
		say("note", "no VM has run since exitstat came, or all have ended");
}

static int examine_device(struct exitstat *es)
{
	struct exitstat_device_info info;
	bool good = check_kvm();

	if (!check_device(es))
		return STATUS_NO_EXITSTAT;
	if (exitstat_device_info(es, &info)) {
		say("FAIL", "%s", exitstat_message(es));
		return STATUS_FAILED;
	}
	good &= check_way(&info);
	good &= check_memory(&info);
	say_vms(&info);
	return good ? 0 : STATUS_FAILED;
}

int doctor_host(void)
{
	struct exitstat *es = exitstat_new();
	int status;

	if (!es)
		die(STATUS_FAILED, "out of memory");
	puts("As a host of VMs:");
	status = examine_device(es);
	exitstat_free(es);
	return status;
}
