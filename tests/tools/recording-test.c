// SPDX-License-Identifier: GPL-2.0
/* Recordings that were cut off anywhere, or that came through Windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "paper.h"

#define TSC_KHZ	2400000
#define SAMPLES	4

/* Which scopes are read, as with --vcpu beside the VM. */
static const int scopes[SAMPLES] = { EXITSTAT_VM, 0, 1, EXITSTAT_VM };

static struct exitstat_sample recorded[SAMPLES], replayed;

/* The text of a recording, and how long it was when the handle was open and after each sample. */
struct text {
	char path[32];
	char *data;
	size_t size, opened, ends[SAMPLES];
};

static size_t size_of(const char *path)
{
	FILE *file = fopen(path, "r");
	long size;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	fclose(file);
	return size;
}

/* With how long it took, where the host knows. */
static int read_scope(struct exitstat *es, int scope, struct exitstat_sample *sample)
{
	struct exitstat_histogram histograms[] = {
		{ .selector = EXITSTAT_ALL_REASONS },
		{ .selector = EXITSTAT_OF_STATE | EXITSTAT_STATE_VMM },
	};
	int err = exitstat_read(es, scope, EXITSTAT_READ_ALL, sample);

	return err ? err : exitstat_read_histograms(es, scope, histograms, 2);
}

static void record(struct text *text, uint32_t space, bool histograms)
{
	struct machine *machine = machine_new(space, 2, TSC_KHZ);
	struct exitstat *es;
	FILE *file;
	int i;

	if (histograms)
		machine_keep_histograms(machine);
	strcpy(text->path, "/tmp/exitstat-test-XXXXXX");
	close(mkstemp(text->path));
	es = paper_open(machine, text->path);
	assert_int_equal(exitstat_open(es), 0);
	text->opened = size_of(text->path);
	for (i = 0; i < SAMPLES; i++) {
		paper_work(machine, space, 10);
		assert_int_equal(read_scope(es, scopes[i], &recorded[i]), 0);
		text->ends[i] = size_of(text->path);
	}
	exitstat_free(es);
	machine_free(machine);
	text->size = text->ends[SAMPLES - 1];
	text->data = malloc(text->size);
	file = fopen(text->path, "r");
	assert_int_equal(fread(text->data, 1, text->size, file), text->size);
	fclose(file);
}

static void forget(struct text *text)
{
	unlink(text->path);
	free(text->data);
}

static void write_text(const struct text *text, const char *data, size_t size)
{
	FILE *file = fopen(text->path, "w");

	assert_int_equal(fwrite(data, 1, size, file), size);
	fclose(file);
}

/* The first so many samples are there, and no more; the rest is said to be missing, or not. */
static void replays(const struct text *text, int samples, bool cut)
{
	struct exitstat *es = exitstat_new();
	bool told, histograms;
	int i, err;

	assert_int_equal(exitstat_replay(es, text->path), 0);
	told = strstr(exitstat_message(es), "was cut off");
	assert_int_equal(exitstat_open(es), 0);
	for (i = 0; i < samples; i++) {
		assert_int_equal(read_scope(es, scopes[i], &replayed), 0);
		assert_memory_equal(&replayed, &recorded[i], sizeof(replayed));
	}
	err = read_scope(es, scopes[samples % SAMPLES], &replayed);
	/* Whether a sample's histograms were to follow nobody can tell beforehand. */
	histograms = exitstat_host(es)->features & EXITSTAT_FEATURE_HISTOGRAMS;
	assert_true(err == EXITSTAT_ERR_END || (histograms && err == EXITSTAT_ERR_CUT));
	assert_string_not_equal(exitstat_message(es), "");
	assert_int_equal(told || err == EXITSTAT_ERR_CUT, cut);
	assert_int_equal(exitstat_cpus(es, NULL, 0), EXITSTAT_ERR_END);
	assert_string_equal(exitstat_message(es), "the recording ends here");
	exitstat_free(es);
}

/* The end of the last line is all that may be missing without a loss. */
static bool is_end(const struct text *text, size_t size)
{
	int i;

	for (i = 0; i < SAMPLES; i++)
		if (size == text->ends[i] || size + 1 == text->ends[i])
			return true;
	return size == text->opened || size + 1 == text->opened;
}

