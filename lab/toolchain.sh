# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The compiler that a kernel was built with: a module of another one may not load.

# shellcheck source=kernel.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernel.sh"

toolchain=''

# get_toolchain: sets toolchain, a directory with a Debian of the kernel's own release, or
# nothing when this system has the compiler. Wants kernel and suite.
get_toolchain() {
	local compiler packages base

	toolchain=''
	compiler=$(grep -os 'gcc-[0-9]*$' "$kernel/build/.kernelvariables") || compiler=gcc
	base=$(base_of "$suite")
	if [[ $base == "$(base_of base)" ]]; then
		need "$compiler"
		return
	fi
	toolchain=$cache/toolchain/$base-$compiler
	packages=$compiler,make,perl,bc,flex,bison,libelf-dev,libssl-dev,kmod,pahole
	locked "$toolchain" install_toolchain
}

# Wants what get_toolchain has found out.
install_toolchain() {
	local mirror

	[[ $(cat "$toolchain/ready" 2>/dev/null) != "$packages" ]] || return 0
	need debootstrap
	step "Installing $compiler of Debian $base in a directory of its own (a minute or so)"
	mirror=$(sed -n 's/^deb .* \(http[^ ]*\) .*/\1/p' "$cache/apt/$suite/sources.list")
	as_root rm -rf "$toolchain"
	logged "$build/log/toolchain-${toolchain##*/}" as_root debootstrap --variant=minbase \
		--include="$packages" \
		"$base" "$toolchain" "$mirror" ||
		die "cannot install Debian $base's $compiler: see $build/log/toolchain-${toolchain##*/}"
	[[ $compiler == gcc ]] || as_root ln -sf "$compiler" "$toolchain/usr/bin/gcc"
	echo "$packages" | as_root tee "$toolchain/ready" >/dev/null
}

# in_toolchain COMMAND...: with the kernel's compiler, as ourselves, in this directory.
in_toolchain() {
	if [[ -z $toolchain ]]; then
		"$@"
		return
	fi
	# shellcheck disable=SC2016 # expanded by the inner bash
	as_root unshare --mount bash -ec '
		root=$1 user=$2; shift 2
		mount -t proc proc "$root/proc"
		for directory in "$1" "$2"; do
			mkdir -p "$root/$directory"
			mount --bind "$directory" "$root/$directory"
		done
		shift 2
		exec chroot --userspec="$user" "$root" env -C "$PWD" "$@"' \
		in_toolchain "$toolchain" "$(id -u):$(id -g)" "$cache" "$top" "$@"
}
