# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# kvm_exitstat.ko for Debian's kernel as it is.

# shellcheck source=toolchain.sh
. "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"

# build_module: sets modules, the directory of kvm_exitstat.ko. Wants kernel and suite.
build_module() {
	# shellcheck disable=SC2034 # lab/vm uses it
	modules=$build/$release
	get_toolchain
	step "Building kvm_exitstat.ko"
	logged "$build/log/module" in_toolchain "$top/kernel/module/build" "$kernel/build" "$build" || exit
}
