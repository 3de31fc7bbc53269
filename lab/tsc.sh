# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# TCG's TSC is that of the machine. Linux measures it against a timer of the emulator's, and is wrong by half where that
# has to wait for a CPU. Then it takes the HPET for its clock, each look at which leaves the emulated code, and KVM
# turns a guest's TSC back whenever its vCPU has waited.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_tsc_khz() {
	[[ ! $tsc_khz -nt $top/lab/tsc-khz.c ]] || return 0
	need gcc libc6-dev
	anew "$tsc_khz" gcc -O2 -Wall -Wextra ${WERROR:+-Werror} "$top/lab/tsc-khz.c" -o
}

# tsc_words: what a kernel there has on its command line.
tsc_words() {
	local tsc_khz=$build/tsc-khz

	locked "$tsc_khz" make_tsc_khz || exit
	echo "tsc=reliable tsc_early_khz=$("$tsc_khz")"
}
