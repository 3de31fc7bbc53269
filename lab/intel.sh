# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The outer VM on Intel's side: Bochs emulates VMX with EPT. Bochs finds the kernel, without
# its compression, and the initramfs in memory; lab/boot.s is all the firmware there is.

need_intel() {
	need vgabios binutils busybox-static cpio kmod gzip xz-utils bsdutils linux-perf gcc libc6-dev
}

# Where lab/boot.s wants the image of the memory, and where in it the initramfs is.
memory_start=$((1 << 20)) initrd_start=$((128 << 20)) memory_end=$((768 << 20))
# Instructions a second of the outer VM's time; its TSC counts them. With fewer, timer
# interrupts leave an inner Linux no time; with more, waiting takes long.
ips=40000000

# Parts of a boot that take long under Bochs and are not KVM's: tests of the kernel's ciphers,
# the certificates that signed its modules, isolation and protection of its own pages. A
# triple fault is the one way to restart without ACPI. Bochs tells a wrong size of the state
# that XSAVES saves, after which newer kernels fall over what they do about it.
quick="noxsave reboot=t cryptomgr.notests initcall_blacklist=load_system_certificate_list nopti rodata=off"

# number FILE OFFSET BYTES: a number of an x86 boot header (Documentation/arch/x86/boot.rst in
# the kernel's source names its fields).
number() {
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# extract_vmlinux VMLINUZ: the compressed kernel in it, uncompressed, on standard output.
extract_vmlinux() {
	local sectors offset length unpack

	sectors=$(number "$1" $((0x1f1)) 1)
	offset=$(((${sectors/#0/4} + 1) * 512 + $(number "$1" $((0x248)) 4)))
	length=$(number "$1" $((0x24c)) 4)
	case $(od -A n -t x1 -j "$offset" -N 4 "$1" | tr -d ' ') in
	fd377a58) unpack=(xz -dc --single-stream) ;;
	28b52ffd) unpack=(zstd -dc) ;;
	1f8b*) unpack=(gzip -dc) ;;
	02214c18) unpack=(lz4 -dc) ;;
	*) return 1 ;;
	esac
	need "${unpack[0]/%xz/xz-utils}"
	# The kernel's size follows the stream, which not every program likes.
	dd if="$1" iflag=skip_bytes,count_bytes skip="$offset" count=$((length - 4)) status=none |
		"${unpack[@]}" 2>/dev/null
}

# The kernel as it is in memory: sets flat, flat_start and flat_entry.
unpack_vmlinux() {
	local elf=$kernel/vmlinux

	flat=$kernel/vmlinux.flat
	if [[ ! -f $flat ]]; then
		step "Unpacking the kernel"
		extract_vmlinux "$kernel/image/boot/vmlinuz-$release" >"$elf" ||
			die "cannot unpack kernel $release" \
				"is there space in $cache? is the kernel compressed in a new way?"
		objcopy -O binary "$elf" "$flat.new" || die "cannot flatten kernel $release"
		mv "$flat.new" "$flat"
	fi
	flat_start=$(readelf -lW "$elf" | awk '$1 == "LOAD" && !loads++ { print $4 }')
	# The note of the type 0x12, XEN_ELFNOTE_PHYS32_ENTRY.
	flat_entry=$(readelf -n "$elf" | awk '/\(0x00000012\)/ { getline; print "0x" $6 $5 $4 $3 }')
	[[ -n $flat_entry ]] || die "kernel $release has no PVH entry: it was built without CONFIG_PVH"
	((flat_start + $(stat -c %s "$flat") <= initrd_start)) ||
		die "kernel $release is too large: raise initrd_start in lab/intel.sh"
}

# What boot_inner takes: microvm and its firmware, qboot, find the kernel's PVH entry.
add_inner() {
	local root=$1 inner=$1/mnt/job/inner

	add_program "$root" "$(command -v qemu-system-x86_64)"
	mkdir "$inner"
	cp "$kernel/vmlinux" /usr/share/qemu/{qboot.rom,pvh.bin} "$inner/"
	cat >"$inner/boot" <<-BOOT
	kernel=/mnt/job/inner/vmlinux parameters="$quick"
	machine=(-M microvm,pit=off,pic=off,rtc=off,acpi=off -m 192 -L /mnt/job/inner -bios qboot.rom)
	BOOT
}

# The image of the memory from its second MiB on.
make_memory() {
	local root=$job.root image=$job/memory

	make_whole_root "$root"
	! $inner || add_inner "$root"
	truncate -s $((flat_start - memory_start)) "$image"
	cat "$flat" >>"$image"
	truncate -s $((initrd_start - memory_start)) "$image"
	archive "$root" >>"$image"
	rm -rf "$root"
	(($(stat -c %s "$image") < memory_end * 3 / 4)) ||
		die "what the jobs are given does not fit into the outer VM's memory"
}

# The processor's model tells of another TSC frequency than Bochs has.
make_firmware() {
	printf %s "$cmdline $quick tsc_early_khz=$((ips / 1000))" >"$job/cmdline"
	as --32 -I "$job" --defsym ENTRY="$flat_entry" --defsym MEMORY=$memory_end \
		--defsym INITRD=$initrd_start \
		--defsym INITRD_BYTES=$(($(stat -c %s "$job/memory") + memory_start - initrd_start)) \
		-o "$job/boot.o" "$top/lab/boot.s" || die "cannot assemble lab/boot.s"
	ld -m elf_i386 -Ttext=0xf0000 -e 0xf0000 --oformat binary -o "$job/boot.rom" "$job/boot.o" ||
		die "cannot link lab/boot.s"
}

write_bochsrc() {
	cat >"$job/bochsrc" <<-RC
	config_interface: textconfig
	display_library: term
	cpu: model=corei7_skylake_x, ips=$ips, reset_on_triple_fault=0
	memory: guest=$((memory_end >> 20)), host=$((memory_end >> 20))
	romimage: file=$job/boot.rom, address=0xffff0000
	vgaromimage: file=/usr/share/vgabios/vgabios.bin
	optramimage1: file=$job/memory, address=$memory_start
	com1: enabled=1, mode=file, dev=$out/console
	com2: enabled=1, mode=file, dev=$job/terminal
	parport1: enabled=1, file=$job/results.tar.gz
	ata0: enabled=0
	ata1: enabled=0
	clock: sync=none
	log: $out/bochs.log
	panic: action=fatal
	error: action=ignore
	RC
}

prepare_intel() {
	step "Packing what the jobs need"
	locked "$kernel" unpack_vmlinux
	make_memory
	make_firmware
	write_bochsrc
	get_bochs "$job/go"
}

# boot_intel: returns 124 when the time is over. Bochs wants a terminal. It ends when the kernel
# restarts by a triple fault, that is with an error.
boot_intel() {
	local status=0 terminal

	echo c >"$job/go"
	mkfifo "$job/terminal"
	cat "$job/terminal" &
	terminal=$!
	step "Starting Bochs"
	TERM=linux timeout --foreground --kill-after=10 "$seconds" \
		script -qec "${bochs[*]} -q -f $job/bochsrc" /dev/null \
		<"$job/go" >"$out/bochs.out" 2>&1 || status=$?
	# Should Bochs never have opened it, cat still waits for somebody who does.
	: <>"$job/terminal"
	wait "$terminal"
	((status != 124)) || return 124
	tar -C "$job" -xzf "$job/results.tar.gz" 2>/dev/null ||
		tail -n 15 "$out/bochs.log" | sed 's/^/  | /' >&2
}
