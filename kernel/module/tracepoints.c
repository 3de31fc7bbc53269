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

/*
 * What a tracepoint gives a probe varies, and distributions take that over into older kernels: of
 * the probes for one tracepoint that one is placed whose arguments it has, as
 * exitstat_tracepoint_arguments() writes them.
 */
static const struct probe {
	const char *tracepoint;
	const char *arguments;
	void *function;
} probes[] = {
	{ "kvm_vcpu_wakeup", "8bb", on_wakeup },
	{ "kvm_exit", "p4", on_exit },
	{ "kvm_entry", "p", on_entry },
	{ "kvm_entry", "pb", on_entry_with_flag },
};

static struct placed {
	struct tracepoint *tracepoint;
	void *function;
} placed[3];

/*
 * Where the kernel does not tell, the oldest does, but for a kernel with CFI, which calls only
 * functions of the very type.
 */
static const struct probe *choose_probe(const char *name)
{
	bool strict = IS_ENABLED(CONFIG_CFI_CLANG) || IS_ENABLED(CONFIG_CFI);
	const struct probe *probe;
	char arguments[8];

	exitstat_tracepoint_arguments(name, arguments, sizeof(arguments));
	for (probe = probes; probe < probes + ARRAY_SIZE(probes); probe++)
		if (!strcmp(probe->tracepoint, name) &&
		    (!strcmp(probe->arguments, arguments) || (!*arguments && !strict)))
			return probe;
	if (*arguments)
		pr_err("KVM's tracepoint %s has other arguments than exitstat knows (\"%s\"): "
		       EXITSTAT_KNOWS "\n", name, arguments);
	else
		pr_err("this kernel checks what it calls (CFI), and does not tell which arguments KVM's tracepoint %s has: it takes CONFIG_DEBUG_INFO_BTF_MODULES, or the graft\n",
		       name);
	return NULL;
}

static int place_probe(struct placed *place, const char *name)
{
	const struct probe *probe = choose_probe(name);
	struct tracepoint *tracepoint;
	char symbol[64];
	int error = -ENOENT;

	if (!probe)
		return error;
	snprintf(symbol, sizeof(symbol), "__tracepoint_%s", name);
	tracepoint = exitstat_symbol("kvm", symbol);
	if (tracepoint)
		error = tracepoint_probe_register(tracepoint, probe->function, NULL);
	if (error)
		pr_err("cannot place a probe on KVM's %s (%d): it takes CONFIG_KALLSYMS_ALL, and "
		       EXITSTAT_KNOWS "\n", symbol, error);
	else
		*place = (struct placed){ tracepoint, probe->function };
	return error;
}

/**
 * exitstat_tracepoints_place - place all probes
 *
 * Return: 0, or an error, and then exitstat_tracepoints_remove() is to be called.
 */
int exitstat_tracepoints_place(void)
{
	int error = place_probe(&placed[0], "kvm_vcpu_wakeup");

	if (!error && !exitstat_exit_is_a_function())
		error = place_probe(&placed[1], "kvm_exit");
	return error ?: place_probe(&placed[2], "kvm_entry");
}

/** exitstat_tracepoints_remove - remove those that are placed; none runs any more */
void exitstat_tracepoints_remove(void)
{
	struct placed *place;

	for (place = placed + ARRAY_SIZE(placed); place-- > placed; ) {
		if (place->tracepoint)
			tracepoint_probe_unregister(place->tracepoint, place->function, NULL);
		place->tracepoint = NULL;
	}
	tracepoint_synchronize_unregister();
}
