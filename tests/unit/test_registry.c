// SPDX-License-Identifier: GPL-2.0
/* Which account belongs to which vCPU and VM, while these come and go: see host/host.h. */
#include <stdlib.h>

#include "test.h"
#include "events.h"
#include "guests.h"
#include "vms.h"

enum { A, B, C };	/* VMs */

#define OTHER_VMM	4711

/* Addresses are keys */

static void addresses_are_never_followed(void **state)
{
	struct exitstat_regs regs;

	(void)state;
	assert_int_equal(guest_open(A, 0), 0);
	assert_int_equal(guest_open(A, 1), 0);
	assert_int_equal(guest_open(B, 0), 0);
	guest_work(A, 0, 3);
	guest_work(A, 1, 4);
	guest_work(B, 0, 5);
	assert_figures(ask_vm(vcpu_at(A, 0)), 2, 7);
	assert_figures(ask_vm(vcpu_at(B, 0)), 1, 5);
	assert_figures(ask_host(), 3, 12);
	assert_true(exitstat_answer(vcpu_at(A, 1), EXITSTAT_LEAF_SNAPSHOT,
				    EXITSTAT_ALL_REASONS | EXITSTAT_THIS_VCPU, &regs));
	assert_int_equal(regs.eax, 4);
	exitstat_destroy_vm(kvm_at(A));
	assert_figures(ask_host(), 1, 12);
}

/* The vCPU that asks is there, and so is its VM. */
static void a_vcpu_without_account_sees_its_vm(void **state)
{
	struct kvm_vcpu stranger = { .kvm = kvm_at(B) }, sibling = { .kvm = kvm_at(A) };
	struct exitstat_regs regs;

	(void)state;
	assert_int_equal(guest_open(A, 0), 0);
	guest_work(A, 0, 3);
	assert_false(ask_vm(&stranger).answered);
	assert_figures(ask_vm(&sibling), 1, 3);
	assert_true(exitstat_answer(&sibling, EXITSTAT_LEAF_SNAPSHOT,
				    EXITSTAT_ALL_REASONS | EXITSTAT_THIS_VCPU, &regs));
	assert_int_equal(regs.eax | regs.ebx | regs.ecx | regs.edx, 0);
}

/* It enters the guest by ways that exitstat does not see. */
static void a_vcpu_that_has_not_entered_gets_no_answer(void **state)
{
	(void)state;
	assert_int_equal(guest_open(A, 0), 0);
	assert_int_equal(guest_open(A, 1), 0);
	guest_work(A, 1, 2);
	assert_false(ask_vm(vcpu_at(A, 0)).answered);
	assert_figures(ask_vm(vcpu_at(A, 1)), 2, 2);
	guest_enter(vcpu_at(A, 0), 1);
	assert_figures(ask_vm(vcpu_at(A, 0)), 2, 2);
}

/* The course's leaves have the meaning that the host's administrator wants. */
static void the_hosts_numbering_is_answered(void **state)
{
	struct exitstat_regs exits, renumbered;

	(void)state;
	assert_int_equal(guest_open(A, 0), 0);
	guest_work(A, 0, 3);
	assert_true(exitstat_answer(vcpu_at(A, 0), EXITSTAT_LEAF_EXITS, 0, &exits));
	assert_int_equal(exits.eax, 3);
	exitstat_numbering = EXITSTAT_FALL_2021;
	assert_true(exitstat_answer(vcpu_at(A, 0), 0x4fffffff, 0, &renumbered));
	exitstat_numbering = EXITSTAT_FALL_2022;
	assert_int_equal(renumbered.eax, 3);
}

