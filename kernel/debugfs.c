// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/exitstat: how many VMs and vCPUs have an account, how many accounts
 * there was no memory for, and, in the file expose, which VMs see the leaves: a line for
 * each, "ID PID on" or "ID PID off", where PID is the process that made the VM. "ID on" or
 * "ID off" can be written: another process may have got the PID since.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "debugfs.h"
#include "registry.h"

static struct dentry *directory;

static int get_counter(void *counter, u64 *value)
{
	*value = atomic_long_read(counter);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(counter_fops, get_counter, NULL, "%llu\n");

static void show_vm(void *data, const struct exitstat_vm *vm)
{
	if (!READ_ONCE(vm->ended))
		seq_printf(data, "%llu %d %s\n", vm->id, vm->vmm,
			   READ_ONCE(vm->exposed) ? "on" : "off");
}

static int expose_show(struct seq_file *file, void *unused)
{
	exitstat_visit_vms(show_vm, file);
	return 0;
}

static int expose_open(struct inode *inode, struct file *file)
{
	return single_open(file, expose_show, NULL);
}

static ssize_t expose_write(struct file *file, const char __user *from, size_t count,
			    loff_t *position)
{
	char line[32], word[4];
	bool exposed;
	int error;
	u64 id;

	if (count >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, count))
		return -EFAULT;
	line[count] = 0;
	if (sscanf(line, "%llu %3s", &id, word) != 2 || kstrtobool(word, &exposed))
		return -EINVAL;
	error = exitstat_set_exposed(id, exposed);
	return error ?: count;
}

static const struct file_operations expose_fops = {
	.owner = THIS_MODULE,
	.open = expose_open,
	.read = seq_read,
	.write = expose_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/** exitstat_debugfs_init - make the files; without debugfs there are none */
void exitstat_debugfs_init(void)
{
	directory = debugfs_create_dir("exitstat", NULL);
	debugfs_create_file("vms", 0444, directory, &exitstat_nr_vms, &counter_fops);
	debugfs_create_file("vcpus", 0444, directory, &exitstat_nr_vcpus, &counter_fops);
	debugfs_create_file("failed_allocations", 0444, directory, &exitstat_failed_allocations,
			    &counter_fops);
	debugfs_create_file("expose", 0644, directory, NULL, &expose_fops);
}

/** exitstat_debugfs_exit - remove them */
void exitstat_debugfs_exit(void)
{
	debugfs_remove(directory);
}
