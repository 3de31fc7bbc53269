// SPDX-License-Identifier: GPL-2.0
/*
 * causes [N]: four functions, each of which causes some N exits of its own kind. What they do is done
 * by themselves or by the kernel for them, without a library between, so that stacks are theirs.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PORT	0x80	/* POST codes, of no use to anybody */
#define LEAF	0x80000000
#define MSR	0x1b	/* IA32_APIC_BASE, which is written as it is */
#define PAGE	4096

#define apart	__attribute__((noinline, noipa))

static inline long system_call(long number, long a, long b, long c, long d)
{
	register long r10 asm("r10") = d;
	long result;

	asm volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
		     : "rcx", "r11", "memory");
	return result;
}

/* The processor asked, which a hypervisor answers. */
apart static void ask_cpu(long n)
{
	unsigned int a, b, c, d;

	while (n--)
		__cpuid(LEAF, a, b, c, d);
}

/* A device read that the VMM plays. */
apart static void read_port(long n)
{
	int fd = open("/dev/port", O_RDONLY);
	char byte;

	while (n--)
		system_call(SYS_pread64, fd, (long)&byte, 1, PORT);
	close(fd);
}

/* A register written by the kernel, on the CPU that we are on. */
apart static void write_msr(long n)
{
	int fd = open("/dev/cpu/0/msr", O_RDWR);
	uint64_t value;

	if (system_call(SYS_pread64, fd, (long)&value, sizeof(value), MSR) != sizeof(value))
		n = 0;
	while (n--)
		system_call(SYS_pwrite64, fd, (long)&value, sizeof(value), MSR);
	close(fd);
}

/* Memory that the host has to find. */
apart static void touch_memory(long n)
{
	char *memory = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	long i;

	if (memory == MAP_FAILED)
		exit(1);
	madvise(memory, n * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < n; i++)
		((volatile char *)memory)[i * PAGE] = 1;
	munmap(memory, n * PAGE);
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 10000;
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);

	ask_cpu(n);
	read_port(n);
	write_msr(n);
	touch_memory(n);
	return 0;
}
