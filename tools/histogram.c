// SPDX-License-Identifier: GPL-2.0
/* exitstat histogram: how long exits and stays in states took since the start, drawn. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <jansson.h>

#include "columns.h"
#include "host.h"

#define WIDTH_WITHOUT_TERMINAL	80
#define LEAST_BAR		8

/**
 * struct subject - what there is a histogram of
 * @name: as it was asked for
 * @events: what is counted
 * @selector: its histogram's
 */
struct subject {
	char name[32];
	const char *events;
	uint32_t selector;
};

static const struct subject usual[] = {
	{ "all reasons", "exits", EXITSTAT_OF_EXITS | EXITSTAT_ALL_REASONS },
	{ "vmm", "stays", EXITSTAT_OF_STATE | EXITSTAT_STATE_VMM },
	{ "halted", "stays", EXITSTAT_OF_STATE | EXITSTAT_STATE_HALTED },
	{ "preempted", "stays", EXITSTAT_OF_STATE | EXITSTAT_STATE_PREEMPTED },
};

#define NR_USUAL	(sizeof(usual) / sizeof(*usual))

static struct subject find_subject(const struct exitstat_sample *sample, const char *name)
{
	struct subject subject = { .events = "exits" };
	uint32_t reason;
	char *end;
	size_t i;

	for (i = 1; i < NR_USUAL; i++)
		if (!strcasecmp(usual[i].name, name))
			return usual[i];
	for (reason = 0; reason <= EXITSTAT_REASON_MASK; reason++) {
		const char *known = exitstat_reason_name(sample->space, reason);

		if (known && !strcasecmp(known, name))
			break;
	}
	if (reason > EXITSTAT_REASON_MASK) {
		reason = strtoul(name, &end, 0) & EXITSTAT_REASON_MASK;
		if (*end || end == name)
			die(STATUS_USAGE, "'%s' is neither a reason nor one of the states vmm, halted "
			    "and preempted: exitstat lists the reasons", name);
	}
	subject.selector = EXITSTAT_OF_EXITS | reason;
	snprintf(subject.name, sizeof(subject.name), "%s", name);
	return subject;
}

static unsigned int screen_width(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return WIDTH_WITHOUT_TERMINAL;
}

static void format_cycles(const struct tool *tool, uint64_t n, uint32_t tsc_khz,
			  char text[VALUE_SIZE])
{
	struct value value = cycles_value(n, tsc_khz);

	format_value(tool, &value, text);
}

static uint64_t bucket_end(const struct exitstat_histogram *histogram, int bucket)
{
	return bucket + 1 < EXITSTAT_NR_BUCKETS ? exitstat_bucket_begin(bucket + 1) :
						  histogram->longest;
}

static void print_bar(uint64_t count, uint64_t most, unsigned int room)
{
	unsigned int stars = ((unsigned __int128)count * room + most - 1) / most, i;

	putchar('|');
	for (i = 0; i < room; i++)
		putchar(i < stars ? '*' : ' ');
	puts("|");
}

static void print_buckets(const struct tool *tool, const struct exitstat_histogram *histogram,
			  uint32_t tsc_khz)
{
	int first = 0, last = EXITSTAT_NR_BUCKETS - 1, bucket, columns, used;
	unsigned int width = screen_width();
	char begin[VALUE_SIZE], end[VALUE_SIZE];
	uint64_t most = 0;

	while (!histogram->buckets[first])
		first++;
	while (!histogram->buckets[last])
		last--;
	for (bucket = first; bucket <= last; bucket++)
		most = histogram->buckets[bucket] > most ? histogram->buckets[bucket] : most;
	columns = tool->cycles ? 12 : 6;
	printf("%*s  %*s  %10s\n", columns, "FROM", columns, "TO", "COUNT");
	for (bucket = first; bucket <= last; bucket++) {
		format_cycles(tool, exitstat_bucket_begin(bucket), tsc_khz, begin);
		format_cycles(tool, bucket_end(histogram, bucket), tsc_khz, end);
		used = printf("%*s  %*s  %10llu ", columns, begin, columns, end,
			      (unsigned long long)histogram->buckets[bucket]);
		print_bar(histogram->buckets[bucket], most,
			  width > used + LEAST_BAR + 2u ? width - used - 2 : LEAST_BAR);
	}
}

static const struct {
	const char *name;
	double percent;
} percentiles[] = { { "p50", 50 }, { "p90", 90 }, { "p99", 99 }, { "p999", 99.9 } };

#define NR_PERCENTILES	(sizeof(percentiles) / sizeof(*percentiles))

