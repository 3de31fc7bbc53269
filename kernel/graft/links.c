// SPDX-License-Identifier: GPL-2.0
/* exitstat's pointers in KVM's structures. */
#include <linux/kvm_host.h>

#include "registry.h"

int exitstat_link_vcpu(struct exitstat_vcpu *v)
{
	rcu_assign_pointer(v->vcpu->arch.exitstat, v);
	return 0;
}

int exitstat_link_vm(struct exitstat_vm *vm)
{
	rcu_assign_pointer(vm->kvm->arch.exitstat, vm);
	return 0;
}

void exitstat_unlink_vcpu(struct exitstat_vcpu *v)
{
	RCU_INIT_POINTER(v->vcpu->arch.exitstat, NULL);
}

void exitstat_unlink_vm(struct exitstat_vm *vm)
{
	RCU_INIT_POINTER(vm->kvm->arch.exitstat, NULL);
}
