// SPDX-License-Identifier: GPL-2.0
/* The test's way into KVM: see way.h. */
#include "registry.h"

bool exitstat_is_on = true;

static struct exitstat_link *vcpus, *vms;

static int add(struct exitstat_link **list, struct exitstat_link *link)
{
	if (host_is_out_of_memory())
		return -ENOMEM;
	link->next = *list;
	*list = link;
	return 0;
}

static void take(struct exitstat_link **list, struct exitstat_link *link)
{
	while (*list && *list != link)
		list = &(*list)->next;
	host_check(*list, "a record is taken that is not there");
	*list = link->next;
	host_any_moment();
}

int exitstat_way_init(void)
{
	return 0;
}

void exitstat_way_exit(void)
{
	host_check(!vcpus && !vms, "there are records when the way goes");
}

struct exitstat_vcpu *exitstat_find_vcpu(struct kvm_vcpu *vcpu)
{
	struct exitstat_link *link;
	struct exitstat_vcpu *v;

	for (link = vcpus; link; link = link->next) {
		v = container_of(link, struct exitstat_vcpu, link);
		if (v->vcpu == vcpu)
			return v;
	}
	return NULL;
}

struct exitstat_vcpu *exitstat_find_vcpu_here(struct kvm_vcpu *vcpu)
{
	return exitstat_find_vcpu(vcpu);
}

struct exitstat_vm *exitstat_find_vm(struct kvm *kvm)
{
	struct exitstat_link *link;
	struct exitstat_vm *vm;

	for (link = vms; link; link = link->next) {
		vm = container_of(link, struct exitstat_vm, link);
		if (vm->kvm == kvm)
			return vm;
	}
	return NULL;
}

int exitstat_link_vcpu(struct exitstat_vcpu *v)
{
	return add(&vcpus, &v->link);
}

int exitstat_link_vm(struct exitstat_vm *vm)
{
	return add(&vms, &vm->link);
}

void exitstat_unlink_vcpu(struct exitstat_vcpu *v)
{
	take(&vcpus, &v->link);
}

void exitstat_unlink_vm(struct exitstat_vm *vm)
{
	take(&vms, &vm->link);
}
