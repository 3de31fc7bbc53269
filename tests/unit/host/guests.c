// SPDX-License-Identifier: GPL-2.0
/* VMs for tests of the registry: see guests.h. */
#include "test.h"
#include "events.h"
#include "guests.h"

#define OBSERVER	999
#define REASON	0x72	/* CPUID on SVM, which the host has */

static struct figures before;

struct kvm *kvm_at(unsigned int vm)
{
	return (struct kvm *)(0x10000000ul + vm * 0x1000);
}

struct kvm_vcpu *vcpu_at(unsigned int vm, unsigned int vcpu)
{
	return (struct kvm_vcpu *)(0x1000ul + (vm * 64 + vcpu) * 0x40);
}

int guest_open(unsigned int vm, unsigned int vcpu)
{
	const struct exitstat_meeting met = {
		.vcpu = vcpu_at(vm, vcpu), .kvm = kvm_at(vm), .index = vcpu, .vmm = host_tgid };

	return exitstat_attach(&met);
}

static struct exitstat_account *account_of(struct kvm_vcpu *vcpu)
{
	struct exitstat_vcpu *v = exitstat_find_vcpu(vcpu);

	host_check(v, "a vCPU that is to run has no account");
	return v->account;
}

void guest_enter(struct kvm_vcpu *vcpu, u64 cycles)
{
	exitstat_account_entry(account_of(vcpu), host_tsc += cycles);
}

void guest_exit(struct kvm_vcpu *vcpu, u64 cycles)
{
	exitstat_account_exit(account_of(vcpu), exitstat_reason_slot(&exitstat_reasons, REASON),
			      host_tsc += cycles);
}

void guest_work(unsigned int vm, unsigned int vcpu, unsigned int exits)
{
	guest_enter(vcpu_at(vm, vcpu), 1);
	while (exits--) {
		guest_exit(vcpu_at(vm, vcpu), 5);
		guest_enter(vcpu_at(vm, vcpu), HOST_CYCLES);
	}
}

static struct figures ask_scope(struct kvm_vcpu *vcpu)
{
	struct figures figures = { 0 };
	struct exitstat_regs regs;

	figures.answered = exitstat_answer(vcpu, EXITSTAT_LEAF_PROPERTIES, 0, &regs);
	if (!figures.answered)
		return figures;
	figures.vcpus = regs.edx;
	host_check(exitstat_answer(vcpu, EXITSTAT_LEAF_SNAPSHOT, EXITSTAT_ALL_REASONS, &regs),
		   "one leaf is answered and the other one is not");
	figures.exits = regs.eax | (u64)regs.ebx << 32;
	figures.cycles = regs.ecx | (u64)regs.edx << 32;
	return figures;
}

/* Maybe amid another question, whose scope stays. */
static struct figures ask(struct kvm_vcpu *vcpu, bool host)
{
	bool other = exitstat_scope_host;
	struct figures figures;

	exitstat_scope_host = host;
	figures = ask_scope(vcpu);
	exitstat_scope_host = other;
	return figures;
}

struct figures ask_vm(struct kvm_vcpu *vcpu)
{
	return ask(vcpu, false);
}

struct figures ask_host(void)
{
	struct figures figures = ask(vcpu_at(OBSERVER, 0), true);

	figures.vcpus -= before.vcpus;
	figures.exits -= before.exits;
	figures.cycles -= before.cycles;
	return figures;
}

void assert_figures(struct figures got, u32 vcpus, u64 exits)
{
	assert_true(got.answered);
	assert_int_equal(got.vcpus, vcpus);
	assert_int_equal(got.exits, exits);
	assert_int_equal(got.cycles, exits * HOST_CYCLES);
}

u64 id_of(unsigned int vm)
{
	struct exitstat_vm *found = exitstat_find_vm(kvm_at(vm));

	return found ? found->id : 0;
}

int host_begin(void **state)
{
	static bool begun;

	(void)state;
	if (!begun)
		assert_int_equal(exitstat_init(), 0);
	begun = true;
	host_tgid = 1;
	host_tsc += 1000;
	assert_int_equal(guest_open(OBSERVER, 0), 0);
	guest_enter(vcpu_at(OBSERVER, 0), 1);
	before = (struct figures){ 0 };
	before = ask_host();
	host_attempts = 0;
	return 0;
}

/* Nothing may be left. */
int host_end(void **state)
{
	(void)state;
	host_moment = NULL;
	host_failing_attempt = 0;
	exitstat_cleanup();
	assert_int_equal(atomic_long_read(&exitstat_nr_vms), 0);
	assert_int_equal(atomic_long_read(&exitstat_nr_vcpus), 0);
	assert_int_equal(host_callbacks(), 0);
	assert_int_equal(host_pieces, 0);
	assert_int_equal(id_of(OBSERVER), 0);
	return 0;
}
