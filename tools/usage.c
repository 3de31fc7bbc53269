// SPDX-License-Identifier: GPL-2.0
/* --help, on one screen, and --version. */
#include <stdio.h>

#include "tool.h"

void print_help(void)
{
	fputs("Usage: exitstat [OPTION...]                      exits since the VM started\n"
	      "       exitstat [OPTION...] INTERVAL [COUNT]     a line every INTERVAL seconds\n"
	      "       exitstat [OPTION...] -- COMMAND [ARG...]  what COMMAND costs, on stderr\n"
	      "       exitstat [OPTION...] top [INTERVAL]       live; on a host: its VMs\n"
	      "       exitstat [OPTION...] histogram [REASON|STATE]... [INTERVAL [COUNT] |\n"
	      "           -- COMMAND [ARG...]]                  how long it took, drawn\n"
	      "       exitstat doctor                           does it work; if not, why?\n"
	      "       exitstat vms [INTERVAL [COUNT]]           on a host: a line for each VM\n"
	      "       exitstat expose VM all|kernel|none        on a host: what the VM sees\n"
	      "       exitstat [OPTION...] export               for Prometheus\n"
	      "       exitstat explain [list|REASON...]         what exits are, what helps\n"
	      "VM exits and the host's time for them, as KVM with exitstat tells its guests.\n"
	      "  -C, --vcpu; --cpu N   each vCPU by itself; only the vCPU that is CPU N\n"
	      "      --vm VM           on a host: that VM, by its name, UUID or process\n"
	      "  -r, --repeat N        run COMMAND N times: mean, deviation; --log FILE: there\n"
	      "  -o, --output COLUMNS  which columns; +COLUMNS adds to the usual ones\n"
	      "      --sort COLUMN     of vms and top\n"
	      "  -J, --json; --raw     JSON; plain numbers, one blank between columns\n"
	      "  -n, --noheadings; --cycles   the table only; cycles of the host's TSC\n"
	      "      --course          the leaves 0x4ffffffc to 0x4fffffff, as registers\n"
	      "      --record FILE     write all answers to FILE; --replay FILE reads them\n"
	      "      --textfile FILE; --listen ADDRESS:PORT|systemd   export there, by HTTP\n"
	      "      --by-reason       export histograms of each reason, too\n"
	      "  -h, --help; -V, --version\n", stdout);
}

void print_version(void)
{
	printf("exitstat %s, ABI version %d\n", EXITSTAT_VERSION, EXITSTAT_ABI_VERSION);
}