static void cut_off(bool histograms)
{
	struct text text;
	size_t size, step;
	int whole;

	record(&text, EXITSTAT_SPACE_VMX, histograms);
	for (size = text.opened; size <= text.size; size += step) {
		for (whole = 0; whole < SAMPLES && size + 1 >= text.ends[whole]; whole++)
			;
		write_text(&text, text.data, size);
		replays(&text, whole, !is_end(&text, size));
		/* All of the last sample, and then some. */
		step = size + 10 > text.ends[SAMPLES - 2] ? 1 : 7;
	}
	forget(&text);
}

static void cut_off_anywhere(void **state)
{
	(void)state;
	cut_off(false);
}

/* They are behind the sample whose they are. */
static void cut_off_within_histograms(void **state)
{
	(void)state;
	cut_off(true);
}

/* What was asked again is part of the sample that it was asked for. */
static void cut_off_within_questions_asked_again(void **state)
{
	struct text text;
	uint64_t asked;

	(void)state;
	record(&text, EXITSTAT_SPACE_VMX, true);
	forget(&text);
	asked = recorded[0].own.count;
	paper_moves = true;
	cut_off(false);
	cut_off(true);
	paper_moves = false;
	assert_true(recorded[0].own.count > asked * 3 / 2);
}

/* Where a disk was full, or the machine crashed, there may be zeros. */
static void zeros_at_the_end(void **state)
{
	struct text text;
	char *data;

	(void)state;
	record(&text, EXITSTAT_SPACE_SVM, false);
	data = calloc(1, text.size + 4096);
	memcpy(data, text.data, text.ends[1] + 100);
	write_text(&text, data, text.ends[1] + 100 + 4000);
	replays(&text, 2, true);
	free(data);
	forget(&text);
}

static void lines_of_windows(void **state)
{
	struct text text;
	size_t i, n = 0;
	char *data;

	(void)state;
	record(&text, EXITSTAT_SPACE_SVM, false);
	data = malloc(2 * text.size);
	for (i = 0; i < text.size; i++) {
		if (text.data[i] == '\n')
			data[n++] = '\r';
		data[n++] = text.data[i];
	}
	write_text(&text, data, n);
	replays(&text, SAMPLES, false);
	write_text(&text, data, n - 1);
	replays(&text, SAMPLES, false);
	write_text(&text, data, n - 3);
	replays(&text, SAMPLES - 1, true);
	free(data);
	forget(&text);
}

/* The last answer of a reading that failed is part of the recording. */
static void host_that_is_gone(void **state)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 1, TSC_KHZ);
	char path[] = "/tmp/exitstat-test-XXXXXX";
	struct exitstat *es;

	(void)state;
	close(mkstemp(path));
	es = paper_open(machine, path);
	exitstat_open(es);
	exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &replayed);
	machine_set_host(machine, HOST_STOCK_AMD);
	exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &replayed);
	exitstat_free(es);
	machine_free(machine);

	es = exitstat_new();
	assert_int_equal(exitstat_replay(es, path), 0);
	assert_string_equal(exitstat_message(es), "");
	exitstat_open(es);
	exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &replayed);
	assert_int_equal(exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &replayed),
			 EXITSTAT_ERR_NOT_EXPOSED);
	exitstat_free(es);
	unlink(path);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* A file that may grow no further is like a disk that is full. */
static void fill_disk(unsigned int cpus)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_VMX, 2, TSC_KHZ);
	struct exitstat_regs regs;
	struct exitstat *es;
	struct text text;
	int i;

	paper_cpus = cpus;
	record(&text, EXITSTAT_SPACE_VMX, false);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(text.ends[0] + 100);
	es = paper_open(machine, text.path);
	assert_int_equal(exitstat_open(es), 0);
	for (i = 0; i < SAMPLES; i++) {
		paper_work(machine, EXITSTAT_SPACE_VMX, 10);
		assert_int_equal(exitstat_read(es, scopes[i], EXITSTAT_READ_ALL, &replayed),
				 i ? EXITSTAT_ERR_RECORD : 0);
		assert_memory_equal(&replayed, &recorded[i], sizeof(replayed));
		/* Room comes too late for what is missing already. */
		if (i == 2)
			limit_files(RLIM_INFINITY);
	}
	assert_string_equal(exitstat_message(es), "cannot write the recording: File too large");
	assert_int_equal(exitstat_query(es, EXITSTAT_LEAF_PROPERTIES, 0, &regs),
			 EXITSTAT_ERR_RECORD);
	assert_int_equal(regs.eax, TSC_KHZ);
	machine_set_host(machine, HOST_STOCK_AMD);
	assert_int_equal(exitstat_read(es, 0, EXITSTAT_READ_ALL, &replayed),
			 EXITSTAT_ERR_NOT_EXPOSED);
	assert_non_null(strstr(exitstat_message(es), "no longer exposed"));
	exitstat_free(es);
	machine_free(machine);
	replays(&text, 1, true);
	paper_cpus = MACHINE_MAX_VCPUS;
	forget(&text);
}

