// SPDX-License-Identifier: GPL-2.0
/*
 * Random lives of VMs, against a naive model; often one CPU's action falls into the middle of
 * another's.
 *
 * The environment variable EXITSTAT_SEED chooses other ones than the usual; a failure says
 * the seed it came from.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "test.h"
#include "events.h"
#include "guests.h"
#include "vms.h"

#define NR_LIVES	60
#define NR_ACTIONS	400
#define NR_VMS	6
#define NR_VCPUS	3

static u64 seed = 0x9e3779b97f4a7c15, rng;

static struct model_vcpu {
	bool open, entered, in_guest;
	u64 since, exits, cycles;
} vcpus[NR_VMS][NR_VCPUS];

static struct model_vm {
	bool open, hidden;
	u64 id;
} vms[NR_VMS];

static u64 dead_exits, dead_cycles, last_id;

/* xorshift64* */
static u32 random_below(u32 limit)
{
	rng ^= rng >> 12;
	rng ^= rng << 25;
	rng ^= rng >> 27;
	return (rng * 0x2545f4914f6cdd1d >> 32) % limit;
}

/* The model */

static struct figures model_of_vm(int vm)
{
	struct figures sum = { .answered = vms[vm].open && !vms[vm].hidden };
	struct model_vcpu *v;

	for (v = vcpus[vm]; v < vcpus[vm] + NR_VCPUS; v++) {
		sum.vcpus += v->open;
		sum.exits += v->open ? v->exits : 0;
		sum.cycles += v->open ? v->cycles : 0;
	}
	return sum;
}

static struct figures model_of_host(void)
{
	struct figures sum = { .answered = true, .exits = dead_exits, .cycles = dead_cycles };
	struct figures of_vm;
	int vm;

	for (vm = 0; vm < NR_VMS; vm++) {
		of_vm = model_of_vm(vm);
		sum.vcpus += of_vm.vcpus;
		sum.exits += of_vm.exits;
		sum.cycles += of_vm.cycles;
	}
	return sum;
}

static void model_end(int vm)
{
	struct model_vcpu *v;

	for (v = vcpus[vm]; v < vcpus[vm] + NR_VCPUS; v++) {
		if (v->open && v->entered && !v->in_guest)
			v->cycles += host_tsc - v->since;
		dead_exits += v->open ? v->exits : 0;
		dead_cycles += v->open ? v->cycles : 0;
		*v = (struct model_vcpu){ 0 };
	}
	vms[vm] = (struct model_vm){ 0 };
}

/* Actions */

static void check(bool good, const char *what)
{
	if (!good)
		fail_msg("EXITSTAT_SEED=%" PRIu64 ": %s", seed, what);
}

static void check_figures(struct figures got, struct figures want, const char *whose)
{
	if (got.vcpus != want.vcpus || got.exits != want.exits || got.cycles != want.cycles)
		fail_msg("EXITSTAT_SEED=%" PRIu64 ": %s %u vCPUs, %" PRIu64 " exits, %" PRIu64
			 " cycles; should be %u, %" PRIu64 ", %" PRIu64, seed, whose, got.vcpus,
			 got.exits, got.cycles, want.vcpus, want.exits, want.cycles);
}

static void check_vm(int vm, int vcpu)
{
	struct model_vcpu *v = &vcpus[vm][vcpu];
	struct kvm_vcpu unknown = { .kvm = kvm_at(vm) };
	struct figures want = model_of_vm(vm);
	struct figures got = ask_vm(v->open ? vcpu_at(vm, vcpu) : &unknown);

	check(got.answered == (want.answered && (v->entered || !v->open)), "who gets an answer");
	if (got.answered)
		check_figures(got, want, "a VM's");
}

static void check_host(void)
{
	check_figures(ask_host(), model_of_host(), "the host's");
}

/* What was counted when the question came, and what is when it is answered. */
static void check_host_is_between(struct figures first, struct figures got, struct figures last)
{
	check(got.exits >= first.exits && got.exits <= last.exits, "the host's exits");
	check(got.cycles >= first.cycles && got.cycles <= last.cycles, "the host's cycles");
}

