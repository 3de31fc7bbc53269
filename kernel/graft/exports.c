// SPDX-License-Identifier: GPL-2.0
/*
 * What kvm-intel.ko and kvm-amd.ko need of kvm.ko. EXITSTAT_EXPORT comes from
 * Makefile.kvm: it depends on the kernel's version which macro KVM may use.
 */
#include <linux/export.h>
#include <linux/kvm_types.h>

#include "events.h"

EXITSTAT_EXPORT(exitstat_key);
EXITSTAT_EXPORT(exitstat_loaded);
EXITSTAT_EXPORT(exitstat_reasons);
EXITSTAT_EXPORT(exitstat_histograms_key);
EXITSTAT_EXPORT(exitstat_odd_tallies);
EXITSTAT_EXPORT(exitstat_account_switch);
EXITSTAT_EXPORT(exitstat_account_exit_oddly);
EXITSTAT_EXPORT(exitstat_entry_unmet);
