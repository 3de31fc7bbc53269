// SPDX-License-Identifier: GPL-2.0
/* exitstat: what the user asks for, and what goes wrong. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "pace.h"
#include "tool.h"

#define MAX_REPEAT	1000

/* What getopt() calls a word that is no option. */
#define IN_ORDER	1

void die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fflush(stdout);
	fprintf(stderr, "exitstat: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(status);
}

int status_failed(const struct tool *tool)
{
	return tool->command ? STATUS_RUN_FAILED : STATUS_FAILED;
}

int status_of(const struct tool *tool, int error)
{
	switch (error) {
	case EXITSTAT_ERR_NOT_A_VM:
	case EXITSTAT_ERR_NOT_EXPOSED:
	case EXITSTAT_ERR_ABI:
	case EXITSTAT_ERR_BACKWARDS:
	case EXITSTAT_ERR_VM:
	case EXITSTAT_ERR_DEVICE:
		return STATUS_NO_EXITSTAT;
	}
	return status_failed(tool);
}

/* Why a reading failed that there had to be. */
const char *message_of(const struct tool *tool, int error)
{
	if (error == EXITSTAT_ERR_RECORD && tool->unrecorded)
		return tool->unrecorded;
	if (tool->cut_off && (error == EXITSTAT_ERR_END || error == EXITSTAT_ERR_CUT))
		return "the recording was cut off before it has what is asked for";
	return error != EXITSTAT_ERR_END ? exitstat_message(tool->es) :
	       "the recording does not hold what is asked for: replay it with the options that it "
	       "was recorded with";
}

void die_of(const struct tool *tool, int error)
{
	die(status_of(tool, error), "%s", message_of(tool, error));
}

/*
 * What was printed may not have been written yet. Where a signal has ended the intervals nobody
 * waits for the rest.
 */
void flush_or_die(const struct tool *tool, FILE *file, const char *what)
{
	if (!fflush(file) && !ferror(file))
		return;
	if (errno != EINTR || !pace_is_stopped())
		die(status_failed(tool), "cannot write %s: %s", what, strerror(errno));
	clearerr(file);
}

void *allocate(size_t n, size_t size)
{
	void *memory = calloc(n, size);

	if (!memory)
		die(STATUS_FAILED, "out of memory");
	return memory;
}

void *grow(void *memory, size_t n, size_t size)
{
	memory = reallocarray(memory, n, size);
	if (!memory)
		die(STATUS_FAILED, "out of memory");
	return memory;
}

static unsigned long parse_number(const char *text, const char *what, unsigned long min,
				  unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < min || n > max)
		die(STATUS_USAGE, "%s is to be a number from %lu to %lu, not '%s'", what, min, max,
		    text);
	return n;
}

enum long_option {
	OPTION_CPU = 256, OPTION_RAW, OPTION_CYCLES, OPTION_COURSE, OPTION_RECORD, OPTION_REPLAY,
	OPTION_LOG, OPTION_VM, OPTION_SORT, OPTION_TEXTFILE, OPTION_LISTEN, OPTION_BY_REASON,
};

static const struct option long_options[] = {
	{ "vcpu", no_argument, NULL, 'C' },
	{ "cpu", required_argument, NULL, OPTION_CPU },
	{ "repeat", required_argument, NULL, 'r' },
	{ "log", required_argument, NULL, OPTION_LOG },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'J' },
	{ "raw", no_argument, NULL, OPTION_RAW },
	{ "noheadings", no_argument, NULL, 'n' },
	{ "cycles", no_argument, NULL, OPTION_CYCLES },
	{ "course", no_argument, NULL, OPTION_COURSE },
	{ "record", required_argument, NULL, OPTION_RECORD },
	{ "replay", required_argument, NULL, OPTION_REPLAY },
	{ "vm", required_argument, NULL, OPTION_VM },
	{ "sort", required_argument, NULL, OPTION_SORT },
	{ "textfile", required_argument, NULL, OPTION_TEXTFILE },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "by-reason", no_argument, NULL, OPTION_BY_REASON },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

