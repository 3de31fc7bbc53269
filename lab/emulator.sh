# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# An emulator made of Debian's source, where the one in the package will not do.

# shellcheck source=kernel.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernel.sh"

# fetch_source SUITE PACKAGE: the source as its authors released it is unpacked into this directory, and what
# Debian has beside it into debian; apt's list of sources has their hashes.
fetch_source() {
	local mirror part hash file

	mirror=$(debian_mirror) &&
		private_apt "$cache/apt/$1-source" "deb-src $signed_by $mirror $1 main" || return
	for part in orig debian; do
		read -r hash file < <(apt-cache "${apt_options[@]}" showsrc --only-source "$2" |
			awk -v part="$part" '$1 == "Directory:" { directory = $2 }
				/^[^ ]/ { sums = $1 == "Checksums-Sha256:" }
				sums && $3 ~ "[.]" part "[.]tar[.][a-z0-9]+$" { name = $3; hash = $1 }
				END { print hash, directory "/" name }') &&
			logged "$build/log/$2-source" /usr/lib/apt/apt-helper "${apt_options[@]}" \
				download-file "$mirror$file" "../$part.tar" "SHA256:$hash" || return
	done
	tar --strip-components=1 -xf ../orig.tar && tar -xf ../debian.tar
}

# apply_debian_patches: to the source in this directory.
apply_debian_patches() {
	local patch

	while read -r patch _; do
		[[ -z $patch || $patch == \#* ]] || patch -sf -p1 <"debian/patches/$patch" || return
	done <debian/patches/series
}

# make_emulator PROGRAM SUITE PACKAGE RESULT STEP: in a shell of its own, since whatever is missing ends it. Who
# wants it has two functions: build_with_PACKAGE installs what it takes to build; build_PACKAGE, in the
# source's directory, leaves the program at RESULT.
make_emulator() (
	program=$1 package=$3 new=$1.new

	[[ ! -x $program ]] || exit 0
	trap 'rm -rf "$new"' EXIT
	rm -rf "$new"
	mkdir -p "$new/source"
	cd "$new/source" || exit
	step "$5"
	fetch_source "$2" "$package" || exit
	"build_with_$package"
	logged "$build/log/$package" "build_$package" && mv "$4" "$program"
)

# emulator_path PACKAGE WORD...: where the one that is made so is kept.
emulator_path() {
	echo "$cache/$1/$(printf '%s\n' "${@:2}" | sha256sum | cut -c1-16)"
}
