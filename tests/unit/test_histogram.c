// SPDX-License-Identifier: GPL-2.0
/* Histograms: the buckets' bounds, the leaves, many vCPUs in one, and vCPUs that are gone. */
#include "test.h"
#include "answers.h"

#define LAST	(EXITSTAT_NR_BUCKETS - 1)

static struct exitstat_histograms histograms[VM_NR_VCPUS + 1];

/* All of the VM's accounts have histograms, which are empty. */
static struct vm *open_histograms(void **state)
{
	struct vm *vm = *state;
	int i;

	static_branch_enable(&exitstat_histograms_key);
	memset(histograms, 0, sizeof(histograms));
	for (i = 0; i <= VM_NR_VCPUS; i++)
		exitstat_histograms_init(&histograms[i], &vm->reasons);
	for (i = 0; i < VM_NR_VCPUS; i++)
		vm->vcpus[i].histograms = &histograms[i];
	vm->gone.histograms = &histograms[i];
	return vm;
}

/* So many are in a bucket, none longer than what is least there. */
static void put(struct exitstat_histograms *into, u8 row, u8 bucket, u64 count)
{
	u64 cycles = exitstat_bucket_begin(bucket);

	exitstat_histograms_add(into, &into->rows[row], cycles);
	into->rows[row].buckets[bucket] += count - 1;
}

/* The selector of the pair that has the bucket of @cycles. */
static u32 pair_at(u64 cycles)
{
	return (exitstat_bucket(cycles) & ~1u) << EXITSTAT_BUCKET_SHIFT;
}

/* That many took @cycles, and nothing is in the other bucket of the pair. */
static struct exitstat_regs times(u64 cycles, u64 count)
{
	return exitstat_bucket(cycles) % 2 ? both_halves(0, count) : both_halves(count, 0);
}

/* The longest, and the buckets of which there are some. */
static struct exitstat_regs longest(u64 cycles, u64 map)
{
	return both_halves(cycles, map);
}

static u64 bit(u64 cycles)
{
	return 1ull << exitstat_bucket(cycles);
}

static void enter(struct exitstat_account *account, u64 *now, u64 cycles)
{
	exitstat_account_entry(account, *now += cycles);
}

static void leave(struct vm *vm, struct exitstat_account *account, u32 reason, u64 *now)
{
	exitstat_account_exit(account, exitstat_reason_slot(&vm->reasons, reason), *now += 10);
}

static void every_bucket_begins_where_the_one_before_ends(void **state)
{
	unsigned int bucket;
	u64 begin;

	(void)state;
	assert_int_equal(exitstat_bucket_begin(0), 0);
	assert_int_equal(exitstat_bucket_begin(1), 1 << 7);
	assert_int_equal(exitstat_bucket_begin(2), 3 << 6);
	assert_int_equal(exitstat_bucket_begin(LAST), 1ull << 38);
	assert_int_equal(exitstat_bucket(0), 0);
	for (bucket = 1; bucket <= LAST; bucket++) {
		begin = exitstat_bucket_begin(bucket);
		assert_int_equal(exitstat_bucket(begin), bucket);
		assert_int_equal(exitstat_bucket(begin - 1), bucket - 1);
		/* What a bucket holds is known to within a half. */
		assert_true(bucket == 1 || 2 * begin <= 3 * exitstat_bucket_begin(bucket - 1));
	}
	assert_int_equal(exitstat_bucket(~0ull), LAST);
}

static bool counts(const struct exitstat_row *row, u64 cycles)
{
	struct exitstat_row copy = *row;

	return exitstat_row_count(&copy, cycles);
}

