# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Where a test finds the command and its recordings: source this.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${EXITSTAT_BUILD:-$here/../../build}
# shellcheck disable=SC2034
exitstat=${EXITSTAT:-$build/exitstat}
recordings=$build/tests/tools/recordings
export LC_ALL=C

# shellcheck source=tests/tap.sh
. "$here/../tap.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir -p "$recordings"
[[ -e $recordings/svm ]] || "$build/tests/tools/generate" "$recordings"

# run COMMAND...: sets out, err and status
# shellcheck disable=SC2034
run() {
	out=$("$@" 2>"$scratch/stderr" </dev/null)
	status=$? err=$(cat "$scratch/stderr")
}

# doctor COMMAND...: what its doctor says. On a busy machine the clock may be read so late that the states do
# not add up to the time; so one good attempt of three is enough.
doctor() {
	for _ in 1 2 3; do
		run "$@" doctor
		((status)) || break
	done
}

# start_top WORD...: top, in a terminal in the background; what it draws is in $scratch/top. Sets top.
start_top() {
	rm -f "$scratch/top"
	TERM=screen script -qefc "stty cols 80 rows 24; echo \$\$ >$scratch/top-pid; exec $*" "$scratch/top" \
		</dev/null >/dev/null 2>&1 &
	terminal=$!
	top=
	within 60 draws "exits/s" && top=$(<"$scratch/top-pid")
}

draws() {
	grep -qs "$1" "$scratch/top"
}

has_grown() {
	(($(wc -c <"$scratch/top") > $1))
}

# draws_more TIMES: waits until it has drawn anew that often
draws_more() {
	local i
	for ((i = 0; i < $1; i++)); do
		within 60 has_grown "$(wc -c <"$scratch/top")" || return
	done
}

# A signal between its look for one and its waiting for a key is noticed after that only: it gets more.
end_top() {
	within 60 cannot_be_signalled "${top:-$terminal}"
	wait "$terminal"
}

cannot_be_signalled() {
	! kill "$1" 2>/dev/null
}

# has_ended PROCESS: even if nobody has waited for it yet
has_ended() {
	! grep -qs '^State:[^Z]*$' "/proc/$1/status"
}

# replay NAME ARGUMENT...: run exitstat on a recording
replay() {
	run "$exitstat" --replay "$recordings/$1" "${@:2}"
}
