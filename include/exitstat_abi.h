/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The guest ABI of exitstat, version 1: VM exit statistics over CPUID.
 *
 * Every answer is four 32-bit registers. A register that is not named is 0, and
 * the upper halves of the 64-bit registers are cleared, as CPUID does. "low",
 * "high" are the halves of one 64-bit number. Counts are exits, returns or times;
 * cycles are cycles of the host's TSC, whose frequency the properties leaf
 * gives. Counters start at 0 when the vCPU first runs, only grow, and wrap at
 * 2^64.
 *
 * Check the identify leaf before you believe any other: a hypervisor without
 * exitstat answers these leaves with the data of the highest basic leaf (Intel)
 * or with zeros (AMD). See Documentation/abi.md.
 */
#ifndef EXITSTAT_ABI_H
#define EXITSTAT_ABI_H

#define EXITSTAT_ABI_VERSION	1

/* The leaves, CPUID's EAX. Those of the range not listed answer zeros. */
#define EXITSTAT_LEAF_FIRST	0x4ffffff0

/* EAX = ABI version; EBX, ECX, EDX = EXITSTAT_SIGNATURE. */
#define EXITSTAT_LEAF_IDENTIFY	0x4ffffff0

/*
 * EAX = host TSC frequency, kHz; EBX = EXITSTAT_FEATURE_* bits; ECX =
 * EXITSTAT_SPACE_*; EDX = vCPUs in scope.
 */
#define EXITSTAT_LEAF_PROPERTIES	0x4ffffff1

/* ECX = selector. EAX, EBX = exits, low and high; ECX, EDX = cycles, low and high. */
#define EXITSTAT_LEAF_SNAPSHOT	0x4ffffff2

/*
 * ECX = selector. EAX = the lowest reason at or above the selector's that has
 * exits, EXITSTAT_NEXT_NONE when there is none. EXITSTAT_ALL_REASONS is ignored.
 */
#define EXITSTAT_LEAF_NEXT	0x4ffffff3

/*
 * ECX = EXITSTAT_STATE_* | EXITSTAT_THIS_VCPU. EAX, EBX = times entered, low and
 * high; ECX, EDX = cycles in it, low and high.
 */
#define EXITSTAT_LEAF_STATE	0x4ffffff4

/*
 * ECX = selector. EAX, EBX = returns to userspace, low and high; ECX, EDX =
 * cycles that the VMM then took, low and high.
 */
#define EXITSTAT_LEAF_VMM	0x4ffffff5

/*
 * ECX = histogram selector with an even bucket. EAX, EBX = its count, low and high; ECX, EDX =
 * the count of the bucket above it, low and high. With EXITSTAT_FOUR_BUCKETS, and a multiple of
 * four: EAX, EBX, ECX, EDX = the counts of that bucket and of the three above it, each
 * EXITSTAT_COUNT_LARGE where it is that or more.
 */
#define EXITSTAT_LEAF_HISTOGRAM	0x4ffffff6

/*
 * ECX = histogram selector, bucket 0. EAX, EBX = cycles of the longest, low and high; ECX, EDX =
 * a map, low and high: bit n is 1 when bucket n is not empty.
 */
#define EXITSTAT_LEAF_LONGEST	0x4ffffff7

/*
 * Sampling, for the guest's kernel alone: in less privileged code, and in guests of the guest,
 * these three answer zeros. An NMI follows every so many exits of the vCPU that asks for it.
 */

/*
 * ECX = selector: the exits of which reason count. EAX = the least countdown that is granted;
 * 0 when these exits have no samples, or the host has switched sampling off.
 */
#define EXITSTAT_LEAF_SELECT	0x4ffffff8

/*
 * ECX = countdown: exits to the next NMI, 0 for none at all. EAX = what was left of the last
 * countdown; 0 when it has ended.
 */
#define EXITSTAT_LEAF_ARM	0x4ffffff9

/*
 * ECX = countdown. EAX = NMIs since the last question; EBX, bits 31:16 = EXITSTAT_SAMPLE_MARK's,
 * bits 15:0 = the exit's reason; ECX, EDX = linear address of its instruction, low and high.
 * Where EAX is not 0 and nothing has been armed since, the countdown begins. With
 * EXITSTAT_SAMPLE_ABOUT nothing does: EAX, EBX = what the exit was about, low and high.
 */
#define EXITSTAT_LEAF_SAMPLE	0x4ffffffa

/*
 * For the guest's kernel alone: who may see the leaves. ECX = 1: less privileged code no more, to
 * which CPUID then answers as on a host without exitstat; 0: everybody; any other: no change. EAX =
 * EXITSTAT_RESTRICTED_* bits, what holds.
 */
#define EXITSTAT_LEAF_RESTRICT	0x4ffffffb

/*
 * The four course leaves. A host may have been told to answer them as another term of the
 * course has them: see the ABI document.
 */

/* EAX, EBX = exits of the whole scope, low and high. ECX is ignored. */
#define EXITSTAT_LEAF_EXITS	0x4ffffffc

/* EBX, ECX = cycles of the whole scope, high and low. ECX is ignored. */
#define EXITSTAT_LEAF_CYCLES	0x4ffffffd

/*
 * ECX = reason, all 32 bits. EAX, EBX = its exits, low and high. For a reason
 * that the vendor's manual does not define EDX = EXITSTAT_UNDEFINED.
 */
