#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# With KVM_EXITSTAT=n the grafted KVM compiles to the very instructions that it was, on the kernels
# of the Debian suites that are named.

# shellcheck disable=SC2317 # locked calls the functions
# shellcheck source=lab/graft.sh
. "$(dirname "$0")/../lab/graft.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

# The source with all that is built, without copying it.
clone_source() {
	local file

	prepare_source
	rm -rf "$clone"
	cp -al "$source" "$clone"
	# What the graft and the compiler write must not be shared with the source.
	rm -r "$clone/arch/x86/kvm" "$clone/include/config" "$clone/include/generated"
	cp -r "$source/arch/x86/kvm" "$clone/arch/x86/"
	cp -r "$source/include/"{config,generated} "$clone/include/"
	for file in .config arch/x86/include/asm/kvm_host.h; do
		cp --remove-destination "$source/$file" "$clone/$file"
	done
}

instructions() {
	local object

	for object in "${objects[@]}"; do
		echo "$object"
		objdump -dr --no-show-raw-insn "$source/arch/x86/kvm/$object" |
			grep -v 'file format'
	done
}

configure() {
	logged "$build/log/off-config" kbuild olddefconfig || exit
}

build_objects() {
	logged "$build/log/off-$1" kbuild "${objects[@]/#/arch/x86/kvm/}" || exit
	instructions >"$build/off-$1"
}

test_off() {
	in_source clone_source
	source=$clone
	"$top/kernel/graft/graft" "$source" >/dev/null || exit
	"$source/scripts/config" --file "$source/.config" --disable KVM_EXITSTAT
	configure
	! grep -q '^CONFIG_KVM_EXITSTAT=y' "$source/.config"
	ok $? "$suite: KVM_EXITSTAT is off"
	objects=(x86.o cpuid.o vmx/vmx.o svm/svm.o)
	! grep -q '^CONFIG_KVM_XEN=y' "$source/.config" || objects+=(xen.o)
	build_objects grafted
	"$top/kernel/graft/graft" --undo "$source" >/dev/null
	configure
	build_objects stock
	cmp -s "$build/off-grafted" "$build/off-stock"
	ok $? "$suite: the same instructions with it off and without it, in ${objects[*]}"
	cmp -s "$build/off-grafted" "$build/off-stock" ||
		diag "$(diff "$build/off-stock" "$build/off-grafted" | head -n 20)"
	ok "$((!($(wc -l <"$build/off-stock") > 10000)))" "$suite: and these are many"
	rm -rf "$source"
}

need coccinelle git patch
for suite in "${@:-base}"; do
	get_kernel "$suite"
	get_toolchain
	get_source "$suite"
	clone=$cache/off/$source_version
	locked "$clone" test_off
done
done_testing
