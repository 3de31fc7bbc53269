// SPDX-License-Identifier: GPL-2.0
/*
 * events MODULE SECONDS: exitstat_guest.ko in an inner Linux, by perf_event_open(2) alone. Counts
 * and samples are exact, before and after everything is done at once for that long: events of all
 * kinds come and go while their tasks move, a CPU goes offline, the driver is unloaded and the
 * host's exitstat is loaded anew ("# host: off" and "# host: on" ask for it). Where the kernel
 * looks for faults this takes minutes; perf itself would take one to start.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "small_vm.h"
#include "tap.h"

#define TYPE_FILE	"/sys/bus/event_source/devices/exitstat/type"
#define ONLINE_FILE	"/sys/devices/system/cpu/cpu1/online"
#define KMEMLEAK_FILE	"/sys/kernel/debug/kmemleak"
#define LEAF		0x80000000
#define OPENERS		3
#define SIBLINGS	3
#define BUFFER_PAGES	8
#define PATIENCE	100	/* seconds */

static const char *module;
static unsigned int seconds;
static atomic_int type;		/* of exitstat's events, as perf numbers them */
static uint32_t cpuid_reason;
static int cpus;

static bool say(const char *file, const char *word)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool good = write(fd, word, strlen(word)) > 0;

	close(fd);
	return good;
}

static void read_type(void)
{
	char text[16] = "";
	int fd = open(TYPE_FILE, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		type = atoi(text);
	close(fd);
}

static bool load(void)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC);
	bool good = !syscall(SYS_finit_module, fd, "", 0);

	close(fd);
	read_type();
	return good;
}

static bool unload(void)
{
	return !syscall(SYS_delete_module, "exitstat_guest", O_NONBLOCK);
}

/* The one instruction that all CPUIDs here are. */
extern const char asked[];

__attribute__((noinline, noclone)) static void ask_cpu(uint32_t times)
{
	uint32_t a, b, c, d;

	while (times--) {
		a = LEAF;
		asm volatile(".globl asked\nasked: cpuid"
			     : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	}
}

/* Of the CPUIDs of a task, 0 being this one, or of all tasks on a CPU. With a period it samples. */
static int open_event_of(pid_t task, int cpu, int group, uint32_t period, bool inherit)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = (uint64_t)(EXITSTAT_LEAF_SNAPSHOT & 0xf) << 32 | cpuid_reason,
		.sample_period = period,
		.sample_type = period ? PERF_SAMPLE_IP | PERF_SAMPLE_ADDR : 0,
		.inherit = inherit,
	};

	return syscall(SYS_perf_event_open, &attr, cpu < 0 ? task : -1, cpu, group,
		       PERF_FLAG_FD_CLOEXEC);
}

static int open_event(int cpu, int group, uint32_t period, bool inherit)
{
	return open_event_of(0, cpu, group, period, inherit);
}

static uint64_t count_of(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : UINT64_MAX;
}

/* Counts and samples, one by one */

static void test_count(const char *when)
{
	int fds[20], i, right = 0;

	for (i = 0; i < 20; i++)
		fds[i] = open_event(-1, i ? fds[0] : -1, 0, false);
	ask_cpu(1000);
	for (i = 0; i < 20; i++)
		right += count_of(fds[i]) == 1000;
	if (!ok(right == 20, "%s: twenty events of a group count 1000 CPUIDs", when))
		printf("# %d of them; the first has %lld\n", right, (long long)count_of(fds[0]));
	while (i--)
		close(fds[i]);
}

struct sample {
	struct perf_event_header header;
	uint64_t ip, address;
};

/* Without a lap, the buffer is large enough. */
static void check_samples(const struct perf_event_mmap_page *buffer, const char *when)
{
	const char *data = (const char *)buffer + buffer->data_offset;
	const struct sample *sample;
	int n = 0, right = 0;
	uint64_t at;

	for (at = 0; at < buffer->data_head; at += sample->header.size) {
		sample = (const void *)(data + at);
		if (sample->header.type != PERF_RECORD_SAMPLE)
			continue;
		n++;
		right += sample->ip == (uintptr_t)asked && sample->address == LEAF;
	}
	if (!ok(n == 100 && right == n,
		"%s: each tenth of 1000 CPUIDs is a sample, with its address and leaf", when))
		printf("# %d samples, %d of them right\n", n, right);
}

