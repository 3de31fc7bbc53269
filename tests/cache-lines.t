#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What the module reads at each exit lies in no cache line with what is written while vCPUs come and
# go, for the kernels of the Debian suites that are named.

# shellcheck source=lab/module.sh
. "$(dirname "$0")/../lab/module.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

line=64

# The sections' numbers, names and alignments.
sections() {
	readelf -SW "$module" | sed -nE 's/^ *\[ *([0-9]+)\] ([^ ]+) .* ([0-9]+)$/\1 \2 \3/p'
}

# variable NAME: its section's number, its offset and its size.
variable() {
	readelf -sW "$module" | awk -v name="$1" \
		'$4 == "OBJECT" && $8 == name { print $7, "0x" $2, $3 }'
}

need binutils
for suite in "${@:-base}"; do
	get_kernel "$suite"
	build_module
	module=$modules/kvm_exitstat.ko
	read -r read_mostly _ alignment < <(sections | grep -F ' .data..read_mostly ')
	read -r section _ < <(variable exitstat_reason_offset)
	is "$section" "$read_mostly" "$suite: what each exit reads is with what is hardly written"
	is $((alignment % line)) 0 "$suite: which has no cache line with what lies before it"
	read -r section offset size < <(variable unlinked)
	[[ $section != "$read_mostly" ]]
	ok $? "$suite: what is written when a vCPU ends is elsewhere"
	is "$((offset % line)) $((size % line))" "0 0" "$suite: and has its cache lines to itself"
done
done_testing
