// SPDX-License-Identifier: GPL-2.0
/* No file that exitstat writes is one that is in use already. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

/*
 * A descriptor that is closed is not to become that of a file. What takes its place can
 * neither be read nor written, and the command does not get it.
 */
void open_standard_files(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC) != fd)
			die(STATUS_FAILED, "cannot open /dev/null: %s", strerror(errno));
}

/* A file in use: whose it is, and which. */
struct use {
	const char *whose, *path;
	struct stat stat;
};

/* A file that there is none of yet is made, for it may have a second name. */
static bool identify(struct use *use, bool written)
{
	int fd, err;

	if (!stat(use->path, &use->stat))
		return true;
	if (errno != ENOENT || !written)
		return false;
	fd = open(use->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return false;
	err = fstat(fd, &use->stat);
	close(fd);
	return !err;
}

/* Terminals and pipes can be shared. */
static void compare(const struct use *a, const struct use *b)
{
	if (S_ISREG(a->stat.st_mode) && a->stat.st_dev == b->stat.st_dev &&
	    a->stat.st_ino == b->stat.st_ino)
		die(STATUS_USAGE, "%s %s would overwrite the file of %s: name another file",
		    a->whose, a->path, b->whose);
}

static void compare_descriptor(const struct use *file, int fd)
{
	static const char *const standard[] = { "standard input", "standard output",
						"standard error" };
	char other[32];
	struct use use = { .whose = fd <= STDERR_FILENO ? standard[fd] : other };

	snprintf(other, sizeof(other), "descriptor %d", fd);
	if (!fstat(fd, &use.stat))
		compare(file, &use);
}

/* Whoever has started exitstat may have opened more than the standard ones. */
static void compare_descriptors(const struct use *file)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		compare_descriptor(file, fd);
	while (directory && (entry = readdir(directory)))
		if (sscanf(entry->d_name, "%d", &fd) == 1)
			compare_descriptor(file, fd);
	if (directory)
		closedir(directory);
}

/* Those of the options: --replay with --record and --log, or with the text file's two. */
struct uses {
	size_t n;
	struct use use[3];
};

static void add_written(struct uses *uses, const char *whose, const char *path, bool made)
{
	struct use use = { .whose = whose, .path = path };
	size_t i;

	if (!path || !identify(&use, made))
		return;
	compare_descriptors(&use);
	for (i = 0; i < uses->n; i++)
		compare(&use, &uses->use[i]);
	uses->use[uses->n++] = use;
}

void check_files(const struct tool *tool)
{
	char *aside = tool->textfile ? textfile_aside(tool->textfile) : NULL;
	struct uses uses = { .use[0] = { .whose = "--replay", .path = tool->replay } };

	if (tool->replay && identify(uses.use, false))
		uses.n++;
	add_written(&uses, "--record", tool->record, true);
	add_written(&uses, "--log", tool->log, true);
	add_written(&uses, "--textfile", tool->textfile, false);
	add_written(&uses, "--textfile", aside, false);
	free(aside);
}