/* As when the module's hooks are taken away: KVM frees, and nobody tells. */
static void vms_that_end_unseen_are_forgotten(void **state)
{
	struct exitstat_meeting met;
	struct kvm_vcpu *vcpus[20];
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vcpus); i++) {
		vcpus[i] = malloc(sizeof(*vcpus[i]));
		*vcpus[i] = (struct kvm_vcpu){ .kvm = kvm_at(i / 2), .vcpu_idx = i % 2 };
		met = exitstat_meeting_of(vcpus[i]);
		assert_int_equal(exitstat_attach(&met), 0);
		guest_enter(vcpus[i], 1);
		guest_exit(vcpus[i], 1);
		guest_enter(vcpus[i], HOST_CYCLES);
	}
	for (i = 0; i < ARRAY_SIZE(vcpus); i++)
		free(vcpus[i]);
	assert_figures(ask_host(), 20, 20);
	exitstat_forget_vms();
	assert_int_equal(host_pieces, 0);
	assert_int_equal(id_of(A), 0);

	/* Loaded again. */
	assert_int_equal(guest_open(999, 0), 0);
	guest_enter(vcpu_at(999, 0), 1);
	assert_figures(ask_host(), 0, 20);
}

/* Addresses are used again */

/* @early, @late: grace periods before and after the address is used again. */
static void reuse(unsigned int early, unsigned int late, unsigned int generations)
{
	u64 first = ask_host().exits, exits = 0, last_id = 0;
	unsigned int i, n;

	for (i = 0; i < generations; i++) {
		assert_int_equal(guest_open(A, 0), 0);
		assert_int_equal(guest_open(A, 1), 0);
		assert_true(id_of(A) > last_id);
		last_id = id_of(A);
		guest_work(A, 0, i);
		guest_work(A, 1, 1);
		assert_figures(ask_vm(vcpu_at(A, 0)), 2, i + 1);
		exits += i + 1;
		assert_figures(ask_host(), 2, first + exits);
		for (n = 0; n < late; n++)
			host_grace_period();
		assert_figures(ask_vm(vcpu_at(A, 1)), 2, i + 1);
		exitstat_destroy_vm(kvm_at(A));
		assert_int_equal(id_of(A), 0);
		assert_null(exitstat_find_vcpu(vcpu_at(A, 0)));
		assert_figures(ask_host(), 0, first + exits);
		for (n = 0; n < early; n++)
			host_grace_period();
		assert_figures(ask_host(), 0, first + exits);
	}
}

static void a_new_vm_at_an_old_address_starts_anew(void **state)
{
	unsigned int early, late;

	(void)state;
	for (early = 0; early < 3; early++)
		for (late = 0; late < 3; late++)
			reuse(early, late, 5);
}

/* Without memory */

static void without_memory_nothing_is_half_done(void **state)
{
	unsigned int pieces = host_pieces, needed, n;

	(void)state;
	assert_int_equal(guest_open(B, 0), 0);
	assert_int_equal(guest_open(B, 1), 0);
	needed = host_attempts;
	exitstat_destroy_vm(kvm_at(B));
	host_grace_period();
	host_grace_period();
	assert_int_equal(host_pieces, pieces);
	assert_int_equal(needed, 8);

	for (n = 1; n <= needed; n++) {
		long failed = atomic_long_read(&exitstat_failed_allocations);

		host_attempts = 0;
		host_failing_attempt = n;
		assert_int_equal(!guest_open(A, 0) + !guest_open(A, 1), 1);
		host_failing_attempt = 0;
		assert_int_equal(atomic_long_read(&exitstat_failed_allocations), failed + 1);
		assert_int_equal(atomic_long_read(&exitstat_nr_vms), 2);
		assert_int_equal(atomic_long_read(&exitstat_nr_vcpus), 2);
		assert_int_equal(ask_host().vcpus, 1);

		/* Next time there is some. */
		assert_int_equal(guest_open(A, 0) + guest_open(A, 1), 0);
		assert_int_equal(atomic_long_read(&exitstat_nr_vcpus), 3);
		guest_work(A, 0, 1);
		assert_figures(ask_vm(vcpu_at(A, 0)), 2, 1);
		exitstat_destroy_vm(kvm_at(A));
		host_grace_period();
		host_grace_period();
		assert_int_equal(host_pieces, pieces);
	}
}

