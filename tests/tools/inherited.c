// SPDX-License-Identifier: GPL-2.0
/* inherited FILE: write down what this process has been given by the one that started it. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *output;

/* The lines of a file that begin so. */
static void copy_lines(const char *path, const char *begin)
{
	FILE *file = fopen(path, "r");
	char line[4096];

	if (!file)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, begin, strlen(begin)))
			fputs(line, output);
	fclose(file);
}

/*
 * The C library keeps the first two real-time signals, 32 and 33, for its threads: no program can
 * set them by its functions, and posix_spawn(), of make for one, leaves them ignored.
 */
static void describe_signals(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long long ignored;
	char line[4096];

	if (!file)
		err(1, "/proc/self/status");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "SigIgn: %llx", &ignored) == 1)
			fprintf(output, "ignored: %llx\n", ignored & ~(3ull << 31));
	fclose(file);
}

static void describe_descriptors(int max)
{
	struct stat stat;
	int fd;

	for (fd = 0; fd < max; fd++)
		if (!fstat(fd, &stat))
			fprintf(output, "fd %d: file %lu, flags %o, offset %ld\n", fd,
				(unsigned long)stat.st_ino, fcntl(fd, F_GETFL),
				(long)lseek(fd, 0, SEEK_CUR));
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
	const int high = 50;

	if (fd < 0 || dup2(fd, high) < 0)
		err(1, "usage: inherited FILE");
	if (fd != high)
		close(fd);
	output = fdopen(high, "w");
	describe_descriptors(high);
	copy_lines("/proc/self/status", "SigBlk");
	describe_signals();
	copy_lines("/proc/self/status", "SigCgt");
	copy_lines("/proc/self/status", "Cpus_allowed");
	copy_lines("/proc/self/status", "Umask");
	copy_lines("/proc/self/limits", "Max");
	fprintf(output, "nice %d, foreground %d, group %d\n", getpriority(PRIO_PROCESS, 0),
		tcgetpgrp(0) == getpgrp(), getpgrp() == getsid(0) ? 0 : getpgrp());
	return fclose(output) != 0;
}
