// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the module's probes is placed, by the arguments that the kernel tells of a tracepoint: one
 * of another type ends a kernel with control-flow integrity.
 */
#include <stdio.h>

#include "test.h"
#include "events.h"

/* The only options that are asked about are those of control-flow integrity. */
static bool checks_calls;
#define IS_ENABLED(option)	checks_calls

static char message[300];
#define pr_err(...)	((void)snprintf(message, sizeof(message), __VA_ARGS__))

struct tracepoint {
	void *probe;
};

static int tracepoint_probe_register(struct tracepoint *tracepoint, void *probe, void *data)
{
	host_check(!data && !tracepoint->probe, "two probes");
	tracepoint->probe = probe;
	return 0;
}

static void tracepoint_probe_unregister(struct tracepoint *tracepoint, void *probe, void *data)
{
	host_check(!data && tracepoint->probe == probe, "another probe");
	tracepoint->probe = NULL;
}

static void tracepoint_synchronize_unregister(void)
{
}

/* In place of exit_reason.h, which wants KVM's structures. */
#define EXITSTAT_EXIT_REASON_H

static bool exitstat_exit_is_a_function(void)
{
	return false;
}

static u32 exitstat_exit_reason(struct kvm_vcpu *vcpu)
{
	return vcpu ? 0 : 1;
}

#include "module/tracepoints.c"

/* What the kernel tells, and where the tracepoints are. */

static const char *wakeup_has, *exit_has, *entry_has;
static struct tracepoint wakeup_point, exit_point, entry_point;

void exitstat_tracepoint_arguments(const char *name, char *letters, size_t size)
{
	snprintf(letters, size, "%s", strstr(name, "wakeup") ? wakeup_has :
		 strstr(name, "exit") ? exit_has : entry_has);
}

void *exitstat_symbol(const char *module, const char *name)
{
	assert_string_equal(module, "kvm");
	if (!strcmp(name, "__tracepoint_kvm_vcpu_wakeup"))
		return &wakeup_point;
	if (!strcmp(name, "__tracepoint_kvm_exit"))
		return &exit_point;
	return strcmp(name, "__tracepoint_kvm_entry") ? NULL : &entry_point;
}

static int place_where(bool strict, const char *wakeup, const char *exit, const char *entry)
{
	checks_calls = strict;
	wakeup_has = wakeup;
	exit_has = exit;
	entry_has = entry;
	message[0] = '\0';
	return exitstat_tracepoints_place();
}

static void assert_none_is_left(void)
{
	exitstat_tracepoints_remove();
	assert_null(wakeup_point.probe);
	assert_null(exit_point.probe);
	assert_null(entry_point.probe);
}

static void the_probe_is_the_one_with_the_tracepoints_arguments(void **state)
{
	int strict;

	(void)state;
	for (strict = 0; strict < 2; strict++) {
		assert_int_equal(place_where(strict, "8bb", "p4", "p"), 0);
		assert_ptr_equal(wakeup_point.probe, on_wakeup);
		assert_ptr_equal(exit_point.probe, on_exit);
		assert_ptr_equal(entry_point.probe, on_entry);
		assert_none_is_left();
		assert_int_equal(place_where(strict, "8bb", "p4", "pb"), 0);
		assert_ptr_equal(entry_point.probe, on_entry_with_flag);
		assert_none_is_left();
	}
}

/* Invented ones: fewer, more, others, and what the kernel cannot describe. */
static void other_arguments_are_refused(void **state)
{
	static const char * const others[] = { "4", "pp", "pbb", "?", "p?", "pbbbbbb" };
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(others); i++) {
		assert_int_equal(place_where(i % 2, "8bb", "p4", others[i / 2]), -ENOENT);
		assert_non_null(strstr(message, others[i / 2]));
		assert_non_null(strstr(message, "kvm_entry"));
		assert_null(entry_point.probe);
		assert_none_is_left();
	}
	assert_int_equal(place_where(true, "8bb", "p8", "p"), -ENOENT);
	assert_null(exit_point.probe);
	assert_none_is_left();
}

static void untold_arguments_are_the_oldest_unless_calls_are_checked(void **state)
{
	(void)state;
	assert_int_equal(place_where(false, "", "", ""), 0);
	assert_ptr_equal(entry_point.probe, on_entry);
	assert_none_is_left();
	assert_int_equal(place_where(true, "8bb", "p4", ""), -ENOENT);
	assert_non_null(strstr(message, "CONFIG_DEBUG_INFO_BTF_MODULES"));
	assert_null(strstr(message, "newer exitstat"));
	assert_null(entry_point.probe);
	assert_none_is_left();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_probe_is_the_one_with_the_tracepoints_arguments),
		cmocka_unit_test(other_arguments_are_refused),
		cmocka_unit_test(untold_arguments_are_the_oldest_unless_calls_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
