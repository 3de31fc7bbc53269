# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For jobs in the outer VM: KVM, with exitstat or without, and TAP.

# shellcheck source=tests/tap.sh
. /mnt/job/tap.sh

load_module() {
	modprobe -d /mnt/kernel "$@"
}

unload_kvm() {
	rmmod kvm_exitstat 2>/dev/null
	rmmod kvm_intel 2>/dev/null
	rmmod kvm_amd 2>/dev/null
	rmmod kvm 2>/dev/null
}

vendor() {
	if grep -qw svm /proc/cpuinfo; then echo amd; else echo intel; fi
}

# insert_kvm DIRECTORY [PARAMETER...]: the modules there, kvm.ko with these parameters.
insert_kvm() {
	local vendor
	vendor=$(vendor)

	# What the vendor's module depends on, in the packaged kernel.
	load_module irqbypass
	[[ $vendor = intel ]] || load_module -q ccp
	insmod "$1/kvm.ko" "${@:2}" && insmod "$1/kvm-$vendor.ko"
}

# use_kvm stock|graft|module|DIRECTORY: what is loaded before is unloaded.
use_kvm() {
	unload_kvm
	case $1 in
	stock) load_module "kvm_$(vendor)" ;;
	module) load_module "kvm_$(vendor)" && insmod /mnt/job/ko/kvm_exitstat.ko ;;
	graft) insert_kvm /mnt/job/ko ;;
	*) insert_kvm "$1" ;;
	esac
}

# use_paging nested|shadow: the vendor's module alone goes and comes back; exitstat stays.
use_paging() {
	local vendor option=npt nested=0
	vendor=$(vendor)

	[[ $vendor == amd ]] || option=ept
	[[ $1 == shadow ]] || nested=1
	rmmod "kvm_$vendor" || return
	if [[ $exitstat_kvm == graft ]]; then
		insmod "/mnt/job/ko/kvm-$vendor.ko" "$option=$nested"
	else
		load_module "kvm_$vendor" "$option=$nested"
	fi
}

# parameter NAME: the file of one of exitstat's parameters. lab/inside/run sets the way into KVM.
parameter() {
	if [[ $exitstat_kvm == graft ]]; then
		echo "/sys/module/kvm/parameters/exitstat_$1"
	else
		echo "/sys/module/kvm_exitstat/parameters/$1"
	fi
}

# device WORD...: asks the host's exitstat; see tests/vm/device.c.
device() {
	/mnt/job/files/device "$@"
}

# switch_exitstat on|off: while VMs run.
switch_exitstat() {
	case $exitstat_kvm-$1 in
	graft-*) echo "$1" >/sys/module/kvm/parameters/exitstat ;;
	module-on) insmod /mnt/job/ko/kvm_exitstat.ko ;;
	module-off) rmmod kvm_exitstat ;;
	esac
}

# Memory in KiB that is neither free nor a cache that can be dropped, nor kept by a CPU for its
# next allocation, nor, with KASAN, by the allocator lest it be used after it was freed.
memory_in_use() {
	local shrink

	sleep 3
	echo 3 >/proc/sys/vm/drop_caches
	for shrink in /sys/kernel/slab/*/shrink; do
		echo 1 >"$shrink"
	done
	sleep 1
	awk '/^MemTotal:/ { used += $2 } /^MemFree:/ { used -= $2 } $1 == "count:" { used -= 4 * $2 }
		END { print used }' /proc/meminfo /proc/zoneinfo
}

# concerning_exitstat: standard input, the kernel's log without the times, less those of KCSAN's
# reports in which exitstat is not within three calls of the access: data races of the kernel's own
# come and go. A report lies between two lines of "=", each stack in it after a line that ends with ":".
concerning_exitstat() {
	awk '/^=+$/ { if (held ~ /BUG: KCSAN/ && !ours) held = ""
			printf "%s", held; held = ""; ours = calls = 0; next }
		/:$/ { calls = 0 }
		/exitstat/ && calls <= 3 { ours = 1 }
		{ calls++ }
		{ held = held $0 "\n" }
		END { printf "%s", held }'
}

# complaints: what matters of the kernel's log on standard input, without the times.
complaints() {
	sed 's/^\[ *[0-9.]*] //' | concerning_exitstat |
		grep -E 'WARNING:|\<BUG\>|INFO: (task|trying)|Oops|cut here|Call Trace|\<stalls?\>|hung_task|soft lockup|general protection|UBSAN|ODEBUG' |
		sort
}

# new_leaks: what kmemleak finds of which nobody was told yet. What is too young is found later.
new_leaks() {
	local kmemleak=/sys/kernel/debug/kmemleak

	echo scan >$kmemleak || echo "kmemleak is off"
	sleep 6
	echo scan >$kmemleak
	cat $kmemleak
	echo clear >$kmemleak
}

# no_complaints_but FILE NAME: a test that the kernel's log has no complaints but those in FILE.
no_complaints_but() {
	local new

	new=$(dmesg | complaints | grep -vxFf "$1")
	[[ -z $new ]]
	ok $? "$2"
	[[ -z $new ]] || diag "$new"
}

# tests_of COMMAND...: count the tests of a program that prints TAP as ours. It must have some,
# and not fail without saying which.
tests_of() {
	local line first=$tests failed=$failures

	while read -r line; do
		case $line in
		'ok '*) ok 0 "${line#*- }" ;;
		'not ok '*) ok 1 "${line#*- }" ;;
		'#'*) echo "$line" ;;
		esac
	done < <("$@")
	if ! wait "$!" && ((failures == failed)) || ((tests == first)); then
		ok 1 "${1##*/} runs to its end"
	fi
}

# For an inner Linux. Half of its boot would be looking through all of PCI for the AGP bridge of an old Opteron, as
# which the emulator poses, and testing ciphers.
quick_inner="pci=noearly cryptomgr.notests initcall_blacklist=load_system_certificate_list"

# boot_inner COMMAND [QEMU'S OPTION...]: an inner Linux that runs COMMAND, its console here,
# for $timeout_inner seconds at most when that is set, with $parameters_inner on its command line,
# beside what such a kernel wants there. Under Bochs it is lab/intel.sh that says how, in
# /mnt/job/inner: on the smallest of machines, with an unpacked kernel. What its watchdog says when
# the emulator is slow would come amid the command's output.
boot_inner() {
	local command=$1 kernel=/mnt/job/vmlinuz machine=(-m 512) parameters
	parameters="$quick_inner $(</mnt/job/words) ${parameters_inner:-}"
	shift
	[[ ! -f /mnt/job/inner/boot ]] || . /mnt/job/inner/boot
	timeout --foreground "${timeout_inner:-0}" \
		qemu-system-x86_64 "${machine[@]}" -accel kvm -cpu host -nodefaults -no-user-config \
		-no-reboot -display none -serial stdio -name guest=inner \
		-kernel "$kernel" -initrd /mnt/job/files/inner.img \
		-append "console=ttyS0 quiet nowatchdog panic=-1 $parameters inner_run=\"$command\"" "$@"
}
