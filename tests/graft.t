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

# Killed while it moves files into the tree, the next call takes that back.
test_interrupted() {
	local tree=$work/interrupted journal=$work/interrupted/arch/x86/kvm/.exitstat-journal pid

	cp -r "$work/orig" "$tree"
	"$graft" "$tree" >"$work/out" 2>&1 &
	pid=$!
	until [[ -d $journal ]] || ! kill -0 $pid 2>/dev/null; do :; done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	"$graft" --undo "$tree" >"$work/out" 2>&1 && same_tree "$work/orig" "$tree"
	ok $? "a graft that was killed is taken back"
	diag "$(<"$work/out")"
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
	lock_cache
	get_kvm_source "$suite"
	unlock_cache
	test_round_trip "$suite"
done
test_errors
test_interrupted
test_own_changes
done_testing
