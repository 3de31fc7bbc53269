# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# kvm_exitstat.ko for Debian's kernel as it is.

# shellcheck source=kernel.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernel.sh"

# build_module: sets modules, the directory of kvm_exitstat.ko. Wants kernel.
build_module() {
	modules=$build/$release
	step "Building kvm_exitstat.ko"
	logged "$build/log/module" "$top/kernel/module/build" "$kernel/build" "$build" || exit
}
