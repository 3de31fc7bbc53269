// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/exitstat: how many VMs and vCPUs have an account, and how many
 * accounts there was no memory for. Read-only.
 */
#include <linux/debugfs.h>

#include "debugfs.h"
#include "registry.h"

static struct dentry *directory;

static int get_counter(void *counter, u64 *value)
{
	*value = atomic_long_read(counter);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(counter_fops, get_counter, NULL, "%llu\n");

/** exitstat_debugfs_init - make the files; without debugfs there are none */
void exitstat_debugfs_init(void)
{
	directory = debugfs_create_dir("exitstat", NULL);
	debugfs_create_file("vms", 0444, directory, &exitstat_nr_vms, &counter_fops);
	debugfs_create_file("vcpus", 0444, directory, &exitstat_nr_vcpus, &counter_fops);
	debugfs_create_file("failed_allocations", 0444, directory, &exitstat_failed_allocations,
			    &counter_fops);
}

/** exitstat_debugfs_exit - remove them */
void exitstat_debugfs_exit(void)
{
	debugfs_remove(directory);
}
