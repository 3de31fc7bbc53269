/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The host's interface of exitstat, version 1: /dev/exitstat, of kvm_exitstat.ko, or of kvm.ko
 * with exitstat in it. It is there while exitstat is attached to KVM.
 *
 * Who may read the device may ask any leaf of the guest ABI (exitstat_abi.h) of any VM, also
 * of one that sees nothing itself; who may write it may change what a VM sees. The questions
 * cost the VM no exit.
 *
 * All structures have the same layout for 32-bit callers; pointers are 64-bit numbers.
 * Reserved members are 0. Errors of every ioctl:
 *
 *	EFAULT	an address that is not the caller's
 *	EINVAL	a reserved member is not 0, a number is out of its range
 *	ENOTTY	no such ioctl, or not with a structure of this size: another version
 *	ENOMEM	no memory for a copy of the questions or answers
 */
#ifndef EXITSTAT_HOST_H
#define EXITSTAT_HOST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define EXITSTAT_HOST_VERSION	1

#define EXITSTAT_DEVICE		"/dev/exitstat"

/* Which of the two ways into KVM. */
#define EXITSTAT_WAY_MODULE	1
#define EXITSTAT_WAY_GRAFT	2

/**
 * struct exitstat_host_info - what there is, for EXITSTAT_HOST_INFO
 * @version: EXITSTAT_HOST_VERSION
 * @way: EXITSTAT_WAY_*
 * @space: what a reason is, EXITSTAT_SPACE_*
 * @tsc_khz: frequency of the host's TSC, kHz
 * @enabled: 1; 0 while the graft is switched off (kvm.exitstat=off), when it knows no VM
 * @reserved: 0
 * @vms: VMs that have run and not ended
 * @vcpus: their vCPUs that have run
 * @failed_allocations: how often there was no memory for an account, so that a vCPU ran
 *	uncounted, for a time at least
 */
struct exitstat_host_info {
	__u32 version;
	__u32 way;
	__u32 space;
	__u32 tsc_khz;
	__u32 enabled;
	__u32 reserved;
	__u64 vms;
	__u64 vcpus;
	__u64 failed_allocations;
};

/**
 * struct exitstat_host_vm - a VM
 * @id: its number, from 1 on, which no other VM gets as long as exitstat is loaded
 * @start_ns: when it first ran, CLOCK_BOOTTIME, ns; later where it ran before exitstat came
 * @pid: the process that made it, in the initial PID namespace
 * @vcpus: its vCPUs that have run
 * @exposure: what it sees, EXITSTAT_EXPOSE_*
 * @reserved: 0
 */
struct exitstat_host_vm {
	__u64 id;
	__u64 start_ns;
	__s32 pid;
	__u32 vcpus;
	__u32 exposure;
	__u32 reserved;
};

#define EXITSTAT_EXPOSE_NONE	0	/* CPUID answers as on a stock host */
#define EXITSTAT_EXPOSE_ALL	1	/* CPUID answers the leaves */
#define EXITSTAT_EXPOSE_KERNEL	2	/* it does so to the guest's kernel only, CPL 0 */

/**
 * struct exitstat_host_list - the VMs, a piece at a time, for EXITSTAT_HOST_LIST
 * @after: list those with a higher number than this, in ascending order
 * @vms: address of an array of struct exitstat_host_vm
 * @room: how many it has room for
 * @n: how many were written. Fewer than @room need not be the end: that is 0
 */
struct exitstat_host_list {
	__u64 after;
	__u64 vms;
	__u32 room;
	__u32 n;
};

/**
 * struct exitstat_host_vcpus - a VM's vCPUs, a piece at a time, for EXITSTAT_HOST_VCPUS
 * @id: the VM's number
 * @vcpus: address of an array of __u32: the vCPUs' indices, from 0 on in the order in which
 *	the VMM made them
 * @first: the lowest index to list; they are in ascending order
 * @room: how many the array has room for
 * @n: how many were written. Fewer than @room need not be the end: that is 0
 * @reserved: 0
 *
 * ESRCH: there is no such VM, or it has ended.
 */
struct exitstat_host_vcpus {
	__u64 id;
	__u64 vcpus;
	__u32 first;
	__u32 room;
	__u32 n;
	__u32 reserved;
};

/**
 * struct exitstat_host_question - a question, and its answer
 * @leaf: CPUID's EAX, EXITSTAT_LEAF_FIRST to EXITSTAT_LEAF_LAST
 * @subleaf: CPUID's ECX
 * @eax: the answer: CPUID's four registers
 * @ebx: the second
 * @ecx: the third
 * @edx: the fourth
 */
struct exitstat_host_question {
	__u32 leaf;
	__u32 subleaf;
	__u32 eax;
	__u32 ebx;
	__u32 ecx;
	__u32 edx;
};

/* Instead of a vCPU's index: no vCPU. EXITSTAT_THIS_VCPU then selects nothing. */
#define EXITSTAT_NO_VCPU	0xffffffffu

#define EXITSTAT_MAX_QUESTIONS	1024

/**
 * struct exitstat_host_ask - questions of a VM, for EXITSTAT_HOST_ASK
 * @id: the VM's number
 * @questions: address of an array of struct exitstat_host_question
 * @n: how many there are, up to EXITSTAT_MAX_QUESTIONS
 * @vcpu: answer as if this vCPU executed CPUID; its index, or EXITSTAT_NO_VCPU
 *
 * The answers are those that CPUID gives in the guest, whether the guest sees them or not, but
 * always of this VM, whatever the parameter scope says.
 *
 * ESRCH: there is no such VM, or it ended meanwhile; ENOENT: it has no such vCPU, or that has
 * not run yet.
 */
struct exitstat_host_ask {
	__u64 id;
	__u64 questions;
	__u32 n;
	__u32 vcpu;
};

/**
 * struct exitstat_host_expose - change what a VM sees, for EXITSTAT_HOST_EXPOSE
 * @id: the VM's number
 * @exposure: EXITSTAT_EXPOSE_*
 * @reserved: 0
 *
 * ESRCH: there is no such VM, or it has ended; EBADF: the device is not open for writing.
 */
struct exitstat_host_expose {
	__u64 id;
	__u32 exposure;
	__u32 reserved;
};

#define EXITSTAT_HOST_INFO	_IOR('x', 0xe0, struct exitstat_host_info)
#define EXITSTAT_HOST_LIST	_IOWR('x', 0xe1, struct exitstat_host_list)
#define EXITSTAT_HOST_VCPUS	_IOWR('x', 0xe2, struct exitstat_host_vcpus)
#define EXITSTAT_HOST_ASK	_IOW('x', 0xe3, struct exitstat_host_ask)
#define EXITSTAT_HOST_EXPOSE	_IOW('x', 0xe4, struct exitstat_host_expose)

#endif /* EXITSTAT_HOST_H */
