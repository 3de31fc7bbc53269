/* SPDX-License-Identifier: GPL-2.0 */
/* The guest's privileged instructions. */
#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

#define READ_CR(number) \
({ \
	uint64_t cr; \
	asm volatile("mov %%cr" #number ", %0" : "=r"(cr)); \
	cr; \
})

#define WRITE_CR(number, value) \
	asm volatile("mov %0, %%cr" #number : : "r"((uint64_t)(value)) : "memory")

#endif /* INSTRUCTIONS_H */
