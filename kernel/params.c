// SPDX-License-Identifier: GPL-2.0
/* What the host's administrator can set: of kvm.ko when grafted into it. */
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "registry.h"

static const char * const scopes[] = { "vm", "host" };

static int set_scope(const char *value, const struct kernel_param *param)
{
	int scope = sysfs_match_string(scopes, value);

	if (scope < 0)
		return scope;
	WRITE_ONCE(*(bool *)param->arg, scope);
	return 0;
}

static int get_scope(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", scopes[READ_ONCE(*(bool *)param->arg)]);
}

static const struct kernel_param_ops scope_ops = { .set = set_scope, .get = get_scope };

module_param_cb(exitstat_scope, &scope_ops, &exitstat_scope_host, 0644);
__MODULE_PARM_TYPE(exitstat_scope, "charp");
MODULE_PARM_DESC(exitstat_scope,
		 "What a guest sees: vm, its own VM (default), or host, the sum of all VMs");
