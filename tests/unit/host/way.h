/* SPDX-License-Identifier: GPL-2.0 */
/* The test's way into KVM: records by address, in lists. */
#ifndef EXITSTAT_WAY_H
#define EXITSTAT_WAY_H

#include "host.h"

struct exitstat_vm;
struct exitstat_vcpu;

struct exitstat_link {
	struct exitstat_link *next;
};

/* Whether it is switched on. */
extern bool exitstat_is_on;

static inline bool exitstat_enabled(void)
{
	return exitstat_is_on;
}

int exitstat_way_init(void);
void exitstat_way_exit(void);

struct exitstat_vcpu *exitstat_find_vcpu(struct kvm_vcpu *vcpu);
struct exitstat_vcpu *exitstat_find_vcpu_here(struct kvm_vcpu *vcpu);
struct exitstat_vm *exitstat_find_vm(struct kvm *kvm);
int exitstat_link_vcpu(struct exitstat_vcpu *v);
int exitstat_link_vm(struct exitstat_vm *vm);
void exitstat_unlink_vcpu(struct exitstat_vcpu *v);
void exitstat_unlink_vm(struct exitstat_vm *vm);

#endif /* EXITSTAT_WAY_H */
