#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The graft: on the KVM of the Debian suites that are named; its errors; and its removal.

# shellcheck source=lab/graft.sh
. "$(dirname "$0")/../lab/graft.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

graft=$top/kernel/graft/graft
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Some users have git configured so that nothing can read what it says.
export GIT_CONFIG_GLOBAL=$work/gitconfig
git config --global color.ui always
git config --global diff.external false

same_tree() { diff -r "$1" "$2" >"$work/diff"; }

graft_fails() {
	! "$graft" "$@" >"$work/out" 2>&1
}

says() {
	grep -q "$1" "$work/out"
	ok $? "$2"
	grep -q "$1" "$work/out" || diag "it says: $(<"$work/out")"
}

test_round_trip() {
	local suite=$1 tree=$work/tree

	rm -rf "$tree" "$work/orig"
	cp -r "$source" "$tree"
	cp -r "$source" "$work/orig"
	"$graft" --patch "$work/patch" "$tree" >"$work/out" 2>&1
	ok $? "$suite ($source_version): every hook has its place"
	cp -r "$tree" "$work/grafted"
	"$graft" "$tree" >"$work/out" 2>&1 && same_tree "$work/grafted" "$tree"
	ok $? "$suite: a second time changes nothing"
	"$graft" --undo "$tree" >"$work/out" 2>&1 && same_tree "$work/orig" "$tree"
	ok $? "$suite: the undoing leaves the tree as it was"

	(cd "$tree" && git init -q && git add -A &&
		git -c user.name=t -c user.email=t@localhost commit -qm orig &&
		git -c user.name=t -c user.email=t@localhost am -q "$work/patch" &&
		rm -rf .git) >"$work/out" 2>&1
	rm "$work/grafted/arch/x86/kvm/exitstat/graft.patch"
	same_tree "$work/grafted" "$tree"
	ok $? "$suite: git am makes the same of the patch"
	rm -rf "$work/grafted"
}

test_errors() {
	local tree=$work/orig

	graft_fails ""
	ok $? "no tree: an error"
	says 'make graft LINUX=' "and it says how to name one"
	graft_fails /nowhere
	ok $? "a directory that does not exist: an error"
	mkdir "$work/empty"
	graft_fails "$work/empty"
	ok $? "a tree that is not a kernel: an error"
	says 'linux-source' "and it names the package that has one"

	cp -r "$tree" "$work/changed"
	sed -i 's/svm_vcpu_enter_exit(/svm_enter_the_guest(/' "$work/changed/arch/x86/kvm/svm/svm.c"
	cp -r "$work/changed" "$work/before"
	graft_fails "$work/changed"
	ok $? "a KVM that has changed: an error"
	says 'exitstat_entry in arch/x86/kvm/svm/svm.c' "and it names the hook"
	same_tree "$work/before" "$work/changed"
	ok $? "and nothing was changed"
}

# What follows is exported to the graft and shadows its own programs: the one of them that is
# called as number $strike since the journal was there does half its work and kills the graft.
strike() {
	[[ -d $journal || -d $journal.done ]] && ((--strike == 0))
}

cp() {
	! strike || { [[ ! -f ${!#} ]] || : >"${!#}"; kill -9 $$; }
	command cp "$@"
}

rm() {
	! strike || { find "${!#}" -type f -delete -quit 2>/dev/null || :; kill -9 $$; }
	command rm "$@"
}

mv() {
	! strike || kill -9 $$
	command mv "$@"
}

# killed NUMBER GRAFT...: true when the graft got as far as to be killed there.
killed() (
	export strike=$1 journal TMPDIR=$work
	export -f strike cp rm mv
	shift
	{ "$@" >"$work/out" 2>&1; } 2>/dev/null
	(($? == 137))
)

# taken_back NUMBER: after the graft was killed there the next call undoes it, and says so when it
# was in the middle.
taken_back() {
	local interrupted=false

	[[ ! -d $journal ]] || interrupted=true
	"$graft" --undo "$tree" >"$work/out" 2>&1 && same_tree "$work/kvm" "$tree" || return
	! $interrupted || { grep -q 'an earlier graft was interrupted' "$work/out" && ((recovered += 1)); }
}

# every_strike PREPARE: the graft, undoing, is killed at each point; PREPARE makes the tree before.
every_strike() {
	local number=0

	while "$1" && killed $((number += 1)) "$graft" --undo "$tree"; do
		taken_back || { diag "killed at $number:" "$(<"$work/out")" "$(<"$work/diff")"; return 1; }
	done
	grep -q 'exitstat is out of' "$work/out" && same_tree "$work/kvm" "$tree"
}

# shellcheck disable=SC2317 # every_strike calls it
grafted_tree() {
	rm -rf "$tree"
	cp -a "$work/grafted" "$tree"
}

# shellcheck disable=SC2317 # every_strike calls it
interrupted_tree() {
	grafted_tree
	killed 4 "$graft" --undo "$tree"
}

# Killed while it changes the tree, or while it takes that back, the next call takes it back.
test_interrupted() {
	local tree=$work/interrupted journal=$work/interrupted/arch/x86/kvm/.exitstat-journal recovered=0

	# Only what the graft looks at, as there are many copies.
	mkdir -p "$work/kvm/arch/x86/include/asm"
	cp "$work/orig/Makefile" "$work/kvm/"
	cp -r "$work/orig/arch/x86/kvm" "$work/kvm/arch/x86/"
	cp "$work/orig/arch/x86/include/asm/kvm_host.h" "$work/kvm/arch/x86/include/asm/"
	cp -r "$work/kvm" "$tree"
	killed 4 "$graft" "$tree"
	ok $? "a graft is killed while it changes files"
	taken_back && ((recovered == 1))
	ok $? "it is taken back, and that is said"
	diag "$(<"$work/out")"

	"$graft" "$tree" >"$work/out" 2>&1
	rm -rf "$work/grafted"
	mv "$tree" "$work/grafted"
	every_strike grafted_tree && ((recovered > 8))
	ok $? "an undoing that was killed at any point is taken back and done again"
	every_strike interrupted_tree && ((recovered > 16))
	ok $? "and so is a taking back that was killed"
	diag "graft and undoing were killed in the middle $recovered times"
}

# The user's own change in a grafted file survives the undoing.
test_own_changes() {
	local tree=$work/own

	cp -r "$work/orig" "$tree"
	"$graft" "$tree" >/dev/null 2>&1
	echo '/* mine */' >>"$tree/arch/x86/kvm/x86.c"
	"$graft" --undo "$tree" >/dev/null 2>&1
	echo '/* mine */' >>"$work/orig/arch/x86/kvm/x86.c"
	same_tree "$work/orig" "$tree"
	ok $? "a change of the user's own survives the undoing"
}

need coccinelle git patch xz-utils
for suite in "${@:-base}"; do
	get_kvm_source "$suite"
	test_round_trip "$suite"
done
test_errors
test_interrupted
test_own_changes
done_testing
