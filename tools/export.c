// SPDX-License-Identifier: GPL-2.0
/* exitstat export: for Prometheus, once, into a file, or by HTTP. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "export.h"

static void write_text(const struct tool *tool, FILE *file, const char *text, size_t size,
		       const char *what)
{
	fwrite(text, 1, size, file);
	flush_or_die(tool, file, what);
}

/* Whoever reads the file has either all of the old or all of the new. */
static void write_textfile(const struct tool *tool, const char *text, size_t size)
{
	char *aside;
	FILE *file;

	if (asprintf(&aside, "%s.new", tool->textfile) < 0)
		die(STATUS_FAILED, "out of memory");
	file = fopen(aside, "we");
	if (!file)
		die(STATUS_FAILED, "cannot write %s: %s", aside, strerror(errno));
	write_text(tool, file, text, size, aside);
	fclose(file);
	if (rename(aside, tool->textfile))
		die(STATUS_FAILED, "cannot rename %s to %s: %s", aside, tool->textfile,
		    strerror(errno));
	free(aside);
}

/* Without exitstat that is told, too; a file from before would look like today's. */
static int export_once(const struct tool *tool)
{
	size_t size;
	int err;
	char *text = scrape(tool, &size, &err);

	if (tool->textfile)
		write_textfile(tool, text, size);
	else
		write_text(tool, stdout, text, size, "the output");
	free(text);
	return err ? status_of(tool, err) : 0;
}

int tool_export(struct tool *tool)
{
	if (!tool->listen)
		return export_once(tool);
	if (!serve_http)
		die(STATUS_USAGE, "this exitstat is linked statically, without HTTP: take the other, "
		    "or --textfile");
	return serve_http(tool);
}
