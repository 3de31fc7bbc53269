# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For jobs in the outer VM: KVM, with exitstat or without, and TAP.

# shellcheck source=tests/tap.sh
. /mnt/job/tap.sh

load_module() {
	modprobe -d /mnt/kernel "$@"
}

unload_kvm() {
	rmmod kvm_intel 2>/dev/null
	rmmod kvm_amd 2>/dev/null
	rmmod kvm 2>/dev/null
}

vendor() {
	if grep -qw svm /proc/cpuinfo; then echo amd; else echo intel; fi
}

# use_kvm graft|stock [KVM'S PARAMETER...]: what is loaded before is unloaded.
use_kvm() {
	local flavour=$1 vendor
	shift
	vendor=$(vendor)

	unload_kvm
	# What the vendor's module depends on, in the packaged kernel.
	load_module irqbypass
	if [[ $flavour = stock ]]; then
		load_module kvm "$@" && load_module "kvm_$vendor"
		return
	fi
	[[ $vendor = intel ]] || load_module ccp
	insmod /mnt/job/graft/kvm.ko "$@" && insmod "/mnt/job/graft/kvm-$vendor.ko"
}

# tests_of COMMAND...: count the tests of a program that prints TAP as ours.
tests_of() {
	local line

	while read -r line; do
		case $line in
		'ok '*) ok 0 "${line#*- }" ;;
		'not ok '*) ok 1 "${line#*- }" ;;
		'#'*) echo "$line" ;;
		esac
	done < <("$@")
}

# boot_inner COMMAND [QEMU'S OPTION...]: an inner Linux that runs COMMAND, its console here,
# for $timeout_inner seconds at most when that is set.
boot_inner() {
	local command=$1
	shift
	timeout --foreground "${timeout_inner:-0}" \
		qemu-system-x86_64 -accel kvm -cpu host -m 512 -nodefaults -no-user-config -no-reboot \
		-display none -serial stdio -kernel /mnt/job/vmlinuz \
		-initrd /mnt/job/files/inner.img \
		-append "console=ttyS0 quiet panic=-1 inner_run=\"$command\"" "$@"
}
