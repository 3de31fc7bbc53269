// SPDX-License-Identifier: GPL-2.0
/* What the host may ask, of the real registry: see host/host.h. */
#include "test.h"
#include "events.h"
#include "exitstat_host.h"
#include "guests.h"
#include "vms.h"

#define A	1
#define B	2
#define NR	100	/* VMs */

static u64 count_of(const struct exitstat_regs *regs)
{
	return regs->eax | (u64)regs->ebx << 32;
}

static int ask_exits(unsigned int vm, u32 index, u32 selector, u64 *exits)
{
	struct exitstat_regs regs;
	int error = exitstat_ask(id_of(vm), index, EXITSTAT_LEAF_SNAPSHOT,
				 selector | EXITSTAT_ALL_REASONS, &regs);

	*exits = error ? 0 : count_of(&regs);
	return error;
}

static void assert_exits(unsigned int vm, u32 index, u32 selector, u64 exits)
{
	u64 got;

	assert_int_equal(ask_exits(vm, index, selector, &got), 0);
	assert_int_equal(got, exits);
}

static void open_and_work(unsigned int vm, unsigned int vcpu, unsigned int exits)
{
	assert_int_equal(guest_open(vm, vcpu), 0);
	guest_work(vm, vcpu, exits);
}

static void a_vm_and_each_vcpu_are_asked(void **state)
{
	(void)state;
	open_and_work(A, 0, 3);
	open_and_work(A, 1, 5);
	open_and_work(B, 0, 11);
	assert_exits(A, EXITSTAT_NO_VCPU, 0, 8);
	assert_exits(A, 0, EXITSTAT_THIS_VCPU, 3);
	assert_exits(A, 1, EXITSTAT_THIS_VCPU, 5);
	assert_exits(B, EXITSTAT_NO_VCPU, 0, 11);
	/* As that vCPU would be answered, which may ask of its VM. */
	assert_exits(A, 1, 0, 8);
	assert_exits(A, EXITSTAT_NO_VCPU, EXITSTAT_THIS_VCPU, 0);
}

static void what_is_hidden_from_the_vm_is_not_from_the_host(void **state)
{
	(void)state;
	open_and_work(A, 0, 3);
	assert_int_equal(exitstat_set_exposure(id_of(A), EXITSTAT_EXPOSE_NONE), 0);
	assert_false(ask_vm(vcpu_at(A, 0)).answered);
	assert_exits(A, 0, 0, 3);
}

static void the_scope_of_guests_is_not_the_hosts(void **state)
{
	(void)state;
	open_and_work(A, 0, 3);
	open_and_work(B, 0, 11);
	exitstat_scope_host = true;
	assert_exits(A, 0, 0, 3);
	assert_exits(B, EXITSTAT_NO_VCPU, 0, 11);
	exitstat_scope_host = false;
}

static void the_host_gets_the_numbering_of_guests(void **state)
{
	struct exitstat_regs regs;

	(void)state;
	open_and_work(A, 0, 3);
	exitstat_numbering = EXITSTAT_FALL_2021;
	assert_int_equal(exitstat_ask(id_of(A), 0, 0x4fffffff, 0, &regs), 0);
	assert_int_equal(regs.eax, 3);
	exitstat_numbering = EXITSTAT_FALL_2022;
}

static void who_is_not_there_is_told(void **state)
{
	u64 id, exits;

	(void)state;
	open_and_work(A, 0, 1);
	open_and_work(A, 2, 1);
	assert_int_equal(ask_exits(A, 1, 0, &exits), -ENOENT);
	assert_int_equal(ask_exits(A, 3, 0, &exits), -ENOENT);
	id = id_of(A);
	exitstat_destroy_vm(kvm_at(A));
	/* Its record is on the lists for a grace period. */
	assert_int_equal(exitstat_ask(id, 0, EXITSTAT_LEAF_EXITS, 0, NULL), -ESRCH);
	assert_int_equal(exitstat_list_vcpus(id, 0, NULL, 0), -ESRCH);
	host_grace_period();
	host_grace_period();
	assert_int_equal(exitstat_ask(id, 0, EXITSTAT_LEAF_EXITS, 0, NULL), -ESRCH);
	assert_int_equal(exitstat_ask(0, 0, EXITSTAT_LEAF_EXITS, 0, NULL), -ESRCH);
	assert_int_equal(exitstat_ask(UINT64_MAX, 0, EXITSTAT_LEAF_EXITS, 0, NULL), -ESRCH);
}

