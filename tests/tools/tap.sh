# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The Test Anything Protocol, for tests that are bash scripts: source this.
tests=0
failed=0

pass() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

fail() {
	tests=$((tests + 1))
	failed=$((failed + 1))
	echo "not ok $tests - $1"
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# shellcheck disable=SC2001
diag() {
	sed 's/^/# /' <<<"$1"
}

# is GOT WANTED NAME
is() {
	if [[ $1 == "$2" ]]; then
		pass "$3"
	else
		fail "$3"
		diag "got:    $1"
		diag "wanted: $2"
	fi
}

# like GOT REGEX NAME
like() {
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		diag "got:     $1"
		diag "wanted: =~ $2"
	fi
}

# check NAME COMMAND...: the command is to succeed
check() {
	local name=$1
	shift
	if "$@" >/dev/null 2>&1; then
		pass "$name"
	else
		fail "$name"
		diag "failed: $*"
	fi
}

done_testing() {
	echo "1..$tests"
	[[ $failed == 0 ]]
}
