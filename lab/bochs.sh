# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The emulator of VMX. Debian's Bochs has a debugger in it, which looks at every instruction; without,
# Bochs takes less than half the time. So the lab makes one of Debian's source.

# shellcheck source=kernel.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernel.sh"

bochs_suite=trixie
bochs_options=(--with-term --enable-cpu-level=6 --enable-x86-64 --enable-vmx=2 --enable-avx
	--enable-evex --enable-pci --enable-all-optimizations --disable-docbook)
# Bochs 3.0 wants a page for the descriptor of posted interrupts, where 64 bytes are enough (Intel SDM
# vol. 3, section 26.2.1.1), and KVM enters no guest. Before 3.0 the processor had none.
bochs_processor=cpu/cpudb/intel/corei7_skylake-x.cc
bochs_change='/BX_VMX_POSTED_INTERRUPTS |/d'

# fetch_bochs FILE: the source as its authors released it; apt's list of sources has its hash.
fetch_bochs() {
	local mirror directory name hash

	mirror=$(debian_mirror) &&
		private_apt "$cache/apt/$bochs_suite-source" "deb-src $signed_by $mirror $bochs_suite main" &&
		read -r directory name hash < <(apt-cache "${apt_options[@]}" showsrc --only-source bochs |
			awk '$1 == "Directory:" { directory = $2 }
				/^[^ ]/ { sums = $1 == "Checksums-Sha256:" }
				sums && $3 ~ /\.orig\.tar\.[a-z0-9]+$/ { name = $3; hash = $1 }
				END { print directory, name, hash }') &&
		logged "$build/log/bochs-source" /usr/lib/apt/apt-helper "${apt_options[@]}" \
			download-file "$mirror$directory/$name" "$1" "SHA256:$hash"
}

configure_bochs() {
	cd "$1" && sed -i "$bochs_change" $bochs_processor &&
		./configure CXXFLAGS=-O3 CFLAGS=-O3 "${bochs_options[@]}"
}

# make_bochs PROGRAM: in a shell of its own, since whatever is missing ends it.
make_bochs() (
	new=$1.new

	[[ ! -x $1 ]] || exit 0
	rm -rf "$new"
	mkdir -p "$new/source"
	step "Building Bochs without its debugger (two to four minutes)"
	fetch_bochs "$new/source.tar" || exit
	need g++ make libncurses-dev
	tar -C "$new/source" --strip-components=1 -xf "$new/source.tar" &&
		logged "$build/log/bochs-configure" configure_bochs "$new/source" &&
		logged "$build/log/bochs" make -C "$new/source" -j"$(nproc)" bochs &&
		mv "$new/source/bochs" "$1" && rm -r "$new"
)

# get_bochs COMMANDS: sets bochs, the program and its first options. Debian's own starts in its
# debugger, which takes its first commands from that file.
get_bochs() {
	local program

	program=$cache/bochs/$(printf '%s\n' "${bochs_options[@]}" "$bochs_change" | sha256sum | cut -c1-16)
	# shellcheck disable=SC2034 # boot_intel uses it
	if locked "$program" make_bochs "$program"; then
		bochs=("$program")
	else
		step "Debian's own Bochs will do, but takes twice the time"
		need bochs bochs-term
		bochs=(bochs -rc "$1")
	fi
}
