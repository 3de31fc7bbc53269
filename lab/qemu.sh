# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The emulator of SVM. Debian's QEMU now and then delivers an interrupt twice that KVM injects, which
# kernels do not survive, loses another, and runs code that has been changed; so the lab makes one of Debian's
# source, with what the outer VM has only.

# shellcheck source=emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"

qemu_options=(--target-list=x86_64-softmmu --without-default-features --without-default-devices
	--with-devices-x86_64=lab --enable-tcg --enable-attr --enable-cap-ng --enable-virtfs
	--enable-fdt=system --enable-trace-backends=nop --disable-debug-info --disable-docs --disable-tools --disable-install-blobs
	--firmwarepath=/usr/share/qemu:/usr/share/seabios)
qemu_devices=(I440FX HPET VMPORT PARALLEL VIRTIO_PCI VIRTIO_9P)
qemu_sources=(target/i386/tcg/sysemu/svm_helper.c accel/tcg/{translate-all,cputlb}.c)
qemu_changes=(
	# VMRUN has delivered the interrupt by then, and it is no longer pending (AMD APM vol. 2, 15.20).
	's/^\( *\)do_interrupt_x86_hardirq(env, vector, 1);/&\n\1cs->exception_index = -1;/'
	# Other threads ask for the CPU's attention meanwhile, each with the lock.
	's/^\( *\)cs->interrupt_request |= CPU_INTERRUPT_VIRQ;/\1qemu_mutex_lock_iothread();\n&\n\1qemu_mutex_unlock_iothread();/'
	's/^#include "cpu.h"/&\n#include "qemu\/main-loop.h"/'
	# The guest's interrupt shadow goes on (AMD APM vol. 2, 15.21.5).
	's/^    env->hflags2 |= HF2_GIF_MASK;/&\n    env->hflags |= x86_ldl_phys(cs, env->vm_vmcb + offsetof(struct vmcb, control.int_state)) \& SVM_INTERRUPT_SHADOW_MASK ? HF_INHIBIT_IRQ_MASK : 0;/'
	# Another CPU may have written to the code since it was read, when nobody knew yet that this was code.
	's/^    void \*host_pc;/&\n    static __thread uint8_t code[TARGET_PAGE_SIZE];\n    size_t rest = TARGET_PAGE_SIZE - (pc \& ~TARGET_PAGE_MASK);/'
	's/^    gen_code_size = setjmp_gen_code(.*/    if (host_pc)\n        memcpy(code, host_pc, rest);\n&/'
	's/^    return tb;/    if (memcmp(code, host_pc, MIN(tb->size, rest))) {\n        tb_phys_invalidate(tb, -1);\n        return tb_gen_code(cpu, pc, cs_base, flags, cflags);\n    }\n&/'
	# Or it writes just now, and has already invalidated what was translated.
	'/^            store_memop(haddr, val, op);/{n;s/.*/&\n        if (tlb_addr \& TLB_NOTDIRTY)\n            notdirty_write(env_cpu(env), addr, size, full, 0);/}')

build_with_qemu() {
	need gcc make patch perl ninja-build meson pkg-config python3 libglib2.0-dev libpixman-1-dev \
		libattr1-dev libcap-ng-dev libfdt-dev zlib1g-dev
}

# Each changes something, or this is not the source that it is for.
change_qemu() {
	local change before

	for change in "${qemu_changes[@]}"; do
		before=$(cat "${qemu_sources[@]}" | sha256sum)
		sed -i "$change" "${qemu_sources[@]}" || return
		[[ $(cat "${qemu_sources[@]}" | sha256sum) != "$before" ]] ||
			{ echo "QEMU's source has nothing for $change"; return 1; }
	done
}

# Firmware is in packages of its own, which Debian's QEMU wants.
build_qemu() {
	apply_series debian/patches && change_qemu &&
		printf 'CONFIG_%s=y\n' "${qemu_devices[@]}" >configs/devices/x86_64-softmmu/lab.mak &&
		./configure "${qemu_options[@]}" && ninja -C build qemu-system-x86_64
}

# get_qemu MUST: sets qemu, the program. When that is true it is made, for who has two CPUs truly at once, whom
# its faults strike; and then it serves all: it takes less time, too.
get_qemu() {
	local program

	program=$(emulator_path qemu "${qemu_options[@]}" "${qemu_devices[@]}" "${qemu_changes[@]}")
	qemu="qemu-system-x86_64"
	[[ -x $program ]] || $1 || return 0
	if locked "$program" make_emulator "$program" "$(base_of base)" qemu build/qemu-system-x86_64 \
		"Building QEMU without four of its faults (two to four minutes)"; then
		# shellcheck disable=SC2034 # boot_amd uses it
		qemu=$program
	else
		step "Debian's own QEMU will do, but may end the outer VM for no fault of its own"
	fi
}
