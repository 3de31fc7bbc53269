# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# kvm_exitstat.ko for Debian's kernel as it is.

# shellcheck source=toolchain.sh
. "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"

# What the module is made of.
module_key() {
	(cd "$top" && cat include/*.h kernel/*.[ch] kernel/module/* | sha256sum | cut -c1-16)
}

# build_module: sets modules, the directory of kvm_exitstat.ko. Wants kernel and suite.
build_module() {
	modules=$cache/module/$(basename "$kernel")-$(module_key)
	[[ -f $modules/kvm_exitstat.ko ]] || locked "$modules" make_module
}

make_module() {
	[[ ! -f $modules/kvm_exitstat.ko ]] || return 0
	get_toolchain
	step "Building kvm_exitstat.ko"
	logged "$build/log/module-$release" in_toolchain "$top/kernel/module/build" host "$kernel/build" "$build" || exit
	install -D -m 644 "$build/$release/kvm_exitstat.ko" "$modules.new/kvm_exitstat.ko"
	mv "$modules.new" "$modules"
}
