// SPDX-License-Identifier: GPL-2.0
#include <cpuid.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <asm/kvm_para.h>
#include <asm/svm.h>
#include <asm/vmx.h>

#include "small_vm.h"

#define MAX_CPUID	256
#define CPUID_TSC_DEADLINE	(1 << 24)
#define PAGE_PRESENT	7	/* present, writable, for CPL 3 as well */
#define RFLAGS_IOPL	0x3000	/* CPL 3 may do port I/O */
#define PAGE_LARGE	0x80
#define LARGE_PAGE	0x200000

extern const uint8_t guest_image[], guest_image_end[];

asm(".section .rodata\n"
    "guest_image: .incbin \"" GUEST_IMAGE "\"\n"
    "guest_image_end:\n"
    ".previous\n");

bool host_is_amd(void)
{
	uint32_t a, b, c, d;

	__cpuid(0, a, b, c, d);
	return b == signature_AMD_ebx;
}

/* Where the VMCB is, the module has from BTF. */
bool host_hides_vmcb(void)
{
	const char *way = getenv("exitstat_kvm");

	return host_is_amd() && way && !strcmp(way, "module") &&
	       access("/sys/kernel/btf/vmlinux", F_OK);
}

/* The reason of the exits that a job is made of. */
uint32_t reason_of(enum guest_job job)
{
	static const uint32_t svm[] = {
		[GUEST_CPUID] = SVM_EXIT_CPUID, [GUEST_IO] = SVM_EXIT_IOIO,
		[GUEST_MSR] = SVM_EXIT_MSR, [GUEST_FAST_MSR] = SVM_EXIT_MSR,
		[GUEST_HYPERCALL] = SVM_EXIT_VMMCALL,
		[GUEST_HLT] = SVM_EXIT_HLT, [GUEST_IDLE] = SVM_EXIT_HLT,
		[GUEST_TOUCH] = SVM_EXIT_NPF, [GUEST_TOUCH_OPEN] = SVM_EXIT_NPF,
		[GUEST_ASK] = SVM_EXIT_CPUID,
		[GUEST_DEADLINE] = SVM_EXIT_MSR, [GUEST_TRIPLE_FAULT] = SVM_EXIT_SHUTDOWN,
		[GUEST_MMIO_WRITE] = SVM_EXIT_NPF, [GUEST_WAKE] = SVM_EXIT_HLT,
		[GUEST_INTERRUPT] = SVM_EXIT_INTR,
	}, vmx[] = {
		[GUEST_CPUID] = EXIT_REASON_CPUID, [GUEST_IO] = EXIT_REASON_IO_INSTRUCTION,
		[GUEST_MSR] = EXIT_REASON_MSR_READ, [GUEST_FAST_MSR] = EXIT_REASON_MSR_WRITE,
		[GUEST_HYPERCALL] = EXIT_REASON_VMCALL,
		[GUEST_HLT] = EXIT_REASON_HLT, [GUEST_IDLE] = EXIT_REASON_HLT,
		[GUEST_TOUCH] = EXIT_REASON_EPT_VIOLATION,
		[GUEST_TOUCH_OPEN] = EXIT_REASON_EPT_VIOLATION, [GUEST_ASK] = EXIT_REASON_CPUID,
		[GUEST_DEADLINE] = EXIT_REASON_MSR_WRITE,
		[GUEST_TIMER] = EXIT_REASON_PREEMPTION_TIMER,
		[GUEST_TRIPLE_FAULT] = EXIT_REASON_TRIPLE_FAULT,
		[GUEST_MMIO_WRITE] = EXIT_REASON_EPT_MISCONFIG, [GUEST_WAKE] = EXIT_REASON_HLT,
		[GUEST_INTERRUPT] = EXIT_REASON_EXTERNAL_INTERRUPT,
	};

	job &= ~GUEST_NESTED;
	return host_is_amd() ? svm[job] : vmx[job];
}

static int kvm_ioctl(int fd, unsigned long request, const char *name, void *argument)
{
	int result;

	do {
		result = ioctl(fd, request, argument);
	} while (result < 0 && errno == EINTR);
	if (result < 0)
		err(1, "%s", name);
	return result;
}

