// SPDX-License-Identifier: GPL-2.0
/* What sampling takes of KVM: see guest_state.h. */
#define pr_fmt(fmt) "kvm_exitstat: " fmt

#include <linux/kvm_host.h>
#include <linux/printk.h>
#include <linux/static_call.h>

#include "exit_reason.h"
#include "guest.h"
#include "guest_state.h"
#include "symbol.h"

typedef void inject_function(struct kvm_vcpu *vcpu);

DEFINE_STATIC_CALL_NULL(inject, *(inject_function *)NULL);

static bool found __read_mostly;

/** exitstat_find_inject_nmi - find KVM's function; without it there is no sampling */
void exitstat_find_inject_nmi(void)
{
	inject_function *function = exitstat_symbol("kvm", "kvm_inject_nmi");

	static_call_update(inject, function);
	found = function;
	if (!found)
		pr_info("this kernel's KVM has no function kvm_inject_nmi: there is no sampling for guests\n");
}

bool exitstat_can_sample(void)
{
	return found && (!boot_cpu_has(X86_FEATURE_SVM) || exitstat_reason_offset);
}

/* With this offset, which exitstat_can_sample() wants. */
struct vmcb *exitstat_vmcb(struct kvm_vcpu *vcpu)
{
	return *(struct vmcb **)((void *)vcpu + exitstat_reason_offset);
}

void exitstat_inject_nmi(struct kvm_vcpu *vcpu)
{
	static_call(inject)(vcpu);
}