/* What is below the buckets, above them, or a new longest is not counted at once. */
static void row_counts_what_is_between_its_bounds(void **state)
{
	static const u64 last = 1ull << 38;
	static const struct {
		u64 added, longest, most;	/* that the row then counts, 0 nothing */
	} cases[] = {
		{ 0, 0, 0 }, { 127, 127, 0 }, { 128, 128, 128 }, { 5000, 5000, 5000 },
		{ 4999, 5000, 5000 }, { 0, 5000, 5000 }, { last - 2, last - 2, last - 2 },
		{ last - 1, last - 1, last - 1 }, { last, last, last - 1 },
		{ 1ull << 63, 1ull << 63, last - 1 }, { -1ull, -1ull, last - 1 },
	};
	static struct exitstat_row row;
	size_t i;

	(void)state;
	memset(&row, 0, sizeof(row));
	assert_false(counts(&row, 0));
	assert_false(counts(&row, EXITSTAT_SHORTEST));
	assert_false(counts(&row, -1ull));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		exitstat_row_add(&row, cases[i].added);
		assert_int_equal(row.longest, cases[i].longest);
		assert_false(counts(&row, EXITSTAT_SHORTEST - 1));
		assert_int_equal(counts(&row, EXITSTAT_SHORTEST), !!cases[i].most);
		assert_true(!cases[i].most || counts(&row, cases[i].most));
		assert_false(counts(&row, cases[i].most + 1));
		assert_false(counts(&row, -1ull));
	}
}

/* Each is counted once, whichever way. */
static void row_counts_in_the_right_bucket(void **state)
{
	static struct exitstat_row row;
	unsigned int bucket;
	u64 cycles;

	(void)state;
	memset(&row, 0, sizeof(row));
	exitstat_row_add(&row, exitstat_bucket_begin(LAST));
	for (bucket = 1; bucket < LAST; bucket++) {
		cycles = exitstat_bucket_begin(bucket);
		assert_true(exitstat_row_count(&row, cycles));
		assert_true(exitstat_row_count(&row, exitstat_bucket_begin(bucket + 1) - 1));
		exitstat_row_add(&row, cycles);
		assert_int_equal(row.buckets[bucket], 3);
	}
	assert_int_equal(row.buckets[0], 0);
	assert_int_equal(row.buckets[LAST], 1);
}

static void nothing_is_counted_without_a_row(void **state)
{
	const struct exitstat_tally *tallies[] = {
		&exitstat_odd_tallies.none, &exitstat_odd_tallies.returned,
	};
	struct exitstat_row *row;
	size_t i;
	u64 cycles;
	u8 slot;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(tallies); i++)
		for (slot = 0; slot < EXITSTAT_NR_SLOTS; slot++) {
			row = exitstat_row_of(tallies[i], slot);
			assert_ptr_equal(row, &exitstat_odd_tallies.row);
			assert_false(exitstat_row_count(row, 0));
			for (cycles = 1; cycles; cycles <<= 1)
				assert_false(exitstat_row_count(row, cycles));
		}
}

static void largest_cycles_are_in_the_last_bucket(void **state)
{
	struct vm *vm = open_histograms(state);
	u64 now = 1, cycles = (1ull << 63) - 1;

	enter(vm->vcpus, &now, 0);
	leave(vm, vm->vcpus, cpuid_exit(vm), &now);
	enter(vm->vcpus, &now, cycles);
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(cycles),
		      times(cycles, 1));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm), longest(cycles, 1ull << LAST));
}

static void an_exit_has_all_of_its_pieces(void **state)
{
	struct vm *vm = open_histograms(state);
	struct exitstat_account *account = vm->vcpus;
	u64 now = 1000;

	enter(account, &now, 0);
	leave(vm, account, cpuid_exit(vm), &now);
	exitstat_account_halt(account, now += 1000);
	exitstat_account_preempt(account, now += 30000);
	exitstat_account_resume(account, 0, now += 400000);
	exitstat_account_wake(account, now += 5000);
	exitstat_account_return(account, now += 2000);
	exitstat_account_run(account, now += 6000000);
	enter(account, &now, 3000);

	assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm), longest(6000, bit(6000)));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(6000), times(6000, 1));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_OF_VMM | cpuid_exit(vm),
		      longest(6000000, bit(6000000)));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_OF_STATE | EXITSTAT_STATE_VMM,
		      longest(6000000, bit(6000000)));
	/* It was halted twice. */
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_OF_STATE | EXITSTAT_STATE_HALTED,
		      longest(30000, bit(30000) | bit(5000)));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_OF_STATE | EXITSTAT_STATE_PREEMPTED,
		      longest(400000, bit(400000)));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM,
		      EXITSTAT_OF_STATE | EXITSTAT_STATE_HALTED | pair_at(5000), times(5000, 1));
}

