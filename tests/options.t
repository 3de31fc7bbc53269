#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A kernel without one of the options that the module needs, or with one that it does not stand: DKMS leaves it out before
# anything fails, and "make module" names the option. Without what is left to whoever
# configures KVM the module compiles, for the kernels of the Debian suites that are named.

# shellcheck source=lab/toolchain.sh
. "$(dirname "$0")/../lab/toolchain.sh"
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

# refused HOW: the kernel that was made so, "without" an option or "with" one, is not for the module.
refused() {
	local output

	output=$(dkms_here build "exitstat/$version")
	is $? 77 "$1: dkms leaves this kernel out"
	is "$(find "$work/dkms" -name make.log)" "" "$1: and builds nothing"
	output=$("$top/kernel/module/build" host "$work/kernel" "$work/out" 2>&1)
	is $? 1 "$1: make module refuses"
	like "$output" "built $1"$'\n' "$1: and names it"
	[[ ! -e $work/out ]]
	ok $? "$1: before anything is built"
}

# change OPTION: of what the module wants of a kernel everything is there but this.
change() {
	local option=${1#!}

	grep -v "^$option=" "$kernel/build/.config" >"$work/kernel/.config"
	if [[ $1 == !* ]]; then
		echo "$option=y" >>"$work/kernel/.config"
		refused "with $option"
	else
		refused "without $option"
	fi
}

# KVM's headers have no name for what is not configured.
compiles_with_little() {
	local option

	rm -rf "$work/little"
	mkdir -p "$work/little"
	for option in KVM_{SMM,HYPERV,XEN,IOAPIC,AMD_SEV,AMD,INTEL} HYPERV; do
		printf '#undef CONFIG_%s\n#undef CONFIG_%s_MODULE\n' "$option" "$option"
	done >"$work/little/less.h"
	KCFLAGS="-include $work/little/less.h" check \
		"$suite: with as little of KVM as can be configured the module compiles" \
		in_toolchain "$top/kernel/module/build" host "$kernel/build" "$work/little"
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
	change "$option"
done
for suite in "${@:-base}"; do
	get_kernel "$suite"
	get_toolchain
	compiles_with_little
done
done_testing
