/* SPDX-License-Identifier: GPL-2.0 */
/* What the small VM's host and guest sides agree on. */
#ifndef GUEST_H
#define GUEST_H

#include <stdint.h>

/* Guest-physical addresses, which are linear ones as well. */
#define GUEST_TABLES	0x1000		/* page tables, GDT */
#define GUEST_SHARED	0x20000		/* struct guest_shared of each vCPU */
#define GUEST_STEAL	0x30000		/* struct kvm_steal_time of a vCPU */
#define GUEST_CODE	0x100000
#define GUEST_STACKS	0x200000	/* their ends, one page a vCPU */
#define GUEST_FRESH	0x1000000	/* memory that nobody has touched */
#define GUEST_BYTES	0x4000000
#define GUEST_MMIO	GUEST_BYTES	/* mapped, but no memory */

#define GUEST_MAX_VCPUS	4
#define GUEST_PORT_DONE	0x10		/* OUT here ends a job */
#define GUEST_PORT_WORK	0x80		/* OUT here only causes an exit */
#define GUEST_TIMER_VECTOR	0x40
#define GUEST_WAKE_VECTOR	0x41

enum guest_job {
	GUEST_CPUID,		/* @times CPUIDs */
	GUEST_IO,		/* @times OUTs that the VMM handles */
	GUEST_MSR,		/* @times RDMSRs of IA32_APIC_BASE */
	GUEST_FAST_MSR,		/* @times WRMSRs that KVM's fast path handles */
	GUEST_DEADLINE,		/* @times WRMSRs of a TSC deadline that is far away */
	GUEST_TIMER,		/* @times TSC deadlines, each reached in the guest */
	GUEST_HYPERCALL,	/* @times hypercalls */
	GUEST_HLT,		/* @times HLTs, each ended by the timer after 2 ms */
	GUEST_IDLE,		/* the same, after 20 ms: more than an exit may take where the
				 * host's kernel looks for faults
				 */
	GUEST_TOUCH,		/* a write to each of @times fresh pages */
	GUEST_TRIPLE_FAULT,	/* once, and the guest is no more */
	GUEST_ASK,		/* the CPUIDs of @queries, @times of them */
	GUEST_MMIO_WRITE,	/* @times writes that the VMM handles */
	GUEST_WAKE,		/* @times HLTs, each ended by GUEST_WAKE_VECTOR from outside */
	GUEST_TOUCH_OPEN,	/* GUEST_TOUCH with interrupts enabled */
	GUEST_INTERRUPT,	/* @times interrupts of the timer in the midst of work */

	GUEST_NESTED = 0x100,	/* with one of the above that needs no interrupt: a guest of
				 * the guest does it; one vCPU at once
				 */
};

struct guest_query {
	uint32_t leaf, index;
	uint64_t rax, rbx, rcx, rdx;
	uint64_t tsc;			/* when it was answered */
};

#define GUEST_MAX_QUERIES	64

/* Sampling while the job is done, and what came of it. */
struct guest_samples {
	uint32_t period;		/* 0: none */
	uint32_t selector;
	uint32_t goes_on;		/* it stays armed when the job is done */
	uint32_t granted;		/* the least period */
	uint32_t nmis, samples;		/* as many as the host says */
	uint32_t here, before;		/* of those, at the interrupted instruction, or the one before */
	uint64_t exits;			/* of these reasons meanwhile */
	uint64_t ip, rip, about;	/* of the last one: interrupted, of the exit, of what */
	uint32_t reason;
};

struct guest_shared {
	uint32_t job;
	uint32_t times;
	uint32_t amd;			/* VMMCALL, not VMCALL */
	uint32_t nested;		/* a guest of the guest does the job */
	struct guest_samples sampling;
	struct guest_query queries[GUEST_MAX_QUERIES];
	uint32_t took[GUEST_MAX_QUERIES];	/* the last ones' TSC from begin to end */
};

#define GUEST_SHARED_BYTES	0x1000

#endif /* GUEST_H */