/* Samples with a witness and without. */
static void disk_that_fills(void **state)
{
	(void)state;
	fill_disk(1);
	fill_disk(MACHINE_MAX_VCPUS);
}

/* As a VM whose leaves are closed to programs begins, with more of its own after it. */
static void write_closed(const char *path, const struct text *open)
{
	struct machine *machine = machine_new(EXITSTAT_SPACE_SVM, 2, TSC_KHZ);
	struct exitstat *es;
	FILE *file;

	machine_set_host(machine, HOST_STOCK_AMD);
	es = paper_open(machine, path);
	assert_int_equal(exitstat_open(es), EXITSTAT_ERR_NOT_EXPOSED);
	exitstat_free(es);
	machine_free(machine);
	file = fopen(path, "a");
	fprintf(file, "0.000000001 0 %08x %08x -> %08x 00000000 00000000 00000000\n",
		EXITSTAT_LEAF_RESTRICT, EXITSTAT_RESTRICT_ASK, EXITSTAT_RESTRICTED_BY_GUEST);
	/* Less the first line, which says what it is. */
	fputs(strchr(open->data, '\n') + 1, file);
	fclose(file);
}

/* An answer by perf has taken two CPUIDs. */
static void leaves_that_were_closed(void **state)
{
	struct exitstat_sample first;
	char path[] = "/tmp/exitstat-test-XXXXXX";
	struct exitstat *es = exitstat_new();
	struct text text;
	int i;

	(void)state;
	record(&text, EXITSTAT_SPACE_SVM, false);
	text.data = realloc(text.data, text.size + 1);
	text.data[text.size] = 0;
	close(mkstemp(path));
	write_closed(path, &text);
	assert_int_equal(exitstat_replay(es, path), 0);
	assert_int_equal(exitstat_open(es), 0);
	assert_int_equal(exitstat_host(es)->closed, EXITSTAT_RESTRICTED_BY_GUEST);
	assert_int_equal(exitstat_host(es)->answer, EXITSTAT_ANSWER_ZEROS);
	assert_int_equal(exitstat_read(es, scopes[0], EXITSTAT_READ_ALL, &first), 0);
	assert_int_equal(first.total.count, recorded[0].total.count);
	for (i = 1; i < SAMPLES; i++)
		assert_int_equal(exitstat_read(es, scopes[i], EXITSTAT_READ_ALL, &replayed), 0);
	assert_int_equal(replayed.own.count - first.own.count,
			 2 * (recorded[SAMPLES - 1].own.count - recorded[0].own.count));
	exitstat_free(es);
	unlink(path);
	forget(&text);
}

/* Where the witness of a sample of the VM begins, behind all else of it. */
static size_t witness_of(const struct text *text, int sample)
{
	size_t begin = text->ends[sample];
	int line;

	for (line = 0; line < EXITSTAT_NR_STATES; line++)
		while (text->data[--begin - 1] != '\n')
			;
	return begin;
}

static void record_on_few_cpus(struct text *text)
{
	paper_cpus = 1;
	record(text, EXITSTAT_SPACE_SVM, false);
	paper_cpus = MACHINE_MAX_VCPUS;
	assert_int_not_equal(recorded[0].witness.time_ns, 0);
	assert_int_equal(recorded[1].witness.time_ns, 0);
}

