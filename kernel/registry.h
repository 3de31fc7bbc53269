/* SPDX-License-Identifier: GPL-2.0 */
/* Which account belongs to which vCPU, and which vCPUs to which VM. */
#ifndef EXITSTAT_REGISTRY_H
#define EXITSTAT_REGISTRY_H

#include <linux/atomic.h>
#include "leaves.h"

struct kvm;
struct kvm_vcpu;

/* Answer with the sums of all VMs instead of the reader's own. */
extern bool exitstat_scope_host;

/* Whether a new VM sees the leaves. */
extern bool exitstat_expose;

extern atomic_long_t exitstat_nr_vms;
extern atomic_long_t exitstat_nr_vcpus;
extern atomic_long_t exitstat_failed_allocations;

typedef void exitstat_visit(void *data, pid_t vmm, bool exposed);

void exitstat_registry_init(void);
void exitstat_registry_exit(void);
struct exitstat_account *exitstat_find_account(struct kvm_vcpu *vcpu);
void exitstat_attach(struct kvm_vcpu *vcpu, gfp_t gfp);
int exitstat_set_exposed(pid_t vmm, bool exposed);
void exitstat_visit_vms(exitstat_visit *visit, void *data);
bool exitstat_answer(struct kvm_vcpu *vcpu, u32 leaf, u32 ecx, struct exitstat_regs *regs);

#endif /* EXITSTAT_REGISTRY_H */
