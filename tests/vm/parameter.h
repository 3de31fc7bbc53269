/* SPDX-License-Identifier: GPL-2.0 */
/* The parameters of exitstat, be it in KVM or in a module of its own. */
#ifndef PARAMETER_H
#define PARAMETER_H

#include <err.h>
#include <stdio.h>

static inline void set_parameter(const char *name, const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/kvm_exitstat/parameters/%s", name);
	file = fopen(path, "w");
	if (!file) {
		snprintf(path, sizeof(path), "/sys/module/kvm/parameters/exitstat_%s", name);
		file = fopen(path, "w");
	}
	if (!file || fputs(value, file) == EOF || fclose(file))
		err(1, "%s of exitstat's parameter %s", value, name);
}

#endif /* PARAMETER_H */
