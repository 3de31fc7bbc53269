// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Names of exit reasons and of states. */
#include <stddef.h>
#include <stdint.h>

#include "exitstat_names.h"
#include "handle.h"

static const char *find(const struct exitstat_name *names, size_t n, uint32_t number)
{
	for (; n; n--, names++)
		if (names->reason == number)
			return names->name;
	return NULL;
}

#define FIND(names, number)	find(names, sizeof(names) / sizeof(*(names)), number)

EXPORT uint32_t exitstat_reason_number(uint32_t reason)
{
	return (int16_t)reason;
}

EXPORT const char *exitstat_reason_name(uint32_t space, uint32_t reason)
{
	uint32_t number = exitstat_reason_number(reason);

	if (reason == EXITSTAT_REASON_OTHER)
		return "other";
	if (space == EXITSTAT_SPACE_VMX)
		return FIND(exitstat_vmx_names, number);
	if (space == EXITSTAT_SPACE_SVM)
		return FIND(exitstat_svm_names, number);
	return NULL;
}

EXPORT const char *exitstat_state_name(enum exitstat_state state)
{
	return state < EXITSTAT_NR_STATES ? exitstat_state_names[state] : NULL;
}
