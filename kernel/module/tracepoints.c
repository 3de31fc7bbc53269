// SPDX-License-Identifier: GPL-2.0
/* Probes on KVM's tracepoints, all on the vCPU's own thread. */
#define pr_fmt(fmt) "kvm_exitstat: " fmt

#include <linux/kvm_host.h>
#include <linux/tracepoint.h>

#include "events.h"
#include "exit_reason.h"
#include "symbol.h"
#include "tracepoints.h"

/* A vCPU's first entry since the module was loaded, in the middle of the vCPU's life. */
static noinline void meet(struct kvm_vcpu *vcpu)
{
	exitstat_load(vcpu);
	if (!this_cpu_read(exitstat_loaded))
		exitstat_open(vcpu, GFP_ATOMIC | __GFP_ACCOUNT);
	exitstat_entry();
}

/* A later kernel's tracepoint has one argument more, in a register that we do not read. */
static void on_entry(void *data, struct kvm_vcpu *vcpu)
{
	struct exitstat_account *account = this_cpu_read(exitstat_loaded);

	if (likely(account))
		exitstat_account_entry(account, rdtsc());
	else
		meet(vcpu);
}

static void on_exit(void *data, struct kvm_vcpu *vcpu, u32 isa)
{
	exitstat_exit(exitstat_exit_reason(vcpu));
}

/* The last thing that kvm_vcpu_halt() does. */
static void on_wakeup(void *data, u64 ns, bool waited, bool valid)
{
	exitstat_wake();
}

static struct tracepoint_hook {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
} hooks[] = {
	{ "__tracepoint_kvm_vcpu_wakeup", on_wakeup },
	{ "__tracepoint_kvm_exit", on_exit },
	{ "__tracepoint_kvm_entry", on_entry },
};

static int add_probe(struct tracepoint_hook *hook)
{
	struct tracepoint *tracepoint = exitstat_symbol("kvm", hook->name);
	int error = -ENOENT;

	if (tracepoint)
		error = tracepoint_probe_register(tracepoint, hook->probe, NULL);
	if (error)
		pr_err("cannot place a probe on KVM's %s (%d): it takes CONFIG_KALLSYMS_ALL, and "
		       EXITSTAT_KNOWS "\n", hook->name, error);
	else
		hook->tracepoint = tracepoint;
	return error;
}

/**
 * exitstat_tracepoints_place - place all probes
 *
 * Return: 0, or an error, and then none is placed.
 */
int exitstat_tracepoints_place(void)
{
	struct tracepoint_hook *hook;
	int error;

	for (hook = hooks; hook < hooks + ARRAY_SIZE(hooks); hook++) {
		if (hook->probe == on_exit && exitstat_exit_is_a_function())
			continue;
		error = add_probe(hook);
		if (error) {
			exitstat_tracepoints_remove();
			return error;
		}
	}
	return 0;
}

/** exitstat_tracepoints_remove - remove those that are placed; none runs any more */
void exitstat_tracepoints_remove(void)
{
	struct tracepoint_hook *hook;

	for (hook = hooks + ARRAY_SIZE(hooks); hook-- > hooks; ) {
		if (!hook->tracepoint)
			continue;
		tracepoint_probe_unregister(hook->tracepoint, hook->probe, NULL);
		hook->tracepoint = NULL;
	}
	tracepoint_synchronize_unregister();
}
