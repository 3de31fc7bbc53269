// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Names of exit reasons, as the kernel's tracepoints have them, and of states. */
#include <stddef.h>
#include <stdint.h>

#include <asm/kvm.h>
#include <asm/svm.h>
#include <asm/vmx.h>

#include "handle.h"

struct name {
	uint32_t reason;
	const char *name;
};

static const struct name vmx_names[] = { VMX_EXIT_REASONS };
static const struct name svm_names[] = { SVM_EXIT_REASONS };

/* Defined by the manuals, not named in the headers of every release. */
static const struct name more_vmx_names[] = {
	{ 5, "IO_SMI" }, { 6, "OTHER_SMI" }, { 11, "GETSEC" }, { 17, "RSM" },
	{ 65, "PCONFIG" }, { 66, "SPP_EVENT" }, { 69, "LOADIWKEY" }, { 70, "ENCLV" },
	{ 72, "ENQCMD" }, { 73, "ENQCMDS" }, { 76, "SEAMCALL" },
	{ 77, "TDCALL" }, { 78, "RDMSRLIST" }, { 79, "WRMSRLIST" }, { 80, "URDMSR" },
	{ 81, "UWRMSR" }, { 84, "MSR_READ_IMM" }, { 85, "MSR_WRITE_IMM" },
};

static const struct name more_svm_names[] = {
	{ 0x055, "CP excp" }, { 0x05c, "HV excp" }, { 0x05d, "VC excp" }, { 0x05e, "SX excp" },
	{ 0x08c, "mwait_conditional" }, { 0x08e, "rdpru" }, { 0x092, "write_cr2_trap" },
	{ 0x093, "write_cr3_trap" }, { 0x0a0, "invlpgb" }, { 0x0a1, "illegal_invlpgb" },
	{ 0x0a3, "mcommit" }, { 0x0a4, "tlbsync" }, { 0x0a5, "bus_lock" },
	{ 0x0a6, "idle_hlt" }, { -4u, "invalid_pmc" }, { -3u, "idle_required" },
	{ -2u, "busy" },
};

static const char *find(const struct name *names, size_t n, uint32_t number)
{
	for (; n; n--, names++)
		if (names->reason == number)
			return names->name;
	return NULL;
}

#define FIND(names, number)	find(names, sizeof(names) / sizeof(*(names)), number)

EXPORT uint32_t exitstat_reason_number(uint32_t reason)
{
	return (int16_t)reason;
}

EXPORT const char *exitstat_reason_name(uint32_t space, uint32_t reason)
{
	uint32_t number = exitstat_reason_number(reason);
	const char *name = NULL;

	if (reason == EXITSTAT_REASON_OTHER)
		return "other";
	if (space == EXITSTAT_SPACE_VMX) {
		name = FIND(vmx_names, number);
		if (!name)
			name = FIND(more_vmx_names, number);
	} else if (space == EXITSTAT_SPACE_SVM) {
		name = FIND(svm_names, number);
		if (!name)
			name = FIND(more_svm_names, number);
	}
	return name;
}

EXPORT const char *exitstat_state_name(enum exitstat_state state)
{
	static const char *const names[EXITSTAT_NR_STATES] = {
		[EXITSTAT_STATE_GUEST] = "guest",
		[EXITSTAT_STATE_HOST] = "host",
		[EXITSTAT_STATE_VMM] = "vmm",
		[EXITSTAT_STATE_HALTED] = "halted",
		[EXITSTAT_STATE_PREEMPTED] = "preempted",
	};

	return state < EXITSTAT_NR_STATES ? names[state] : NULL;
}
