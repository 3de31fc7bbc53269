// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Histograms: reading them, their differences, and what they say of percentiles. */
#include "handle.h"
#include "sample.h"

#define LAST	(EXITSTAT_NR_BUCKETS - 1)

static int read_pair(struct exitstat *es, uint32_t selector, uint32_t bucket, uint64_t counts[2])
{
	struct exitstat_regs regs;
	int err = exitstat_query(es, EXITSTAT_LEAF_HISTOGRAM,
				 selector | bucket << EXITSTAT_BUCKET_SHIFT, &regs);

	if (err)
		return err;
	counts[0] = (uint64_t)regs.ebx << 32 | regs.eax;
	counts[1] = (uint64_t)regs.edx << 32 | regs.ecx;
	return 0;
}

static int read_four(struct exitstat *es, uint32_t selector, uint32_t bucket, uint64_t counts[4])
{
	struct exitstat_regs regs;
	int i, err = exitstat_query(es, EXITSTAT_LEAF_HISTOGRAM, selector | EXITSTAT_FOUR_BUCKETS |
				    bucket << EXITSTAT_BUCKET_SHIFT, &regs);

	if (err)
		return err;
	counts[0] = regs.eax;
	counts[1] = regs.ebx;
	counts[2] = regs.ecx;
	counts[3] = regs.edx;
	for (i = 0; i < 4 && !err; i += 2)
		if (counts[i] == EXITSTAT_COUNT_LARGE || counts[i + 1] == EXITSTAT_COUNT_LARGE)
			err = read_pair(es, selector, bucket + i, &counts[i]);
	return err;
}

static int read_longest(struct exitstat *es, uint32_t selector, uint64_t *longest, uint64_t *map)
{
	struct exitstat_regs regs;
	int err = exitstat_query(es, EXITSTAT_LEAF_LONGEST, selector, &regs);

	if (err)
		return err;
	*longest = (uint64_t)regs.ebx << 32 | regs.eax;
	*map = (uint64_t)regs.edx << 32 | regs.ecx;
	return 0;
}

/*
 * The longest once more after the buckets: what has come into them meanwhile may be longer. A
 * bucket that was empty before is left to the next reading, but for one of a four.
 */
static int read_histogram(struct exitstat *es, uint32_t selector,
			  struct exitstat_histogram *histogram)
{
	uint32_t bucket;
	uint64_t map;
	int err = read_longest(es, selector, &histogram->longest, &map);

	histogram->exact = 1;
	if (err || !map)
		return err;
	for (bucket = 0; bucket <= LAST && !err; bucket += 4)
		if (map >> bucket & 0xf)
			err = read_four(es, selector, bucket, &histogram->buckets[bucket]);
	return err ? err : read_longest(es, selector, &histogram->longest, &map);
}

/* What to read. */
struct reading {
	struct exitstat_histogram *histograms;
	size_t n;
	uint32_t scope;
};

static int read_histograms(struct exitstat *es, void *data)
{
	const struct reading *reading = data;
	struct exitstat_histogram *histogram;
	size_t i;
	int err = 0;

	for (i = 0; i < reading->n && !err; i++) {
		histogram = &reading->histograms[i];
		err = read_histogram(es, histogram->selector | reading->scope, histogram);
	}
	return err;
}

EXPORT int exitstat_read_histograms(struct exitstat *es, int cpu,
				    struct exitstat_histogram *histograms, size_t n)
{
	struct reading reading = { .histograms = histograms, .n = n,
				   .scope = cpu == EXITSTAT_VM ? 0 : EXITSTAT_THIS_VCPU };
	size_t i;

	for (i = 0; i < n; i++)
		histograms[i] = (struct exitstat_histogram){ .selector = histograms[i].selector };
	if (!(es->host.features & EXITSTAT_FEATURE_HISTOGRAMS))
		return 0;
	return exitstat_on(es, cpu, read_histograms, &reading);
}

/* Where the bucket ends, or what is the longest in it. */
static uint64_t end_of(const struct exitstat_histogram *histogram, int bucket)
{
	uint64_t end = bucket < LAST ? exitstat_bucket_begin(bucket + 1) : UINT64_MAX;

	return end < histogram->longest ? end : histogram->longest;
}

EXPORT void exitstat_subtract_histogram(const struct exitstat_histogram *before,
					struct exitstat_histogram *after)
{
	int bucket, highest = -1;

	for (bucket = 0; bucket <= LAST; bucket++) {
		/* Counters that started anew are told by the sample. */
		after->buckets[bucket] = after->buckets[bucket] > before->buckets[bucket] ?
					 after->buckets[bucket] - before->buckets[bucket] : 0;
		if (after->buckets[bucket])
			highest = bucket;
	}
	after->exact = after->longest > before->longest;
	if (!after->exact)
		after->longest = highest < 0 ? 0 : end_of(after, highest);
}

EXPORT uint64_t exitstat_histogram_count(const struct exitstat_histogram *histogram)
{
	uint64_t count = 0;
	int bucket;

	for (bucket = 0; bucket <= LAST; bucket++)
		count += histogram->buckets[bucket];
	return count;
}

EXPORT uint64_t exitstat_percentile(const struct exitstat_histogram *histogram, double percent)
{
	long double rank = exitstat_histogram_count(histogram) * (percent / 100.0L);
	uint64_t so_far = 0;
	int bucket;

	if (rank <= 0)
		return 0;
	for (bucket = 0; bucket < LAST; bucket++) {
		so_far += histogram->buckets[bucket];
		/* Percents are no binary fractions: a hair less is meant to be there. */
		if (so_far >= rank * (1 - 0.000000000000001L))
			break;
	}
	return end_of(histogram, bucket);
}