#define KVM(fd, request, argument) \
	kvm_ioctl(fd, request, #request, (void *)(uintptr_t)(argument))

/* Identity-mapped 64-bit mode with flat segments. */
static void write_tables(struct small_vm *vm)
{
	uint64_t *pml4 = (uint64_t *)(vm->memory + GUEST_TABLES);
	uint64_t *pdpt = pml4 + 512, *pd = pdpt + 512, *gdt = pd + 512;
	uint64_t address;

	pml4[0] = (GUEST_TABLES + 0x1000) | PAGE_PRESENT;
	pdpt[0] = (GUEST_TABLES + 0x2000) | PAGE_PRESENT;
	for (address = 0; address <= GUEST_MMIO; address += LARGE_PAGE)
		pd[address / LARGE_PAGE] = address | PAGE_PRESENT | PAGE_LARGE;
	gdt[1] = 0x00af9b000000ffff;
	gdt[2] = 0x00cf93000000ffff;
}

static void start_in_long_mode(struct small_vm *vm, int vcpu)
{
	struct kvm_segment code = { .limit = ~0u, .selector = 8, .type = 11, .present = 1,
				    .s = 1, .l = 1, .g = 1 };
	struct kvm_segment data = { .limit = ~0u, .selector = 16, .type = 3, .present = 1,
				    .s = 1, .db = 1, .g = 1 };
	struct kvm_regs regs = {
		.rip = GUEST_CODE, .rflags = 2,
		.rsp = GUEST_STACKS + (vcpu + 1) * 0x1000 - 8,
		.rdi = GUEST_SHARED + vcpu * GUEST_SHARED_BYTES,
	};
	struct kvm_sregs sregs;

	if (vm->at_cpl3) {
		code.selector |= 3;
		data.selector |= 3;
		code.dpl = data.dpl = 3;
		regs.rflags |= RFLAGS_IOPL;
	}

	KVM(vm->vcpus[vcpu], KVM_GET_SREGS, &sregs);
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.gdt.base = GUEST_TABLES + 0x3000;
	sregs.gdt.limit = 23;
	sregs.cr0 = 0x80000011;		/* PG, ET, PE */
	sregs.cr3 = GUEST_TABLES;
	sregs.cr4 = 0x20;		/* PAE */
	sregs.efer = 0x500;		/* LMA, LME */
	KVM(vm->vcpus[vcpu], KVM_SET_SREGS, &sregs);
	KVM(vm->vcpus[vcpu], KVM_SET_REGS, &regs);
}

static void give_cpuid(struct small_vm *vm, int vcpu)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[MAX_CPUID];
	} cpuid = { .head.nent = MAX_CPUID };
	struct kvm_cpuid_entry2 *entry = cpuid.entries;

	KVM(vm->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid);
	/* KVM fills in the APIC ID of the CPU that we happen to be on. */
	for (; entry < cpuid.entries + cpuid.head.nent; entry++) {
		if (entry->function == 1) {
			entry->ebx = (entry->ebx & 0xffffff) | vcpu << 24;
			/* KVM's APIC has it, but leaves it to the VMM to say so. */
			entry->ecx |= CPUID_TSC_DEADLINE;
		}
		if (entry->function == 0xb)
			entry->edx = vcpu;
	}
	KVM(vm->vcpus[vcpu], KVM_SET_CPUID2, &cpuid);
}

static void set_mp_state(struct small_vm *vm, int vcpu, uint32_t state)
{
	struct kvm_mp_state mp_state = { state };

	KVM(vm->vcpus[vcpu], KVM_SET_MP_STATE, &mp_state);
}

static void create_vcpu(struct small_vm *vm, int vcpu)
{
	int size = KVM(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	vm->vcpus[vcpu] = KVM(vm->fd, KVM_CREATE_VCPU, vcpu);
	vm->runs[vcpu] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpus[vcpu], 0);
	if (vm->runs[vcpu] == MAP_FAILED)
		err(1, "mmap of a vCPU");
	give_cpuid(vm, vcpu);
	set_mp_state(vm, vcpu, KVM_MP_STATE_RUNNABLE);
}

