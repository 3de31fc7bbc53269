#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# KVM's own selftests give the same results on the stock KVM, with the module and on the grafted
# KVM; an argument is the vendor.

# shellcheck source=lab/graft.sh
. "$(dirname "$0")/../lab/graft.sh"
# shellcheck source=lab/module.sh
. "$top/lab/module.sh"

# Those of x86; the others load a machine for minutes, and longer under an emulator.
build_selftests() {
	local directory=$source/tools/testing/selftests/kvm

	selftests=$cache/selftests/$(basename "$source")
	[[ ! -f $selftests/list ]] || return 0
	prepare_source
	step "Building KVM's selftests; those that do not compile here are left out: $build/log/selftests"
	logged "$build/log/headers_install" kbuild headers_install || exit
	make -C "$directory" -k -j"$(nproc)" >"$build/log/selftests" 2>&1
	rm -rf "$selftests.new"
	mkdir -p "$selftests.new"
	{
		(cd "$directory" && find x86_64 -type f -executable ! -name '*.sh' \
			-exec cp --parents -t "$selftests.new" {} +) &&
			(cd "$selftests.new" && find x86_64 -type f | sort >list) &&
			mv "$selftests.new" "$selftests"
	} || die "cannot keep KVM's selftests" "is there space in $cache?"
}

vendor=${1:-amd}
need rsync
get_kernel base
get_toolchain
get_source base
in_source build_selftests
build_module
ln -sfn "$selftests" "$build/selftests"
"$top/lab/vm" --vendor "$vendor" --out "$build/base-$vendor/selftests" --timeout 1800 \
	--kvm graft --file "$modules/kvm_exitstat.ko" --file "$build/selftests" "$top/lab/inside/selftests"
