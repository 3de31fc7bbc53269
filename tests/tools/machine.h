/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VM on paper: vCPUs whose events go through exitstat's real accounting and whose
 * CPUIDs are answered by its real leaves, with a clock that the script moves.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

#define MACHINE_MAX_VCPUS	64

/* How the host answers exitstat's leaves. */
enum machine_host {
	HOST_EXITSTAT,
	HOST_STOCK_AMD,
	HOST_STOCK_INTEL,
	HOST_BARE_METAL,
	HOST_HYPERV,
	HOST_XEN,
	HOST_KVM_AS_XEN,
	HOST_KVM_AS_BOTH,
	HOST_NEWER_ABI,
	HOST_FALL_2020,		/* exitstat, with that term's numbers for the course leaves */
	HOST_FALL_2021,
};

struct machine;

struct machine *machine_new(uint32_t space, unsigned int vcpus, uint32_t tsc_khz);
void machine_free(struct machine *machine);
void machine_set_host(struct machine *machine, enum machine_host host);
void machine_keep_histograms(struct machine *machine);
void machine_forget(struct machine *machine);
void machine_replace(struct machine *machine, unsigned int vcpu);
unsigned int machine_vcpus(const struct machine *machine);

/* Time passes, in whatever state the vCPUs are. */
void machine_pass(struct machine *machine, uint64_t cycles);
uint64_t machine_ns(const struct machine *machine);

/* Events of one vCPU; each ends with the vCPU in the guest, unless it says otherwise. */
void machine_exit(struct machine *machine, unsigned int vcpu, uint32_t reason, uint64_t cycles);
void machine_vmm(struct machine *machine, unsigned int vcpu, uint32_t reason, uint64_t cycles,
		 uint64_t vmm_cycles);
/* As many exits more are in a bucket of the reason's, and nowhere else. */
void machine_fill_bucket(struct machine *machine, unsigned int vcpu, uint32_t reason,
			 unsigned int bucket, uint64_t exits);
void machine_preempt(struct machine *machine, unsigned int vcpu, uint64_t cycles);
void machine_halt(struct machine *machine, unsigned int vcpu);	/* until machine_wake() */
void machine_wake(struct machine *machine, unsigned int vcpu);

/* What CPUID would answer on @vcpu, or on none: the host asks, and that is no exit. */
void machine_ask(struct machine *machine, unsigned int vcpu, uint32_t leaf, uint32_t ecx,
		 uint32_t regs[4]);

/* The guest executes CPUID, which is an exit that takes CPUID_CYCLES. */
#define CPUID_CYCLES	1500
void machine_cpuid(struct machine *machine, unsigned int vcpu, uint32_t leaf, uint32_t ecx,
		   uint32_t regs[4]);

#endif /* MACHINE_H */