void vm_create(struct small_vm *vm, int nr_vcpus)
{
	struct kvm_userspace_memory_region region = { .memory_size = GUEST_BYTES };
	int i;

	*vm = (struct small_vm){ .nr_vcpus = nr_vcpus };
	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		err(1, "/dev/kvm");
	vm->fd = KVM(vm->kvm, KVM_CREATE_VM, 0);
	KVM(vm->fd, KVM_CREATE_IRQCHIP, 0);

	vm->memory = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vm->memory == MAP_FAILED)
		err(1, "mmap of the guest's memory");
	/* One page, one nested page fault. */
	madvise(vm->memory, GUEST_BYTES, MADV_NOHUGEPAGE);
	memcpy(vm->memory + GUEST_CODE, guest_image, guest_image_end - guest_image);
	write_tables(vm);
	region.userspace_addr = (uintptr_t)vm->memory;
	KVM(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);

	for (i = 0; i < nr_vcpus; i++)
		create_vcpu(vm, i);
}

void vm_destroy(struct small_vm *vm)
{
	int i, size = KVM(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	for (i = 0; i < vm->nr_vcpus; i++) {
		munmap(vm->runs[i], size);
		close(vm->vcpus[i]);
	}
	close(vm->fd);
	close(vm->kvm);
	munmap(vm->memory, GUEST_BYTES);
}

struct guest_shared *vm_shared(struct small_vm *vm, int vcpu)
{
	return (struct guest_shared *)(vm->memory + GUEST_SHARED + vcpu * GUEST_SHARED_BYTES);
}

/*
 * Run one job on a vCPU, in the calling thread, until the guest says that it is done:
 * returns KVM_EXIT_IO, or why else KVM gave up.
 */
uint32_t vm_try(struct small_vm *vm, int vcpu, enum guest_job job, uint32_t times)
{
	struct guest_shared *shared = vm_shared(vm, vcpu);
	struct kvm_run *run = vm->runs[vcpu];

	start_in_long_mode(vm, vcpu);
	shared->job = job & ~GUEST_NESTED;
	shared->nested = job & GUEST_NESTED;
	shared->times = times;
	shared->amd = host_is_amd();
	for (;;) {
		KVM(vm->vcpus[vcpu], KVM_RUN, 0);
		if (run->exit_reason == KVM_EXIT_IO && run->io.port == GUEST_PORT_DONE)
			return run->exit_reason;
		if (run->exit_reason != KVM_EXIT_IO && run->exit_reason != KVM_EXIT_MMIO)
			return run->exit_reason;
		if (vm->on_io)
			vm->on_io();
	}
}

void vm_run(struct small_vm *vm, int vcpu, enum guest_job job, uint32_t times)
{
	uint32_t reason = vm_try(vm, vcpu, job, times);

	if (reason != KVM_EXIT_IO)
		errx(1, "KVM_RUN returned with reason %u", reason);
}

/*
 * Enter the guest without a task register, which VMX does not allow: returns the whole
 * exit reason of the VM entry that fails.
 */
uint64_t vm_fail_entry(struct small_vm *vm, int vcpu)
{
	struct kvm_run *run = vm->runs[vcpu];
	struct kvm_sregs sregs;

	start_in_long_mode(vm, vcpu);
	KVM(vm->vcpus[vcpu], KVM_GET_SREGS, &sregs);
	sregs.tr.unusable = 1;
	KVM(vm->vcpus[vcpu], KVM_SET_SREGS, &sregs);
	KVM(vm->vcpus[vcpu], KVM_RUN, 0);
	if (run->exit_reason != KVM_EXIT_FAIL_ENTRY)
		errx(1, "KVM_RUN returned with reason %u", run->exit_reason);
	sregs.tr.unusable = 0;
	KVM(vm->vcpus[vcpu], KVM_SET_SREGS, &sregs);
	return run->fail_entry.hardware_entry_failure_reason;
}

/* KVM_RUN that is interrupted before it enters the guest, or where it waits. */
static void run_interrupted(struct small_vm *vm, int vcpu)
{
	if (ioctl(vm->vcpus[vcpu], KVM_RUN, 0) >= 0 || errno != EINTR)
		err(1, "KVM_RUN was to be interrupted");
}

void vm_run_nothing(struct small_vm *vm, int vcpu)
{
	struct kvm_run *run = vm->runs[vcpu];

	run->immediate_exit = 1;
	run_interrupted(vm, vcpu);
	run->immediate_exit = 0;
}

static struct kvm_run *interrupted;

/* KVM_RUN that begins only after the signal returns at once, too. */
static void on_alarm(int signal)
{
	(void)signal;
	interrupted->immediate_exit = 1;
}

/*
 * As after an INIT: the vCPU wants a SIPI, which does not come for less than a second. The time
 * begins before KVM_RUN does, by as much as a busy machine keeps the thread from its CPU.
 */
void vm_want_sipi(struct small_vm *vm, int vcpu, unsigned int milliseconds)
{
	struct itimerval timer = { .it_value.tv_usec = milliseconds * 1000 };
	struct sigaction action = { .sa_handler = on_alarm };

	interrupted = vm->runs[vcpu];
	sigaction(SIGALRM, &action, NULL);
	set_mp_state(vm, vcpu, KVM_MP_STATE_INIT_RECEIVED);
	setitimer(ITIMER_REAL, &timer, NULL);
	run_interrupted(vm, vcpu);
	interrupted->immediate_exit = 0;
	set_mp_state(vm, vcpu, KVM_MP_STATE_RUNNABLE);
}

/* From now on KVM tells the guest the steal time of this vCPU. */
void vm_tell_steal(struct small_vm *vm, int vcpu)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = {
		.head.nmsrs = 1,
		.entry = { .index = MSR_KVM_STEAL_TIME, .data = GUEST_STEAL | KVM_MSR_ENABLED },
	};

	if (KVM(vm->vcpus[vcpu], KVM_SET_MSRS, &msrs) != 1)
		errx(1, "KVM has no steal time");
}

