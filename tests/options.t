#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A kernel without one of the options that the module needs: DKMS leaves it out before
# anything fails, and "make module" names the option.

# shellcheck source=lab/kernel.sh
. "$(dirname "$0")/../lab/kernel.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

work=$build/options
version=$(<"$top/VERSION")

dkms_here() {
	dkms "$@" --dkmstree "$work/dkms" --sourcetree "$work/src" \
		--kernelsourcedir "$work/kernel" -k "$release" -a x86_64 2>&1
}

# The kernel's build directory as far as this looks at it.
make_kernel() {
	rm -rf "$work"
	mkdir -p "$work/kernel/include/generated" "$work/dkms" "$work/src/exitstat-$version"
	cp "$kernel/build/include/generated/utsrelease.h" "$work/kernel/include/generated/"
	cp "$kernel/build/Makefile" "$kernel/build/.config" "$work/kernel/"
	"$top/kernel/module/flatten" host "$work/src/exitstat-$version"
	sed "s/#MODULE_VERSION#/$version/" "$top/kernel/module/dkms.conf" \
		>"$work/src/exitstat-$version/dkms.conf"
}

# without OPTION: tests with a kernel that has all the others.
without() {
	local output

	grep -v "^$1=" "$kernel/build/.config" >"$work/kernel/.config"
	output=$(dkms_here build "exitstat/$version")
	is $? 77 "without $1: dkms leaves this kernel out"
	is "$(find "$work/dkms" -name make.log)" "" "without $1: and builds nothing"
	output=$("$top/kernel/module/build" host "$work/kernel" "$work/out" 2>&1)
	is $? 1 "without $1: make module refuses"
	like "$output" "$1"$'\n' "without $1: and names it"
	[[ ! -e $work/out ]]
	ok $? "without $1: before anything is built"
}

need dkms
get_kernel base
make_kernel
dkms_here add "exitstat/$version" >"$work/add"
ok $? "DKMS has the module"
dkms_here build "exitstat/$version" >"$work/build"
is "$(find "$work/dkms" -name make.log | wc -l)" 1 \
	"with all options it begins to build, though here is only the beginning of a kernel"
rm -r "$work/dkms/exitstat/$version/build"
# shellcheck source=kernel/module/dkms.conf
options=$(. "$work/src/exitstat-$version/dkms.conf" && echo "$BUILD_EXCLUSIVE_CONFIG")
for option in $options; do
	without "$option"
done
done_testing
