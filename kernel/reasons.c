// SPDX-License-Identifier: GPL-2.0
/*
 * Which exit reasons there are.
 *
 * VMX: Intel SDM vol. 3D, order 332831, appendix C, table C-1, as of 2025: basic
 * exit reasons 0 to 85, of which 35, 38, 42, 71, 82 and 83 are not defined.
 *
 * SVM: AMD64 APM vol. 2, publication 24593, revision 3.42, appendix C, table C-1.
 * It defines more codes than a page has room for counters, so the ones that no
 * processor takes have none: control registers other than 0, 2, 3, 4 and 8 and
 * debug registers above 7 raise #UD before the intercept is looked at (APM vol. 2,
 * section 15.8 and 15.9), and the manual reserves the exception vectors left out.
 */
#include "exitstat_abi.h"
#include "reasons.h"

struct exitstat_range {
	u32 first, last;
};

static const struct exitstat_range vmx_defined[] = {
	{ 0, 34 }, { 36, 37 }, { 39, 41 }, { 43, 70 }, { 72, 81 }, { 84, 85 },
};

static const struct exitstat_range vmx_counted[] = {
	{ 0, 34 }, { 36, 37 }, { 39, 41 }, { 43, 70 }, { 72, 81 }, { 84, 85 },
	{ EXITSTAT_OTHER, EXITSTAT_OTHER },
};

static const struct exitstat_range svm_defined[] = {
	{ 0x000, 0x0a6 }, { 0x400, 0x403 }, { -4u, -1u },
};

static const struct exitstat_range svm_counted[] = {
	{ 0x000, 0x000 }, { 0x002, 0x004 }, { 0x008, 0x008 },	/* CR read */
	{ 0x010, 0x010 }, { 0x012, 0x014 }, { 0x018, 0x018 },	/* CR write */
	{ 0x020, 0x027 }, { 0x030, 0x037 },			/* DR read, write */
	{ 0x040, 0x048 }, { 0x04a, 0x04e }, { 0x050, 0x053 },	/* exceptions, up to #XM */
	{ 0x055, 0x055 }, { 0x05c, 0x05e },			/* #CP; #HV, #VC, #SX */
	{ 0x060, 0x08f },					/* events, instructions */
	{ 0x090, 0x090 }, { 0x092, 0x094 }, { 0x098, 0x098 },	/* CR write traps */
	{ 0x0a0, 0x0a6 }, { 0x400, 0x403 },
	{ EXITSTAT_OTHER, EXITSTAT_OTHER },
	{ -4u, -1u },
};

/*
 * What running guests of Linux and Windows exit for often; KVM's fast paths and its users of
 * posted interrupts, AVIC and nested virtualisation among them.
 */
static const u32 vmx_usual[EXITSTAT_NR_ROWS - 1] = {
	1, 7,		/* external interrupt, interrupt window */
	10, 12, 18,	/* CPUID, HLT, VMCALL */
	30, 31, 32,	/* I/O, RDMSR, WRMSR */
	40, 48, 49,	/* PAUSE, EPT violation, EPT misconfiguration */
	52, 56,		/* preemption timer, APIC write */
};

static const u32 svm_usual[EXITSTAT_NR_ROWS - 1] = {
	0x060, 0x064,		/* INTR, VINTR */
	0x072, 0x077, 0x078,	/* CPUID, PAUSE, HLT */
	0x07b, 0x07c,		/* IOIO, MSR */
	0x080, 0x081, 0x0a6,	/* VMRUN, VMMCALL, IDLE_HLT */
	0x400, 0x401, 0x402,	/* NPF, AVIC_INCOMPLETE_IPI, AVIC_NOACCEL */
};

static bool in_ranges(const struct exitstat_range *range, size_t n, u32 reason)
{
	for (; n; n--, range++)
		if (reason >= range->first && reason <= range->last)
			return true;
	return false;
}

static void add_slot(struct exitstat_reasons *reasons, u32 reason)
{
	u8 slot = reasons->nr_slots++;

	reasons->number[slot] = reason;
	if (reason == EXITSTAT_OTHER)
		reasons->other = slot;
}

static void add_slots(struct exitstat_reasons *reasons, const struct exitstat_range *range,
		      size_t n)
{
	u32 reason;

	for (; n; n--, range++)
		for (reason = range->first; reason - range->first <= range->last - range->first;
		     reason++)
			add_slot(reasons, reason);
}

static void add_rows(struct exitstat_reasons *reasons, const u32 *usual)
{
	int i;

	for (i = 0; i < EXITSTAT_NR_ROWS - 1; i++)
		reasons->row[exitstat_reason_slot(reasons, usual[i])] = EXITSTAT_SHARED_ROW + 1 + i;
}

/**
 * exitstat_reasons_init - fill in a vendor's table
 * @reasons: the table
 * @space: EXITSTAT_SPACE_VMX or EXITSTAT_SPACE_SVM
 */
void exitstat_reasons_init(struct exitstat_reasons *reasons, u32 space)
{
	u32 index;
	u8 slot;

	memset(reasons, 0, sizeof(*reasons));
	reasons->space = space;
	if (space == EXITSTAT_SPACE_SVM)
		add_slots(reasons, svm_counted, ARRAY_SIZE(svm_counted));
	else
		add_slots(reasons, vmx_counted, ARRAY_SIZE(vmx_counted));

	memset(reasons->slot, reasons->other, sizeof(reasons->slot));
	for (slot = 0; slot < reasons->nr_slots; slot++) {
		index = exitstat_slot_index(reasons->number[slot]);
		if (index < EXITSTAT_SLOT_INDEXES)
			reasons->slot[index] = slot;
	}
	add_rows(reasons, space == EXITSTAT_SPACE_SVM ? svm_usual : vmx_usual);
}

/**
 * exitstat_reason_defined - does the vendor's manual define this exit reason?
 * @reasons: the vendor's table
 * @reason: all 32 bits of the number
 */
bool exitstat_reason_defined(const struct exitstat_reasons *reasons, u32 reason)
{
	if (reasons->space == EXITSTAT_SPACE_SVM)
		return in_ranges(svm_defined, ARRAY_SIZE(svm_defined), reason);
	return in_ranges(vmx_defined, ARRAY_SIZE(vmx_defined), reason);
}