static void print_histogram(const struct tool *tool, const struct subject *subject,
			    const struct exitstat_histogram *histogram, uint32_t tsc_khz)
{
	char text[VALUE_SIZE];
	size_t i;

	printf("%s: %llu %s", subject->name,
	       (unsigned long long)exitstat_histogram_count(histogram), subject->events);
	if (!exitstat_histogram_count(histogram)) {
		puts(subject->selector & (EXITSTAT_OF_MASK | EXITSTAT_ALL_REASONS) ? "" :
		     ", or rare ones, which are among other's");
		return;
	}
	for (i = 0; i < NR_PERCENTILES; i++) {
		format_cycles(tool, exitstat_percentile(histogram, percentiles[i].percent), tsc_khz,
			      text);
		printf(", %s %s", percentiles[i].name, text);
	}
	format_cycles(tool, histogram->longest, tsc_khz, text);
	printf(", max %s\n", text);
	print_buckets(tool, histogram, tsc_khz);
}

static json_t *cycles_json(const struct tool *tool, uint64_t n, uint32_t tsc_khz)
{
	struct value value = cycles_value(n, tsc_khz);

	return value_json(tool, &value);
}

static json_t *histogram_json(const struct tool *tool, const struct subject *subject,
			      const struct exitstat_histogram *histogram, uint32_t tsc_khz)
{
	uint64_t count = exitstat_histogram_count(histogram);
	json_t *object = json_pack("{s:s, s:s, s:I}", "of", subject->name, "events",
				   subject->events, "count", (json_int_t)count);
	json_t *buckets = json_array();
	size_t i;
	int b;

	for (i = 0; i < NR_PERCENTILES; i++)
		json_object_set_new(object, percentiles[i].name, count ? cycles_json(tool,
			exitstat_percentile(histogram, percentiles[i].percent), tsc_khz) :
			json_null());
	json_object_set_new(object, "max", count ? cycles_json(tool, histogram->longest, tsc_khz) :
			    json_null());
	for (b = 0; b < EXITSTAT_NR_BUCKETS; b++)
		if (histogram->buckets[b])
			json_array_append_new(buckets, json_pack("{s:o, s:o, s:I}",
				"from", cycles_json(tool, exitstat_bucket_begin(b), tsc_khz),
				"to", cycles_json(tool, bucket_end(histogram, b), tsc_khz),
				"count", (json_int_t)histogram->buckets[b]));
	json_object_set_new(object, "buckets", buckets);
	return object;
}

static void print_json(const struct tool *tool, const struct subject *subjects,
		       const struct exitstat_histogram *histograms, size_t n,
		       const struct exitstat_sample *sample)
{
	json_t *array = json_array(), *object;
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(array, histogram_json(tool, &subjects[i], &histograms[i],
							    sample->tsc_khz));
	object = json_pack("{s:s, s:i, s:s, s:I, s:s, s:o, s:o}", "report", "histogram",
			   "abi", EXITSTAT_ABI_VERSION, "reasons", space_word(sample->space),
			   "tsc_khz", (json_int_t)sample->tsc_khz,
			   "unit", tool->cycles ? "cycles" : "s",
			   "cpu", sample->cpu == EXITSTAT_VM ? json_null() :
						json_integer(sample->cpu),
			   "histograms", array);
	if (!object || json_dumpf(object, stdout, JSON_REAL_PRECISION(15) | JSON_INDENT(2)))
		die(STATUS_FAILED, "cannot write JSON");
	putchar('\n');
	json_decref(object);
}

int tool_histogram(struct tool *tool)
{
	static struct exitstat_sample sample;
	struct exitstat_histogram *histograms;
	struct subject *subjects;
	size_t n = 0, i;
	int err;

	if (!has_distributions(tool))
		die(STATUS_NO_EXITSTAT, "this host keeps no histograms of this VM: on the host, set "
		    "histograms=1, as the README says, and start the VM anew");
	err = exitstat_read(tool->es, tool->cpu, 0, &sample);
	if (err)
		die_of(tool, err);
	while (tool->of[n])
		n++;
	subjects = allocate(n ? n : NR_USUAL, sizeof(*subjects));
	for (i = 0; i < n; i++)
		subjects[i] = find_subject(&sample, tool->of[i]);
	if (!n) {
		memcpy(subjects, usual, sizeof(usual));
		n = NR_USUAL;
	}
	histograms = allocate(n, sizeof(*histograms));
	for (i = 0; i < n; i++)
		histograms[i].selector = subjects[i].selector;
	err = exitstat_read_histograms(tool->es, tool->cpu, histograms, n);
	if (err)
		die_of(tool, err);
	if (tool->json)
		print_json(tool, subjects, histograms, n, &sample);
	for (i = 0; i < n && !tool->json; i++) {
		if (i)
			putchar('\n');
		print_histogram(tool, &subjects[i], &histograms[i], sample.tsc_khz);
	}
	free(histograms);
	free(subjects);
	return 0;
}
