#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What bash completes of exitstat's command line.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
# shellcheck source=tools/completion/exitstat
. "$here/../../tools/completion/exitstat"

compopt() {
	:
}

# completes WANTED WORD...: the last word is being typed
completes() {
	local wanted=$1
	shift
	COMP_WORDS=(exitstat "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_exitstat
	is "${COMPREPLY[*]}" "$wanted" "exitstat $*"
}

completes "top doctor vms expose export explain histogram" ""
completes "doctor" d
completes "--json" --j
completes "--repeat --record --replay" --re
completes "EXITS EXITSDEV" -o EX
completes "REASON,EXITS REASON,EXITSDEV" -o REASON,EX
completes "+NUMBER" -o +NU
completes "VCPUS VMM" vms -o V
completes "PID PREEMPTED P50 P90 P99 P999" vms 1 --sort P
completes "WAITMEAN WAITP99 WAITMAX" vms -o WA
completes "preempted" histogram io p
completes "all kernel none" expose web ""
# shellcheck disable=SC2317 # _exitstat calls it
exitstat() {
	[[ $* != "explain list" ]] || printf '%s\n' "port I/O: IO_INSTRUCTION, io" "idle: HLT, hlt"
}
completes "list IO_INSTRUCTION io HLT hlt" explain ""
completes "hlt" explain io h
completes "--json" explain --js
completes "0" --cpu 0
completes "" -r ""
completes "/proc/cpuinfo" -C -- cat /proc/cpui
options=$(sed -n 's/^\t{ "\([a-z]*\)".*/--\1/p' "$here/../../tools/main.c")
for option in $options; do
	completes "$option" "$option"
done

done_testing