/* In whatever order they run first. */
static void vcpus_are_listed_by_index_in_pieces(void **state)
{
	static const u32 order[] = { 3, 0, 7, 5, 1, 6, 40 }, sorted[] = { 0, 1, 3, 5, 6, 7, 40 };
	u32 list[3], first = 0, i, n = 0;
	long piece;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(order); i++)
		open_and_work(A, order[i], order[i]);
	while ((piece = exitstat_list_vcpus(id_of(A), first, list, ARRAY_SIZE(list))) > 0) {
		for (i = 0; i < piece; i++)
			assert_int_equal(list[i], sorted[n++]);
		first = list[piece - 1] + 1;
	}
	assert_int_equal(piece, 0);
	assert_int_equal(n, ARRAY_SIZE(sorted));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		assert_exits(A, order[i], EXITSTAT_THIS_VCPU, order[i]);
}

/* More than there are buckets for numbers, and every other one has ended. */
static void vms_are_listed_by_number_in_pieces(void **state)
{
	struct exitstat_host_vm list[7];
	u32 i, n, vm = 1;
	u64 after;

	(void)state;
	for (i = 1; i <= NR; i++) {
		host_tgid = 1000 + i;
		host_ns = i;
		open_and_work(i, 0, i);
		assert_int_equal(guest_open(i, 1), 0);
	}
	for (i = 2; i <= NR; i += 2)
		exitstat_destroy_vm(kvm_at(i));
	assert_int_equal(exitstat_set_exposure(id_of(3), EXITSTAT_EXPOSE_NONE), 0);
	for (after = id_of(1) - 1; (n = exitstat_list_vms(after, list, 7)); after = list[n - 1].id)
		for (i = 0; i < n; i++, vm += 2) {
			assert_int_equal(list[i].id, id_of(vm));
			assert_int_equal(list[i].pid, 1000 + vm);
			assert_int_equal(list[i].start_ns, vm);
			assert_int_equal(list[i].vcpus, 2);
			assert_int_equal(list[i].exposure, vm == 3 ? EXITSTAT_EXPOSE_NONE :
					 EXITSTAT_EXPOSE_ALL);
			assert_int_equal(list[i].reserved, 0);
		}
	assert_int_equal(vm, NR + 1);
	assert_int_equal(exitstat_list_vms(0, list, 0), 0);
}

static void numbers_in_one_bucket_are_told_apart(void **state)
{
	u64 first, id;
	unsigned int i;

	(void)state;
	open_and_work(A, 0, 3);
	first = id_of(A);
	for (i = 0; i < 2100; i++) {
		open_and_work(B, 0, i % 4);
		id = id_of(B);
		if ((id - first) % 1024 == 0)
			assert_exits(B, 0, 0, i % 4);
		assert_exits(A, 0, 0, 3);
		exitstat_destroy_vm(kvm_at(B));
		if (!(i % 3))
			host_grace_period();
	}
}

/* While a question is answered VMs come and go, though not as fast as the list is read. */
static unsigned int moments;

static void others_come_and_go(void)
{
	unsigned int vm = 10 + moments / 3 % 3;

	if (moments++ % 3 || host_mutex_is_held)
		return;
	exitstat_destroy_vm(kvm_at(vm));
	guest_open(vm, 0);
	host_grace_period();
}

static void questions_while_others_come_and_go(void **state)
{
	struct exitstat_host_vm list[16];
	unsigned int i;

	(void)state;
	open_and_work(A, 0, 3);
	open_and_work(B, 0, 5);
	host_moment = others_come_and_go;
	for (i = 0; i < 200; i++) {
		assert_exits(A, 0, 0, 3);
		assert_exits(B, EXITSTAT_NO_VCPU, 0, 5);
		assert_true(exitstat_list_vms(0, list, ARRAY_SIZE(list)) >= 3);
		assert_int_equal(list[1].id, id_of(A));
		assert_int_equal(list[2].id, id_of(B));
	}
	assert_true(moments > 600);
}

#define test(f) cmocka_unit_test_setup_teardown(f, host_begin, host_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_vm_and_each_vcpu_are_asked),
		test(what_is_hidden_from_the_vm_is_not_from_the_host),
		test(the_scope_of_guests_is_not_the_hosts),
		test(the_host_gets_the_numbering_of_guests),
		test(who_is_not_there_is_told),
		test(vcpus_are_listed_by_index_in_pieces),
		test(vms_are_listed_by_number_in_pieces),
		test(numbers_in_one_bucket_are_told_apart),
		test(questions_while_others_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
