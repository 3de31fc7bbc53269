// SPDX-License-Identifier: GPL-2.0
/* Probes on KVM's tracepoints, all on the vCPU's own thread. */
#define pr_fmt(fmt) "kvm_exitstat: " fmt

#include <linux/kvm_host.h>
#include <linux/tracepoint.h>

#include "events.h"
#include "exit_reason.h"
#include "member.h"
#include "symbol.h"
#include "tracepoints.h"

/*
 * kvm_entry's arguments vary, and distributions take that over into older kernels. A kernel
 * with CFI calls only functions of the very type.
 */
static void on_entry(void *data, struct kvm_vcpu *vcpu)
{
	exitstat_entry(vcpu);
}

static void on_entry_with_flag(void *data, struct kvm_vcpu *vcpu, bool force_immediate_exit)
{
	exitstat_entry(vcpu);
}

static void on_exit(void *data, struct kvm_vcpu *vcpu, u32 isa)
{
	exitstat_exit(exitstat_exit_reason(vcpu), exitstat_now());
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

#define ENTRY_PROBE	(hooks[ARRAY_SIZE(hooks) - 1].probe)

static int choose_entry_probe(void)
{
	switch (exitstat_tracepoint_arguments("kvm_entry")) {
	case 1:
		ENTRY_PROBE = on_entry;
		return 0;
	case 2:
		ENTRY_PROBE = on_entry_with_flag;
		return 0;
	}
	ENTRY_PROBE = on_entry;
	if (!IS_ENABLED(CONFIG_CFI_CLANG) && !IS_ENABLED(CONFIG_CFI))
		return 0;
	pr_err("this kernel has control-flow integrity, and its BTF does not tell of arguments of KVM's tracepoint kvm_entry that exitstat knows: "
	       EXITSTAT_KNOWS "\n");
	return -ENOENT;
}

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
 * Return: 0, or an error, and then exitstat_tracepoints_remove() is to be called.
 */
int exitstat_tracepoints_place(void)
{
	struct tracepoint_hook *hook;
	int error = choose_entry_probe();

	for (hook = hooks; hook < hooks + ARRAY_SIZE(hooks) && !error; hook++) {
		if (hook->probe == on_exit && exitstat_exit_is_a_function())
			continue;
		error = add_probe(hook);
	}
	return error;
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