static void a_vm_whose_only_vcpu_finds_no_memory_is_none(void **state)
{
	unsigned int pieces = host_pieces, n;

	(void)state;
	for (n = 1; n <= 5; n++) {
		host_attempts = 0;
		host_failing_attempt = n;
		assert_int_equal(guest_open(A, 0), -ENOMEM);
		assert_int_equal(id_of(A), 0);
		assert_int_equal(atomic_long_read(&exitstat_nr_vms), 1);
		assert_int_equal(atomic_long_read(&exitstat_nr_vcpus), 1);
		host_grace_period();
		host_grace_period();
		assert_int_equal(host_pieces, pieces);
	}
}

/* The VM is made by another thread, as the host wants it by then. */
static void make_the_vm_with_histograms(void)
{
	host_moment = NULL;
	exitstat_histograms = true;
	assert_int_equal(guest_open(A, 1), 0);
	exitstat_histograms = false;
}

static void a_wish_that_changes_meanwhile_is_no_lack_of_memory(void **state)
{
	long failed = atomic_long_read(&exitstat_failed_allocations);

	(void)state;
	host_moment = make_the_vm_with_histograms;
	assert_int_equal(guest_open(A, 0), 0);
	assert_int_equal(atomic_long_read(&exitstat_failed_allocations), failed);
	assert_non_null(exitstat_find_vcpu(vcpu_at(A, 0))->account->histograms);
	assert_non_null(exitstat_find_vcpu(vcpu_at(A, 1))->account->histograms);
}

/* As where exitstat is switched off and on again. */
static void forget_the_vm(void)
{
	host_moment = NULL;
	exitstat_destroy_vm(kvm_at(A));
}

static void a_record_that_goes_meanwhile_is_no_lack_of_memory(void **state)
{
	long failed = atomic_long_read(&exitstat_failed_allocations);

	(void)state;
	assert_int_equal(guest_open(A, 1), 0);
	host_moment = forget_the_vm;
	assert_int_equal(guest_open(A, 0), 0);
	assert_int_equal(atomic_long_read(&exitstat_failed_allocations), failed);
	assert_non_null(exitstat_find_vcpu(vcpu_at(A, 0)));
}

/* While VMs end */

static struct {
	u64 exits;
	u32 least_vcpus, most_vcpus;
	unsigned int questions;
} expected;

static void host_is_as_expected(void)
{
	struct figures got = ask_host();

	assert_int_equal(got.exits, expected.exits);
	assert_int_equal(got.cycles, expected.exits * HOST_CYCLES);
	assert_in_range(got.vcpus, expected.least_vcpus, expected.most_vcpus);
	expected.most_vcpus = got.vcpus;
	expected.questions++;
}

static void open_three_vms(void)
{
	unsigned int vcpu;

	for (vcpu = 0; vcpu < 3; vcpu++) {
		assert_int_equal(guest_open(A, vcpu) + guest_open(B, vcpu) + guest_open(C, vcpu),
				 0);
		guest_work(A, vcpu, 1);
		guest_work(B, vcpu, 10);
		guest_work(C, vcpu, 100);
	}
}

/* Whenever another CPU asks: before, amid and after an end, and around grace periods. */
static void the_hosts_sum_is_exact_at_each_moment_of_an_end(void **state)
{
	(void)state;
	open_three_vms();
	memset(&expected, 0, sizeof(expected));
	expected.exits = 333;
	expected.least_vcpus = 6;
	expected.most_vcpus = 9;
	host_moment = host_is_as_expected;
	exitstat_destroy_vm(kvm_at(B));
	assert_int_equal(expected.most_vcpus, 6);
	host_grace_period();
	host_grace_period();
	expected.least_vcpus = 3;
	exitstat_destroy_vm(kvm_at(A));
	expected.least_vcpus = 0;
	exitstat_destroy_vm(kvm_at(C));
	host_grace_period();
	host_grace_period();
	assert_int_equal(host_callbacks(), 0);
	assert_int_equal(expected.most_vcpus, 0);
	assert_true(expected.questions > 30);
}

/* What happens when this many moments of somebody's question are over. */
static unsigned int moments_left;
static void (*happens)(void);

static void wait_for_moment(void)
{
	if (!moments_left--)
		happens();
}

