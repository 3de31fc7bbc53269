// SPDX-License-Identifier: GPL-2.0
/* Whether KVM is built into the kernel, by each configuration that there is. */
#include "test.h"
#include "userspace.h"

/* As <linux/kconfig.h> has them: an option that is 1, or whose name with _MODULE is. */
#define SECOND(a, b, ...)	b
#define COMMA_1	0,
#define IS_ONE(option)	IS_ONE_(option)
#define IS_ONE_(value)	IS_ONE__(COMMA_##value)
#define IS_ONE__(comma)	SECOND(comma 1, 0, 0)
#define IS_BUILTIN(option)	IS_ONE(option)
#define IS_ENABLED(option)	(IS_ONE(option) || IS_ONE(option##_MODULE))

#include "module/symbol.h"

/* CONFIG_KVM alone: Linux before 6.12. */

#define CONFIG_KVM	1
static const bool old_builtin = EXITSTAT_KVM_IS_BUILTIN;
#undef CONFIG_KVM

#define CONFIG_KVM_MODULE	1
static const bool old_module = EXITSTAT_KVM_IS_BUILTIN;

/* Both */

#define CONFIG_KVM_X86_MODULE	1
static const bool new_module = EXITSTAT_KVM_IS_BUILTIN;
#undef CONFIG_KVM_MODULE

#define CONFIG_KVM	1
static const bool new_module_of_builtin = EXITSTAT_KVM_IS_BUILTIN;
#undef CONFIG_KVM_X86_MODULE

#define CONFIG_KVM_X86	1
static const bool new_builtin = EXITSTAT_KVM_IS_BUILTIN;

static void kvm_is_built_in_where_its_own_option_says_so(void **state)
{
	(void)state;
	assert_true(old_builtin);
	assert_false(old_module);
	assert_false(new_module);
	assert_false(new_module_of_builtin);
	assert_true(new_builtin);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kvm_is_built_in_where_its_own_option_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
