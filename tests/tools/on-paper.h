/* SPDX-License-Identifier: GPL-2.0 */
/* For lib/cpuid.c: CPUID as a VM on paper answers it, with a vCPU for each CPU that is here. */
#include <cpuid.h>

#undef __cpuid_count
#define __cpuid_count(leaf, ecx, a, b, c, d) on_paper(leaf, ecx, &(a), &(b), &(c), &(d))

void on_paper(unsigned int leaf, unsigned int index, unsigned int *eax, unsigned int *ebx,
	      unsigned int *ecx, unsigned int *edx);