static void end_b(void)
{
	exitstat_destroy_vm(kvm_at(B));
	host_grace_period();
	host_grace_period();
}

static void end_all(void)
{
	host_grace_period();
	exitstat_destroy_vm(kvm_at(C));
	host_grace_period();
	exitstat_destroy_vm(kvm_at(A));
	end_b();
}

static void end_and_reopen_b(void)
{
	end_b();
	assert_int_equal(guest_open(B, 0), 0);
	host_grace_period();
}

static void end_three_vms(void)
{
	exitstat_destroy_vm(kvm_at(A));
	exitstat_destroy_vm(kvm_at(B));
	exitstat_destroy_vm(kvm_at(C));
}

static unsigned int moments_of_a_question(void)
{
	host_moments = 0;
	ask_host();
	return host_moments;
}

/* Each vCPU is in the sum once, whatever becomes of its VM while the question is answered. */
static void interrupt_a_question_by(void (*event)(void))
{
	unsigned int moment, moments = 1;
	u64 exits = ask_host().exits;
	struct figures got;

	happens = event;
	for (moment = 0; moment < moments; moment++) {
		open_three_vms();
		exits += 333;
		moments = moments_of_a_question();
		moments_left = moment;
		host_moment = wait_for_moment;
		got = ask_host();
		host_moment = NULL;
		assert_int_equal(got.exits, exits);
		assert_int_equal(got.cycles, exits * HOST_CYCLES);
		/* Those that are gone meanwhile, and one that has come. */
		assert_in_range(got.vcpus, 0, 10);
		got = ask_host();
		assert_int_equal(got.exits, exits);
		end_three_vms();
	}
	assert_true(moments > 20);
}

static void a_question_is_interrupted_by_an_end(void **state)
{
	(void)state;
	interrupt_a_question_by(end_b);
}

static void a_question_is_interrupted_by_all_ends(void **state)
{
	(void)state;
	interrupt_a_question_by(end_all);
}

static void a_question_is_interrupted_by_an_end_and_a_new_vm(void **state)
{
	(void)state;
	interrupt_a_question_by(end_and_reopen_b);
}

/* VMs keep ending for as long as somebody asks. */
static void end_another(void)
{
	static unsigned int next;

	exitstat_destroy_vm(kvm_at(B + next++ % 500));
}

static void others_do_not_disturb_a_vms_answer(void **state)
{
	unsigned int alone, vm;

	(void)state;
	assert_int_equal(guest_open(A, 0) + guest_open(A, 1), 0);
	guest_work(A, 0, 1);
	guest_work(A, 1, 2);
	host_moments = 0;
	assert_figures(ask_vm(vcpu_at(A, 0)), 2, 3);
	alone = host_moments;

	for (vm = B; vm < 500; vm++) {
		assert_int_equal(guest_open(vm, 0), 0);
		guest_work(vm, 0, 9);
	}
	host_moment = end_another;
	host_moments = 0;
	assert_figures(ask_vm(vcpu_at(A, 0)), 2, 3);
	assert_int_equal(host_moments, alone);
}

/* The host's takes a step for each VM and vCPU, and none more for those that end. */
static void ends_do_not_prolong_the_hosts_answer(void **state)
{
	unsigned int vm, quiet;

	(void)state;
	for (vm = B; vm < 200; vm++) {
		assert_int_equal(guest_open(vm, 0), 0);
		guest_work(vm, 0, 9);
	}
	quiet = moments_of_a_question();
	assert_true(quiet > 2 * 2 * 198);
	host_moment = end_another;
	assert_int_equal(moments_of_a_question(), quiet);
}

/* However many vCPUs end at once, others have the CPU after each; and after each that is freed. */
static void an_end_keeps_no_cpu(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 60; i++)
		assert_int_equal(guest_open(A, i) + guest_open(B, i) + guest_open(C, i), 0);
	host_rests = 0;
	exitstat_destroy_vm(kvm_at(A));
	assert_true(host_rests >= 60);
	host_rests = 0;
	host_most_freed = 0;
	exitstat_forget_vms();
	assert_true(host_rests >= 120);
	assert_in_range(host_most_freed, 1, 3);
	assert_int_equal(host_pieces, 0);
	assert_int_equal(guest_open(999, 0), 0);
}

