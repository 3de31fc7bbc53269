// SPDX-License-Identifier: GPL-2.0
/* The host's VMs by their numbers, for who asks the device: what they are, and what they see. */
#include <linux/rculist.h>

#include "exitstat_host.h"
#include "registry.h"
#include "vms.h"

/**
 * exitstat_set_exposure - show the leaves to a VM, or hide them from it
 * @id: the VM's number
 * @exposure: EXITSTAT_EXPOSE_*
 *
 * Return: 0, -ESRCH when there is no such VM, or none that has run.
 */
int exitstat_set_exposure(u64 id, u32 exposure)
{
	struct exitstat_vm *vm;

	rcu_read_lock();
	vm = exitstat_vm_of_id(id);
	if (vm)
		WRITE_ONCE(vm->exposure, exposure);
	rcu_read_unlock();
	return vm ? 0 : -ESRCH;
}

static struct exitstat_host_vm tell_vm(const struct exitstat_vm *vm)
{
	return (struct exitstat_host_vm){
		.id = vm->id,
		.start_ns = vm->start_ns,
		.pid = vm->vmm,
		.vcpus = READ_ONCE(vm->nr_vcpus),
		.exposure = READ_ONCE(vm->exposure),
	};
}

/**
 * exitstat_list_vms - what there is to say of the VMs, in the order of their numbers
 * @after: those with a higher number than this
 * @list: where it goes
 * @room: for how many there is room
 *
 * Return: how many were listed.
 */
u32 exitstat_list_vms(u64 after, struct exitstat_host_vm *list, u32 room)
{
	struct exitstat_vm *vm;
	u32 n = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &exitstat_vms, all) {
		if (n == room)
			break;
		if (vm->id > after && !READ_ONCE(vm->ended))
			list[n++] = tell_vm(vm);
	}
	rcu_read_unlock();
	return n;
}

/**
 * exitstat_list_vcpus - the indices of a VM's vCPUs, ascending
 * @id: the VM's number
 * @first: the lowest index to list
 * @list: where they go
 * @room: for how many there is room
 *
 * Return: how many were listed; -ESRCH when there is no such VM.
 */
long exitstat_list_vcpus(u64 id, u32 first, u32 *list, u32 room)
{
	struct exitstat_vcpu *v;
	struct exitstat_vm *vm;
	long n = 0;

	rcu_read_lock();
	vm = exitstat_vm_of_id(id);
	if (vm) {
		list_for_each_entry_rcu(v, &vm->vcpus, of_vm) {
			if (n == room)
				break;
			if (v->index >= first)
				list[n++] = v->index;
		}
	}
	rcu_read_unlock();
	return vm ? n : -ESRCH;
}