/* Each of these leaves 200 + 300 cycles to the exit. */
static void preempted(struct exitstat_account *account, u64 *now)
{
	exitstat_account_preempt(account, *now += 200);
	exitstat_account_resume(account, 0, *now += 7000);
	exitstat_account_preempt(account, *now += 300);
	exitstat_account_resume(account, 0, *now += 7000);
}

static void halted(struct exitstat_account *account, u64 *now)
{
	exitstat_account_halt(account, *now += 200);
	exitstat_account_wake(account, *now += 7000);
	exitstat_account_sleep(account, *now += 300);
	exitstat_account_resume(account, 50, *now += 7000);
}

static void returned(struct exitstat_account *account, u64 *now)
{
	exitstat_account_return(account, *now += 200);
	exitstat_account_run(account, *now += 7000);
	exitstat_account_return(account, *now += 300);
	exitstat_account_run(account, *now += 7000);
}

static void waited(struct exitstat_account *account, u64 *now)
{
	exitstat_account_resume(account, 7000, *now += 7200);
	exitstat_account_resume(account, 7000, *now += 7300);
}

static void interrupted_exit_is_whole_and_the_next_is_as_usual(void **state)
{
	static const struct {
		void (*happen)(struct exitstat_account *account, u64 *now);
		bool returns;
	} interruptions[] = {
		{ preempted, false }, { halted, false }, { returned, true }, { waited, false },
	};
	struct vm *vm = open_histograms(state);
	struct exitstat_account *account = vm->vcpus;
	u64 now = 1000, n;

	enter(account, &now, 0);
	/* The longest, so that the others are shorter. */
	leave(vm, account, cpuid_exit(vm), &now);
	enter(account, &now, 9000);
	for (n = 1; n <= ARRAY_SIZE(interruptions); n++) {
		leave(vm, account, cpuid_exit(vm), &now);
		enter(account, &now, 3000);
		leave(vm, account, cpuid_exit(vm), &now);
		interruptions[n - 1].happen(account, &now);
		assert_ptr_equal(account->tally, interruptions[n - 1].returns ?
				 &exitstat_odd_tallies.returned : &account->histograms->tally);
		enter(account, &now, 500);
		assert_ptr_equal(account->tally, &account->histograms->tally);
		leave(vm, account, cpuid_exit(vm), &now);
		enter(account, &now, 3000);
		assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(3000),
			      times(3000, 2 * n));
		assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(1000),
			      times(1000, n));
		assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm),
			      longest(9000, bit(9000) | bit(3000) | bit(1000)));
	}
}

/* The guest goes on, or is left, without an exit. */
static void entered_twice(struct exitstat_account *account, u64 *now)
{
	enter(account, now, 500);
}

static void preempted_in_the_guest(struct exitstat_account *account, u64 *now)
{
	exitstat_account_preempt(account, *now += 500);
	exitstat_account_resume(account, 0, *now += 500);
}

static void waited_in_the_guest(struct exitstat_account *account, u64 *now)
{
	exitstat_account_resume(account, 300, *now += 500);
}

static void entry_failed(struct exitstat_account *account, u64 *now)
{
	exitstat_account_return(account, *now += 500);
	exitstat_account_run(account, *now += 500);
	enter(account, now, 500);
}

static void guest_without_an_exit_changes_no_histogram(void **state)
{
	static void (*const events[])(struct exitstat_account *account, u64 *now) = {
		entered_twice, preempted_in_the_guest, waited_in_the_guest, entry_failed,
	};
	struct vm *vm = open_histograms(state);
	struct exitstat_account *account = vm->vcpus;
	u64 now = 1000, n;

	enter(account, &now, 0);
	for (n = 1; n <= ARRAY_SIZE(events); n++) {
		leave(vm, account, cpuid_exit(vm), &now);
		enter(account, &now, 3000);
		events[n - 1](account, &now);
		assert_ptr_equal(account->tally, &account->histograms->tally);
		assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(3000),
			      times(3000, n));
		assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS,
			      longest(3000, bit(3000)));
	}
}

