/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef EXITSTAT_SAMPLE_H
#define EXITSTAT_SAMPLE_H

#include "exitstat.h"

/* Which reason CPUID has. The same numbers as EXIT_REASON_CPUID and SVM_EXIT_CPUID. */
static inline uint32_t exitstat_cpuid_reason(uint32_t space)
{
	return space == EXITSTAT_SPACE_SVM ? 0x72 : 10;
}

#endif /* EXITSTAT_SAMPLE_H */
