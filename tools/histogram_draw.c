// SPDX-License-Identifier: GPL-2.0
/* Histograms, a bar for each bucket. */
#include <sys/ioctl.h>

#include "histogram.h"

#define WIDTH_WITHOUT_TERMINAL	80
#define LEAST_BAR		8

static unsigned int screen_width(FILE *file)
{
	struct winsize size;

	if (!ioctl(fileno(file), TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return WIDTH_WITHOUT_TERMINAL;
}

static void format_cycles(const struct tool *tool, uint64_t n, uint32_t tsc_khz,
			  char text[VALUE_SIZE])
{
	struct value value = cycles_value(n, tsc_khz);

	format_value(tool, &value, text);
}

static void draw_bar(FILE *file, uint64_t count, uint64_t most, unsigned int room)
{
	unsigned int stars = ((unsigned __int128)count * room + most - 1) / most, i;

	fputc('|', file);
	for (i = 0; i < room; i++)
		fputc(i < stars ? '*' : ' ', file);
	fputs("|\n", file);
}

static void draw_buckets(const struct tool *tool, FILE *file,
			 const struct exitstat_histogram *histogram, uint32_t tsc_khz)
{
	int first = 0, last = EXITSTAT_NR_BUCKETS - 1, bucket, columns, counts, used;
	unsigned int width = screen_width(file);
	char begin[VALUE_SIZE], end[VALUE_SIZE];
	uint64_t most = 0;

	while (!histogram->buckets[first])
		first++;
	while (!histogram->buckets[last])
		last--;
	for (bucket = first; bucket <= last; bucket++)
		most = histogram->buckets[bucket] > most ? histogram->buckets[bucket] : most;
	columns = tool->cycles ? 12 : 6;
	counts = snprintf(NULL, 0, "%10llu", (unsigned long long)most);
	fprintf(file, "%*s  %*s  %*s\n", columns, "FROM", columns, "TO", counts, "COUNT");
	for (bucket = first; bucket <= last; bucket++) {
		format_cycles(tool, exitstat_bucket_begin(bucket), tsc_khz, begin);
		format_cycles(tool, bucket_end(histogram, bucket), tsc_khz, end);
		used = fprintf(file, "%*s  %*s  %*llu ", columns, begin, columns, end, counts,
			       (unsigned long long)histogram->buckets[bucket]);
		draw_bar(file, histogram->buckets[bucket], most,
			 width > used + LEAST_BAR + 2u ? width - used - 2 : LEAST_BAR);
	}
}

static void draw_histogram(const struct tool *tool, FILE *file, const struct subject *subject,
			   const struct exitstat_histogram *histogram, uint32_t tsc_khz)
{
	char text[VALUE_SIZE];
	size_t i;

	if (!histogram) {
		fprintf(file, "%s: 0 %s%s\n", subject->name, subject->events,
			subject->selector & (EXITSTAT_OF_MASK | EXITSTAT_ALL_REASONS) ? "" :
			", or rare ones, which are among other's");
		return;
	}
	fprintf(file, "%s: %llu %s", subject->name,
		(unsigned long long)exitstat_histogram_count(histogram), subject->events);
	for (i = 0; i < NR_PERCENTILES; i++) {
		format_cycles(tool, exitstat_percentile(histogram, percentiles[i].percent), tsc_khz,
			      text);
		fprintf(file, ", %s %s", percentiles[i].name, text);
	}
	format_cycles(tool, histogram->longest, tsc_khz, text);
	fprintf(file, ", max %s\n", text);
	draw_buckets(tool, file, histogram, tsc_khz);
}

void histograms_draw(const struct tool *tool, const struct report *report)
{
	const struct subject *subject;
	size_t scope, i;

	for (scope = 0; scope < report->n; scope++)
		for (i = 0; i < tool->nr_selectors; i++) {
			subject = &tool->subjects[i];
			if (scope || i)
				fputc('\n', report->file);
			draw_histogram(tool, report->file, subject,
				       distributions_find(&report->distributions[scope],
							  subject->selector),
				       report->samples[scope].tsc_khz);
		}
}
