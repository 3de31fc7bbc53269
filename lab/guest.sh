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
	logged "$build/log/guest" in_toolchain "$top/kernel/module/build" guest "$kernel/build" "$build" ||
		return
	guest_module=$build/$release/exitstat_guest.ko causes=$build/causes
	guest_kernel=$build/$release/kernel start_kernel=$build/start-kernel
	cp "$kernel/image/boot/vmlinuz-$release" "$guest_kernel"
	gcc -std=gnu11 -O2 -Wall -Wextra ${WERROR:+-Werror} -static -o "$start_kernel" \
		"$top/lab/inside/start-kernel.c" || return
	# Its stacks are found by frame pointers.
	gcc -std=gnu11 -O1 -g -Wall -Wextra ${WERROR:+-Werror} -static -fno-omit-frame-pointer -o "$causes" \
		"$top/lab/inside/causes.c"
}
