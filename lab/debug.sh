# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Kernels that look for faults. Debian packages none: they are made here of its source, small, with
# the options in lab/debug, as packages that are unpacked into the cache as Debian's are. Such a
# kernel's directory has its source, in which the graft is built.

# shellcheck disable=SC2034 # for whoever sources this

# shellcheck source=tsc.sh
. "$(dirname "${BASH_SOURCE[0]}")/tsc.sh"

is_debug_kernel() {
	[[ $1 == base/kasan || $1 == base/kcsan ]]
}

# get_debug_kernel NAME: what get_kernel does, for one of these.
get_debug_kernel() {
	local fragments=("$top/lab/debug/common.config" "$top/lab/debug/${1#*/}.config")

	find_source base
	kernel=$cache/kernels/${1#*/}-$source_version-$(cat "${fragments[@]}" | sha256sum | cut -c1-16)
	[[ -e $kernel/build ]] || locked "$kernel" make_debug_kernel "${fragments[@]}"
	release=$(<"$kernel/release") || exit
	# What reaches the serial console from an interrupt is a fault to PROVE_RAW_LOCK_NESTING, and
	# the last one that it finds: nothing goes there but emergencies. KASAN is to go on after one.
	# They know no kvm-clock: an inner one is told of its TSC as the outer one is.
	# The firmware's table of interrupts, which nothing here wants, would take such a kernel so
	# long that ACPI gives up, after 30 s for each device.
	words="loglevel=1 kasan_multi_shot $(tsc_words) pci=noacpi"
	# KCSAN sees no race of a kernel this slow unless it looks for long; a third of the time is enough.
	words+=" kcsan.skip_watch=2000 kcsan.udelay_task=200"
	# Such a kernel is stuck for 20 s in what is long anyway, as lockdep's part of unloading, or when
	# somebody else has the emulator's CPU; and the serial console's message about it is a fault itself.
	words+=" nosoftlockup"
	# Slub's poison is KASAN's work done again, and each byte of it a call of KASAN's.
	[[ $1 != base/kasan ]] || words+=" slub_debug=F"
	# Slow as it is, it may seem to stand still.
	stall_limit=400
}

# make_debug_kernel FRAGMENT...
make_debug_kernel() {
	local new=$kernel.new deb

	[[ ! -e $kernel/build ]] || return 0
	need gcc make perl bc bison flex libelf-dev rsync kmod cpio dpkg-dev xz-utils
	rm -rf "$new"
	unpack_source "$new/source"
	configure "$new/source" "$@"
	step "Building the kernel ${kernel##*/} (30 minutes of CPU time, 2 GB)"
	logged "$build/log/${kernel##*/}" make -C "$new/source" -j"$(nproc)" KDEB_COMPRESS=none \
		bindeb-pkg || exit
	release=$(<"$new/source/include/config/kernel.release")
	for deb in image headers; do
		dpkg-deb -x "$new"/linux-$deb-"$release"_*.deb "$new/$deb" ||
			die "cannot unpack the kernel $release" "is there space in $cache?"
	done
	rm "$new"/linux-*
	make -s -C "$new/source" clean
	finish_kernel "$new"
}

# configure SOURCE FRAGMENT...: nothing but what the fragments name and what that takes.
configure() {
	local source=$1 log=$build/log/config line have

	logged "$log" make -C "$source" tinyconfig || exit
	cat "${@:2}" >>"$source/.config"
	logged "$log" make -C "$source" olddefconfig || exit
	while read -r line; do
		[[ $line == CONFIG_* ]] || continue
		have=$(grep "^${line%%=*}=" "$source/.config") || have=${line%%=*}=n
		[[ $have == "$line" ]] || die "the kernel cannot be configured with $line: it becomes $have" \
			"mend lab/debug; what the option depends on is in the Kconfig files of $source"
	done < <(cat "${@:2}")
}