static void *map_samples(int fd)
{
	return mmap(NULL, (1 + BUFFER_PAGES) * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static void unmap_samples(void *buffer)
{
	if (buffer != MAP_FAILED)
		munmap(buffer, (1 + BUFFER_PAGES) * 4096);
}

static void test_samples(const char *when)
{
	int fd = open_event(-1, -1, 10, false), other;
	void *buffer = map_samples(fd);

	if (ok(buffer != MAP_FAILED, "%s: an event samples", when)) {
		ask_cpu(1000);
		check_samples(buffer, when);
	}
	other = open_event(-1, -1, 10, false);
	ok(other < 0 && errno == EBUSY, "%s: a second one may not", when);
	close(other);
	unmap_samples(buffer);
	close(fd);
}

/* All at once */

enum kind { OF_TASK, OF_CPU, GROUP, INHERITED, SAMPLES_OF_TASK, SAMPLES_OF_CPU,
	    INHERITED_SAMPLES, NR_KINDS };

static const char *const kind_names[] = {
	"a task's", "a CPU's", "a group's", "inherited", "a task's samples", "a CPU's samples",
	"inherited samples",
};

static atomic_bool stop;
static atomic_int opened[NR_KINDS], strange;
static const int *expected;	/* errors of opening, up to a 0 */

static void refused(int error)
{
	const int *e = expected;

	while (*e && *e != error)
		e++;
	if (!*e)
		strange = error;
	if (error == ENOENT)
		read_type();
}

static void let_child_ask(void)
{
	pid_t child = fork();

	if (!child) {
		ask_cpu(50);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void come_and_go(enum kind kind, int cpu, uint32_t period)
{
	bool of_cpu = kind == OF_CPU || kind == SAMPLES_OF_CPU;
	bool inherit = kind == INHERITED || kind == INHERITED_SAMPLES;
	int siblings[SIBLINGS], i, fd;
	void *buffer = MAP_FAILED;

	fd = open_event(of_cpu ? cpu : -1, -1, kind >= SAMPLES_OF_TASK ? period : 0, inherit);
	if (fd < 0) {
		refused(errno);
		return;
	}
	opened[kind]++;
	for (i = 0; kind == GROUP && i < SIBLINGS; i++)
		siblings[i] = open_event(-1, fd, 0, false);
	if (kind >= SAMPLES_OF_TASK && !inherit)
		buffer = map_samples(fd);
	ask_cpu(50);
	if (inherit)
		let_child_ask();
	count_of(fd);
	while (i--)
		close(siblings[i]);
	unmap_samples(buffer);
	close(fd);
}

static unsigned int microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* With pauses, so that there are times without an event, however slow all this is. */
static void *open_and_close(void *seed_pointer)
{
	unsigned int seed = (uintptr_t)seed_pointer, began;

	while (!stop) {
		began = microseconds();
		come_and_go(rand_r(&seed) % NR_KINDS, rand_r(&seed) % cpus,
			    1 + rand_r(&seed) % 20);
		usleep(rand_r(&seed) % (10 * (microseconds() - began) + 1));
	}
	return NULL;
}

/* What it counts is its own, whatever goes on around. */
static void *count_own(void *wrong)
{
	uint64_t count, own = 0;
	cpu_set_t set;
	int fd;

	fd = open_event(-1, -1, 0, false);
	while (!stop) {
		CPU_ZERO(&set);
		CPU_SET(own / 100 % cpus, &set);
		/* Not where that CPU is offline. */
		sched_setaffinity(0, sizeof(set), &set);
		ask_cpu(100);
		own += 100;
	}
	count = count_of(fd);
	if (count != own)
		printf("# %lld of %lld\n", (long long)count, (long long)own);
	*(bool *)wrong = count != own || !own;
	close(fd);
	return NULL;
}

static void *switch_cpu(void *times)
{
	while (!stop) {
		*(int *)times += say(ONLINE_FILE, "0");
		usleep(100000);
		say(ONLINE_FILE, "1");
		usleep(300000);
	}
	return NULL;
}

static pthread_t start(void *(*main)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, main, argument))
		errx(1, "pthread_create failed");
	return thread;
}

static pthread_t openers[OPENERS];

static void start_openers(const int *errors)
{
	uintptr_t i;

	stop = false;
	strange = 0;
	expected = errors;
	memset(opened, 0, sizeof(opened));
	for (i = 0; i < OPENERS; i++)
		openers[i] = start(open_and_close, (void *)(i + 1));
}

static bool were_all_opened(void)
{
	int i;

	for (i = 0; i < NR_KINDS; i++)
		if (!opened[i])
			return false;
	return true;
}

/* When each kind was open once, or in a while. */
static void stop_openers(const char *when)
{
	time_t end = time(NULL) + PATIENCE;
	int i;

	while (!were_all_opened() && time(NULL) < end)
		usleep(10000);
	stop = true;
	for (i = 0; i < OPENERS; i++)
		pthread_join(openers[i], NULL);
	for (i = 0; i < NR_KINDS; i++)
		ok(opened[i] > 0, "%s: events came and went, %s", when, kind_names[i]);
	if (!ok(!strange, "%s: none is refused for another reason than it should", when))
		printf("# %s\n", strerror(strange));
}

static void test_busy(void)
{
	static const int errors[] = { EBUSY, ENODEV, 0 };
	pthread_t counter, switcher = 0;
	bool wrong = true;
	int offline = 0;

	start_openers(errors);
	counter = start(count_own, &wrong);
	if (cpus > 1)
		switcher = start(switch_cpu, &offline);
	sleep(seconds);
	ok(!unload() && errno == EWOULDBLOCK, "in use: the driver stays");
	stop_openers("in use");
	pthread_join(counter, NULL);
	if (cpus > 1) {
		pthread_join(switcher, NULL);
		ok(offline > 0, "in use: a CPU goes offline and comes back");
	}
	ok(!wrong, "in use: a task that moves counts what is its own, exactly");
}

static void test_unload(void)
{
	static const int errors[] = { EBUSY, ENODEV, ENOENT, 0 };
	time_t end = time(NULL) + seconds;
	int times = 0;

	start_openers(errors);
	/* Until it was possible, since somebody may always have an event open. */
	while (time(NULL) < end || (times < 3 && time(NULL) < end + PATIENCE)) {
		if (unload()) {
			times++;
			if (!load())
				break;
			usleep(20000);
		}
		usleep(1000);
	}
	stop_openers("unloaded");
	ok(times >= 3, "unloaded: it goes and comes back while others open events");
	printf("# %d times\n", times);
}

/*
 * A task that slept while it had an event is woken, and watched by others, when the driver is gone.
 * A second after the last event of a task perf no longer looks at those that come to a CPU.
 */
static void test_left_behind(void)
{
	struct perf_event_attr dummy = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(dummy), .config = PERF_COUNT_SW_DUMMY,
	};
	int go[2], fd, status = -1;
	bool had, gone;
	pid_t child;
	char c;

	if (pipe(go))
		err(1, "pipe");
	child = fork();
	if (!child) {
		close(go[1]);
		_exit(read(go[0], &c, 1));
	}
	usleep(100000);
	fd = open_event_of(child, -1, -1, 0, false);
	had = fd >= 0;
	close(fd);
	sleep(2);
	gone = unload();
	fd = syscall(SYS_perf_event_open, &dummy, child, -1, -1, PERF_FLAG_FD_CLOEXEC);
	close(go[0]);
	close(go[1]);
	waitpid(child, &status, 0);
	ok(had && gone && fd >= 0 && !status, "a task that has had an event outlives the driver");
	close(fd);
	load();
}

/* Is an event to be had, or not, in a while? */
static bool opens(bool wanted)
{
	time_t end = time(NULL) + PATIENCE;
	int fd;

	do {
		fd = open_event(-1, -1, 0, false);
		close(fd);
		usleep(1000);
	} while ((fd >= 0) != wanted && time(NULL) < end);
	return (fd >= 0) == wanted;
}

static void ask_host(const char *what)
{
	printf("# host: %s\n", what);
	fflush(stdout);
}

/* A host without exitstat may answer anything when it is asked for the least period. */
static void test_host(void)
{
	static const int errors[] = { EBUSY, ENODEV, EOPNOTSUPP, EINVAL, 0 };
	bool away;

	start_openers(errors);
	ask_host("off");
	away = opens(false);
	ask_host("on");
	ok(away && opens(true), "the host's exitstat goes and comes back");
	sleep(seconds);
	stop_openers("loaded anew");
}

/* What the kernel says of it */

static bool complains(const char *line)
{
	static const char *const words[] = {
		"WARNING", "BUG:", "Oops", "cut here", "NMI received", "Dazed",
		"general protection", "UBSAN", "INFO: trying",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

static void test_log(int log)
{
	bool good = log >= 0;
	char line[2048];
	ssize_t n;

	while ((n = read(log, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;
		line[n] = '\0';
		if (complains(line)) {
			good = false;
			printf("# %s", line);
		}
	}
	ok(good, "the kernel's log has no complaints");
}

/* What is too young is found the second time. */
static void look_for_leaks(void)
{
	say(KMEMLEAK_FILE, "scan");
	sleep(6);
	say(KMEMLEAK_FILE, "scan");
}

static void test_leaks(void)
{
	char line[256];
	bool good = true;
	FILE *leaks;

	look_for_leaks();
	leaks = fopen(KMEMLEAK_FILE, "r");
	while (leaks && fgets(line, sizeof(line), leaks)) {
		good = false;
		printf("# %s", line);
	}
	ok(leaks && good, "kmemleak finds nothing");
}

int main(int argc, char **argv)
{
	bool has_kmemleak;
	int log;

	if (argc != 3)
		errx(2, "usage: events MODULE SECONDS");
	module = argv[1];
	seconds = atoi(argv[2]);
	cpuid_reason = reason_of(GUEST_CPUID);	/* by a CPUID, which is counted */
	cpus = sysconf(_SC_NPROCESSORS_CONF);
	log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	lseek(log, 0, SEEK_END);
	mount("debug", "/sys/kernel/debug", "debugfs", 0, NULL);
	has_kmemleak = !access(KMEMLEAK_FILE, W_OK);
	if (has_kmemleak) {
		look_for_leaks();
		say(KMEMLEAK_FILE, "clear");
	}

	ok(load(), "the driver loads");
	test_count("alone");
	test_samples("alone");
	test_left_behind();
	test_busy();
	test_unload();
	test_count("after that");
	test_samples("after that");
	test_host();
	test_count("in the end");
	test_samples("in the end");
	ok(unload(), "the driver goes");
	test_log(log);
	if (has_kmemleak)
		test_leaks();
	else
		skip("kmemleak finds nothing", "this kernel has none");
	return done_testing();
}
