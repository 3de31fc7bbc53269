// SPDX-License-Identifier: GPL-2.0
/*
 * The guest side of the small VM: 64-bit code without an operating system that causes
 * exits of one kind. The VMM starts it anew for each job.
 */
#include <stddef.h>

#include "exitstat_abi.h"
#include "guest.h"
#include "hypervisor.h"
#include "instructions.h"

#define MSR_APIC_BASE	0x1b
#define APIC_BASE_X2APIC	(1 << 10)
#define APIC_BASE_ENABLE	(1 << 11)
#define MSR_X2APIC_SPIV	0x80f
#define MSR_X2APIC_LVT_TIMER	0x832
#define MSR_X2APIC_TIMER_COUNT	0x838
#define MSR_X2APIC_TIMER_DIVIDE	0x83e
#define MSR_X2APIC_ICR	0x830
#define MSR_TSC_DEADLINE	0x6e0
#define LVT_PERIODIC	(1 << 17)
#define LVT_TSC_DEADLINE	(2 << 17)
#define TIMER_COUNT	2000000
#define LONG_TIMER_COUNT	20000000
#define FAR_AWAY	(1ULL << 50)
#define VERY_SOON	100000
#define SHORT_TIMER_COUNT	20000
#define MSR_KVM_PV_EOI_EN	0x4b564d04

struct idt_entry {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, zero;
};

static struct idt_entry idt[GUEST_WAKE_VECTOR + 1];

/* Counted by the handler, which looks in no_eoi whether KVM wants no end of interrupt. */
static volatile uint32_t interrupts;
static uint32_t no_eoi;

/* Registers start with marks in their upper halves, which CPUID must clear. */
static void ask(struct guest_query *query)
{
	uint64_t mark = 0xdeadbeef00000000;

	query->rax = mark | query->leaf;
	query->rbx = mark | 0x11111111;
	query->rcx = mark | query->index;
	query->rdx = mark | 0x22222222;
	asm volatile("cpuid" : "+a"(query->rax), "+b"(query->rbx), "+c"(query->rcx),
		     "+d"(query->rdx));
	query->tsc = rdtsc();
}

static void hypercall(uint32_t amd)
{
	uint64_t rax = 1;	/* KVM_HC_VAPIC_POLL_IRQ, which does nothing */

	if (amd)
		asm volatile("vmmcall" : "+a"(rax) : : "memory");
	else
		asm volatile("vmcall" : "+a"(rax) : : "memory");
}

__attribute__((naked)) static void interrupt(void)
{
	asm volatile("push %rax; push %rcx; push %rdx; incl interrupts(%rip)\n\t"
		     "btrl $0, no_eoi(%rip); jc 1f\n\t"
		     "mov $0x80b, %ecx; xor %eax, %eax; xor %edx, %edx; wrmsr\n"
		     "1:\tpop %rdx; pop %rcx; pop %rax; iretq");
}

/* Of the vCPU that samples; there is one at most. */
static struct guest_samples *sampling;

static struct guest_query ask_leaf(uint32_t leaf, uint32_t index)
{
	struct guest_query query = { .leaf = leaf, .index = index };

	ask(&query);
	return query;
}

struct interrupt_frame {
	uint64_t ip, cs, flags, sp, ss;
};

__attribute__((interrupt)) static void on_nmi(struct interrupt_frame *frame)
{
	struct guest_query got = ask_leaf(EXITSTAT_LEAF_SAMPLE, sampling->period);

	sampling->nmis++;
	if (!got.rax || got.rbx >> 16 != EXITSTAT_SAMPLE_MARK >> 16)
		return;
	sampling->samples += got.rax;
	sampling->reason = got.rbx & EXITSTAT_REASON_MASK;
	sampling->ip = frame->ip;
	sampling->rip = got.rdx << 32 | got.rcx;
	sampling->here += frame->ip == sampling->rip;
	sampling->before += frame->ip - sampling->rip - 1 < 15;
	got = ask_leaf(EXITSTAT_LEAF_SAMPLE, EXITSTAT_SAMPLE_ABOUT);
	sampling->about = got.rbx << 32 | got.rax;
}

