/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/* Names of exit reasons and of states: for the library, and for the guest's kernel. */
#ifndef EXITSTAT_NAMES_H
#define EXITSTAT_NAMES_H

#include "exitstat_abi.h"

struct exitstat_name {
	unsigned int reason;
	const char *name;
};

/*
 * Named as in VMX_EXIT_REASONS and SVM_EXIT_REASONS of the newest kernel, whatever the
 * headers of the machine that builds this have: tests/names.t compares. What the kernel has
 * no name for is named after the manual.
 */
static const struct exitstat_name exitstat_vmx_names[] = {
	{ 0, "EXCEPTION_NMI" }, { 1, "EXTERNAL_INTERRUPT" }, { 2, "TRIPLE_FAULT" },
	{ 3, "INIT_SIGNAL" }, { 4, "SIPI_SIGNAL" }, { 5, "IO_SMI" }, { 6, "OTHER_SMI" },
	{ 7, "INTERRUPT_WINDOW" }, { 8, "NMI_WINDOW" }, { 9, "TASK_SWITCH" },
	{ 10, "CPUID" }, { 11, "GETSEC" }, { 12, "HLT" }, { 13, "INVD" }, { 14, "INVLPG" },
	{ 15, "RDPMC" }, { 16, "RDTSC" }, { 17, "RSM" }, { 18, "VMCALL" },
	{ 19, "VMCLEAR" }, { 20, "VMLAUNCH" }, { 21, "VMPTRLD" }, { 22, "VMPTRST" },
	{ 23, "VMREAD" }, { 24, "VMRESUME" }, { 25, "VMWRITE" }, { 26, "VMOFF" },
	{ 27, "VMON" }, { 28, "CR_ACCESS" }, { 29, "DR_ACCESS" }, { 30, "IO_INSTRUCTION" },
	{ 31, "MSR_READ" }, { 32, "MSR_WRITE" }, { 33, "INVALID_STATE" },
	{ 34, "MSR_LOAD_FAIL" }, { 36, "MWAIT_INSTRUCTION" }, { 37, "MONITOR_TRAP_FLAG" },
	{ 39, "MONITOR_INSTRUCTION" }, { 40, "PAUSE_INSTRUCTION" },
	{ 41, "MCE_DURING_VMENTRY" }, { 43, "TPR_BELOW_THRESHOLD" }, { 44, "APIC_ACCESS" },
	{ 45, "EOI_INDUCED" }, { 46, "GDTR_IDTR" }, { 47, "LDTR_TR" },
	{ 48, "EPT_VIOLATION" }, { 49, "EPT_MISCONFIG" }, { 50, "INVEPT" },
	{ 51, "RDTSCP" }, { 52, "PREEMPTION_TIMER" }, { 53, "INVVPID" }, { 54, "WBINVD" },
	{ 55, "XSETBV" }, { 56, "APIC_WRITE" }, { 57, "RDRAND" }, { 58, "INVPCID" },
	{ 59, "VMFUNC" }, { 60, "ENCLS" }, { 61, "RDSEED" }, { 62, "PML_FULL" },
	{ 63, "XSAVES" }, { 64, "XRSTORS" }, { 65, "PCONFIG" }, { 66, "SPP_EVENT" },
	{ 67, "UMWAIT" }, { 68, "TPAUSE" }, { 69, "LOADIWKEY" }, { 70, "ENCLV" },
	{ 72, "ENQCMD" }, { 73, "ENQCMDS" }, { 74, "BUS_LOCK" }, { 75, "NOTIFY" },
	{ 76, "SEAMCALL" }, { 77, "TDCALL" }, { 78, "RDMSRLIST" }, { 79, "WRMSRLIST" },
	{ 80, "URDMSR" }, { 81, "UWRMSR" }, { 84, "MSR_READ_IMM" }, { 85, "MSR_WRITE_IMM" },
};