/* Those whose records may be freed meanwhile are not looked at again. */
static void vms_are_forgotten_while_others_leave_the_list(void **state)
{
	unsigned int vm;

	(void)state;
	for (vm = A; vm < 30; vm++)
		assert_int_equal(guest_open(vm, 0), 0);
	for (vm = A; vm < 30; vm += 3)
		exitstat_destroy_vm(kvm_at(vm));
	host_moment = host_grace_period;
	exitstat_forget_vms();
	host_moment = NULL;
	assert_int_equal(host_pieces, 0);
	assert_int_equal(guest_open(999, 0), 0);
}

/* Who sees the leaves, by number */

static void a_vm_is_hidden_by_its_number(void **state)
{
	u64 id;

	(void)state;
	assert_int_equal(guest_open(A, 0) + guest_open(B, 0), 0);
	guest_work(A, 0, 1);
	guest_work(B, 0, 1);
	id = id_of(A);
	assert_int_equal(exitstat_set_exposure(id, EXITSTAT_EXPOSE_NONE), 0);
	assert_false(ask_vm(vcpu_at(A, 0)).answered);
	assert_true(ask_vm(vcpu_at(B, 0)).answered);
	assert_int_equal(exitstat_set_exposure(id, EXITSTAT_EXPOSE_ALL), 0);
	assert_true(ask_vm(vcpu_at(A, 0)).answered);
	assert_int_equal(exitstat_set_exposure(id_of(B) + 1, EXITSTAT_EXPOSE_ALL), -ESRCH);

	/* The number is not the new VM's, which is still listed beside the old one. */
	exitstat_destroy_vm(kvm_at(A));
	assert_int_equal(exitstat_set_exposure(id, EXITSTAT_EXPOSE_NONE), -ESRCH);
	assert_int_equal(guest_open(A, 0), 0);
	guest_work(A, 0, 1);
	assert_int_equal(exitstat_set_exposure(id, EXITSTAT_EXPOSE_NONE), -ESRCH);
	assert_true(ask_vm(vcpu_at(A, 0)).answered);
	host_grace_period();
	assert_int_equal(exitstat_set_exposure(id, EXITSTAT_EXPOSE_NONE), -ESRCH);
}

static void new_vms_are_hidden_on_request(void **state)
{
	(void)state;
	exitstat_expose = EXITSTAT_EXPOSE_NONE;
	assert_int_equal(guest_open(A, 0), 0);
	exitstat_expose = EXITSTAT_EXPOSE_ALL;
	assert_int_equal(guest_open(B, 0), 0);
	guest_work(A, 0, 1);
	guest_work(B, 0, 1);
	assert_false(ask_vm(vcpu_at(A, 0)).answered);
	assert_true(ask_vm(vcpu_at(B, 0)).answered);
}

static void numbers_are_never_used_again(void **state)
{
	struct exitstat_host_vm vms[3];
	u64 last = id_of(999);
	unsigned int i;

	(void)state;
	host_tgid = OTHER_VMM;
	for (i = 0; i < 300; i++) {
		/* An attempt without memory may use one up. */
		host_attempts = 0;
		host_failing_attempt = i % 7 ? 0 : i % 5 + 1;
		guest_open(A, 0);
		host_failing_attempt = 0;
		assert_int_equal(guest_open(A, 0), 0);
		assert_true(id_of(A) > last);
		last = id_of(A);
		if (i < 299)
			exitstat_destroy_vm(kvm_at(A));
		if (!(i % 11))
			host_grace_period();
	}
	assert_int_equal(exitstat_list_vms(0, vms, ARRAY_SIZE(vms)), 2);
	assert_int_equal(vms[1].id, last);
	assert_int_equal(vms[1].pid, OTHER_VMM);
}

/* vCPUs that were in KVM_RUN already */

static struct kvm_vcpu met[100];

