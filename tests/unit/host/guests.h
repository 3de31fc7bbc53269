/* SPDX-License-Identifier: GPL-2.0 */
/* VMs for tests of the registry, each with an address at which there is nothing. */
#ifndef GUESTS_H
#define GUESTS_H

#include "answer.h"
#include "exitstat_host.h"
#include "meet.h"
#include "registry.h"

#define HOST_CYCLES	7	/* that guest_work() makes an exit cost */

/**
 * struct figures - what a guest is told
 * @answered: exitstat answers at all
 * @vcpus: vCPUs in scope
 * @exits: their exits
 * @cycles: and what these cost
 */
struct figures {
	bool answered;
	u32 vcpus;
	u64 exits, cycles;
};

/* The addresses of VM @vm, and of its vCPU @vcpu. */
struct kvm *kvm_at(unsigned int vm);
struct kvm_vcpu *vcpu_at(unsigned int vm, unsigned int vcpu);

/* KVM_RUN for the first time. Return: 0, or an error. */
int guest_open(unsigned int vm, unsigned int vcpu);

/* VM entry and exit, @cycles after what was before. */
void guest_enter(struct kvm_vcpu *vcpu, u64 cycles);
void guest_exit(struct kvm_vcpu *vcpu, u64 cycles);

/* Some exits, which are over, and the vCPU is in the guest. */
void guest_work(unsigned int vm, unsigned int vcpu, unsigned int exits);

/* What a vCPU is told: of its VM, or of the host, less what was there when the test began. */
struct figures ask_vm(struct kvm_vcpu *vcpu);
struct figures ask_host(void);
void assert_figures(struct figures got, u32 vcpus, u64 exits);

/* The VM's number, 0 when exitstat does not know it. */
u64 id_of(unsigned int vm);

/* Around each test; it begins with a VM that nobody ends, and ask_host() is its question. */
int host_begin(void **state);
int host_end(void **state);

#endif /* GUESTS_H */
