// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks at the entry of KVM's functions, by ftrace: a kprobe costs more, and others can
 * still trace the same functions.
 */
#define pr_fmt(fmt) "kvm_exitstat: " fmt

#include <linux/ftrace.h>
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/static_call.h>
#include <linux/version.h>

#include "events.h"
#include "exit_reason.h"
#include "functions.h"
#include "symbol.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define ftrace_regs_set_instruction_pointer	ftrace_instruction_pointer_set

static __always_inline unsigned long ftrace_regs_get_argument(struct ftrace_regs *regs,
							      unsigned int n)
{
	return n ? regs->regs.si : regs->regs.di;
}
#endif

#define ENDBR_BYTES	4

/*
 * ftrace changes one function after another. What takes a vCPU off a CPU and ends a VM is
 * hooked before what puts one there, and unhooked after it: another vCPU would find it.
 */
enum function { CPUID, PUT, DESTROY_VM, FIRST_TO_PUT_ON, EXIT = FIRST_TO_PUT_ON, RUN, SCHED_IN,
		HALT, NR_FUNCTIONS };

/* Each event reads these: in no cache line with what lies before them and may be written. */
static struct function_hook {
	const char *name;
	unsigned long address;
} hooks[NR_FUNCTIONS] ____cacheline_aligned_in_smp __read_mostly = {
	/* KVM calls this function right after each exit. */
	[EXIT] = { "kvm_load_host_xsave_state" },
	[PUT] = { "kvm_arch_vcpu_put" },
	/* KVM_RUN calls it, and nobody else, when it has loaded the vCPU. */
	[RUN] = { "kvm_sigset_activate" },
	/* The scheduler loads it; other ioctls do, too, but they are of no interest. */
	[SCHED_IN] = { "kvm_sched_in" },
	[HALT] = { "kvm_vcpu_halt" },
	[DESTROY_VM] = { "kvm_arch_destroy_vm" },
	[CPUID] = { "kvm_cpuid" },
};

static __always_inline void *argument_of(struct ftrace_regs *regs)
{
	return (void *)ftrace_regs_get_argument(regs, 0);
}

static __always_inline struct kvm_vcpu *vcpu_of(struct preempt_notifier *notifier)
{
	return container_of(notifier, struct kvm_vcpu, preempt_notifier);
}

static __always_inline bool is_in(unsigned long ip, enum function function)
{
	return ip - hooks[function].address <= ENDBR_BYTES;
}

static void on_event(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		     struct ftrace_regs *regs)
{
	if (is_in(ip, EXIT))
		exitstat_exit(exitstat_exit_reason(argument_of(regs)), exitstat_now());
	else if (is_in(ip, PUT))
		exitstat_put(argument_of(regs));
	else if (is_in(ip, SCHED_IN))
		exitstat_load(vcpu_of(argument_of(regs)));
	else if (is_in(ip, HALT))
		exitstat_halt();
}

/*
 * A hook must not sleep. What has to runs in the function's place, and calls it. The tasks
 * that are in there are counted, as they may sleep for long, and the module must stay.
 */
static atomic_t inside;

/* Nobody is woken, as that may sleep (PREEMPT_RT), and the module need not stay from here on. */
static void come_out(void)
{
	atomic_dec(&inside);
}

typedef void run_function(struct kvm_vcpu *vcpu);
typedef void destroy_function(struct kvm *kvm);

DEFINE_STATIC_CALL_NULL(stock_run, *(run_function *)NULL);
DEFINE_STATIC_CALL_NULL(stock_destroy, *(destroy_function *)NULL);

static void our_run(struct kvm_vcpu *vcpu)
{
	exitstat_open(vcpu);
	static_call(stock_run)(vcpu);
	come_out();
}

static void our_destroy(struct kvm *kvm)
{
	exitstat_destroy_vm(kvm);
	static_call(stock_destroy)(kvm);
	come_out();
}

typedef bool cpuid_function(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
			    bool exact_only);

DEFINE_STATIC_CALL_NULL(stock_cpuid, *(cpuid_function *)NULL);

/* KVM answers first, so that its tracepoint sees every CPUID. */
static bool our_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
		      bool exact_only)
{
	u32 leaf = *eax, index = *ecx;
	bool exact = static_call(stock_cpuid)(vcpu, eax, ebx, ecx, edx, exact_only);

	return exitstat_cpuid(vcpu, leaf, index, eax, ebx, ecx, edx) || exact;
}

/* Not when it is the function in its place that calls it. */
static __always_inline bool divert(struct ftrace_regs *regs, unsigned long parent_ip,
				   void *function)
{
	if (within_module(parent_ip, THIS_MODULE))
		return false;
	ftrace_regs_set_instruction_pointer(regs, (unsigned long)function);
	return true;
}

