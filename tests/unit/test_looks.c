// SPDX-License-Identifier: GPL-2.0
/*
 * What a question about histograms looks at, as any program in a guest may ask it of thousands of
 * vCPUs: where it need not look there is no memory.
 */
#include <sys/mman.h>

#include "test.h"
#include "answers.h"

#define PAGES	(2 * 4 * PAGE_SIZE)

static char *memory;
static struct exitstat_histograms *histograms;

/* The account's histograms, of which what lies from @offset on is on pages of its own. */
static void open_histograms(struct vm *vm, struct exitstat_account *account, size_t offset)
{
	memory = mmap(NULL, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	histograms = (void *)(memory + PAGES / 2 - offset);
	exitstat_histograms_init(histograms, &vm->reasons);
	account->histograms = histograms;
}

static void take_pages(void)
{
	assert_int_equal(mprotect(memory + PAGES / 2, PAGES / 2, PROT_NONE), 0);
}

static void add(struct exitstat_histograms *into, u8 row, u8 bucket)
{
	exitstat_histograms_add(into, &into->rows[row], exitstat_bucket_begin(bucket));
}

static u8 cpuid_row(const struct vm *vm)
{
	return EXITSTAT_ROWS_EXITS + vm->reasons.row[vm_slot(vm, cpuid_exit(vm))];
}

static void nothing_of_empty_histograms_is_looked_at(void **state)
{
	static const u32 selectors[] = {
		EXITSTAT_ALL_REASONS,
		EXITSTAT_ALL_REASONS | EXITSTAT_OF_VMM,
		EXITSTAT_OF_STATE | EXITSTAT_STATE_VMM,
		EXITSTAT_OF_STATE | EXITSTAT_STATE_HALTED,
		EXITSTAT_OF_STATE | EXITSTAT_STATE_PREEMPTED,
		EXITSTAT_REASON_OTHER,
	};
	struct vm *vm = *state;
	u32 bucket;
	size_t i;

	open_histograms(vm, vm->vcpus, offsetof(struct exitstat_histograms, rows));
	take_pages();
	for (i = 0; i < ARRAY_SIZE(selectors); i++) {
		assert_answer(vm, EXITSTAT_LEAF_LONGEST, selectors[i], zeros);
		for (bucket = 0; bucket < EXITSTAT_NR_BUCKETS; bucket += 4)
			assert_answer(vm, EXITSTAT_LEAF_HISTOGRAM,
				      selectors[i] | EXITSTAT_FOUR_BUCKETS |
				      bucket << EXITSTAT_BUCKET_SHIFT, zeros);
	}
}

static void nothing_above_the_longest_is_looked_at(void **state)
{
	const u8 last = 20;
	struct vm *vm = *state;
	u8 row = cpuid_row(vm);

	open_histograms(vm, vm->vcpus,
			offsetof(struct exitstat_histograms, rows[row].buckets[last + 1]));
	add(histograms, row, 7);
	add(histograms, row, last);
	take_pages();
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS,
		      both_halves(exitstat_bucket_begin(last), 1 << last | 1 << 7));
}

/* A vCPU's buckets are of no interest where another one has something in each. */
static void what_is_known_is_not_looked_at(void **state)
{
	static struct exitstat_histograms other;
	const u8 last = 20;
	struct vm *vm = *state;
	u8 row = cpuid_row(vm), bucket;

	memset(&other, 0, sizeof(other));
	exitstat_histograms_init(&other, &vm->reasons);
	vm->vcpus[0].histograms = &other;
	for (bucket = 0; bucket <= last; bucket++)
		add(&other, row, bucket);
	open_histograms(vm, &vm->vcpus[1], offsetof(struct exitstat_histograms, rows[row].buckets));
	exitstat_histograms_add(histograms, &histograms->rows[row],
				exitstat_bucket_begin(last + 1) - 1);
	take_pages();
	assert_answer(vm, EXITSTAT_LEAF_LONGEST, EXITSTAT_ALL_REASONS,
		      both_halves(exitstat_bucket_begin(last + 1) - 1, (2 << last) - 1));
}

static int give_back(void **state)
{
	(void)state;
	return munmap(memory, PAGES);
}

#define LOOKS(test)	{ #test, test, vm_setup, give_back, &vm_space_svm }

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LOOKS(nothing_of_empty_histograms_is_looked_at),
		LOOKS(nothing_above_the_longest_is_looked_at),
		LOOKS(what_is_known_is_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
