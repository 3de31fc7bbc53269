// SPDX-License-Identifier: GPL-2.0
/*
 * kvm.exitstat=off, at boot or in /sys/module/kvm/parameters: KVM as without the graft, but for a
 * static branch at each hook. Switched on again, it meets the VMs that run.
 */
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/sysfs.h>

#include "device.h"
#include "events.h"

DEFINE_STATIC_KEY_TRUE(exitstat_key);

static bool wanted = true;
static bool ready;

static void switch_off(void)
{
	static_branch_disable(&exitstat_key);
	/* Hooks that write accounts have preemption disabled when they ask whether it is on. */
	synchronize_rcu();
	exitstat_forget();
}

static void apply(void)
{
	if (wanted)
		static_branch_enable(&exitstat_key);
	else if (static_key_enabled(&exitstat_key))
		switch_off();
}

/* Parameters on the kernel's command line come before there is anything to switch. */
static int set_switch(const char *value, const struct kernel_param *param)
{
	int error = kstrtobool(value, &wanted);

	if (!error && ready)
		apply();
	return error;
}

static int get_switch(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", wanted ? "on" : "off");
}

/** exitstat_way_init - from now on the switch and the device work; returns 0 */
int exitstat_way_init(void)
{
	kernel_param_lock(THIS_MODULE);
	ready = true;
	apply();
	kernel_param_unlock(THIS_MODULE);
	exitstat_device_init();
	return 0;
}

/** exitstat_way_exit - KVM goes */
void exitstat_way_exit(void)
{
	exitstat_device_exit();
	kernel_param_lock(THIS_MODULE);
	ready = false;
	kernel_param_unlock(THIS_MODULE);
}

static const struct kernel_param_ops switch_ops = { .set = set_switch, .get = get_switch };

module_param_cb(exitstat, &switch_ops, NULL, 0644);
__MODULE_PARM_TYPE(exitstat, "bool");
MODULE_PARM_DESC(exitstat, "Count VM exits and show them to guests: on (default) or off");
