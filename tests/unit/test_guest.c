// SPDX-License-Identifier: GPL-2.0
/* The guest's driver: whose an NMI is, where the exit was, how many exits a sample stands for. */
#include "test.h"
#include "guest.h"
#include "ask.h"
#include "exitstat_abi.h"
#include "sample.h"

#define RIP	0xffffffff81234567

nmi_handler *guest_nmi_handler;

/* The host, which grants what is asked for. */
static u32 left, fired;

/* What perf has been given, the sum of the periods, the last one's registers; and what it answers. */
static unsigned int samples;
static u64 periods;
static struct pt_regs sampled_at;
static bool too_many;

static void stop(struct perf_event *event, int flags)
{
	(void)flags;
	exitstat_sample_stop(event);
}

static struct pmu pmu = { .stop = stop };

/* Where an address ends in zeros, as those of some events do. */
static _Alignas(256) struct perf_event event;

u64 exitstat_ask(u32 leaf, u32 ecx, struct exitstat_regs *regs)
{
	(void)ecx;
	*regs = (struct exitstat_regs){ .eax = leaf == EXITSTAT_LEAF_SELECT };
	return 1;
}

void exitstat_tell(u32 leaf, u32 ecx, struct exitstat_regs *regs)
{
	*regs = (struct exitstat_regs){ .eax = left };
	if (leaf == EXITSTAT_LEAF_SAMPLE)
		*regs = (struct exitstat_regs){ fired, EXITSTAT_SAMPLE_MARK, (u32)RIP, RIP >> 32 };
	if (leaf == EXITSTAT_LEAF_ARM || fired)
		left = ecx;
	fired = 0;
}

static int overflow(struct perf_event *about, struct perf_sample_data *data, struct pt_regs *regs)
{
	(void)about;
	sampled_at = *regs;
	samples++;
	periods += data->period;
	return too_many;
}

int register_kprobe(struct kprobe *probe)
{
	probe->addr = overflow;
	return 0;
}

static int nmi_at(unsigned long ip, unsigned long flags, bool user)
{
	struct pt_regs regs = { .ip = ip, .flags = flags, .user = user };

	return guest_nmi_handler(NMI_LOCAL, &regs);
}

static int nmi(bool user)
{
	return nmi_at(RIP, 0, user);
}

/* Exits of the reason that is sampled, of a program or of the kernel. */
static void leave(unsigned int n, bool user)
{
	for (; n; n--) {
		if (!left || --left)
			continue;
		fired = 1;
		assert_int_equal(nmi(user), NMI_HANDLED);
	}
}

/* As perf's tick does it. */
static void set_period(u64 period)
{
	exitstat_sample_stop(&event);
	event.hw.sample_period = period;
	exitstat_sample_start(&event);
}

static int begin(void **state)
{
	(void)state;
	left = fired = samples = periods = 0;
	too_many = false;
	event = (struct perf_event){ .pmu = &pmu, .hw = { .sample_period = 10, .last_period = 10,
							  .period_left = { 10 } } };
	assert_int_equal(exitstat_sample_init(), 0);
	exitstat_sample_start(&event);
	return 0;
}

static int end(void **state)
{
	(void)state;
	exitstat_sample_stop(&event);
	exitstat_sample_exit();
	return 0;
}

static void an_nmi_of_others_ends_nothing(void **state)
{
	(void)state;
	assert_int_equal(nmi(false), NMI_DONE);
	leave(10, false);
	assert_int_equal(samples, 1);
	exitstat_sample_stop(&event);
	assert_int_equal(nmi(false), NMI_DONE);
}

static void a_sample_stands_for_its_countdown(void **state)
{
	(void)state;
	leave(25, false);
	assert_int_equal(samples, 2);
	assert_int_equal(periods, 20);
	set_period(100);
	leave(5, false);
	assert_int_equal(periods, 30);
	leave(100, false);
	assert_int_equal(periods, 130);
}

static void so_it_does_when_others_were_left_out(void **state)
{
	(void)state;
	event.attr.exclude_kernel = true;
	set_period(100);
	leave(10, false);
	assert_int_equal(samples, 0);
	leave(100, true);
	assert_int_equal(samples, 1);
	assert_int_equal(periods, 100);
}

static void and_when_it_is_cut_short(void **state)
{
	(void)state;
	set_period(100);
	leave(10, false);
	leave(40, false);
	set_period(20);
	leave(20, false);
	assert_int_equal(samples, 2);
	assert_int_equal(periods, 70);
}

static void what_was_left_may_be_nonsense(void **state)
{
	(void)state;
	exitstat_sample_stop(&event);
	event.hw.period_left.value = 1 << 30;
	exitstat_sample_start(&event);
	leave(10, false);
	assert_int_equal(periods, 10);
}

static void sample_at(unsigned long ip, unsigned long flags)
{
	fired = 1;
	assert_int_equal(nmi_at(ip, flags, false), NMI_HANDLED);
}

/* The NMI comes behind the instruction, which has 15 bytes at most, or before it. */
static void the_address_is_that_of_the_exit(void **state)
{
	static const unsigned int lengths[] = { 0, 2, 15 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		sample_at(RIP + lengths[i], 0x40);
		assert_int_equal(sampled_at.ip, RIP);
		assert_int_equal(sampled_at.flags, 0x40 | PERF_EFLAGS_EXACT);
	}
}

static void or_not_said_to_be_exact(void **state)
{
	(void)state;
	sample_at(RIP + 16, 0x40 | PERF_EFLAGS_EXACT);
	assert_int_equal(sampled_at.ip, RIP + 16);
	assert_int_equal(sampled_at.flags, 0x40);
	sample_at(RIP - 1, PERF_EFLAGS_EXACT);
	assert_int_equal(sampled_at.ip, RIP - 1);
	assert_int_equal(sampled_at.flags, 0);
}

static void what_comes_too_often_is_stopped(void **state)
{
	(void)state;
	too_many = true;
	leave(100, false);
	assert_int_equal(samples, 1);
	exitstat_sample_start(&event);
	leave(100, false);
	assert_int_equal(samples, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_nmi_of_others_ends_nothing, begin, end),
		cmocka_unit_test_setup_teardown(a_sample_stands_for_its_countdown, begin, end),
		cmocka_unit_test_setup_teardown(so_it_does_when_others_were_left_out, begin, end),
		cmocka_unit_test_setup_teardown(and_when_it_is_cut_short, begin, end),
		cmocka_unit_test_setup_teardown(what_was_left_may_be_nonsense, begin, end),
		cmocka_unit_test_setup_teardown(the_address_is_that_of_the_exit, begin, end),
		cmocka_unit_test_setup_teardown(or_not_said_to_be_exact, begin, end),
		cmocka_unit_test_setup_teardown(what_comes_too_often_is_stopped, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
