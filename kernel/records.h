/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for the records of the registry. */
#ifndef EXITSTAT_RECORDS_H
#define EXITSTAT_RECORDS_H

#include <linux/types.h>

struct exitstat_histograms;
struct exitstat_meeting;
struct exitstat_vcpu;
struct exitstat_vm;

struct exitstat_histograms *exitstat_alloc_histograms(gfp_t gfp);
struct exitstat_vcpu *exitstat_alloc_vcpu(const struct exitstat_meeting *met, gfp_t gfp);
struct exitstat_vm *exitstat_alloc_vm(const struct exitstat_meeting *met, gfp_t gfp);
void exitstat_free_vcpu(struct exitstat_vcpu *v);

#endif /* EXITSTAT_RECORDS_H */
