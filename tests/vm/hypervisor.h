/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The smallest of hypervisors, as the guest of KVM: its own guest shares its memory and its
 * registers but RAX and RSP, and an instruction that it intercepts it skips.
 *
 * CPUID, MSRs and hypercalls of the nested guest are the hypervisor's to see; its port I/O and
 * what touches memory are KVM's, and the VMM's, as if the hypervisor were not there.
 */
#ifndef HYPERVISOR_H
#define HYPERVISOR_H

struct guest_shared;

/* Where the nested guest starts, its job in RBX and the job's argument in RDI. */
void nested_start(void);

void run_nested_on_svm(void (*job)(struct guest_shared *shared), struct guest_shared *shared);
void run_nested_on_vmx(void (*job)(struct guest_shared *shared), struct guest_shared *shared);

#endif /* HYPERVISOR_H */