static void load_idt(uint16_t limit)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idtr = { limit, (uint64_t)idt };

	asm volatile("lidt %0" : : "m"(idtr));
}

static struct idt_entry gate_to(uint64_t handler)
{
	return (struct idt_entry){
		.offset_low = handler, .selector = 8, .type = 0x8e,
		.offset_middle = handler >> 16, .offset_high = handler >> 32,
	};
}

/* The exits of the reasons that are sampled, on this vCPU. */
static uint64_t sampled_exits(void)
{
	struct guest_query got = ask_leaf(EXITSTAT_LEAF_SNAPSHOT,
					  sampling->selector | EXITSTAT_THIS_VCPU);

	return got.rbx << 32 | got.rax;
}

static void start_sampling(struct guest_shared *shared)
{
	sampling = &shared->sampling;
	idt[2] = gate_to((uint64_t)on_nmi);
	load_idt(sizeof(idt) - 1);
	sampling->granted = ask_leaf(EXITSTAT_LEAF_SELECT, sampling->selector).rax;
	sampling->exits = sampled_exits();
	ask_leaf(EXITSTAT_LEAF_ARM, sampling->period);
}

static void stop_sampling(void)
{
	if (!sampling->goes_on)
		ask_leaf(EXITSTAT_LEAF_ARM, 0);
	sampling->exits = sampled_exits() - sampling->exits;
}

static void enable_x2apic(void)
{
	idt[GUEST_TIMER_VECTOR] = gate_to((uint64_t)interrupt);
	idt[GUEST_WAKE_VECTOR] = idt[GUEST_TIMER_VECTOR];
	load_idt(sizeof(idt) - 1);
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
	wrmsr(MSR_X2APIC_SPIV, 0x1ff);
}

/*
 * Periodic: QEMU 7.2 may deliver an interrupt between STI and HLT, and the HLT then
 * waits for the next one.
 */
static void start_timer(uint32_t count)
{
	wrmsr(MSR_X2APIC_TIMER_DIVIDE, 0xb);
	wrmsr(MSR_X2APIC_LVT_TIMER, GUEST_TIMER_VECTOR | LVT_PERIODIC);
	wrmsr(MSR_X2APIC_TIMER_COUNT, count);
}

static void wait_for_deadline(void)
{
	uint32_t before = interrupts;

	wrmsr(MSR_TSC_DEADLINE, rdtsc() + VERY_SOON);
	asm volatile("sti" : : : "memory");
	while (interrupts == before)
		;
	asm volatile("cli" : : : "memory");
}

static void halt(void)
{
	asm volatile("sti; hlt; cli" : : : "memory");
}

/* An exception without a handler for it, nor for that. */
static void triple_fault(void)
{
	load_idt(0);
	asm volatile("ud2");
}

/* An end of interrupt that KVM does not need to see, and so no exit. */
static void enable_pv_eoi(void)
{
	wrmsr(MSR_KVM_PV_EOI_EN, (uint64_t)&no_eoi | 1);
	wrmsr(MSR_X2APIC_TIMER_DIVIDE, 0xb);
	wrmsr(MSR_X2APIC_LVT_TIMER, GUEST_TIMER_VECTOR);
}

/* How long the timer's interrupt takes, that is the longest gap in reading the TSC. */
static uint64_t be_interrupted(void)
{
	uint64_t now, before, longest = 0;
	uint32_t seen = interrupts;

	wrmsr(MSR_X2APIC_TIMER_COUNT, SHORT_TIMER_COUNT);
	asm volatile("sti" : : : "memory");
	before = rdtsc();
	while (interrupts == seen) {
		now = rdtsc();
		longest = now - before > longest ? now - before : longest;
		before = now;
	}
	now = rdtsc();
	asm volatile("cli" : : : "memory");
	return now - before > longest ? now - before : longest;
}

