// SPDX-License-Identifier: GPL-2.0
/* The smallest of hypervisors on SVM: see hypervisor.h. */
#include <stddef.h>

#include <asm/svm.h>

#include "guest.h"
#include "hypervisor.h"
#include "instructions.h"

#define MSR_EFER	0xc0000080
#define EFER_SVME	(1 << 12)
#define MSR_VM_HSAVE_PA	0xc0010117

/* Intercepts: a word of the VMCB, and the bit in it. */
#define INTERCEPT_CPUID	(1 << 18)	/* word 3 */
#define INTERCEPT_HLT	(1 << 24)
#define INTERCEPT_MSR	(1 << 28)
#define INTERCEPT_VMRUN	(1 << 0)	/* word 4; SVM wants it */
#define INTERCEPT_VMMCALL	(1 << 1)

#define RFLAGS_RESERVED	2
#define DR6_RESET	0xffff0ff0
#define DR7_RESET	0x400

struct segment {
	uint16_t selector, attributes;
	uint32_t limit;
	uint64_t base;
};

static const struct segment code = { .selector = 8, .attributes = 0xa9b, .limit = ~0u };
static const struct segment data = { .selector = 16, .attributes = 0xc93, .limit = ~0u };
static const struct segment task = { .attributes = 0x8b, .limit = 0xffff };

/* AMD's manual, volume 2, appendix B: what a guest of ours needs. */
static struct vmcb {
	uint32_t intercepts[5];
	uint8_t unused_014[0x48 - 0x14];
	uint64_t msr_permissions;
	uint8_t unused_050[0x58 - 0x50];
	uint32_t asid;
	uint8_t unused_05c[0x70 - 0x5c];
	uint64_t exit_code;
	uint8_t unused_078[0x400 - 0x78];
	struct segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t unused_4a0[0x4d0 - 0x4a0];
	uint64_t efer;
	uint8_t unused_4d8[0x548 - 0x4d8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t unused_580[0x5d8 - 0x580];
	uint64_t rsp;
	uint8_t unused_5e0[0x5f8 - 0x5e0];
	uint64_t rax;
	uint8_t unused_600[0x1000 - 0x600];
} vmcb __attribute__((aligned(4096)));

static uint8_t host_save[4096] __attribute__((aligned(4096)));
static uint8_t msr_permissions[8192] __attribute__((aligned(4096)));
static uint8_t stack[4096] __attribute__((aligned(16)));

static void fill_vmcb(void)
{
	size_t i;

	for (i = 0; i < sizeof(msr_permissions); i++)
		msr_permissions[i] = 0xff;
	vmcb = (struct vmcb){
		.intercepts = { [3] = INTERCEPT_CPUID | INTERCEPT_HLT | INTERCEPT_MSR,
				[4] = INTERCEPT_VMRUN | INTERCEPT_VMMCALL },
		.msr_permissions = (uint64_t)msr_permissions,
		.asid = 1,
		.es = data, .cs = code, .ss = data, .ds = data, .fs = data, .gs = data,
		.gdtr = { .limit = 23, .base = GUEST_TABLES + 0x3000 }, .tr = task,
		.efer = rdmsr(MSR_EFER),
		.cr4 = READ_CR(4), .cr3 = READ_CR(3), .cr0 = READ_CR(0),
		.dr7 = DR7_RESET, .dr6 = DR6_RESET, .rflags = RFLAGS_RESERVED,
		.rip = (uint64_t)nested_start, .rsp = (uint64_t)(stack + sizeof(stack)),
	};
}

/*
 * The guest until an exit that is none of an instruction to skip. Between its exits nothing
 * but RAX is used here, so that the other registers stay the guest's.
 */
static void run_guest(void (*job)(struct guest_shared *shared), struct guest_shared *shared)
{
	asm volatile("1:\tclgi; vmload; vmrun; vmsave; stgi\n\t"
		     "cmpq %[cpuid], %c[exit_code](%%rax); je 2f\n\t"
		     "cmpq %[msr], %c[exit_code](%%rax); je 2f\n\t"
		     "cmpq %[vmmcall], %c[exit_code](%%rax); jne 3f\n\t"
		     "incq %c[rip](%%rax)\n"
		     "2:\taddq $2, %c[rip](%%rax); jmp 1b\n"
		     "3:"
		     : "+D"(shared)
		     : "a"(&vmcb), "b"(job), [exit_code] "i"(offsetof(struct vmcb, exit_code)),
		       [rip] "i"(offsetof(struct vmcb, rip)), [cpuid] "i"(SVM_EXIT_CPUID),
		       [msr] "i"(SVM_EXIT_MSR), [vmmcall] "i"(SVM_EXIT_VMMCALL)
		     : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc", "memory");
}

void run_nested_on_svm(void (*job)(struct guest_shared *shared), struct guest_shared *shared)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, (uint64_t)host_save);
	fill_vmcb();
	run_guest(job, shared);
	/* Without an IDT this ends the guest, and so the test. */
	if (vmcb.exit_code != SVM_EXIT_HLT)
		__builtin_trap();
}
