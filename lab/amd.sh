# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The outer VM on AMD's side: QEMU's TCG emulates SVM with nested paging. The lab's machine
# is the outer VM's root file system, over 9p.

# shellcheck source=tsc.sh
. "$(dirname "${BASH_SOURCE[0]}")/tsc.sh"

need_amd() {
	need perl qemu-system-x86 busybox-static cpio kmod gzip xz-utils linux-perf gcc libc6-dev
}

emulation=(-accel "tcg,thread=single" -smp 2)
# TCG copies and clears memory a byte at a time where the processor is said to be good at that, and
# looks an address up in one table more.
cpu_without=-erms,-fsrm,-la57

# An emulator that runs a stale translation of code that the kernel has patched can bring the
# outer VM to a stand, without a word of the kernel's. There, run touches a file every other
# second; when that grows old the state of the CPUs and their APICs is kept, and the boot is tried again.
stall_limit=90
watch_heartbeat() {
	[[ ${shares[0]} == -virtfs ]] || return 0
	touch "$job/heartbeat"
	# Without the job nobody waits for it any more.
	while sleep 5 && [[ -e $job/heartbeat ]]; do
		(($(date +%s) - $(stat -c %Y "$job/heartbeat") > stall_limit)) || continue
		touch "$job/stalled"
		perl -MIO::Socket::UNIX -e 'alarm 10;
			my $s = IO::Socket::UNIX->new($ARGV[0]) or exit 1;
			print $s "info registers -a\ninfo lapic 0\ninfo lapic 1\nquit\n"; $s->flush; print while <$s>;' \
			"$job/monitor" >"$out/stalled" 2>&1 || kill -9 "$(<"$job/pid")"
		return
	done
}

make_amd_initramfs() {
	[[ ! -f $initramfs ]] || return 0
	new_root "$job.root" "$top/lab/inside/outer-init"
	add_modules "$job.root" "$kernel/image" "$release" virtio_pci 9pnet_virtio 9p
	pack "$job.root" "$initramfs"
	rm -rf "$job.root"
}

has_9p() {
	modprobe -d "$kernel/image" -S "$release" --show-depends 9p >/dev/null 2>&1
}

# Without 9p, as cloud kernels are, all is in the initramfs as under Bochs.
prepare_amd() {
	local tsc

	# Where instructions are counted the TSC is as exact as the timers; kernels that look for faults know.
	if ! $icount && [[ $cmdline != *tsc_early_khz=* ]]; then
		tsc=$(tsc_words) || exit
		cmdline+=" $tsc"
	fi
	if ! has_9p; then
		step "Packing what the jobs need"
		initramfs=$job/initramfs shares=(-parallel "file:$job/results.tar.gz")
		make_whole_root "$job.root"
		pack "$job.root" "$initramfs"
		rm -rf "$job.root"
		return
	fi
	# Another version of exitstat, with another init, may share the cache.
	initramfs=$kernel/outer-$(sha256sum <"$top/lab/inside/outer-init" | cut -c1-16).img
	locked "$kernel" make_amd_initramfs
	shares=(
		-virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap"
		-virtfs "local,path=$job,mount_tag=job,security_model=none"
		-virtfs "local,path=$kernel/image,mount_tag=kernel,security_model=none,readonly=on")
}

# KVM on a realtime kernel wants a TSC of constant rate, which TCG's processors do not claim. Linux
# believes it of VMware's, by their serial number and a port that QEMU has as well.
constant_tsc() {
	[[ $flavour != rt-* ]] || cpu+=,-hypervisor machine=(-smbios "type=1,serial=VMware-0")
}

run_qemu() {
	local status=0 input=/dev/null watchdog cpu=max,$cpu_without machine=()

	rm -rf "$job"/{status,dmesg,stalled} "$job"/results/*
	! $interactive || input=/dev/stdin
	constant_tsc
	watch_heartbeat &
	watchdog=$!
	timeout --foreground --kill-after=10 "$seconds" "$qemu" \
		"${emulation[@]}" -cpu "$cpu" "${machine[@]}" -m 3G -nodefaults -no-user-config \
		-display none -no-reboot -kernel "$job/outer" -initrd "$initramfs" \
		-append "$cmdline" \
		-chardev "file,id=console,path=$out/console" -serial chardev:console \
		-chardev stdio,id=job,signal=off -serial chardev:job \
		-monitor "unix:$job/monitor,server=on,wait=off" -pidfile "$job/pid" \
		-d cpu_reset -D "$out/emulator" \
		"${shares[@]}" <$input || status=$?
	kill "$watchdog" 2>/dev/null || true
	wait "$watchdog" 2>/dev/null || true
	[[ ! -s $job/results.tar.gz ]] || tar -C "$job" -xzf "$job/results.tar.gz"
	return "$status"
}

# A kernel that dies says so. Without a word of its own it was the emulator, which does that now and
# then where two CPUs run at once.
ended_by_emulator() {
	$true_smp && [[ ! -f $job/status ]] &&
		! grep -qE 'Kernel panic|BUG:|Oops|Call Trace' "$out/console"
}

# boot_amd: returns QEMU's status, 124 when the time is over.
boot_amd() {
	local attempt status

	get_qemu "$true_smp"
	for attempt in 1 2 3; do
		status=0
		run_qemu || status=$?
		if [[ -f $job/stalled ]]; then
			step "The outer VM has stood still for $stall_limit s (attempt $attempt of 3; its CPUs' state is in $out/stalled)"
		elif ((status == 0)) && ended_by_emulator; then
			step "The emulator has ended the outer VM (attempt $attempt of 3; its CPUs' state is in $out/emulator)"
		else
			break
		fi
	done
	return "$status"
}