static void meet(unsigned int i, unsigned int vm)
{
	met[i].kvm = kvm_at(vm);
	exitstat_meet(&met[i]);
}

static void vcpus_are_met_once(void **state)
{
	unsigned int attempts, i;

	(void)state;
	host_tgid = OTHER_VMM;
	/* One that asks again and again leaves room for others. */
	for (i = 0; i < 100; i++)
		meet(0, A);
	meet(1, A);
	host_tgid = 1;
	attempts = host_attempts;
	assert_true(host_work());
	assert_int_equal(host_attempts - attempts, 8);
	assert_int_equal(exitstat_find_vm(kvm_at(A))->vmm, OTHER_VMM);
	guest_enter(&met[0], 1);
	assert_figures(ask_vm(&met[0]), 2, 0);

	/* It may ask again before it is loaded with its account. */
	meet(0, A);
	assert_true(host_work());
	assert_int_equal(ask_vm(&met[0]).vcpus, 2);
	assert_false(host_work());
}

static void more_vcpus_than_there_is_room_for_meet_later(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++)
		meet(i, i);
	assert_true(host_work());
	assert_int_equal(atomic_long_read(&exitstat_nr_vms), 1 + 64);
	for (i = 0; i < 100; i++)
		if (!exitstat_find_vcpu(&met[i]))
			meet(i, i);
	assert_true(host_work());
	assert_int_equal(atomic_long_read(&exitstat_nr_vms), 1 + 100);
	assert_int_equal(atomic_long_read(&exitstat_nr_vcpus), 1 + 100);
}

static void a_vm_that_ends_is_not_met(void **state)
{
	(void)state;
	meet(0, A);
	meet(1, B);
	meet(2, A);
	meet(3, C);
	exitstat_destroy_vm(kvm_at(A));
	assert_true(host_work());
	assert_int_equal(id_of(A), 0);
	assert_null(exitstat_find_vcpu(&met[0]));
	assert_null(exitstat_find_vcpu(&met[2]));
	assert_non_null(exitstat_find_vcpu(&met[1]));
	assert_non_null(exitstat_find_vcpu(&met[3]));

	meet(0, A);
	exitstat_end_meetings();
	assert_false(host_work());
	meet(0, A);
	exitstat_forget_vms();
	host_work();
	assert_int_equal(id_of(A), 0);
	assert_int_equal(guest_open(999, 0), 0);
}

static void without_memory_meetings_are_put_off(void **state)
{
	long failed = atomic_long_read(&exitstat_failed_allocations);

	(void)state;
	meet(0, A);
	host_failing_attempt = host_attempts + 3;
	assert_true(host_work());
	host_failing_attempt = 0;
	assert_int_equal(atomic_long_read(&exitstat_failed_allocations), failed + 1);
	assert_int_equal(id_of(A), 0);
	meet(0, A);
	assert_false(host_work());
	host_jiffies += HZ;
	meet(0, A);
	assert_true(host_work());
	assert_non_null(exitstat_find_vcpu(&met[0]));
}

/* The last one is met first. */
static void without_memory_for_one_the_others_are_met(void **state)
{
	(void)state;
	meet(0, A);
	meet(1, B);
	meet(2, C);
	host_failing_attempt = host_attempts + 1;
	assert_true(host_work());
	assert_null(exitstat_find_vcpu(&met[2]));
	assert_non_null(exitstat_find_vcpu(&met[0]));
	assert_non_null(exitstat_find_vcpu(&met[1]));
	/* It waits. */
	meet(2, C);
	assert_false(host_work());
	host_jiffies += HZ;
	meet(2, C);
	assert_true(host_work());
	assert_non_null(exitstat_find_vcpu(&met[2]));
}

static void switched_off_nobody_gets_an_account(void **state)
{
	(void)state;
	meet(0, A);
	exitstat_is_on = false;
	assert_int_equal(guest_open(B, 0), 0);
	assert_true(host_work());
	exitstat_is_on = true;
	assert_int_equal(id_of(A), 0);
	assert_int_equal(id_of(B), 0);
}

