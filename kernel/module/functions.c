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
#include <linux/version.h>

#include "events.h"
#include "exit_reason.h"
#include "functions.h"
#include "symbol.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define argument_of(regs)		((void *)(regs)->regs.di)
#define second_argument_of(regs)	((void *)(regs)->regs.si)
#define ftrace_regs_set_instruction_pointer	ftrace_instruction_pointer_set
#else
#define argument_of(regs)		((void *)ftrace_regs_get_argument(regs, 0))
#define second_argument_of(regs)	((void *)ftrace_regs_get_argument(regs, 1))
#endif

static bool (*stock_cpuid)(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
			   bool exact_only);

static void on_run(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		   struct ftrace_regs *regs)
{
	exitstat_run(argument_of(regs), GFP_ATOMIC | __GFP_ACCOUNT);
}

static void on_load(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		    struct ftrace_regs *regs)
{
	exitstat_load(argument_of(regs));
}

/*
 * The scheduler puts a vCPU whose thread is preempted or goes to sleep. When it is
 * neither, KVM_RUN is over, or another ioctl, which the account does not mind.
 */
static void on_put(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		   struct ftrace_regs *regs)
{
	struct kvm_vcpu *vcpu = argument_of(regs);

	if (!vcpu->preempted && task_is_running(current))
		exitstat_return();
	exitstat_put(vcpu);
}

static void on_halt(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		    struct ftrace_regs *regs)
{
	exitstat_halt();
}

static void on_destroy_vm(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			  struct ftrace_regs *regs)
{
	exitstat_destroy_vm(argument_of(regs));
}

/* KVM calls this function right after each exit. */
static void on_svm_exit(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			struct ftrace_regs *regs)
{
	exitstat_exit(exitstat_exit_reason(argument_of(regs)));
}

/* KVM answers first, so that its tracepoint sees every CPUID. */
static bool our_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
		  bool exact_only)
{
	u32 leaf = *eax, index = *ecx;
	bool exact = stock_cpuid(vcpu, eax, ebx, ecx, edx, exact_only);

	return exitstat_cpuid(vcpu, leaf, index, eax, ebx, ecx, edx) || exact;
}

/* Puts our_cpuid() in the place of KVM's, except when our_cpuid() is what calls it. */
static void on_cpuid(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		     struct ftrace_regs *regs)
{
	u32 leaf = *(u32 *)second_argument_of(regs);

	if (unlikely(exitstat_is_leaf(leaf)) && !within_module(parent_ip, THIS_MODULE))
		ftrace_regs_set_instruction_pointer(regs, (unsigned long)our_cpuid);
}

static struct function_hook {
	const char *name;
	struct ftrace_ops ops;
	unsigned long address;
} hooks[] = {
	{ "kvm_arch_destroy_vm", { .func = on_destroy_vm } },
	{ "kvm_vcpu_halt", { .func = on_halt } },
	{ "kvm_arch_vcpu_put", { .func = on_put } },
	{ "kvm_arch_vcpu_load", { .func = on_load } },
	{ "kvm_arch_vcpu_ioctl_run", { .func = on_run } },
	{ "kvm_cpuid", { .func = on_cpuid, .flags = FTRACE_OPS_FL_IPMODIFY } },
	{ "kvm_load_host_xsave_state", { .func = on_svm_exit } },
};

static bool wanted(const struct function_hook *hook)
{
	return hook->ops.func != on_svm_exit || exitstat_exit_is_a_function();
}

static int place(struct function_hook *hook)
{
	void *address = exitstat_symbol("kvm", hook->name);
	int error;

	if (!address) {
		pr_err("this kernel's KVM has no function %s: exitstat knows Linux 6.1 to 7.2\n",
		       hook->name);
		return -ENOENT;
	}
	if (hook->ops.func == on_cpuid)
		stock_cpuid = address;
	/* Not to be switched off by kernel.ftrace_enabled. */
	hook->ops.flags |= FTRACE_OPS_FL_PERMANENT;
	error = ftrace_set_filter_ip(&hook->ops, (unsigned long)address, 0, 1);
	if (!error)
		error = register_ftrace_function(&hook->ops);
	if (error) {
		pr_err("cannot place a hook on KVM's %s (%d): is a live patch on it, or kernel.ftrace_enabled 0?\n",
		       hook->name, error);
		return error;
	}
	hook->address = (unsigned long)address;
	return 0;
}

/**
 * exitstat_functions_place - place all hooks
 *
 * Return: 0, or an error, and then none is placed.
 */
int exitstat_functions_place(void)
{
	struct function_hook *hook;
	int error;

	for (hook = hooks; hook < hooks + ARRAY_SIZE(hooks); hook++) {
		error = wanted(hook) ? place(hook) : 0;
		if (error) {
			exitstat_functions_remove();
			return error;
		}
	}
	return 0;
}

/** exitstat_functions_remove - remove those that are placed; none runs any more */
void exitstat_functions_remove(void)
{
	struct function_hook *hook;

	for (hook = hooks + ARRAY_SIZE(hooks); hook-- > hooks; ) {
		if (!hook->address)
			continue;
		unregister_ftrace_function(&hook->ops);
		ftrace_set_filter_ip(&hook->ops, hook->address, 1, 0);
		hook->address = 0;
	}
}
