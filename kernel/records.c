// SPDX-License-Identifier: GPL-2.0
/* Memory for the records of the registry: of a VM, of a vCPU and its account, of histograms. */
#include <linux/kvm_host.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "events.h"
#include "meet.h"
#include "records.h"
#include "registry.h"

/*
 * A function of its own, so that it can be made to fail: a vCPU must run, uncounted,
 * when there is no memory for its account.
 */
static noinline struct exitstat_account *exitstat_account_alloc(gfp_t gfp)
{
	return (struct exitstat_account *)get_zeroed_page(gfp);
}

/**
 * exitstat_alloc_histograms - histograms, all empty, to be freed by kvfree()
 * @gfp: how to allocate
 *
 * Return: NULL when there is no memory.
 */
struct exitstat_histograms *exitstat_alloc_histograms(gfp_t gfp)
{
	struct exitstat_histograms *histograms = kvzalloc(sizeof(*histograms), gfp);

	if (histograms)
		exitstat_histograms_init(histograms, &exitstat_reasons);
	return histograms;
}

/**
 * exitstat_alloc_vcpu - the record of a vCPU, and its account
 * @met: the vCPU
 * @gfp: how to allocate
 *
 * Return: NULL when there is no memory.
 */
struct exitstat_vcpu *exitstat_alloc_vcpu(const struct exitstat_meeting *met, gfp_t gfp)
{
	struct exitstat_vcpu *v = kzalloc(sizeof(*v), gfp);

	if (!v)
		return NULL;
	v->vcpu = met->vcpu;
	v->index = met->index;
	v->account = exitstat_account_alloc(gfp);
	if (!v->account) {
		kfree(v);
		return NULL;
	}
	exitstat_account_init(v->account, exitstat_reasons.other);
	return v;
}

/**
 * exitstat_alloc_vm - the record of a VM, as the parameters want it
 * @met: one of its vCPUs
 * @gfp: how to allocate
 *
 * Return: NULL when there is no memory.
 */
struct exitstat_vm *exitstat_alloc_vm(const struct exitstat_meeting *met, gfp_t gfp)
{
	struct exitstat_vm *vm = kzalloc(sizeof(*vm), gfp);

	if (!vm)
		return NULL;
	vm->kvm = met->kvm;
	vm->vmm = met->vmm;
	vm->start_ns = ktime_get_boottime_ns();
	vm->exposure = READ_ONCE(exitstat_expose);
	vm->histograms = READ_ONCE(exitstat_histograms);
	INIT_LIST_HEAD(&vm->vcpus);
	return vm;
}

/** exitstat_free_vcpu - its account as well, and the histograms that this has */
void exitstat_free_vcpu(struct exitstat_vcpu *v)
{
	kvfree(v->account->histograms);
	free_page((unsigned long)v->account);
	kfree(v);
}