static void prepare(const struct guest_shared *shared)
{
	uint32_t job = shared->job;

	if (job == GUEST_HLT || job == GUEST_IDLE || job == GUEST_FAST_MSR ||
	    job == GUEST_DEADLINE || job == GUEST_TIMER || job == GUEST_WAKE ||
	    job == GUEST_INTERRUPT)
		enable_x2apic();
	if (job == GUEST_WAKE || job == GUEST_INTERRUPT)
		enable_pv_eoi();
	if (job == GUEST_HLT || job == GUEST_IDLE)
		start_timer(job == GUEST_HLT ? TIMER_COUNT : LONG_TIMER_COUNT);
	if (job == GUEST_DEADLINE || job == GUEST_TIMER)
		wrmsr(MSR_X2APIC_LVT_TIMER, GUEST_TIMER_VECTOR | LVT_TSC_DEADLINE);
}

static void work(struct guest_shared *shared)
{
	volatile uint8_t *fresh = (uint8_t *)GUEST_FRESH;
	struct guest_query query = { 0 };
	uint64_t begin, took;
	uint32_t i;

	prepare(shared);
	/* The host may end it. */
	for (i = 0; i < *(volatile uint32_t *)&shared->times; i++) {
		took = 0;
		begin = rdtsc();
		switch (shared->job) {
		case GUEST_CPUID:
			ask(&query);
			break;
		case GUEST_IO:
			out8(GUEST_PORT_WORK, 0);
			break;
		case GUEST_MSR:
			rdmsr(MSR_APIC_BASE);
			break;
		case GUEST_FAST_MSR:
			/* A fixed IPI to a vCPU that does not exist. */
			wrmsr(MSR_X2APIC_ICR, (uint64_t)0xee << 32 | GUEST_TIMER_VECTOR);
			break;
		case GUEST_DEADLINE:
			wrmsr(MSR_TSC_DEADLINE, FAR_AWAY);
			break;
		case GUEST_TIMER:
			wait_for_deadline();
			break;
		case GUEST_HYPERCALL:
			hypercall(shared->amd);
			break;
		case GUEST_HLT:
		case GUEST_IDLE:
		case GUEST_WAKE:
			halt();
			break;
		case GUEST_TOUCH:
			fresh[i * 4096] = 1;
			break;
		case GUEST_TOUCH_OPEN:
			/* STI does so only behind the next instruction. */
			asm volatile("sti; nop" : : : "memory");
			fresh[i * 4096] = 1;
			asm volatile("cli" : : : "memory");
			break;
		case GUEST_TRIPLE_FAULT:
			triple_fault();
			break;
		case GUEST_ASK:
			ask(&shared->queries[i]);
			break;
		case GUEST_MMIO_WRITE:
			*(volatile uint32_t *)GUEST_MMIO = 0;
			break;
		case GUEST_INTERRUPT:
			took = be_interrupted();
			break;
		}
		shared->took[i % GUEST_MAX_QUERIES] = took ? took : rdtsc() - begin;
	}
	if (shared->job == GUEST_HLT || shared->job == GUEST_IDLE)
		wrmsr(MSR_X2APIC_TIMER_COUNT, 0);
}

__attribute__((naked)) void nested_start(void)
{
	asm volatile("call *%rbx; hlt");
}

__attribute__((section(".start"), noreturn)) void guest_start(struct guest_shared *shared)
{
	if (shared->sampling.period)
		start_sampling(shared);
	if (!shared->nested)
		work(shared);
	else if (shared->amd)
		run_nested_on_svm(work, shared);
	else
		run_nested_on_vmx(work, shared);
	if (shared->sampling.period)
		stop_sampling();
	for (;;)
		out8(GUEST_PORT_DONE, 0);
}