/* At an exit, and then at an entry. */
static void clock_that_steps_back_is_no_time(void **state)
{
	struct vm *vm = open_histograms(state);
	struct exitstat_account *account = vm->vcpus;
	u64 now = 100000;

	enter(account, &now, 0);
	leave(vm, account, cpuid_exit(vm), &now);
	enter(account, &now, 3000);
	now -= 50000;
	leave(vm, account, cpuid_exit(vm), &now);
	enter(account, &now, 3000);
	leave(vm, account, cpuid_exit(vm), &now);
	enter(account, &now, -500);
	leave(vm, account, cpuid_exit(vm), &now);
	enter(account, &now, 3000);
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(3000), times(3000, 3));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(0), times(0, 1));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS,
		      longest(3000, bit(3000) | bit(0)));
}

static void exit_without_an_entry_ends_the_one_before(void **state)
{
	struct vm *vm = open_histograms(state);
	struct exitstat_account *account = vm->vcpus;
	u32 other = vm->reasons.space == EXITSTAT_SPACE_SVM ? 0x7c : 31;
	u64 now = 1000;

	enter(account, &now, 0);
	leave(vm, account, cpuid_exit(vm), &now);
	now += 3000 - 10;
	leave(vm, account, other, &now);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm), longest(3000, bit(3000)));
	enter(account, &now, 500);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, other, longest(500, bit(500)));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(3000), times(3000, 1));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, other | pair_at(500), times(500, 1));
}

static void exit_under_way_is_in_no_bucket(void **state)
{
	struct vm *vm = open_histograms(state);
	u64 now = 1000;

	enter(vm->vcpus, &now, 0);
	leave(vm, vm->vcpus, cpuid_exit(vm), &now);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm), zeros);
	exitstat_account_return(vm->vcpus, now += 500);
	exitstat_account_run(vm->vcpus, now += 500);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm), zeros);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_OF_VMM | cpuid_exit(vm), zeros);
	enter(vm->vcpus, &now, 1);
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, EXITSTAT_OF_VMM | cpuid_exit(vm) | pair_at(500),
		      times(500, 1));
}

/* An entry that fails without an exit: KVM_RUN returns, and no exit is over at the next entry. */
static void failed_entry_is_no_exit(void **state)
{
	struct vm *vm = open_histograms(state);
	u64 now = 1000;

	enter(vm->vcpus, &now, 0);
	exitstat_account_return(vm->vcpus, now += 500);
	exitstat_account_run(vm->vcpus, now += 500);
	enter(vm->vcpus, &now, 500);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS, zeros);
	leave(vm, vm->vcpus, cpuid_exit(vm), &now);
	enter(vm->vcpus, &now, 200);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS, longest(200, bit(200)));
}

static void vcpu_that_is_gone_stays_in_the_sum(void **state)
{
	struct vm *vm = open_histograms(state);
	struct exitstat_account *account = &vm->vcpus[1];
	u64 now = 1000;

	enter(account, &now, 0);
	leave(vm, account, cpuid_exit(vm), &now);
	enter(account, &now, 300);
	leave(vm, account, cpuid_exit(vm), &now);
	exitstat_account_return(account, now += 100000);
	exitstat_account_close(account, now += 7000000);
	exitstat_account_fold(&vm->gone, account);
	memset(account, 0, sizeof(*account));

	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(300), times(300, 1));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(100000),
		      times(100000, 1));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_OF_VMM | cpuid_exit(vm),
		      longest(7000000, bit(7000000)));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_THIS_VCPU | cpuid_exit(vm), zeros);
}