/*
 * Switching off takes the hooks one after the other: put may be off before load, and entry
 * after both. What is loaded must not be another vCPU's then.
 */
static void a_vcpu_that_was_not_put_is_loaded_no_more(void **state)
{
	struct exitstat_regs regs;

	(void)state;
	assert_int_equal(guest_open(A, 0) + guest_open(B, 0), 0);
	guest_work(A, 0, 1);
	exitstat_load(vcpu_at(A, 0));
	assert_non_null(this_cpu_read(exitstat_loaded));
	exitstat_is_on = false;
	exitstat_load(vcpu_at(B, 0));
	exitstat_is_on = true;
	exitstat_entry(vcpu_at(B, 0));
	exitstat_exit(0x72, exitstat_now());
	assert_figures(ask_vm(vcpu_at(A, 0)), 1, 1);
	assert_true(exitstat_answer(vcpu_at(B, 0), EXITSTAT_LEAF_EXITS, 0, &regs));
	assert_int_equal(regs.eax, 1);
}

static void switch_off(void)
{
	exitstat_is_on = false;
}

/* It is about to be closed, and whoever does that must be the only one who writes it. */
static void an_account_is_not_written_once_it_is_switched_off(void **state)
{
	struct exitstat_account *account;

	(void)state;
	assert_int_equal(guest_open(A, 0), 0);
	exitstat_load(vcpu_at(A, 0));
	account = this_cpu_read(exitstat_loaded);
	guest_work(A, 0, 1);
	guest_exit(vcpu_at(A, 0), 5);
	host_moment = switch_off;
	exitstat_halt();
	assert_int_equal(account->state, EXITSTAT_STATE_HOST);

	exitstat_is_on = true;
	exitstat_account_halt(account, host_tsc += 5);
	exitstat_wake();
	assert_int_equal(account->state, EXITSTAT_STATE_HALTED);

	exitstat_is_on = true;
	exitstat_account_wake(account, host_tsc += 5);
	exitstat_account_return(account, host_tsc += 5);
	assert_false(exitstat_try_run(vcpu_at(A, 0)));
	assert_int_equal(account->state, EXITSTAT_STATE_VMM);
	exitstat_is_on = true;
}

#define TEST(test)	cmocka_unit_test_setup_teardown(test, host_begin, host_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(addresses_are_never_followed),
		TEST(a_vcpu_without_account_sees_its_vm),
		TEST(a_vcpu_that_has_not_entered_gets_no_answer),
		TEST(the_hosts_numbering_is_answered),
		TEST(vms_that_end_unseen_are_forgotten),
		TEST(a_new_vm_at_an_old_address_starts_anew),
		TEST(without_memory_nothing_is_half_done),
		TEST(a_vm_whose_only_vcpu_finds_no_memory_is_none),
		TEST(a_wish_that_changes_meanwhile_is_no_lack_of_memory),
		TEST(a_record_that_goes_meanwhile_is_no_lack_of_memory),
		TEST(the_hosts_sum_is_exact_at_each_moment_of_an_end),
		TEST(a_question_is_interrupted_by_an_end),
		TEST(a_question_is_interrupted_by_all_ends),
		TEST(a_question_is_interrupted_by_an_end_and_a_new_vm),
		TEST(others_do_not_disturb_a_vms_answer),
		TEST(ends_do_not_prolong_the_hosts_answer),
		TEST(an_end_keeps_no_cpu),
		TEST(vms_are_forgotten_while_others_leave_the_list),
		TEST(a_vm_is_hidden_by_its_number),
		TEST(new_vms_are_hidden_on_request),
		TEST(numbers_are_never_used_again),
		TEST(vcpus_are_met_once),
		TEST(more_vcpus_than_there_is_room_for_meet_later),
		TEST(a_vm_that_ends_is_not_met),
		TEST(without_memory_meetings_are_put_off),
		TEST(without_memory_for_one_the_others_are_met),
		TEST(switched_off_nobody_gets_an_account),
		TEST(a_vcpu_that_was_not_put_is_loaded_no_more),
		TEST(an_account_is_not_written_once_it_is_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
