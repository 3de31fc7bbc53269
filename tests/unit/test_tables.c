// SPDX-License-Identifier: GPL-2.0
/*
 * The module's way of finding records: each CPU remembers the one that it has found last, while
 * vCPUs end, their records are freed and their addresses used again.
 */
#include "test.h"
#include "events.h"
#include "guests.h"

enum { A, B };	/* VMs */

static struct exitstat_vcpu *find_here(unsigned int vm)
{
	return exitstat_find_vcpu_here(vcpu_at(vm, 0));
}

static void end(unsigned int vm)
{
	exitstat_destroy_vm(kvm_at(vm));
	host_grace_period();
	host_grace_period();
}

/* The record is there: a freed one must not be looked at. */
static void assert_found(unsigned int vm)
{
	struct exitstat_vcpu *v = find_here(vm);

	assert_non_null(v);
	assert_ptr_equal(v->vcpu, vcpu_at(vm, 0));
	assert_ptr_equal(v->vm, exitstat_find_vm(kvm_at(vm)));
}

static void what_is_not_there_is_not_remembered(void **state)
{
	(void)state;
	assert_null(find_here(A));
	assert_null(find_here(A));
	assert_int_equal(guest_open(A, 0), 0);
	assert_found(A);
	assert_found(A);
}

static void a_record_that_is_gone_is_not_found(void **state)
{
	(void)state;
	assert_int_equal(guest_open(A, 0) + guest_open(B, 0), 0);
	assert_found(A);
	end(A);
	assert_null(find_here(A));
	assert_found(B);
	assert_null(find_here(A));
}

/* Whether or not anybody has asked between. */
static void a_new_vcpu_at_an_old_address_has_its_own_record(void **state)
{
	unsigned int i;
	u64 id;

	(void)state;
	for (i = 0; i < 8; i++) {
		assert_int_equal(guest_open(A, 0), 0);
		assert_found(A);
		id = id_of(A);
		if (i % 2)
			end(A);
		else
			exitstat_destroy_vm(kvm_at(A));
		if (i / 2 % 2)
			assert_null(find_here(A));
		assert_int_equal(guest_open(A, 0), 0);
		assert_found(A);
		assert_true(find_here(A)->vm->id > id);
		end(A);
	}
}

/* KVM was unloaded, and the module has stayed. */
static void tables_that_are_made_anew_know_nothing(void **state)
{
	(void)state;
	assert_int_equal(guest_open(A, 0), 0);
	assert_found(A);
	exitstat_cleanup();
	assert_int_equal(exitstat_init(), 0);
	assert_null(find_here(A));
	assert_int_equal(guest_open(A, 0), 0);
	assert_found(A);
}

static struct exitstat_vcpu *found_meanwhile;

static void find_meanwhile(void)
{
	found_meanwhile = find_here(A);
}

/* Another CPU looks at each moment of an end; what it remembers does not outlive the record. */
static void another_cpu_forgets_what_has_ended(void **state)
{
	(void)state;
	assert_int_equal(guest_open(A, 0), 0);
	host_moment = find_meanwhile;
	exitstat_destroy_vm(kvm_at(A));
	host_grace_period();
	host_grace_period();
	assert_null(found_meanwhile);
	host_moment = NULL;
	assert_int_equal(guest_open(A, 0), 0);
	host_moment = find_meanwhile;
	host_any_moment();
	assert_ptr_equal(found_meanwhile, find_here(A));
}

static void end_a(void)
{
	host_moment = NULL;
	exitstat_destroy_vm(kvm_at(A));
}

static void what_ends_while_it_is_found_is_not_remembered(void **state)
{
	(void)state;
	assert_int_equal(guest_open(A, 0), 0);
	host_moment = end_a;
	find_here(A);
	assert_null(host_moment);
	host_grace_period();
	host_grace_period();
	assert_null(find_here(A));
}

/* A vCPU is loaded, which takes the record that is remembered, and its exits are its own. */
static void events_are_those_of_the_new_vcpu(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i < 5; i++) {
		assert_int_equal(guest_open(A, 0), 0);
		exitstat_load(vcpu_at(A, 0));
		guest_work(A, 0, i);
		assert_figures(ask_vm(vcpu_at(A, 0)), 1, i);
		assert_ptr_equal(this_cpu_read(exitstat_loaded), find_here(A)->account);
		this_cpu_write(exitstat_loaded, NULL);
		end(A);
		exitstat_load(vcpu_at(A, 0));
		assert_null(this_cpu_read(exitstat_loaded));
	}
}

static void without_memory_a_table_has_nothing(void **state)
{
	unsigned int n;

	(void)state;
	for (n = 1; n <= 5; n++) {
		host_attempts = 0;
		host_failing_attempt = n;
		assert_int_equal(guest_open(A, 0), -ENOMEM);
		host_failing_attempt = 0;
		assert_null(find_here(A));
		assert_int_equal(id_of(A), 0);
	}
	assert_int_equal(guest_open(A, 0), 0);
	assert_found(A);
}

#define TEST(test)	cmocka_unit_test_setup_teardown(test, host_begin, host_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_not_there_is_not_remembered),
		TEST(a_record_that_is_gone_is_not_found),
		TEST(a_new_vcpu_at_an_old_address_has_its_own_record),
		TEST(tables_that_are_made_anew_know_nothing),
		TEST(another_cpu_forgets_what_has_ended),
		TEST(what_ends_while_it_is_found_is_not_remembered),
		TEST(events_are_those_of_the_new_vcpu),
		TEST(without_memory_a_table_has_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
