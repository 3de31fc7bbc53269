// SPDX-License-Identifier: GPL-2.0
/*
 * What kvm-intel.ko and kvm-amd.ko need of kvm.ko. EXITSTAT_EXPORT comes from
 * Makefile.kvm: it depends on the kernel's version which macro KVM may use.
 */
#include <linux/export.h>
#include <linux/kvm_types.h>

#include "events.h"

EXITSTAT_EXPORT(exitstat_entry);
EXITSTAT_EXPORT(exitstat_exit);
