/* SPDX-License-Identifier: GPL-2.0 */
/* A VM for tests: some vCPUs' accounts, and the one for vCPUs that are gone. */
#ifndef VM_H
#define VM_H

#include "leaves.h"

#define VM_NR_VCPUS	3
#define VM_TSC_KHZ	2345678

/**
 * struct vm - a VM
 * @reasons: the vendor's table
 * @vcpus: the vCPUs' accounts; the first is that of the vCPU that reads
 * @gone: the sum of the accounts of vCPUs that are gone
 * @now: the TSC
 */
struct vm {
	struct exitstat_reasons reasons;
	struct exitstat_account vcpus[VM_NR_VCPUS];
	struct exitstat_account gone;
	u64 now;
};

void vm_open(struct vm *vm, u32 space);
struct exitstat_regs vm_ask(const struct vm *vm, u32 leaf, u32 ecx);

/* The slot of a reason that must have one of its own. */
u8 vm_slot(const struct vm *vm, u32 reason);

/* The reason of an exit that CPUID caused. */
u32 cpuid_exit(const struct vm *vm);

/* Numbers that differ from one account to the next, from slot to slot, and in kind. */
void vm_fill(struct vm *vm);

/* The sums of what vm_fill() gave a slot. */
struct exitstat_reason_count vm_sum(const struct vm *vm, u8 slot);

/* A cmocka setup: *state is the address of a space before, and of a VM after. */
int vm_setup(void **state);

extern u32 vm_space_vmx, vm_space_svm;

/* The two entries of cmocka's table for a test that is to pass with either vendor. */
#define ON_VMX(test)	{ #test "_on_vmx", test, vm_setup, NULL, &vm_space_vmx }
#define ON_SVM(test)	{ #test "_on_svm", test, vm_setup, NULL, &vm_space_svm }
#define ON_BOTH(test)	ON_VMX(test), ON_SVM(test)

#endif /* VM_H */