static void buckets_are_the_sum_over_vcpus(void **state)
{
	struct vm *vm = open_histograms(state);
	u8 row = vm->reasons.row[vm_slot(vm, cpuid_exit(vm))];
	u32 eighth = cpuid_exit(vm) | 8 << EXITSTAT_BUCKET_SHIFT;

	put(&histograms[0], row, 9, 1ull << 40);
	put(&histograms[1], row, 8, 3);
	put(&histograms[2], row, 9, 7);
	put(&histograms[2], row, LAST, 1);
	put(&histograms[VM_NR_VCPUS], row, 8, 0xffffffff);

	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, eighth,
		      both_halves(0x100000002, (1ull << 40) + 7));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, eighth | EXITSTAT_ALL_REASONS,
		      both_halves(0x100000002, (1ull << 40) + 7));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, eighth | EXITSTAT_THIS_VCPU,
		      both_halves(0, 1ull << 40));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(-1ull),
		      both_halves(0, 1));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm),
		      longest(exitstat_bucket_begin(LAST), 1ull << LAST | 3 << 8));
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm) | EXITSTAT_THIS_VCPU,
		      longest(exitstat_bucket_begin(9), 1 << 9));
}

static void four_counts_are_as_large_as_32_bits_say(void **state)
{
	struct vm *vm = open_histograms(state);
	u8 row = vm->reasons.row[vm_slot(vm, cpuid_exit(vm))];
	u32 four = cpuid_exit(vm) | EXITSTAT_FOUR_BUCKETS | 8 << EXITSTAT_BUCKET_SHIFT;

	put(&histograms[0], row, 8, 0xfffffffe);
	put(&histograms[0], row, 9, 0xffffffff);
	put(&histograms[0], row, 10, 1ull << 32);
	put(&histograms[0], row, 12, 77);
	put(&histograms[0], row, LAST, 5);
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, four,
		      (struct exitstat_regs){ 0xfffffffe, EXITSTAT_COUNT_LARGE,
					      EXITSTAT_COUNT_LARGE, 0 });
	/* It is the sum that is too large. */
	put(&histograms[1], row, 8, 0xfffffffe);
	put(&histograms[VM_NR_VCPUS], row, 11, 3);
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, four,
		      (struct exitstat_regs){ EXITSTAT_COUNT_LARGE, EXITSTAT_COUNT_LARGE,
					      EXITSTAT_COUNT_LARGE, 3 });
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, four | EXITSTAT_THIS_VCPU,
		      (struct exitstat_regs){ 0xfffffffe, EXITSTAT_COUNT_LARGE,
					      EXITSTAT_COUNT_LARGE, 0 });
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, four & ~EXITSTAT_FOUR_BUCKETS,
		      both_halves(0x1fffffffc, 0xffffffff));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM,
		      four | (LAST - 3) << EXITSTAT_BUCKET_SHIFT,
		      (struct exitstat_regs){ 0, 0, 0, 5 });
}

/* Whatever came first, each usual reason has its own row; the others are with "other". */
static void rare_reasons_share_a_row(void **state)
{
	struct vm *vm = open_histograms(state);
	struct exitstat_account *account = vm->vcpus;
	u64 now = 1000;
	u8 slot, row, own = 0;

	enter(account, &now, 0);
	for (slot = 0; slot < vm->reasons.nr_slots; slot++) {
		leave(vm, account, vm->reasons.number[slot], &now);
		enter(account, &now, 1000);
	}
	for (slot = 0; slot < vm->reasons.nr_slots; slot++) {
		row = vm->reasons.row[slot];
		assert_true(row < EXITSTAT_NR_ROWS);
		own += row != EXITSTAT_SHARED_ROW;
		if (vm->reasons.number[slot] != EXITSTAT_OTHER)
			assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM,
				      (vm->reasons.number[slot] & EXITSTAT_REASON_MASK) |
				      pair_at(1000),
				      times(1000, row != EXITSTAT_SHARED_ROW));
	}
	assert_int_equal(own, EXITSTAT_NR_ROWS - 1);
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, EXITSTAT_REASON_OTHER | pair_at(1000),
		      times(1000, vm->reasons.nr_slots - own));
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, EXITSTAT_ALL_REASONS | pair_at(1000),
		      times(1000, vm->reasons.nr_slots));
}