/* In nanoseconds, as of the last VM entry after the vCPU's thread got a CPU. */
uint64_t vm_steal(struct small_vm *vm)
{
	return ((struct kvm_steal_time *)(vm->memory + GUEST_STEAL))->steal;
}

/* The vCPU's GUEST_WAKE_VECTOR, from any thread. */
void vm_wake(struct small_vm *vm, int vcpu)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000 | vcpu << 12, .data = GUEST_WAKE_VECTOR };

	KVM(vm->fd, KVM_SIGNAL_MSI, &msi);
}

struct guest_query vm_ask(struct small_vm *vm, int vcpu, uint32_t leaf, uint32_t index)
{
	struct guest_query *query = vm_shared(vm, vcpu)->queries;

	*query = (struct guest_query){ .leaf = leaf, .index = index };
	vm_run(vm, vcpu, GUEST_ASK, 1);
	return *query;
}

static struct pair pair_of(const struct guest_query *query)
{
	return (struct pair){ query->rbx << 32 | query->rax, query->rdx << 32 | query->rcx };
}

/* The answer of a leaf that gives a count and cycles. */
struct pair vm_pair(struct small_vm *vm, int vcpu, uint32_t leaf, uint32_t index)
{
	struct guest_query query = vm_ask(vm, vcpu, leaf, index);

	return pair_of(&query);
}

/*
 * The exits of all vCPUs but the reader, which stand still: those of the VM less the
 * reader's own. The reader asks for its own before and after, so that each reading gives
 * a lowest and a highest number; other exits of the reader's come between at times, and
 * readings go on until the two meet.
 */
uint64_t vm_others(struct small_vm *vm, int reader, uint32_t selector)
{
	struct guest_query *query = vm_shared(vm, reader)->queries;
	bool own = selector & EXITSTAT_ALL_REASONS || selector == reason_of(GUEST_ASK);
	uint64_t before, all, after, low = 0, high = UINT64_MAX;
	int tries = 10000;

	while (low < high) {
		if (!tries--)
			errx(1, "no quiet moment to read in: is the machine very busy?");
		query[0] = query[2] = (struct guest_query){
			.leaf = EXITSTAT_LEAF_SNAPSHOT, .index = selector | EXITSTAT_THIS_VCPU };
		query[1] = (struct guest_query){
			.leaf = EXITSTAT_LEAF_SNAPSHOT, .index = selector };
		vm_run(vm, reader, GUEST_ASK, 3);
		before = pair_of(&query[0]).count + own;
		all = pair_of(&query[1]).count;
		after = pair_of(&query[2]).count - own;
		/* The others may have none, and the reader's own have gone on. */
		if (all > after && all - after > low)
			low = all - after;
		if (all - before < high)
			high = all - before;
	}
	if (low > high)
		errx(1, "the other vCPUs do not stand still: %" PRIu64 " exits, then %" PRIu64
		     "; the last reading: %" PRIu64 " of all, the reader's %" PRIu64 " to %" PRIu64,
		     high, low, all, before, after);
	return low;
}
