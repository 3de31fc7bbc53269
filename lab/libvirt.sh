# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Debian's libvirt for the outer VM. On the lab's machine it is neither installed nor started.

# shellcheck source=kernel.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernel.sh"
# shellcheck source=amd.sh
. "$top/lab/amd.sh"

# With qemu-utils for a disk that has snapshots.
libvirt_packages=(libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-utils)

# What apt would install of them here and now, as NAME=VERSION.
missing_of_libvirt() {
	local log=$build/log/apt-libvirt

	logged "$log" apt-get "${apt_options[@]}" --simulate --no-install-recommends install \
		"${libvirt_packages[@]}" || die "apt finds no libvirt for this system" \
		"apt-get update, and see apt-get --simulate install ${libvirt_packages[*]}"
	sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+) .*/\1=\3/p' "$log"
}

# into_usr DIR: packages of Debian 12 still have files in /lib and its like, which are in /usr on a
# system, and of which only that is laid over.
into_usr() {
	local name

	for name in bin sbin lib lib64; do
		[[ ! -d $1/$name ]] || { cp -a "$1/$name" "$1/usr/" && rm -r "${1:?}/$name"; } || return
	done
}

fetch_libvirt() {
	local new=$libvirt_root.new packages

	[[ ! -d $libvirt_root ]] || return 0
	step "Fetching Debian's libvirt for the outer VM (5 MB; it is not installed here)"
	rm -rf "$new"
	mkdir -p "$new"
	mapfile -t packages <<<"$versions"
	[[ -z $versions ]] || fetch "$new" "${packages[@]}"
	into_usr "$new" || die "cannot unpack libvirt" "is there space in $cache?"
	rm -rf "$new"/usr/share/{doc,man,locale,lintian}
	mv "$new" "$libvirt_root"
}

# get_libvirt: sets libvirt_root, a directory with the files that this system lacks for it.
get_libvirt() {
	local versions

	need_amd
	use_suite base
	versions=$(missing_of_libvirt) || exit
	libvirt_root=$cache/libvirt/$(sha256sum <<<"in /usr: $versions" | cut -c1-16)/libvirt
	[[ -d $libvirt_root ]] || locked "$libvirt_root" fetch_libvirt
}