static struct figures least, most;

static void ask_meanwhile(void)
{
	struct figures got = ask_host();

	check_host_is_between(least, got, most);
	least = got;
}

static void open_vcpu(int vm, int vcpu)
{
	bool was_open = vms[vm].open, fails = !random_below(4);
	struct model_vcpu *v = &vcpus[vm][vcpu];
	int error;

	least = most = model_of_host();
	host_attempts = 0;
	host_failing_attempt = fails ? random_below(5) + 1 : 0;
	error = guest_open(vm, vcpu);
	/* One that has an account needs none. */
	fails = fails && host_attempts >= host_failing_attempt && !v->open;
	host_failing_attempt = 0;
	check(!error == !fails, "memory");
	v->open = v->open || !error;
	vms[vm].open = vms[vm].open || !error;
	if (vms[vm].open && !was_open) {
		vms[vm].id = id_of(vm);
		check(vms[vm].id > last_id, "a number is used again");
		last_id = vms[vm].id;
	}
}

static void run_vcpu(int vm, int vcpu)
{
	struct model_vcpu *v = &vcpus[vm][vcpu];

	if (!v->open)
		return;
	if (v->in_guest) {
		guest_exit(vcpu_at(vm, vcpu), random_below(1000));
		v->exits++;
	} else {
		guest_enter(vcpu_at(vm, vcpu), random_below(1000));
		v->cycles += v->entered ? host_tsc - v->since : 0;
	}
	v->entered = true;
	v->in_guest = !v->in_guest;
	v->since = host_tsc;
}

static void end_vm(int vm)
{
	least = model_of_host();
	model_end(vm);
	most = model_of_host();
	exitstat_destroy_vm(kvm_at(vm));
}

static void show_or_hide(int vm)
{
	vms[vm].hidden = random_below(2);
	check(exitstat_set_exposure(vms[vm].id, !vms[vm].hidden) == (vms[vm].open ? 0 : -ESRCH),
	      "exposure");
	vms[vm].hidden = vms[vm].hidden && vms[vm].open;
}

static void act(void)
{
	int vm = random_below(NR_VMS), vcpu = random_below(NR_VCPUS);

	switch (random_below(12)) {
	case 0:
	case 1:
		return open_vcpu(vm, vcpu);
	case 2:
		return end_vm(vm);
	case 3:
		return host_grace_period();
	case 4:
		return show_or_hide(vm);
	case 5:
		return check_vm(vm, vcpu);
	case 6:
		return check_host();
	default:
		return run_vcpu(vm, vcpu);
	}
}

static void act_at_times(void)
{
	if (!random_below(6))
		act();
}

static void ask_while_others_act(void)
{
	struct figures first = model_of_host(), got;

	host_moment = act_at_times;
	got = ask_host();
	host_moment = NULL;
	check_host_is_between(first, got, model_of_host());
}

static void act_while_others_ask(void)
{
	int vm = random_below(NR_VMS);

	host_moment = ask_meanwhile;
	if (random_below(2))
		end_vm(vm);
	else
		open_vcpu(vm, random_below(NR_VCPUS));
	host_grace_period();
	host_moment = NULL;
}

static void live(unsigned int life)
{
	unsigned int i;
	int vm;

	rng = seed + life * 0x9e3779b97f4a7c15;
	rng = rng ?: 1;
	dead_exits = dead_cycles = 0;
	for (i = 0; i < NR_ACTIONS; i++) {
		switch (random_below(8)) {
		case 0:
			ask_while_others_act();
			break;
		case 1:
			act_while_others_ask();
			break;
		default:
			act();
		}
		check_host();
	}
	for (vm = 0; vm < NR_VMS; vm++)
		model_end(vm);
}

static void lives_are_as_the_model_says(void **state)
{
	unsigned int life;

	for (life = 0; life < NR_LIVES; life++) {
		host_begin(state);
		live(life);
		host_end(state);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_are_as_the_model_says),
	};

	if (getenv("EXITSTAT_SEED"))
		seed = strtoull(getenv("EXITSTAT_SEED"), NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
