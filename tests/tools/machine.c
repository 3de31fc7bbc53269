// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdlib.h>

#include "leaves.h"
#include "machine.h"

struct machine {
	struct exitstat_account account[MACHINE_MAX_VCPUS];
	struct exitstat_histograms histograms[MACHINE_MAX_VCPUS];
	bool with_histograms;
	struct exitstat_reasons reasons;
	unsigned int vcpus;
	uint32_t tsc_khz;
	uint64_t now;
	enum machine_host host;
};

/* A vCPU that is unplugged, and another one plugged in. */
void machine_replace(struct machine *machine, unsigned int vcpu)
{
	memset(&machine->account[vcpu], 0, sizeof(*machine->account));
	exitstat_account_init(&machine->account[vcpu], machine->reasons.other);
	if (machine->with_histograms) {
		memset(&machine->histograms[vcpu], 0, sizeof(*machine->histograms));
		exitstat_histograms_init(&machine->histograms[vcpu], &machine->reasons);
		machine->account[vcpu].histograms = &machine->histograms[vcpu];
	}
	exitstat_account_entry(&machine->account[vcpu], machine->now);
}

static void start(struct machine *machine)
{
	unsigned int i;

	for (i = 0; i < machine->vcpus; i++)
		machine_replace(machine, i);
}

struct machine *machine_new(uint32_t space, unsigned int vcpus, uint32_t tsc_khz)
{
	struct machine *machine = aligned_alloc(PAGE_SIZE, sizeof(*machine) / PAGE_SIZE *
						PAGE_SIZE + PAGE_SIZE);

	if (!machine || vcpus > MACHINE_MAX_VCPUS)
		abort();
	memset(machine, 0, sizeof(*machine));
	machine->vcpus = vcpus;
	machine->tsc_khz = tsc_khz;
	machine->now = 1000000;
	exitstat_reasons_init(&machine->reasons, space);
	start(machine);
	return machine;
}

void machine_free(struct machine *machine)
{
	free(machine);
}

void machine_set_host(struct machine *machine, enum machine_host host)
{
	machine->host = host;
}

/* As on the host that the VM has just been moved to. */
void machine_forget(struct machine *machine)
{
	start(machine);
}

/* The host keeps histograms, from now on. */
void machine_keep_histograms(struct machine *machine)
{
	static_branch_enable(&exitstat_histograms_key);
	machine->with_histograms = true;
	start(machine);
}

unsigned int machine_vcpus(const struct machine *machine)
{
	return machine->vcpus;
}

void machine_pass(struct machine *machine, uint64_t cycles)
{
	machine->now += cycles;
}

uint64_t machine_ns(const struct machine *machine)
{
	return (unsigned __int128)machine->now * 1000000 / machine->tsc_khz;
}

static void leave(struct machine *machine, unsigned int vcpu, uint32_t reason)
{
	exitstat_account_exit(&machine->account[vcpu],
			      exitstat_reason_slot(&machine->reasons, reason), machine->now);
}

static void enter(struct machine *machine, unsigned int vcpu)
{
	exitstat_account_entry(&machine->account[vcpu], machine->now);
}

void machine_exit(struct machine *machine, unsigned int vcpu, uint32_t reason, uint64_t cycles)
{
	leave(machine, vcpu, reason);
	machine->now += cycles;
	enter(machine, vcpu);
}

void machine_vmm(struct machine *machine, unsigned int vcpu, uint32_t reason, uint64_t cycles,
		 uint64_t vmm_cycles)
{
	leave(machine, vcpu, reason);
	machine->now += cycles / 2;
	exitstat_account_return(&machine->account[vcpu], machine->now);
	machine->now += vmm_cycles;
	exitstat_account_run(&machine->account[vcpu], machine->now);
	machine->now += cycles - cycles / 2;
	enter(machine, vcpu);
}

void machine_fill_bucket(struct machine *machine, unsigned int vcpu, uint32_t reason,
			 unsigned int bucket, uint64_t exits)
{
	u8 slot = exitstat_reason_slot(&machine->reasons, reason);
	struct exitstat_histograms *histograms = &machine->histograms[vcpu];
	struct exitstat_row *row = exitstat_row_of(&histograms->tally, slot);

	if (!exits)
		return;
	exitstat_histograms_add(histograms, row, exitstat_bucket_begin(bucket));
	row->buckets[bucket] += exits - 1;
}

void machine_preempt(struct machine *machine, unsigned int vcpu, uint64_t cycles)
{
	exitstat_account_preempt(&machine->account[vcpu], machine->now);
	machine->now += cycles;
	exitstat_account_resume(&machine->account[vcpu], cycles, machine->now);
}

void machine_halt(struct machine *machine, unsigned int vcpu)
{
	leave(machine, vcpu, machine->reasons.space == EXITSTAT_SPACE_SVM ? 0x78 : 12);
	machine->now += 800;
	exitstat_account_halt(&machine->account[vcpu], machine->now);
}

void machine_wake(struct machine *machine, unsigned int vcpu)
{
	exitstat_account_wake(&machine->account[vcpu], machine->now);
	machine->now += 1200;
	enter(machine, vcpu);
}

