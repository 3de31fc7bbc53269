# shellcheck shell=bash disable=SC2034 # for who sources this
# SPDX-License-Identifier: GPL-2.0
# exitstat_guest.ko for the inner VM's kernel, a program whose exits have known causes, and one that starts
# another kernel.

# shellcheck source=toolchain.sh
. "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"

# build_guest KERNEL: sets guest_module, guest_kernel, causes and start_kernel, and gets perf.
build_guest() {
	need linux-perf gcc libc6-dev
	get_kernel "$1"
	get_toolchain
	guest_module=$build/$release/exitstat_guest.ko causes=$build/$release/causes
	guest_kernel=$build/$release/kernel start_kernel=$build/$release/start-kernel
	locked "$build/$release" make_guest
}

make_guest() {
	local compile=(gcc -std=gnu11 -Wall -Wextra ${WERROR:+-Werror} -static)

	logged "$build/log/guest-$release" in_toolchain "$top/kernel/module/build" guest "$kernel/build" "$build" &&
		anew "$guest_kernel" cp "$kernel/image/boot/vmlinuz-$release" &&
		anew "$start_kernel" "${compile[@]}" -O2 "$top/lab/inside/start-kernel.c" -o || return
	# Its stacks are found by frame pointers.
	anew "$causes" "${compile[@]}" -O1 -g -fno-omit-frame-pointer "$top/lab/inside/causes.c" -o
}
