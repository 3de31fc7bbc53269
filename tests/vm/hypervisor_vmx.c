// SPDX-License-Identifier: GPL-2.0
/*
 * The smallest of hypervisors on VMX: see hypervisor.h. Names and numbers of fields, MSRs and
 * bits: Intel's manual, volume 3, chapters 25 and 26, appendices A and B.
 */
#include <stddef.h>

#include <asm/vmx.h>

#include "guest.h"
#include "hypervisor.h"
#include "instructions.h"

#define MSR_FEATURE_CONTROL	0x3a
#define FEATURE_CONTROL_LOCK	(1 << 0)
#define FEATURE_CONTROL_VMX	(1 << 2)
#define MSR_VMX_BASIC	0x480
#define MSR_VMX_PIN_BASED	0x481
#define MSR_VMX_PROC_BASED	0x482
#define MSR_VMX_EXIT	0x483
#define MSR_VMX_ENTRY	0x484

#define CR0_NE	(1 << 5)
#define CR4_VMXE	(1 << 13)

#define PROC_BASED_HLT	(1 << 7)
#define EXIT_TO_64_BIT	(1 << 9)
#define ENTRY_TO_64_BIT	(1 << 9)

enum field {
	GUEST_ES = 0x800, HOST_ES = 0xc00, HOST_CS = 0xc02, HOST_SS = 0xc04, HOST_DS = 0xc06,
	HOST_TR = 0xc0c,
	LINK_POINTER = 0x2800,
	PIN_BASED = 0x4000, PROC_BASED = 0x4002, EXIT_CONTROLS = 0x400c, ENTRY_CONTROLS = 0x4012,
	EXIT_REASON = 0x4402,
	GUEST_ES_LIMIT = 0x4800, GUEST_GDTR_LIMIT = 0x4810, GUEST_ES_RIGHTS = 0x4814,
	GUEST_CR0 = 0x6800, GUEST_CR3 = 0x6802, GUEST_CR4 = 0x6804, GUEST_GDTR_BASE = 0x6816,
	GUEST_DR7 = 0x681a, GUEST_RSP = 0x681c, GUEST_RIP = 0x681e, GUEST_RFLAGS = 0x6820,
	HOST_CR0 = 0x6c00, HOST_CR3 = 0x6c02, HOST_CR4 = 0x6c04, HOST_GDTR_BASE = 0x6c0c,
};

#define RFLAGS_RESERVED	2
#define DR7_RESET	0x400

/* In the order of the fields, from ES. A 64-bit guest's bases are 0. */
static const struct segment {
	uint16_t selector;
	uint32_t limit, rights;
} segments[] = {
	{ 16, ~0u, 0xc093 }, { 8, ~0u, 0xa09b }, { 16, ~0u, 0xc093 }, { 16, ~0u, 0xc093 },
	{ 16, ~0u, 0xc093 }, { 16, ~0u, 0xc093 },
	{ .rights = 0x10000 },			/* LDTR: unusable */
	{ .limit = 0xffff, .rights = 0x8b },	/* TR */
};

/* KVM keeps a VMCS that it emulates in here: what is not written is 0. */
static union region {
	uint32_t revision;
	uint8_t bytes[4096];
} vmxon __attribute__((aligned(4096))), vmcs __attribute__((aligned(4096)));

static uint8_t stack[4096] __attribute__((aligned(16)));

static void vmwrite(enum field field, uint64_t value)
{
	asm volatile("vmwrite %0, %1" : : "r"(value), "r"((uint64_t)field) : "cc");
}

static uint64_t vmread(enum field field)
{
	uint64_t value;

	asm volatile("vmread %1, %0" : "=r"(value) : "r"((uint64_t)field) : "cc");
	return value;
}

