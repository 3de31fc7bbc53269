# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# An emulator made of Debian's source, where the one in the package will not do.

# shellcheck source=kernel.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernel.sh"

# fetch_source SUITE PACKAGE: the source as its authors released it is unpacked into this directory, and what
# Debian has beside it into debian.
fetch_source() {
	local mirror part

	mirror=$(debian_mirror) &&
		private_apt "$cache/apt/$1-source" "deb-src $signed_by $mirror $1 main" || return
	for part in orig debian; do
		fetch_source_part "../$part.tar" "$part" "$2" || return
	done
	tar --strip-components=1 -xf ../orig.tar && tar -xf ../debian.tar
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