static const struct exitstat_name exitstat_svm_names[] = {
	{ 0x000, "read_cr0" }, { 0x002, "read_cr2" }, { 0x003, "read_cr3" },
	{ 0x004, "read_cr4" }, { 0x008, "read_cr8" }, { 0x010, "write_cr0" },
	{ 0x012, "write_cr2" }, { 0x013, "write_cr3" }, { 0x014, "write_cr4" },
	{ 0x018, "write_cr8" }, { 0x020, "read_dr0" }, { 0x021, "read_dr1" },
	{ 0x022, "read_dr2" }, { 0x023, "read_dr3" }, { 0x024, "read_dr4" },
	{ 0x025, "read_dr5" }, { 0x026, "read_dr6" }, { 0x027, "read_dr7" },
	{ 0x030, "write_dr0" }, { 0x031, "write_dr1" }, { 0x032, "write_dr2" },
	{ 0x033, "write_dr3" }, { 0x034, "write_dr4" }, { 0x035, "write_dr5" },
	{ 0x036, "write_dr6" }, { 0x037, "write_dr7" }, { 0x040, "DE excp" },
	{ 0x041, "DB excp" }, { 0x043, "BP excp" }, { 0x044, "OF excp" },
	{ 0x045, "BR excp" }, { 0x046, "UD excp" }, { 0x047, "NM excp" },
	{ 0x048, "DF excp" }, { 0x04a, "TS excp" }, { 0x04b, "NP excp" },
	{ 0x04c, "SS excp" }, { 0x04d, "GP excp" }, { 0x04e, "PF excp" },
	{ 0x050, "MF excp" }, { 0x051, "AC excp" }, { 0x052, "MC excp" },
	{ 0x053, "XF excp" }, { 0x055, "CP excp" }, { 0x05c, "HV excp" },
	{ 0x05d, "VC excp" }, { 0x05e, "SX excp" }, { 0x060, "interrupt" },
	{ 0x061, "nmi" }, { 0x062, "smi" }, { 0x063, "init" }, { 0x064, "vintr" },
	{ 0x065, "cr0_sel_write" }, { 0x066, "read_idtr" }, { 0x067, "read_gdtr" },
	{ 0x068, "read_ldtr" }, { 0x069, "read_rt" }, { 0x06a, "write_idtr" },
	{ 0x06b, "write_gdtr" }, { 0x06c, "write_ldtr" }, { 0x06d, "write_rt" },
	{ 0x06e, "rdtsc" }, { 0x06f, "rdpmc" }, { 0x070, "pushf" }, { 0x071, "popf" },
	{ 0x072, "cpuid" }, { 0x073, "rsm" }, { 0x074, "iret" }, { 0x075, "swint" },
	{ 0x076, "invd" }, { 0x077, "pause" }, { 0x078, "hlt" }, { 0x079, "invlpg" },
	{ 0x07a, "invlpga" }, { 0x07b, "io" }, { 0x07c, "msr" }, { 0x07d, "task_switch" },
	{ 0x07e, "ferr_freeze" }, { 0x07f, "shutdown" }, { 0x080, "vmrun" },
	{ 0x081, "hypercall" }, { 0x082, "vmload" }, { 0x083, "vmsave" }, { 0x084, "stgi" },
	{ 0x085, "clgi" }, { 0x086, "skinit" }, { 0x087, "rdtscp" }, { 0x088, "icebp" },
	{ 0x089, "wbinvd" }, { 0x08a, "monitor" }, { 0x08b, "mwait" },
	{ 0x08c, "mwait_conditional" }, { 0x08d, "xsetbv" }, { 0x08e, "rdpru" },
	{ 0x08f, "write_efer_trap" }, { 0x090, "write_cr0_trap" },
	{ 0x092, "write_cr2_trap" }, { 0x093, "write_cr3_trap" },
	{ 0x094, "write_cr4_trap" }, { 0x098, "write_cr8_trap" }, { 0x0a0, "invlpgb" },
	{ 0x0a1, "illegal_invlpgb" }, { 0x0a2, "invpcid" }, { 0x0a3, "mcommit" },
	{ 0x0a4, "tlbsync" }, { 0x0a5, "buslock" }, { 0x0a6, "idle-halt" },
	{ 0x400, "npf" }, { 0x401, "avic_incomplete_ipi" },
	{ 0x402, "avic_unaccelerated_access" }, { 0x403, "vmgexit" },
	{ -4u, "invalid_pmc" }, { -3u, "idle_required" }, { -2u, "busy" },
	{ -1u, "invalid_guest_state" },
};

static const char *const exitstat_state_names[EXITSTAT_NR_STATES] = {
	[EXITSTAT_STATE_GUEST] = "guest",
	[EXITSTAT_STATE_HOST] = "host",
	[EXITSTAT_STATE_VMM] = "vmm",
	[EXITSTAT_STATE_HALTED] = "halted",
	[EXITSTAT_STATE_PREEMPTED] = "preempted",
};

#endif /* EXITSTAT_NAMES_H */