/* An instruction of VMX on a region. */
#define VMX(instruction, region) \
({ \
	uint64_t address = (uint64_t)(region); \
	asm volatile(#instruction " %0" : : "m"(address) : "cc", "memory"); \
})

static void start_vmx(void)
{
	if (!(rdmsr(MSR_FEATURE_CONTROL) & FEATURE_CONTROL_LOCK))
		wrmsr(MSR_FEATURE_CONTROL, FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX);
	WRITE_CR(0, READ_CR(0) | CR0_NE);
	WRITE_CR(4, READ_CR(4) | CR4_VMXE);
	vmxon.revision = vmcs.revision = rdmsr(MSR_VMX_BASIC);
	VMX(vmxon, &vmxon);
	VMX(vmclear, &vmcs);
	VMX(vmptrld, &vmcs);
}

static void stop_vmx(void)
{
	VMX(vmclear, &vmcs);
	asm volatile("vmxoff" : : : "cc");
	WRITE_CR(4, READ_CR(4) & ~CR4_VMXE);
}

/* The lower half of these MSRs has the bits that must be 1. */
static void write_controls(void)
{
	vmwrite(PIN_BASED, (uint32_t)rdmsr(MSR_VMX_PIN_BASED));
	vmwrite(PROC_BASED, (uint32_t)rdmsr(MSR_VMX_PROC_BASED) | PROC_BASED_HLT);
	vmwrite(EXIT_CONTROLS, (uint32_t)rdmsr(MSR_VMX_EXIT) | EXIT_TO_64_BIT);
	vmwrite(ENTRY_CONTROLS, (uint32_t)rdmsr(MSR_VMX_ENTRY) | ENTRY_TO_64_BIT);
}

static void write_guest(void)
{
	size_t i;

	for (i = 0; i < sizeof(segments) / sizeof(*segments); i++) {
		vmwrite(GUEST_ES + 2 * i, segments[i].selector);
		vmwrite(GUEST_ES_LIMIT + 2 * i, segments[i].limit);
		vmwrite(GUEST_ES_RIGHTS + 2 * i, segments[i].rights);
	}
	vmwrite(LINK_POINTER, ~0ULL);
	vmwrite(GUEST_GDTR_LIMIT, 23);
	vmwrite(GUEST_GDTR_BASE, GUEST_TABLES + 0x3000);
	vmwrite(GUEST_CR0, READ_CR(0));
	vmwrite(GUEST_CR3, READ_CR(3));
	vmwrite(GUEST_CR4, READ_CR(4));
	vmwrite(GUEST_DR7, DR7_RESET);
	vmwrite(GUEST_RFLAGS, RFLAGS_RESERVED);
	vmwrite(GUEST_RSP, (uint64_t)(stack + sizeof(stack)));
	vmwrite(GUEST_RIP, (uint64_t)nested_start);
}

/* A task register is a must, though nothing ever looks into the GDT for it. */
static void write_host(void)
{
	vmwrite(HOST_ES, 16);
	vmwrite(HOST_CS, 8);
	vmwrite(HOST_SS, 16);
	vmwrite(HOST_DS, 16);
	vmwrite(HOST_TR, 24);
	vmwrite(HOST_GDTR_BASE, GUEST_TABLES + 0x3000);
	vmwrite(HOST_CR0, READ_CR(0));
	vmwrite(HOST_CR3, READ_CR(3));
	vmwrite(HOST_CR4, READ_CR(4));
}

/*
 * The guest until an exit that is none of an instruction to skip. Numbers in it: the fields
 * HOST_RSP, HOST_RIP, EXIT_REASON, the exit instruction's length, GUEST_RIP. A VM entry that
 * fails goes on with the next instruction, and ends all this.
 */
static void run_guest(void (*job)(struct guest_shared *shared), struct guest_shared *shared)
{
	asm volatile("mov $0x6c14, %%eax; vmwrite %%rsp, %%rax\n\t"
		     "lea 1f(%%rip), %%rcx; mov $0x6c16, %%eax; vmwrite %%rcx, %%rax\n\t"
		     "mov %%rsp, %%rbp; vmlaunch; jmp 3f\n"
		     "1:\tpush %%rax; push %%rcx; push %%rdx\n\t"
		     "mov $0x4402, %%eax; vmread %%rax, %%rcx\n\t"
		     "cmp %[cpuid], %%rcx; je 2f\n\t"
		     "cmp %[rdmsr], %%rcx; je 2f\n\t"
		     "cmp %[vmcall], %%rcx; jne 3f\n"
		     "2:\tmov $0x440c, %%eax; vmread %%rax, %%rcx\n\t"
		     "mov $0x681e, %%eax; vmread %%rax, %%rdx\n\t"
		     "add %%rcx, %%rdx; vmwrite %%rdx, %%rax\n\t"
		     "pop %%rdx; pop %%rcx; pop %%rax; vmresume\n"
		     "3:\tmov %%rbp, %%rsp"
		     : "+D"(shared)
		     : "b"(job), [cpuid] "i"(EXIT_REASON_CPUID), [rdmsr] "i"(EXIT_REASON_MSR_READ),
		       [vmcall] "i"(EXIT_REASON_VMCALL)
		     : "rax", "rcx", "rdx", "rsi", "rbp", "r8", "r9", "r10", "r11", "cc", "memory");
}

void run_nested_on_vmx(void (*job)(struct guest_shared *shared), struct guest_shared *shared)
{
	start_vmx();
	write_controls();
	write_guest();
	write_host();
	run_guest(job, shared);
	/* Without an IDT this ends the guest, and so the test. */
	if (vmread(EXIT_REASON) != EXIT_REASON_HLT)
		__builtin_trap();
	stop_vmx();
}
