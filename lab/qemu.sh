# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The emulator of SVM. Debian's QEMU now and then delivers an interrupt twice that KVM injects, which
# kernels do not survive, and loses another; so the lab makes one of Debian's source, with what the outer VM
# has only.

# shellcheck source=emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"

qemu_options=(--target-list=x86_64-softmmu --without-default-features --without-default-devices
	--with-devices-x86_64=lab --enable-tcg --enable-attr --enable-cap-ng --enable-virtfs
	--enable-fdt=system --enable-trace-backends=nop --disable-debug-info --disable-docs --disable-tools --disable-install-blobs
	--firmwarepath=/usr/share/qemu:/usr/share/seabios)
qemu_devices=(I440FX HPET VMPORT PARALLEL VIRTIO_PCI VIRTIO_9P)
qemu_changes=(
	# VMRUN has delivered the interrupt by then, and it is no longer pending (AMD APM vol. 2, 15.20).
	's/^\( *\)do_interrupt_x86_hardirq(env, vector, 1);/&\n\1cs->exception_index = -1;/'
	# Other threads ask for the CPU's attention meanwhile, each with the lock.
	's/^\( *\)cs->interrupt_request |= CPU_INTERRUPT_VIRQ;/\1qemu_mutex_lock_iothread();\n&\n\1qemu_mutex_unlock_iothread();/'
	's/^#include "cpu.h"/&\n#include "qemu\/main-loop.h"/')

build_with_qemu() {
	need gcc make patch perl ninja-build meson pkg-config python3 libglib2.0-dev libpixman-1-dev \
		libattr1-dev libcap-ng-dev libfdt-dev zlib1g-dev
}

# Firmware is in packages of its own, which Debian's QEMU wants.
build_qemu() {
	local svm=(target/i386/tcg/sys*/svm_helper.c)

	apply_series debian/patches && sed -i "$(printf '%s\n' "${qemu_changes[@]}")" "${svm[@]}" &&
		grep -q '^ *cs->exception_index = -1;' "${svm[@]}" && grep -q '^ *qemu_mutex_lock_iothread();' "${svm[@]}" &&
		printf 'CONFIG_%s=y\n' "${qemu_devices[@]}" >configs/devices/x86_64-softmmu/lab.mak &&
		./configure "${qemu_options[@]}" && ninja -C build qemu-system-x86_64
}

# get_qemu MUST: sets qemu, the program. When that is true it is made, for who has two CPUs truly at once, whom
# the fault strikes; and then it serves all: it takes less time, too.
get_qemu() {
	local program

	program=$(emulator_path qemu "${qemu_options[@]}" "${qemu_devices[@]}" "${qemu_changes[@]}")
	qemu="qemu-system-x86_64"
	[[ -x $program ]] || $1 || return 0
	if locked "$program" make_emulator "$program" "$(base_of base)" qemu build/qemu-system-x86_64 \
		"Building QEMU without two faults of its SVM (two to four minutes)"; then
		# shellcheck disable=SC2034 # boot_amd uses it
		qemu=$program
	else
		step "Debian's own QEMU will do, but may end the outer VM for no fault of its own"
	fi
}
