# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The Test Anything Protocol, for tests that are bash scripts: source this.
# on_failure is run when a test has failed.
tests=0 failures=0 on_failure=:

# ok STATUS NAME
ok() {
	((tests += 1))
	if (($1 == 0)); then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		((failures += 1))
		$on_failure
	fi
}

# is GOT WANTED NAME
is() {
	[[ $1 == "$2" ]]
	ok $? "$3"
	[[ $1 == "$2" ]] || diag "got:    $1" "wanted: $2"
}

# like GOT REGEX NAME
like() {
	[[ $1 =~ $2 ]]
	ok $? "$3"
	[[ $1 =~ $2 ]] || diag "got:       $1" "wanted: =~ $2"
}

# check NAME COMMAND...: the command is to succeed.
check() {
	local name=$1 output
	shift

	if output=$("$@" 2>&1); then
		ok 0 "$name"
	else
		ok 1 "$name"
		diag "failed: $*" "$output"
	fi
}

skip() {
	((tests += 1))
	echo "ok $tests - $1 # SKIP $2"
}

# within SECONDS COMMAND...: waits until it succeeds; fails, and says so, when that takes longer.
within() {
	local limit=$1 end=$((SECONDS + $1))
	shift

	until "$@"; do
		((SECONDS < end)) || { diag "not within $limit s: $*" >&2; return 1; }
		sleep 0.1
	done
}

# has_lines NUMBER FILE: or more
has_lines() {
	[[ -e $2 ]] && (($(wc -l <"$2") >= $1))
}

# Lines of any text.
diag() {
	printf '%s\n' "$@" | sed 's/^/# /'
}

done_testing() {
	echo "1..$tests"
	((failures == 0))
	exit
}
