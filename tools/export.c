// SPDX-License-Identifier: GPL-2.0
/* exitstat export: for Prometheus, once, into a file, or by HTTP. */
#include <stdlib.h>

#include "export.h"

/* Without exitstat that is told, too; a file from before would look like today's. */
static int export_once(const struct tool *tool)
{
	size_t size;
	int err;
	char *text = scrape(tool, &size, &err);

	if (tool->textfile)
		textfile_write(tool, text, size);
	else
		fwrite(text, 1, size, stdout);
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
