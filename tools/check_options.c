// SPDX-License-Identifier: GPL-2.0
/* Which options go with which mode: one that would have no effect is a mistake. */
#include "tool.h"

/* Those that are of a host and all of its VMs, or of none. */
static void check_host_options(const struct tool *tool, mode_fn mode)
{
	if (mode != tool_vms && mode != tool_top && tool->sort)
		die(STATUS_USAGE, "--sort goes with vms and top: exitstat vms --sort HOST");
	if (mode == tool_expose && (tool->per_vcpu || tool->cpu != EXITSTAT_VM || tool->columns ||
				    tool->json || tool->raw || tool->noheadings || tool->cycles ||
				    tool->record || tool->replay))
		die(STATUS_USAGE, "expose goes with no options");
	if (tool->vm && tool->replay)
		die(STATUS_USAGE, "a recording is of one VM: leave out --vm");
	if (mode == tool_vms && tool->vm)
		die(STATUS_USAGE, "vms lists all VMs; of one: exitstat --vm %s 1", tool->vm);
	if (mode == tool_vms && (tool->per_vcpu || tool->cpu != EXITSTAT_VM || tool->cycles ||
				 tool->record || tool->replay))
		die(STATUS_USAGE, "vms goes with --output, --sort, --json, --raw and --noheadings "
		    "only; exitstat --vm VM has the rest");
}

static void check_export(const struct tool *tool, mode_fn mode)
{
	if (mode != tool_export && (tool->textfile || tool->listen || tool->by_reason))
		die(STATUS_USAGE, "--textfile, --listen and --by-reason go with export");
	if (mode == tool_export &&
	    (tool->cpu != EXITSTAT_VM || tool->columns || tool->json || tool->raw ||
	     tool->noheadings || tool->cycles || tool->record || tool->vm))
		die(STATUS_USAGE, "export goes with --vcpu, --by-reason, --textfile, --listen and "
		    "--replay only");
	if (tool->listen && (tool->textfile || tool->replay))
		die(STATUS_USAGE, "--listen goes with neither --textfile nor --replay");
}

/* The texts are the same everywhere. */
static void check_explain(const struct tool *tool, mode_fn mode)
{
	if (mode == tool_explain && (tool->per_vcpu || tool->columns || tool->raw ||
				     tool->noheadings))
		die(STATUS_USAGE, "explain goes with --cpu, --json, --cycles, --vm, --record and "
		    "--replay only");
	if (tool->reasons && (tool->cpu != EXITSTAT_VM || tool->cycles || tool->vm ||
			      tool->record || tool->replay))
		die(STATUS_USAGE, "explain with a REASON goes with --json only; for those that "
		    "cost most: exitstat explain");
}

static void check_histogram(const struct tool *tool, mode_fn mode)
{
	if (mode != tool_histogram)
		return;
	if (tool->per_vcpu || tool->columns || tool->raw || tool->noheadings)
		die(STATUS_USAGE, "histogram goes with --cpu, --vm, --json, --cycles, --repeat, --log, "
		    "--record and --replay only");
}

static void check_common(const struct tool *tool, mode_fn mode)
{
	bool one_cpu = tool->cpu != EXITSTAT_VM;

	if (!tool->command && (tool->repeat || tool->log))
		die(STATUS_USAGE, "--repeat and --log go with a command: exitstat -r 5 -- true");
	if (tool->per_vcpu && one_cpu)
		die(STATUS_USAGE, "choose one of --vcpu and --cpu");
	if (tool->json && tool->raw)
		die(STATUS_USAGE, "choose one of --json and --raw");
	if (tool->json && tool->noheadings)
		die(STATUS_USAGE, "JSON has no headings: leave out one of --json and --noheadings");
	if (mode == tool_interval && tool->cycles && !tool->json)
		die(STATUS_USAGE, "the lines of an interval have no times: --cycles goes with "
		    "--json there");
	if (mode != tool_course && tool->course)
		die(STATUS_USAGE, "--course goes with no subcommand, interval or command");
	if (mode == tool_course &&
	    (tool->per_vcpu || one_cpu || tool->columns || tool->raw || tool->cycles))
		die(STATUS_USAGE, "--course is of the whole VM, as it is: it goes with --json, "
		    "--noheadings, --vm, --record and --replay only");
	if (mode == tool_top && (tool->per_vcpu || tool->json || tool->raw || tool->noheadings))
		die(STATUS_USAGE, "top shows each vCPU, on a screen: it goes with --cpu, --output, "
		    "--sort, --cycles, --vm, --record and --replay only; try exitstat 1");
	if (mode == tool_doctor && (tool->per_vcpu || tool->columns || tool->json || tool->raw ||
				    tool->noheadings || tool->cycles))
		die(STATUS_USAGE, "doctor goes with --cpu, --vm, --record and --replay only");
}

void check_options(const struct tool *tool, mode_fn mode)
{
	check_common(tool, mode);
	check_host_options(tool, mode);
	check_export(tool, mode);
	check_explain(tool, mode);
	check_histogram(tool, mode);
}