static noinline void divert_sleeper(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_regs *regs)
{
	void *function = NULL;

	if (is_in(ip, RUN)) {
		if (unlikely(!exitstat_try_run(argument_of(regs))))
			function = our_run;
	} else if (is_in(ip, DESTROY_VM)) {
		function = our_destroy;
	}
	if (function && divert(regs, parent_ip, function))
		atomic_inc(&inside);
}

/* CPUID is the most frequent, and has the registers to itself. */
static void on_diversion(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			 struct ftrace_regs *regs)
{
	if (unlikely(!is_in(ip, CPUID)))
		divert_sleeper(ip, parent_ip, regs);
	else if (unlikely(exitstat_is_leaf(*(u32 *)ftrace_regs_get_argument(regs, 1))))
		divert(regs, parent_ip, our_cpuid);
}

/*
 * Permanent ones are not switched off by kernel.ftrace_enabled. Events share one, and so do
 * diversions: each takes its time to unregister.
 */
static struct ftrace_ops event_ops = {
	.func = on_event,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static struct ftrace_ops diversion_ops = {
	.func = on_diversion,
	.flags = FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_IPMODIFY,
};

static struct ftrace_ops *ops_of(enum function function)
{
	return function == CPUID || function == RUN || function == DESTROY_VM ?
	       &diversion_ops : &event_ops;
}

/*
 * The call to ftrace is a function's first instruction, or the one behind its ENDBR, and
 * this address lies in either. Asked for the function, ftrace would look for a call in all
 * of it, and on 7.2 find another one in kvm_vcpu_halt.
 */
static int set_filter(enum function function, unsigned long address, bool remove)
{
	return ftrace_set_filter_ip(ops_of(function), address + ENDBR_BYTES, remove, 0);
}

static int find(enum function function)
{
	struct function_hook *hook = &hooks[function];

	if (function == EXIT && !exitstat_exit_is_a_function())
		return 0;
	hook->address = (unsigned long)exitstat_symbol("kvm", hook->name);
	if (!hook->address) {
		pr_err("this kernel's KVM has no function %s: " EXITSTAT_KNOWS "\n",
		       hook->name);
		return -ENOENT;
	}
	switch (function) {
	case CPUID:
		static_call_update(stock_cpuid, (cpuid_function *)hook->address);
		break;
	case RUN:
		static_call_update(stock_run, (run_function *)hook->address);
		break;
	case DESTROY_VM:
		static_call_update(stock_destroy, (destroy_function *)hook->address);
		break;
	default:
		break;
	}
	return 0;
}

static int find_all(void)
{
	enum function function;
	int error = 0;

	for (function = 0; function < NR_FUNCTIONS && !error; function++)
		error = find(function);
	return error;
}

static int add_hooks(enum function function, enum function end)
{
	int error = 0;

	for (; function < end && !error; function++) {
		if (!hooks[function].address)
			continue;
		error = set_filter(function, hooks[function].address, false);
		if (error)
			pr_err("ftrace cannot hook KVM's %s (%d): was KVM built without CONFIG_FUNCTION_TRACER, or is it a live patch's?\n",
			       hooks[function].name, error);
	}
	return error;
}

/* Those that are not hooked stay so. */
static void drop_hooks(enum function function, enum function end)
{
	for (; function < end; function++)
		if (hooks[function].address)
			set_filter(function, hooks[function].address, true);
}

static int place(struct ftrace_ops *ops, const char *names)
{
	int error = register_ftrace_function(ops);

	if (error)
		pr_err("ftrace cannot hook KVM's %s (%d): is kernel.ftrace_enabled 0, or a live patch in the way?\n",
		       names, error);
	return error;
}

/**
 * exitstat_functions_place - place all hooks
 *
 * Return: 0, or an error, and then exitstat_functions_remove() is to be called.
 */
int exitstat_functions_place(void)
{
	int error;

	error = find_all();
	if (!error)
		error = add_hooks(0, FIRST_TO_PUT_ON);
	if (!error)
		error = place(&event_ops, "kvm_arch_vcpu_put and others");
	if (!error)
		error = place(&diversion_ops, "kvm_cpuid and others");
	if (!error)
		error = add_hooks(FIRST_TO_PUT_ON, NR_FUNCTIONS);
	return error;
}

/* Return: 0 also when there is nothing to remove. */
static int remove(struct ftrace_ops *ops)
{
	return ops->flags & FTRACE_OPS_FL_ENABLED ? unregister_ftrace_function(ops) : 0;
}

/**
 * exitstat_functions_remove - remove those that are placed; none runs any more
 *
 * Return: 0, or an error when ftrace has switched itself off, and lets go of nothing.
 */
int exitstat_functions_remove(void)
{
	int error;

	drop_hooks(FIRST_TO_PUT_ON, NR_FUNCTIONS);
	error = remove(&diversion_ops);
	if (error)
		return error;
	while (atomic_read(&inside))
		schedule_timeout_uninterruptible(1);
	/* This waits until even those that have come out have left the module's code. */
	error = remove(&event_ops);
	if (error)
		return error;
	drop_hooks(0, FIRST_TO_PUT_ON);
	return 0;
}
