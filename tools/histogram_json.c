// SPDX-License-Identifier: GPL-2.0
/* Histograms as JSON: of the buckets those that are not empty. */
#include <jansson.h>

#include "histogram.h"

static json_t *cycles_json(const struct tool *tool, uint64_t n, uint32_t tsc_khz)
{
	struct value value = cycles_value(n, tsc_khz);

	return value_json(tool, &value);
}

static json_t *buckets_json(const struct tool *tool, const struct exitstat_histogram *histogram,
			    uint32_t tsc_khz)
{
	json_t *buckets = json_array();
	int b;

	for (b = 0; histogram && b < EXITSTAT_NR_BUCKETS; b++)
		if (histogram->buckets[b])
			json_array_append_new(buckets, json_pack("{s:o, s:o, s:o}",
				"from", cycles_json(tool, exitstat_bucket_begin(b), tsc_khz),
				"to", cycles_json(tool, bucket_end(histogram, b), tsc_khz),
				"count", integer_json(histogram->buckets[b])));
	return buckets;
}

static json_t *histogram_json(const struct tool *tool, const struct subject *subject,
			      const struct exitstat_histogram *histogram, uint32_t tsc_khz)
{
	uint64_t count = histogram ? exitstat_histogram_count(histogram) : 0;
	json_t *object = json_pack("{s:s, s:s, s:o}", "of", subject->name, "events",
				   subject->events, "count", integer_json(count));
	size_t i;

	for (i = 0; i < NR_PERCENTILES; i++)
		json_object_set_new(object, percentiles[i].name, !histogram ? json_null() :
			cycles_json(tool, exitstat_percentile(histogram, percentiles[i].percent),
				    tsc_khz));
	json_object_set_new(object, "max", !histogram ? json_null() :
			    cycles_json(tool, histogram->longest, tsc_khz));
	json_object_set_new(object, "buckets", buckets_json(tool, histogram, tsc_khz));
	return object;
}

json_t *histograms_json(const struct tool *tool, const struct report *report, size_t scope)
{
	json_t *array = json_array();
	const struct subject *subject;
	size_t i;

	for (i = 0; i < tool->nr_selectors; i++) {
		subject = &tool->subjects[i];
		json_array_append_new(array, histogram_json(tool, subject,
			distributions_find(&report->distributions[scope], subject->selector),
			report->samples[scope].tsc_khz));
	}
	return array;
}