static enum exitstat_numbering numbering_of(enum machine_host host)
{
	switch (host) {
	case HOST_FALL_2020:
		return EXITSTAT_FALL_2020;
	case HOST_FALL_2021:
		return EXITSTAT_FALL_2021;
	default:
		return EXITSTAT_FALL_2022;
	}
}

static struct exitstat_regs exitstat_leaf(struct machine *machine, unsigned int vcpu,
					  uint32_t leaf, uint32_t ecx)
{
	struct exitstat_query query;
	unsigned int i;

	leaf = exitstat_renumber(leaf, numbering_of(machine->host));
	exitstat_query_init(&query, &machine->reasons, leaf, ecx);
	query.vcpus = machine->vcpus;
	for (i = 0; i < machine->vcpus; i++)
		if (!query.this_vcpu || i == vcpu)
			exitstat_query_add(&query, &machine->account[i], machine->now);
	return exitstat_query_answer(&query, machine->tsc_khz);
}

static struct exitstat_regs text(uint32_t eax, const char *words)
{
	struct exitstat_regs regs = { .eax = eax };

	memcpy(&regs.ebx, words, 4);
	memcpy(&regs.ecx, words + 4, 4);
	memcpy(&regs.edx, words + 8, 4);
	return regs;
}

static bool is_intel(const struct machine *machine)
{
	return machine->host == HOST_STOCK_INTEL ||
	       (machine->host != HOST_STOCK_AMD && machine->reasons.space == EXITSTAT_SPACE_VMX);
}

/* The highest basic leaf of a Skylake, and of a Zen 3. */
static const struct exitstat_regs intel_highest = { 0x7d0, 0xe10, 0x64, 0 };
static const struct exitstat_regs amd_highest = { 7, 0x340, 0x340, 0 };

/* The interfaces that the host has, one after the other. */
static struct exitstat_regs hypervisor_leaf(enum machine_host host, unsigned int n)
{
	static const char *const xen[] = { "XenVMMXenVMM", "KVMKVMKVM\0\0" };
	static const char *const both[] = { "Microsoft Hv", "XenVMMXenVMM", "KVMKVMKVM\0\0" };
	static const struct exitstat_regs none;

	switch (host) {
	case HOST_HYPERV:
		return n ? none : text(0x4000000c, both[0]);
	case HOST_XEN:
		return n ? none : text(0x40000004, xen[0]);
	case HOST_KVM_AS_XEN:
		return n < 2 ? text(0x40000001 + 0x100 * n, xen[n]) : none;
	case HOST_KVM_AS_BOTH:
		return text(0x40000001 + 0x100 * n, both[n]);
	default:
		return n ? none : text(0x40000001, "KVMKVMKVM\0\0");
	}
}

static struct exitstat_regs basic_leaf(const struct machine *machine, uint32_t leaf)
{
	switch (leaf) {
	case 0:
		return is_intel(machine) ? text(0x16, "GenuntelineI") : text(0xd, "AuthcAMDenti");
	case 1:
		return (struct exitstat_regs){
			.ecx = machine->host == HOST_BARE_METAL ? 0 : 1u << 31 };
	}
	if (leaf >= 0x40000000 && leaf <= 0x40000200 && !(leaf & 0xff))
		return hypervisor_leaf(machine->host, (leaf - 0x40000000) / 0x100);
	return is_intel(machine) ? intel_highest : amd_highest;
}

static struct exitstat_regs answer(struct machine *machine, unsigned int vcpu, uint32_t leaf,
				   uint32_t ecx)
{
	struct exitstat_regs regs;

	if (!exitstat_is_leaf(leaf))
		return basic_leaf(machine, leaf);
	switch (machine->host) {
	case HOST_STOCK_INTEL:
	case HOST_BARE_METAL:
		return intel_highest;
	case HOST_STOCK_AMD:
	case HOST_HYPERV:
	case HOST_XEN:
	case HOST_KVM_AS_XEN:
	case HOST_KVM_AS_BOTH:
		return (struct exitstat_regs){ 0 };
	default:
		regs = exitstat_leaf(machine, vcpu, leaf, ecx);
		if (machine->host == HOST_NEWER_ABI && leaf == EXITSTAT_LEAF_IDENTIFY)
			regs.eax++;
		return regs;
	}
}

void machine_ask(struct machine *machine, unsigned int vcpu, uint32_t leaf, uint32_t ecx,
		 uint32_t regs[4])
{
	struct exitstat_regs r = exitstat_leaf(machine, vcpu, leaf, ecx);

	memcpy(regs, &r, sizeof(r));
}

void machine_cpuid(struct machine *machine, unsigned int vcpu, uint32_t leaf, uint32_t ecx,
		   uint32_t regs[4])
{
	struct exitstat_regs r;

	leave(machine, vcpu, machine->reasons.space == EXITSTAT_SPACE_SVM ? 0x72 : 10);
	machine->now += CPUID_CYCLES / 2;
	r = answer(machine, vcpu, leaf, ecx);
	machine->now += CPUID_CYCLES - CPUID_CYCLES / 2;
	enter(machine, vcpu);
	machine->now += 20;
	memcpy(regs, &r, sizeof(r));
}
