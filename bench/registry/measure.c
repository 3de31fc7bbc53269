// SPDX-License-Identifier: GPL-2.0
/*
 * What the registry's doings take with more and more VMs, by a TSC that counts instructions:
 * /sys/module/growth/parameters/table. It is the module's own registry; the addresses of the
 * VMs are made up, as KVM's lie in memory.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <asm/tsc.h>

#include "answer.h"
#include "events.h"
#include "meet.h"
#include "guest_state.h"
#include "registry.h"

#define NR_SAMPLES	25

static char table[2048];
module_param_string(table, table, sizeof(table), 0444);

/* These vCPUs have no processor to ask. */
bool exitstat_can_sample(void)
{
	return false;
}

struct vmcb *exitstat_vmcb(struct kvm_vcpu *vcpu)
{
	return NULL;
}

void exitstat_inject_nmi(struct kvm_vcpu *vcpu)
{
}

static unsigned int nr_vms, nr_vcpus;	/* VMs, and vCPUs of each */

static struct kvm *kvm_at(unsigned int vm)
{
	return (struct kvm *)(0xffffc90000000000 + vm * 0xb000ul);
}

static struct kvm_vcpu *vcpu_at(unsigned int vm, unsigned int vcpu)
{
	return (struct kvm_vcpu *)(0xffff888100000000 + (vm * nr_vcpus + vcpu) * 0x2800ul);
}

static int open_vcpu(unsigned int vm, unsigned int vcpu)
{
	const struct exitstat_meeting met = {
		.vcpu = vcpu_at(vm, vcpu), .kvm = kvm_at(vm), .index = vcpu, .vmm = 1 };

	return exitstat_attach(&met);
}

static void open_vm(unsigned int vm)
{
	struct exitstat_vcpu *v;
	unsigned int i;

	for (i = 0; i < nr_vcpus; i++) {
		if (open_vcpu(vm, i))
			return;
		v = exitstat_find_vcpu(vcpu_at(vm, i));
		exitstat_account_entry(v->account, rdtsc());
		exitstat_account_exit(v->account, 0, rdtsc());
	}
}

/* Some VM, each time another one. */
static unsigned int any_vm(unsigned int sample)
{
	return sample * 7919 % nr_vms;
}

static void nothing(unsigned int sample)
{
}

static void find(unsigned int sample)
{
	exitstat_find_vcpu(vcpu_at(any_vm(sample), 0));
}

static void ask(unsigned int sample)
{
	struct exitstat_regs regs;

	exitstat_answer(vcpu_at(any_vm(sample), 0), EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS,
			&regs);
}

/* One more than there are: opened, and ended. */
static void open_another(unsigned int sample)
{
	open_vcpu(nr_vms, 0);
}

static void end_another(unsigned int sample)
{
	exitstat_destroy_vm(kvm_at(nr_vms));
}

static void come_and_go(unsigned int sample)
{
	open_another(sample);
	end_another(sample);
}

static int compare(const void *a, const void *b)
{
	return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b;
}

typedef void doing(unsigned int sample);

static u32 median(doing *before, doing *measured, doing *after)
{
	u32 samples[NR_SAMPLES];
	unsigned int i;
	u64 start;

	for (i = 0; i < NR_SAMPLES; i++) {
		before(i);
		start = rdtsc();
		measured(i);
		samples[i] = rdtsc() - start;
		after(i);
		cond_resched();
	}
	sort(samples, NR_SAMPLES, sizeof(*samples), compare, NULL);
	/* The records of those that came and went. */
	rcu_barrier();
	rcu_barrier();
	return samples[NR_SAMPLES / 2];
}

static u32 took(doing *before, doing *measured, doing *after)
{
	return median(before, measured, after) - median(nothing, nothing, nothing);
}

static int add_line(char *line, int size)
{
	int n = scnprintf(line, size, "\n%u\t%u", nr_vms, nr_vms * nr_vcpus);

	n += scnprintf(line + n, size - n, "\t%u", took(nothing, find, nothing));
	n += scnprintf(line + n, size - n, "\t%u", took(nothing, ask, nothing));
	n += scnprintf(line + n, size - n, "\t%u", took(come_and_go, ask, nothing));
	exitstat_scope_host = true;
	n += scnprintf(line + n, size - n, "\t%u", took(nothing, ask, nothing));
	n += scnprintf(line + n, size - n, "\t%u", took(come_and_go, ask, nothing));
	exitstat_scope_host = false;
	n += scnprintf(line + n, size - n, "\t%u", took(nothing, open_another, end_another));
	n += scnprintf(line + n, size - n, "\t%u", took(open_another, end_another, nothing));
	return n;
}

static int measure(unsigned int vms, unsigned int vcpus_each, char *line, int size)
{
	unsigned int vm;
	int n = 0;

	nr_vms = vms;
	nr_vcpus = vcpus_each;
	for (vm = 0; vm < nr_vms; vm++) {
		open_vm(vm);
		cond_resched();
	}
	if (atomic_long_read(&exitstat_nr_vcpus) == nr_vms * nr_vcpus)
		n = add_line(line, size);
	exitstat_forget_vms();
	return n;
}

static int __init growth_init(void)
{
	static const unsigned int sizes[][2] = {
		{ 10, 1 }, { 1000, 1 }, { 10000, 1 }, { 10, 1000 },
	};
	int error = exitstat_way_init();
	int i, n, line;

	if (error)
		return error;
	exitstat_registry_init();
	n = scnprintf(table, sizeof(table),
		      "VMs\tvCPUs\tfind\tVM\tVM, others go\thost\thost, others go\topen\tend");
	for (i = 0; i < ARRAY_SIZE(sizes) && !error; i++) {
		line = measure(sizes[i][0], sizes[i][1], table + n, sizeof(table) - n);
		error = line ? 0 : -ENOMEM;
		n += line;
	}
	if (error)
		exitstat_way_exit();
	return error;
}
module_init(growth_init);

static void __exit growth_exit(void)
{
	exitstat_way_exit();
}
module_exit(growth_exit);

MODULE_DESCRIPTION("Measures exitstat's registry with many VMs");
MODULE_LICENSE("GPL");
