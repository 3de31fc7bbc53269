/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small VM made by hand on /dev/kvm, for tests that must know each exit.
 *
 * Functions that cannot do their job print why and end the test.
 */
#ifndef SMALL_VM_H
#define SMALL_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "exitstat_abi.h"
#include "guest.h"

struct small_vm {
	int kvm, fd;
	uint8_t *memory;
	int nr_vcpus;
	int vcpus[GUEST_MAX_VCPUS];
	struct kvm_run *runs[GUEST_MAX_VCPUS];
	bool at_cpl3;		/* jobs are done there */
	void (*on_io)(void);	/* called on each access that the VMM handles, or NULL */
};

struct pair {
	uint64_t count, cycles;
};

bool host_is_amd(void);
bool host_hides_vmcb(void);
uint32_t reason_of(enum guest_job job);

void vm_create(struct small_vm *vm, int nr_vcpus);
void vm_destroy(struct small_vm *vm);
struct guest_shared *vm_shared(struct small_vm *vm, int vcpu);
void vm_run(struct small_vm *vm, int vcpu, enum guest_job job, uint32_t times);
uint32_t vm_try(struct small_vm *vm, int vcpu, enum guest_job job, uint32_t times);
uint64_t vm_fail_entry(struct small_vm *vm, int vcpu);

void vm_run_nothing(struct small_vm *vm, int vcpu);
void vm_want_sipi(struct small_vm *vm, int vcpu, unsigned int milliseconds);
void vm_tell_steal(struct small_vm *vm, int vcpu);
uint64_t vm_steal(struct small_vm *vm);
void vm_wake(struct small_vm *vm, int vcpu);

struct guest_query vm_ask(struct small_vm *vm, int vcpu, uint32_t leaf, uint32_t index);
struct pair vm_pair(struct small_vm *vm, int vcpu, uint32_t leaf, uint32_t index);
uint64_t vm_others(struct small_vm *vm, int reader, uint32_t selector);

#endif /* SMALL_VM_H */
