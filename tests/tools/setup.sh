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

# has_ended PROCESS: even if nobody has waited for it yet
has_ended() {
	! grep -qs '^State:[^Z]*$' "/proc/$1/status"
}

# replay NAME ARGUMENT...: run exitstat on a recording
replay() {
	run "$exitstat" --replay "$recordings/$1" "${@:2}"
}
