/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef EXITSTAT_SAMPLE_H
#define EXITSTAT_SAMPLE_H

#include <stdbool.h>

#include "exitstat.h"

/* Which reason CPUID has. The same numbers as EXIT_REASON_CPUID and SVM_EXIT_CPUID. */
static inline uint32_t exitstat_cpuid_reason(uint32_t space)
{
	return space == EXITSTAT_SPACE_SVM ? 0x72 : 10;
}

/* So many @parts of @whole, or as much of that as 64 bits hold. */
static inline uint64_t exitstat_scale(unsigned __int128 number, uint64_t parts, uint64_t whole)
{
	unsigned __int128 scaled = number * parts / whole;

	return scaled > UINT64_MAX ? UINT64_MAX : scaled;
}

/* All five states: 4,096 vCPUs have 2^64 cycles in ten days. */
static inline unsigned __int128 exitstat_all_cycles(const struct exitstat_sample *sample)
{
	unsigned __int128 sum = 0;
	int state;

	for (state = 0; state < EXITSTAT_NR_STATES; state++)
		sum += sample->states[state].cycles;
	return sum;
}

/* restart.c */
bool exitstat_have_states(const struct exitstat_sample *before,
			  const struct exitstat_sample *after);
uint64_t exitstat_step_back(const struct exitstat_sample *sample);
int exitstat_check_counters(struct exitstat *es, const struct exitstat_sample *before,
			    const struct exitstat_sample *after);
int exitstat_check_states(struct exitstat *es, const struct exitstat_sample *before,
			  const struct exitstat_sample *after, const struct exitstat_sample *delta);
const struct exitstat_reason *exitstat_find_reason(const struct exitstat_sample *sample,
						   uint32_t reason);

#endif /* EXITSTAT_SAMPLE_H */