static void witness_is_replayed(void **state)
{
	static struct exitstat_sample delta;
	struct exitstat *es = exitstat_new();
	struct text text;

	(void)state;
	record_on_few_cpus(&text);
	replays(&text, SAMPLES, false);
	/* Nothing but what a witness has had is missing. */
	recorded[3].witness.time_ns += 10000000000;
	assert_int_equal(exitstat_replay(es, text.path), 0);
	assert_int_equal(exitstat_delta(es, &recorded[0], &recorded[3], &delta),
			 EXITSTAT_ERR_BACKWARDS);
	exitstat_free(es);
	forget(&text);
}

/* Of a witness that is cut off the sample is whole. */
static void witness_is_cut_off(void **state)
{
	struct text text;
	size_t size;

	(void)state;
	record_on_few_cpus(&text);
	memset(&recorded[SAMPLES - 1].witness, 0, sizeof(recorded[0].witness));
	for (size = witness_of(&text, SAMPLES - 1); size < text.size - 1; size++) {
		write_text(&text, text.data, size);
		replays(&text, SAMPLES, text.data[size - 1] != '\n' && text.data[size] != '\n');
	}
	forget(&text);
}

/* Of whom the sum is short then is not known: with scope=host others have ended. */
static void short_sum_without_a_witness(void **state)
{
	static struct exitstat_sample delta;
	struct exitstat *es = exitstat_new();
	struct exitstat_sample *last = &recorded[SAMPLES - 1];
	struct text text;

	(void)state;
	record_on_few_cpus(&text);
	assert_int_equal(exitstat_replay(es, text.path), 0);
	last->time_ns += 10000000000;
	last->witness.cpu++;
	assert_int_equal(exitstat_delta(es, &recorded[0], last, &delta), 0);
	memset(&last->witness, 0, sizeof(last->witness));
	assert_int_equal(exitstat_delta(es, &recorded[0], last, &delta), 0);
	memset(&recorded[0].witness, 0, sizeof(recorded[0].witness));
	assert_int_equal(exitstat_delta(es, &recorded[0], last, &delta), EXITSTAT_ERR_BACKWARDS);
	exitstat_free(es);
	forget(&text);
}

static void replays_without_witness(const struct text *text)
{
	static struct exitstat_sample first, delta;
	struct exitstat *es = exitstat_new();
	int i;

	assert_int_equal(exitstat_replay(es, text->path), 0);
	assert_int_equal(exitstat_open(es), 0);
	assert_int_equal(exitstat_read(es, scopes[0], EXITSTAT_READ_ALL, &first), 0);
	assert_int_equal(first.witness.time_ns, 0);
	assert_int_equal(first.total.count, recorded[0].total.count);
	for (i = 1; i < SAMPLES; i++) {
		assert_int_equal(exitstat_read(es, scopes[i], EXITSTAT_READ_ALL, &replayed), 0);
		assert_int_equal(replayed.total.count, recorded[i].total.count);
	}
	assert_int_equal(exitstat_delta(es, &first, &replayed, &delta), 0);
	exitstat_free(es);
}

/* As when its CPU went away meanwhile, or the library did not know of any: all else is there. */
static void witness_is_missing(void **state)
{
	struct text text;
	size_t end, rest;
	char *data;

	(void)state;
	record_on_few_cpus(&text);
	rest = text.size - text.ends[0];
	data = malloc(text.size);
	memcpy(data, text.data, text.size);
	for (end = text.ends[0]; end > witness_of(&text, 0);) {
		while (text.data[--end - 1] != '\n')
			;
		memcpy(data + end, text.data + text.ends[0], rest);
		write_text(&text, data, end + rest);
		replays_without_witness(&text);
	}
	free(data);
	forget(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_off_anywhere),
		cmocka_unit_test(cut_off_within_histograms),
		cmocka_unit_test(cut_off_within_questions_asked_again),
		cmocka_unit_test(zeros_at_the_end),
		cmocka_unit_test(lines_of_windows),
		cmocka_unit_test(host_that_is_gone),
		cmocka_unit_test(disk_that_fills),
		cmocka_unit_test(leaves_that_were_closed),
		cmocka_unit_test(witness_is_replayed),
		cmocka_unit_test(witness_is_cut_off),
		cmocka_unit_test(short_sum_without_a_witness),
		cmocka_unit_test(witness_is_missing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
