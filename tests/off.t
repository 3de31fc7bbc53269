#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# With KVM_EXITSTAT=n the grafted KVM compiles to the very instructions that it was.

# shellcheck source=lab/graft.sh
. "$(dirname "$0")/../lab/graft.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

objects=(x86.o cpuid.o vmx/vmx.o svm/svm.o)

# The source with all that is built, without copying it.
clone_source() {
	rm -rf "$cache/off"
	cp -al "$source" "$cache/off"
	# What the graft and the compiler write must not be shared with the source.
	rm -r "$cache/off/arch/x86/kvm" "$cache/off/include/config" "$cache/off/include/generated"
	cp -r "$source/arch/x86/kvm" "$cache/off/arch/x86/"
	cp -r "$source/include/"{config,generated} "$cache/off/include/"
	cp --remove-destination "$source/.config" "$cache/off/.config"
}

instructions() {
	local object

	for object in "${objects[@]}"; do
		echo "$object"
		objdump -dr --no-show-raw-insn "$cache/off/arch/x86/kvm/$object" |
			grep -v 'file format'
	done
}

build_objects() {
	source=$cache/off logged "$build/log/off-$1" kbuild "${objects[@]/#/arch/x86/kvm/}" || exit
}

need coccinelle git patch
lock_cache
get_kernel base
get_source base
prepare_source
clone_source
"$top/kernel/graft/graft" "$cache/off" >/dev/null || exit
"$cache/off/scripts/config" --file "$cache/off/.config" --disable KVM_EXITSTAT
make -s -C "$cache/off" KERNELRELEASE="$release" olddefconfig >/dev/null 2>&1
! grep -q '^CONFIG_KVM_EXITSTAT=y' "$cache/off/.config"
ok $? "KVM_EXITSTAT is off"
build_objects grafted
instructions >"$build/off-grafted"
"$top/kernel/graft/graft" --undo "$cache/off" >/dev/null
make -s -C "$cache/off" KERNELRELEASE="$release" olddefconfig >/dev/null 2>&1
build_objects stock
instructions >"$build/off-stock"
cmp -s "$build/off-grafted" "$build/off-stock"
ok $? "the same instructions with it off and without it"
cmp -s "$build/off-grafted" "$build/off-stock" ||
	diag "$(diff "$build/off-stock" "$build/off-grafted" | head -n 20)"
ok "$((!($(wc -l <"$build/off-stock") > 10000)))" "and these are many"
rm -rf "$cache/off"
unlock_cache
done_testing
