// SPDX-License-Identifier: GPL-2.0
/* A text file: whoever reads it has either all of the old or all of the new. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export.h"

/* Nothing is to take the place of a device or a pipe, nor of a link to a file yet to come. */
static bool is_replaceable(const char *path)
{
	struct stat file;

	if (!stat(path, &file))
		return S_ISREG(file.st_mode);
	return lstat(path, &file);
}

/* The file itself, and not a link to it; to be freed. */
static char *file_of(const char *path)
{
	char *file = realpath(path, NULL);

	if (!file)
		file = strdup(path);
	if (!file)
		die(STATUS_FAILED, "out of memory");
	return file;
}

char *textfile_aside(const char *path)
{
	char *file, *aside;

	if (!is_replaceable(path))
		return NULL;
	file = file_of(path);
	if (asprintf(&aside, "%s.new", file) < 0)
		die(STATUS_FAILED, "out of memory");
	free(file);
	return aside;
}

static void write_file(const struct tool *tool, const char *path, const char *mode,
		       const char *text, size_t size)
{
	FILE *file = fopen(path, mode);

	if (!file)
		die(STATUS_FAILED, "cannot write %s: %s", path, strerror(errno));
	fwrite(text, 1, size, file);
	flush_or_die(tool, file, path);
	fclose(file);
}

static void replace_file(const struct tool *tool, const char *aside, const char *text, size_t size)
{
	char *file = file_of(tool->textfile);

	/* What an export that was interrupted has left, or a link that leads elsewhere. */
	unlink(aside);
	write_file(tool, aside, "wxe", text, size);
	if (rename(aside, file))
		die(STATUS_FAILED, "cannot rename %s to %s: %s", aside, file, strerror(errno));
	free(file);
}

void textfile_write(const struct tool *tool, const char *text, size_t size)
{
	char *aside = textfile_aside(tool->textfile);

	if (aside)
		replace_file(tool, aside, text, size);
	else
		write_file(tool, tool->textfile, "we", text, size);
	free(aside);
}
