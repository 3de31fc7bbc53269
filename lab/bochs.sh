# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The emulator of VMX. Debian's Bochs has a debugger in it, which looks at every instruction; without,
# Bochs takes less than half the time. So the lab makes one of Debian's source.

# shellcheck source=emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"

bochs_options=(--with-term --enable-cpu-level=6 --enable-x86-64 --enable-vmx=2 --enable-avx
	--enable-evex --enable-pci --enable-all-optimizations --disable-docbook)
# Bochs 3.0 wants a page for the descriptor of posted interrupts, where 64 bytes are enough (Intel SDM
# vol. 3, section 26.2.1.1), and KVM enters no guest. Before 3.0 the processor had none.
bochs_processor=cpu/cpudb/intel/corei7_skylake-x.cc
bochs_change='/BX_VMX_POSTED_INTERRUPTS |/d'

build_with_bochs() {
	need g++ make libncurses-dev
}

build_bochs() {
	sed -i "$bochs_change" $bochs_processor &&
		./configure CXXFLAGS=-O3 CFLAGS=-O3 "${bochs_options[@]}" && make -j"$(nproc)" bochs
}

# get_bochs COMMANDS: sets bochs, the program and its first options. Debian's own starts in its
# debugger, which takes its first commands from that file.
get_bochs() {
	local program

	program=$(emulator_path bochs "${bochs_options[@]}" "$bochs_change")
	# shellcheck disable=SC2034 # boot_intel uses it
	if locked "$program" make_emulator "$program" trixie bochs bochs \
		"Building Bochs without its debugger (two to four minutes)"; then
		bochs=("$program")
	else
		step "Debian's own Bochs will do, but takes twice the time"
		need bochs bochs-term
		bochs=(bochs -rc "$1")
	fi
}
