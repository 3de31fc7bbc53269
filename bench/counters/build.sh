# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# KVM with two plain global counters, for Debian's kernel as it is.

# shellcheck source=lab/graft.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lab/graft.sh"

counters_key() {
	cat "$top"/bench/counters/* | sha256sum | cut -c1-16
}

# build_counters: sets counters, the directory of kvm.ko and its kin. Wants kernel and suite.
build_counters() {
	local work=$build/counters kvm=arch/x86/kvm file

	counters=$cache/counters/$(basename "$kernel")-$(counters_key)
	[[ ! -f $counters/kvm.ko ]] || return 0

	get_toolchain
	rm -rf "$work"
	mkdir -p "$work/arch/x86" "$work/virt" "$counters.new"
	get_kvm_source "$suite"
	cp -r "$source/$kvm" "$work/arch/x86/"
	get_source "$suite"
	prepare_source
	cp -r "$source/virt/kvm" "$work/virt/"
	step "Building KVM with two plain global counters (a minute or so on two cores)"
	cp "$top"/bench/counters/counters.[ch] "$work/$kvm/"
	echo 'kvm-y += counters.o' >>"$work/$kvm/Makefile"
	for file in x86 cpuid; do
		logged "$build/log/counters-spatch" spatch --very-quiet --in-place \
			--sp-file "$top/bench/counters/counters.cocci" "$work/$kvm/$file.c" || exit
		grep 'counters_answer\|total_cycles' "$work/$kvm/$file.c" >/dev/null ||
			die "the global counters find no place in $file.c of kernel $release" \
				"mend bench/counters/counters.cocci"
	done
	logged "$build/log/counters" kbuild M="$work/$kvm" || exit
	cp "$work/$kvm"/{kvm,kvm-intel,kvm-amd}.ko "$counters.new/"
	strip --strip-debug "$counters.new"/*.ko
	mv "$counters.new" "$counters"
}
