// SPDX-License-Identifier: GPL-2.0
/* No file that exitstat writes is one that is in use already. */
#include <errno.h>
#include <fcntl.h>
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

void check_files(const struct tool *tool)
{
	static const char *const standard[] = { "standard input", "standard output",
						"standard error" };
	struct use uses[6], use;
	size_t n = 0, i;
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &uses[n].stat))
			uses[n++].whose = standard[fd];
	use = (struct use){ .whose = "--replay", .path = tool->replay };
	if (tool->replay && identify(&use, false))
		uses[n++] = use;
	use = (struct use){ .whose = "--record", .path = tool->record };
	if (tool->record && identify(&use, true)) {
		for (i = 0; i < n; i++)
			compare(&use, &uses[i]);
		uses[n++] = use;
	}
	use = (struct use){ .whose = "--log", .path = tool->log };
	if (tool->log && identify(&use, true))
		for (i = 0; i < n; i++)
			compare(&use, &uses[i]);
}