static void take_option(struct tool *tool, int option)
{
	switch (option) {
	case 'C':
		tool->per_vcpu = true;
		break;
	case OPTION_CPU:
		tool->cpu = parse_number(optarg, "--cpu", 0, (1 << 20) - 1);
		break;
	case 'r':
		tool->repeat = parse_number(optarg, "--repeat", 1, MAX_REPEAT);
		break;
	case OPTION_LOG:
		tool->log = optarg;
		break;
	case 'o':
		tool->columns = optarg;
		break;
	case 'J':
		tool->json = true;
		break;
	case OPTION_RAW:
		tool->raw = true;
		break;
	case 'n':
		tool->noheadings = true;
		break;
	case OPTION_CYCLES:
		tool->cycles = true;
		break;
	case OPTION_COURSE:
		tool->course = true;
		break;
	case OPTION_RECORD:
		tool->record = optarg;
		break;
	case OPTION_REPLAY:
		tool->replay = optarg;
		break;
	case OPTION_VM:
		tool->vm = optarg;
		break;
	case OPTION_SORT:
		tool->sort = optarg;
		break;
	case OPTION_TEXTFILE:
		tool->textfile = optarg;
		break;
	case OPTION_LISTEN:
		tool->listen = optarg;
		break;
	case OPTION_BY_REASON:
		tool->by_reason = true;
		break;
	case 'h':
		print_help();
		flush_or_die(tool, stdout, "the output");
		exit(0);
	case 'V':
		print_version();
		flush_or_die(tool, stdout, "the output");
		exit(0);
	default:
		die(STATUS_USAGE, "see exitstat --help");
	}
}

/* What comes after -- is the command's, whatever it looks like. */
static int split_command(struct tool *tool, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--")) {
			if (!argv[i + 1])
				die(STATUS_USAGE, "there is no command after --: exitstat -- ls");
			tool->command = &argv[i + 1];
			return i;
		}
	return argc;
}

