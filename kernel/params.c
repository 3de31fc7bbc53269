// SPDX-License-Identifier: GPL-2.0
/*
 * What the host's administrator can set: parameters of kvm_exitstat.ko, or of kvm.ko
 * when grafted into it, with exitstat_ before their names.
 */
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "answer.h"
#include "exitstat_host.h"
#include "registry.h"
#include "sampling.h"

#ifdef EXITSTAT_MODULE
#define NAME(name)	name
#else
#define NAME(name)	exitstat_##name
#endif

/* For the names' sake: the kernel's macros would make strings of NAME(). */
#define PARAM_TYPE(name, type)	__MODULE_PARM_TYPE(name, type)
#define PARAM_DESC(name, text)	MODULE_PARM_DESC(name, text)

static const char * const scopes[] = { "vm", "host" };
static const char * const exposures[] = {
	[EXITSTAT_EXPOSE_NONE] = "none",
	[EXITSTAT_EXPOSE_ALL] = "all",
	[EXITSTAT_EXPOSE_KERNEL] = "kernel",
};

static const char * const numberings[] = {
	[EXITSTAT_FALL_2020] = "fall2020",
	[EXITSTAT_SPRING_2021] = "spring2021",
	[EXITSTAT_FALL_2021] = "fall2021",
	[EXITSTAT_SPRING_2022] = "spring2022",
	[EXITSTAT_FALL_2022] = "fall2022",
	[EXITSTAT_FALL_2023] = "fall2023",
};

/* The second word is true. */
static int set_scope(const char *value, const struct kernel_param *param)
{
	int index = sysfs_match_string(scopes, value);

	if (index < 0)
		return index;
	WRITE_ONCE(exitstat_scope_host, index);
	return 0;
}

static int get_scope(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", scopes[READ_ONCE(exitstat_scope_host)]);
}

static int set_expose(const char *value, const struct kernel_param *param)
{
	int index = sysfs_match_string(exposures, value);

	if (index < 0)
		return index;
	WRITE_ONCE(exitstat_expose, index);
	return 0;
}

static int get_expose(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", exposures[READ_ONCE(exitstat_expose)]);
}

static int set_numbering(const char *value, const struct kernel_param *param)
{
	int index = sysfs_match_string(numberings, value);

	if (index < 0)
		return index;
	WRITE_ONCE(exitstat_numbering, index);
	return 0;
}

static int get_numbering(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", numberings[READ_ONCE(exitstat_numbering)]);
}

/* Once on, the static key stays: VMs that have histograms go on to write them. */
static int set_histograms(const char *value, const struct kernel_param *param)
{
	bool on;
	int error = kstrtobool(value, &on);

	if (error)
		return error;
	if (on)
		static_branch_enable(&exitstat_histograms_key);
	WRITE_ONCE(exitstat_histograms, on);
	return 0;
}

static int get_histograms(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", READ_ONCE(exitstat_histograms));
}

static const struct kernel_param_ops scope_ops = { .set = set_scope, .get = get_scope };
static const struct kernel_param_ops expose_ops = { .set = set_expose, .get = get_expose };
static const struct kernel_param_ops histograms_ops = {
	.set = set_histograms,
	.get = get_histograms,
};

/* A countdown that was granted goes on, but for 0, which ends it. */
static const struct kernel_param_ops sampling_ops = {
	.set = param_set_uint,
	.get = param_get_uint,
};

static const struct kernel_param_ops numbering_ops = {
	.set = set_numbering,
	.get = get_numbering,
};

module_param_cb(NAME(scope), &scope_ops, NULL, 0644);
PARAM_TYPE(NAME(scope), "charp");
PARAM_DESC(NAME(scope),
	   "What a guest sees: vm, its own VM (default), or host, the sum of all VMs");

module_param_cb(NAME(expose), &expose_ops, NULL, 0644);
PARAM_TYPE(NAME(expose), "charp");
PARAM_DESC(NAME(expose),
	   "What new VMs see of it: all (default), kernel, their kernels only, or none; exitstat expose for a single VM");

module_param_cb(NAME(histograms), &histograms_ops, NULL, 0644);
PARAM_TYPE(NAME(histograms), "bool");
PARAM_DESC(NAME(histograms),
	   "Whether new VMs have histograms of how long exits take: 1, or 0 (default)");

module_param_cb(NAME(numbering), &numbering_ops, NULL, 0644);
PARAM_TYPE(NAME(numbering), "charp");
PARAM_DESC(NAME(numbering),
	   "Whose numbers the course leaves have: fall2020, spring2021, fall2021, spring2022, fall2022 (default) or fall2023");

module_param_cb(NAME(sampling), &sampling_ops, &exitstat_least_period, 0644);
PARAM_TYPE(NAME(sampling), "uint");
PARAM_DESC(NAME(sampling),
	   "The fewest exits from sample to sample that perf in a guest may ask for: 1 (default) or more, or 0: no sampling");