static void selector_that_makes_no_sense_selects_nothing(void **state)
{
	struct vm *vm = open_histograms(state);
	static const u32 bad[] = {
		EXITSTAT_OF_MASK | EXITSTAT_STATE_VMM,
		EXITSTAT_OF_STATE | EXITSTAT_STATE_GUEST,
		EXITSTAT_OF_STATE | EXITSTAT_STATE_HOST,
		EXITSTAT_OF_STATE | EXITSTAT_NR_STATES,
		EXITSTAT_OF_STATE | EXITSTAT_ALL_REASONS | EXITSTAT_STATE_VMM,
		EXITSTAT_ALL_REASONS | 1u << 25, EXITSTAT_ALL_REASONS | 1u << 29,
		0x1234,
	};
	size_t i;
	u64 now = 1000;

	enter(vm->vcpus, &now, 0);
	leave(vm, vm->vcpus, cpuid_exit(vm), &now);
	exitstat_account_return(vm->vcpus, now += 100000);
	exitstat_account_run(vm->vcpus, now += 100000);
	enter(vm->vcpus, &now, 1);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, bad[i] | pair_at(100000), zeros);
		assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, bad[i] | EXITSTAT_FOUR_BUCKETS, zeros);
		assert_answer(vm, EXITSTAT_LEAF_LONGEST, bad[i], zeros);
	}
	/* Four buckets from where no four begin. */
	for (i = 1; i < 4; i++)
		assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, EXITSTAT_ALL_REASONS |
			      EXITSTAT_FOUR_BUCKETS | (pair_at(100000) & ~(3u << 16)) | i << 16,
			      zeros);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS | EXITSTAT_FOUR_BUCKETS,
		      zeros);
	/* An odd bucket; and where none is asked for, any. */
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, EXITSTAT_ALL_REASONS | pair_at(100000) |
		      1 << EXITSTAT_BUCKET_SHIFT, zeros);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS | pair_at(100000), zeros);
}

static void without_histograms_zeros(void **state)
{
	struct vm *vm = *state;
	u64 now = 1000;

	enter(vm->vcpus, &now, 0);
	leave(vm, vm->vcpus, cpuid_exit(vm), &now);
	enter(vm->vcpus, &now, 100);
	assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM, cpuid_exit(vm) | pair_at(100), zeros);
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, cpuid_exit(vm), zeros);
	assert_int_equal(vm_ask(vm, EXITSTAT_LEAF_PROPERTIES, 0).ebx, 0);
	open_histograms(state);
	assert_int_equal(vm_ask(vm, EXITSTAT_LEAF_PROPERTIES, 0).ebx, EXITSTAT_FEATURE_HISTOGRAMS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bucket_begins_where_the_one_before_ends),
		cmocka_unit_test(row_counts_what_is_between_its_bounds),
		cmocka_unit_test(row_counts_in_the_right_bucket),
		cmocka_unit_test(nothing_is_counted_without_a_row),
		ON_BOTH(largest_cycles_are_in_the_last_bucket),
		ON_BOTH(an_exit_has_all_of_its_pieces),
		ON_BOTH(interrupted_exit_is_whole_and_the_next_is_as_usual),
		ON_BOTH(guest_without_an_exit_changes_no_histogram),
		ON_BOTH(clock_that_steps_back_is_no_time),
		ON_BOTH(exit_without_an_entry_ends_the_one_before),
		ON_BOTH(exit_under_way_is_in_no_bucket),
		ON_BOTH(failed_entry_is_no_exit),
		ON_BOTH(vcpu_that_is_gone_stays_in_the_sum),
		ON_BOTH(buckets_are_the_sum_over_vcpus),
		ON_BOTH(four_counts_are_as_large_as_32_bits_say),
		ON_BOTH(rare_reasons_share_a_row),
		ON_BOTH(selector_that_makes_no_sense_selects_nothing),
		ON_BOTH(without_histograms_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
