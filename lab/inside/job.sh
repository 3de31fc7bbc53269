# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For jobs in the outer VM: KVM, with exitstat or without, and TAP.

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

tests=0 failures=0

# ok STATUS NAME
ok() {
	((tests += 1))
	if (($1 == 0)); then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		((failures += 1))
	fi
}

# is GOT WANTED NAME
is() {
	[[ $1 == "$2" ]]
	ok $? "$3"
	[[ $1 == "$2" ]] || diag "got: $1" "wanted: $2"
}

skip() {
	((tests += 1))
	echo "ok $tests - $1 # SKIP $2"
}

diag() {
	printf '# %s\n' "$@"
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

done_testing() {
	echo "1..$tests"
	((failures == 0))
	exit
}

# boot_inner COMMAND [QEMU'S OPTION...]: an inner Linux that runs COMMAND, its console here,
# for $timeout_inner seconds at most when that is set. Under Bochs it is lab/intel.sh that
# says how, in /mnt/job/inner: on the smallest of machines, with an unpacked kernel.
boot_inner() {
	local command=$1 kernel=/mnt/job/vmlinuz machine=(-m 512) parameters=''
	shift
	[[ ! -f /mnt/job/inner/boot ]] || . /mnt/job/inner/boot
	timeout --foreground "${timeout_inner:-0}" \
		qemu-system-x86_64 "${machine[@]}" -accel kvm -cpu host -nodefaults -no-user-config \
		-no-reboot -display none -serial stdio -kernel "$kernel" \
		-initrd /mnt/job/files/inner.img \
		-append "console=ttyS0 quiet panic=-1 $parameters inner_run=\"$command\"" "$@"
}