static bool is_subcommand(const char *word)
{
	static const char *const words[] = { "top", "doctor", "vms", "expose", "export",
					     "explain", "histogram" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

/* What looks like a command was meant as one, with all that follows. */
static void check_first_word(char **words)
{
	char command[200] = "", *end;
	size_t n = 0;

	strtod(words[0], &end);
	if (is_subcommand(words[0]) || (!*end && end > words[0]))
		return;
	for (; words[n]; n++) {
		strncat(command, " ", sizeof(command) - strlen(command) - 1);
		strncat(command, words[n], sizeof(command) - strlen(command) - 1);
	}
	die(STATUS_USAGE, "'%s' is neither an interval nor a subcommand; to run it: exitstat --%s",
	    words[0], command);
}

static int take_word(char **word, char **words, int n)
{
	if (!n)
		check_first_word(word);
	words[n] = *word;
	return n + 1;
}

static void parse_interval(struct tool *tool, const char *word, double min)
{
	char *end;

	tool->interval = strtod(word, &end);
	if (*end || end == word || !(tool->interval >= min && tool->interval <= INT_MAX))
		die(STATUS_USAGE, "an interval of %s seconds is not possible: take 0.001 or more",
		    word);
}

static void take_at_most(int most, int n, char **words)
{
	if (n > most)
		die(STATUS_USAGE, "'%s' is too much: see exitstat --help", words[most]);
}

static void take_intervals(struct tool *tool, int n, char **words, double min)
{
	if (n)
		parse_interval(tool, words[0], min);
	if (n > 1)
		tool->count = parse_number(words[1], "COUNT", 1, ULONG_MAX);
}

static mode_fn take_expose(struct tool *tool, int n, char **words)
{
	take_at_most(3, n, words);
	if (n < 3 || !exposure_of_name(words[2], &tool->exposure))
		die(STATUS_USAGE, "expose wants a VM and what it is to see: exitstat expose VM all, "
		    "or kernel, its kernel only, or none");
	if (tool->vm)
		die(STATUS_USAGE, "expose names its VM itself: leave out --vm");
	tool->vm = words[1];
	return tool_expose;
}

static mode_fn take_explain(struct tool *tool, int n, char **words)
{
	if (n > 1)
		tool->reasons = words + 1;
	return tool_explain;
}

static bool is_decimal(const char *word)
{
	return *word && !word[strspn(word, "0123456789.")];
}

/* Reasons and states, up to the first decimal number: that is an interval. */
static mode_fn take_histogram(struct tool *tool, int n, char **words)
{
	int named = 0, numbers;

	while (named < n && !is_decimal(words[named]))
		named++;
	numbers = n - named;
	if (numbers && tool->command)
		die(STATUS_USAGE, "'%s' is an interval, which does not go with a command; a reason's "
		    "number has 0x before it", words[named]);
	take_at_most(2, numbers, words + named);
	take_intervals(tool, numbers, words + named, tool->replay ? 0 : 0.001);
	tool->of = allocate(named + 1, sizeof(*tool->of));
	memcpy(tool->of, words, named * sizeof(*words));
	return tool_histogram;
}

/* A subcommand, or INTERVAL and COUNT. */
static mode_fn take_words(struct tool *tool, int n, char **words)
{
	if (!strcmp(words[0], "doctor")) {
		take_at_most(1, n, words);
		return tool_doctor;
	}
	if (!strcmp(words[0], "export")) {
		take_at_most(1, n, words);
		return tool_export;
	}
	if (!strcmp(words[0], "histogram"))
		return take_histogram(tool, n - 1, words + 1);
	if (!strcmp(words[0], "expose"))
		return take_expose(tool, n, words);
	if (!strcmp(words[0], "explain"))
		return take_explain(tool, n, words);
	if (!strcmp(words[0], "top")) {
		take_at_most(2, n, words);
		take_intervals(tool, n - 1, words + 1, 0.001);
		return tool_top;
	}
	if (!strcmp(words[0], "vms")) {
		take_at_most(3, n, words);
		take_intervals(tool, n - 1, words + 1, 0.001);
		return tool_vms;
	}
	take_at_most(2, n, words);
	take_intervals(tool, n, words, tool->replay ? 0 : 0.001);
	return tool_interval;
}

static mode_fn choose_mode(struct tool *tool, int n, char **words)
{
	mode_fn mode = tool->command ? tool_run : tool->course ? tool_course : tool_table;

	if (tool->command && n && strcmp(words[0], "histogram"))
		die(STATUS_USAGE, "'%s' does not go with a command: see exitstat --help", words[0]);
	if (n)
		mode = take_words(tool, n, words);
	check_options(tool, mode);
	return mode;
}

/* That a part is missing is told, and no error. */
int start_replay(struct tool *tool)
{
	int err = exitstat_replay(tool->es, tool->replay);

	tool->cut_off = !err && *exitstat_message(tool->es);
	if (tool->cut_off)
		fprintf(stderr, "exitstat: %s\n", exitstat_message(tool->es));
	return err;
}

/* Where the answers come from. */
static int choose_source(struct tool *tool, mode_fn mode)
{
	if (tool->replay)
		return start_replay(tool);
	if (tool->vm || mode == tool_vms)
		return exitstat_device(tool->es);
	return 0;
}

static void new_handle(struct tool *tool, mode_fn mode)
{
	int err;

	tool->es = exitstat_new();
	if (!tool->es)
		die(STATUS_FAILED, "out of memory");
	err = choose_source(tool, mode);
	if (!err && tool->record)
		err = exitstat_record(tool->es, tool->record);
	if (err)
		die_of(tool, err);
}

/*
 * The doctor looks into it himself when this fails. A host that is no guest, or that sees
 * nothing of its own host, has VMs to show all the same.
 */
static void open_handle(struct tool *tool, mode_fn mode)
{
	int err;

	new_handle(tool, mode);
	if (mode == tool_vms || mode == tool_expose)
		return;
	if (tool->vm)
		choose_vm(tool);
	if (mode == tool_doctor)
		return;
	err = exitstat_open(tool->es);
	if (err && has_device(tool, err) && mode == tool_top)
		open_device(tool);
	else if (err && has_device(tool, err))
		die(status_of(tool, err), "%s; for the VMs of this host: exitstat vms",
		    message_of(tool, err));
	else if (err)
		die_of(tool, err);
}

int main(int argc, char **argv)
{
	struct tool tool = { .cpu = EXITSTAT_VM, .interval = -1, .what = EXITSTAT_READ_ALL };
	int option, status, n = 0;
	char **words;
	mode_fn mode;

	open_standard_files();
	/* A file that may grow no further is like a disk that is full. */
	own_signal(SIGXFSZ, SIG_IGN);
	setlocale(LC_CTYPE, "");
	argc = split_command(&tool, argc, argv);
	words = allocate(argc, sizeof(*words));
	while ((option = getopt_long(argc, argv, "-Cr:o:JnhV", long_options, NULL)) >= 0)
		if (option != IN_ORDER)
			take_option(&tool, option);
		else
			n = take_word(argv + optind - 1, words, n);
	mode = choose_mode(&tool, n, words);
	check_files(&tool);
	if (mode != tool_export && !tool.reasons)
		open_handle(&tool, mode);
	status = mode(&tool);
	exitstat_free(tool.es);
	flush_or_die(&tool, stdout, "the output");
	free(tool.unrecorded);
	free(tool.of);
	free(words);
	return status;
}