#define EXITSTAT_LEAF_REASON_EXITS	0x4ffffffe

/* ECX = reason, all 32 bits. EBX, ECX = its cycles, high and low; EDX as above. */
#define EXITSTAT_LEAF_REASON_CYCLES	0x4fffffff

#define EXITSTAT_LEAF_LAST	0x4fffffff

/* The identify leaf's EBX, ECX, EDX: 12 bytes with the final NUL. */
#define EXITSTAT_SIGNATURE	"KVMExitStat"

/* Properties: feature bits. */
#define EXITSTAT_FEATURE_HISTOGRAMS	(1u << 0)	/* histogram and longest answer */

#define EXITSTAT_FEATURE_SAMPLING	(1u << 1)	/* select, arm and sample answer */
#define EXITSTAT_FEATURE_RESTRICT	(1u << 2)	/* restrict answers */

/* Properties: what a reason is. */
#define EXITSTAT_SPACE_VMX	1	/* basic exit reason, Intel SDM vol. 3, appendix C */
#define EXITSTAT_SPACE_SVM	2	/* exit code, AMD64 APM vol. 2, appendix C */

/*
 * The selector, ECX. Bits 29:16 are 0; a selector that sets them selects
 * nothing. The reason's low 16 bits serve for SVM's negative codes, so that
 * VMEXIT_INVALID (-1) is 0xffff.
 */
#define EXITSTAT_REASON_MASK	0x0000ffffu
#define EXITSTAT_ALL_REASONS	(1u << 30)
#define EXITSTAT_THIS_VCPU	(1u << 31)

/*
 * The histogram selector, ECX: bits 15:0 a reason, or a state; bit 30 all reasons; bit 31 this
 * vCPU; bits 21:16 a bucket; bits 23:22 of what; bit 24 four buckets; the rest is 0.
 */
#define EXITSTAT_BUCKET_SHIFT	16
#define EXITSTAT_BUCKET_MASK	0x003f0000u
#define EXITSTAT_OF_MASK	0x00c00000u
#define EXITSTAT_OF_EXITS	0x00000000u	/* a reason's: host time from exit to entry */
#define EXITSTAT_OF_VMM		0x00400000u	/* a reason's: the VMM's time of a return */
#define EXITSTAT_OF_STATE	0x00800000u	/* a state's stays: VMM, halted or preempted */
#define EXITSTAT_FOUR_BUCKETS	(1u << 24)

#define EXITSTAT_COUNT_LARGE	0xffffffffu

/* Exits whose reason the host's exitstat has no counter for: see the ABI document. */
#define EXITSTAT_REASON_OTHER	0xefffu

/* Sampling. */
#define EXITSTAT_COUNTDOWN_MASK	0x7fffffffu
#define EXITSTAT_SAMPLE_ABOUT	(1u << 31)
#define EXITSTAT_SAMPLE_MARK	0x45580000u

/* The restrict leaf: an ECX that changes nothing. */
#define EXITSTAT_RESTRICT_ASK	2

/* Who has closed the leaves to programs. */
#define EXITSTAT_RESTRICTED_BY_GUEST	(1u << 0)
#define EXITSTAT_RESTRICTED_BY_HOST	(1u << 1)

#define EXITSTAT_NEXT_NONE	0xffffffffu
#define EXITSTAT_UNDEFINED	0xffffffffu

/* The states, of which a vCPU is at every moment in exactly one. */
enum exitstat_state {
	EXITSTAT_STATE_GUEST,		/* from VM entry to VM exit */
	EXITSTAT_STATE_HOST,		/* the kernel works on the last exit */
	EXITSTAT_STATE_VMM,		/* KVM_RUN has returned to userspace */
	EXITSTAT_STATE_HALTED,		/* the guest's HLT: polling and blocking */
	EXITSTAT_STATE_PREEMPTED,	/* runnable, but another task has the CPU */
	EXITSTAT_NR_STATES
};

/*
 * Buckets: two an octave, from 2^7 cycles on. Bucket 0 is what is below, the last one all that
 * is above.
 */
#define EXITSTAT_NR_BUCKETS	64

/* The bucket that has @cycles, which are in neither the first nor the last. */
static inline unsigned int exitstat_middle_bucket(unsigned long long cycles)
{
	/* 63 - , as compilers know it to be one instruction. */
	unsigned int octave = 63 ^ __builtin_clzll(cycles);

	/* The leading bit and the one below it are 2 or 3. */
	return 2 * octave + (unsigned int)(2 * cycles >> octave) - 15;
}

/* The bucket that has @cycles. */
static inline unsigned int exitstat_bucket(unsigned long long cycles)
{
	if (cycles < 1ull << 7)
		return 0;
	if (cycles >= 1ull << 38)
		return EXITSTAT_NR_BUCKETS - 1;
	return exitstat_middle_bucket(cycles);
}

/* The least cycles that are in @bucket. Those of the bucket before are less. */
static inline unsigned long long exitstat_bucket_begin(unsigned int bucket)
{
	if (!bucket)
		return 0;
	return (2ull + (bucket - 1) % 2) << ((bucket - 1) / 2 + 6);
}

#endif /* EXITSTAT_ABI_H */
