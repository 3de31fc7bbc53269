/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of what KVM exports to nobody, or to its own modules only. */
#ifndef EXITSTAT_SYMBOL_H
#define EXITSTAT_SYMBOL_H

#include <linux/types.h>

/* What to do when one of them is missing. */
#define EXITSTAT_KNOWS	"exitstat knows Linux 6.1 to 7.3; on a later kernel take a newer exitstat"

/*
 * Whether KVM is built into the kernel. Since Linux 6.12 CONFIG_KVM_X86 is kvm.ko's option, m where
 * CONFIG_KVM is y and Intel's and AMD's are m.
 */
#define EXITSTAT_KVM_IS_BUILTIN \
	(IS_ENABLED(CONFIG_KVM_X86) ? IS_BUILTIN(CONFIG_KVM_X86) : IS_BUILTIN(CONFIG_KVM))

int exitstat_symbol_init(void);
void *exitstat_kernel_symbol(const char *name);
void *exitstat_symbol(const char *module, const char *name);
bool exitstat_module_is_loaded(const char *module);

#endif /* EXITSTAT_SYMBOL_H */
