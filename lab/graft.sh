# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The grafted KVM: kvm.ko, kvm-intel.ko and kvm-amd.ko for Debian's kernel as it is.

# shellcheck source=toolchain.sh
. "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"

# There is no vmlinux to make BTF of.
kbuild() {
	in_toolchain make -C "$source" -j"$(nproc)" KERNELRELEASE="$release" \
		CONFIG_DEBUG_INFO_BTF= CONFIG_DEBUG_INFO_BTF_MODULES= "$@"
}

# in_source COMMAND...: one at a time changes the source that several kernels and runs build in.
in_source() {
	locked "$source.build" "$@"
}

# Prepare the source to build modules that the packaged kernel loads. With its whole
# configuration: struct module has members for BTF.
prepare_source() {
	[[ ! -f $source/.ready-$release ]] || return 0
	[[ -n $toolchain ]] || need dwarves
	step "Preparing the kernel's source for building modules"
	{
		cp "$kernel/image/boot/config-$release" "$source/.config" &&
			cp "$kernel/build/Module.symvers" "$source/" &&
			"$source/scripts/config" --file "$source/.config" --set-str SYSTEM_TRUSTED_KEYS '' \
				--set-str SYSTEM_REVOCATION_KEYS ''
	} || die "cannot configure $source" "is there space in $cache?"
	logged "$build/log/olddefconfig-$release" kbuild olddefconfig &&
		logged "$build/log/modules_prepare-$release" kbuild modules_prepare || exit
	touch "$source/.ready-$release"
}

# What the grafted modules are made of.
graft_key() {
	(cd "$top" && cat include/*.h kernel/*.[ch] kernel/graft/* | sha256sum | cut -c1-16)
}

# build_graft: sets modules, the directory of the three. Wants kernel and its suite.
build_graft() {
	modules=$cache/graft/$(basename "$kernel")-$(graft_key)
	[[ ! -f $modules/kvm.ko ]] || return 0
	get_toolchain
	get_source "$suite"
	in_source make_graft
}

make_graft() {
	[[ ! -f $modules/kvm.ko ]] || return 0
	step "Grafting exitstat into the source of KVM"
	logged "$build/log/graft-$release" "$top/kernel/graft/graft" "$source" || exit
	prepare_source
	# The source may have been prepared without the graft's Kconfig.
	logged "$build/log/olddefconfig-$release" kbuild olddefconfig &&
		logged "$build/log/modules_prepare-$release" kbuild modules_prepare || exit
	step "Building kvm.ko, kvm-intel.ko and kvm-amd.ko (a minute or so on two cores)"
	logged "$build/log/kvm-$release" kbuild M=arch/x86/kvm || exit
	nm "$source/arch/x86/kvm/kvm.ko" | grep ' exitstat_load$' >/dev/null ||
		die "kvm.ko was built without exitstat" \
			"remove $source and try again, and please report $build/log/kvm-$release"
	rm -rf "$modules.new"
	mkdir -p "$modules.new"
	cp "$source"/arch/x86/kvm/{kvm,kvm-intel,kvm-amd}.ko "$modules.new/"
	strip --strip-debug "$modules.new"/*.ko
	mv "$modules.new" "$modules"
}
