#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In an inner Linux: a reset and then kexec, or a crash, while perf has samples of all CPUs armed. The kernel
# that follows says how many NMIs it has had. Wants start-kernel of lab/inside, perf, busybox in PATH;
# kernel and next.img, an initramfs, in /root.
#
# guest-restart.sh reset|crash
. /bin/nmis.sh
. /bin/tap.sh

# cmos BYTE: a byte of the clock's memory, which outlives a reset, is read, or written.
cmos() {
	printf '\x50' | dd of=/dev/port bs=1 seek=112 status=none
	if (($#)); then
		# shellcheck disable=SC2059 # the byte is the format
		printf "$1" | dd of=/dev/port bs=1 seek=113 status=none
	else
		dd if=/dev/port bs=1 skip=113 count=1 status=none | od -An -tx1 | tr -d ' '
	fi
}

has_nmis() {
	(($(nmis) > 0))
}

# Often, so that what is left armed tells at once.
arm() {
	insmod /modules/exitstat_guest.ko || exit
	perf record -o /tmp/data -a -e exitstat/exits/ -c 20 -- sleep 1000 >/dev/null 2>&1 &
	within 300 has_nmis
	say "armed: $(($(nmis) > 0))"
}

# What this kernel wants of words, the next does too.
next="$(sed 's/ inner_run=.*//; s/ crashkernel=[^ ]*//' /proc/cmdline) inner_run=next-kernel.sh"
echo 2 >/proc/sys/kernel/kptr_restrict
if [[ $1 == crash ]]; then
	start-kernel --crash kernel next.img "$next maxcpus=1 what=crash" || exit
	arm
	echo c >/proc/sysrq-trigger
elif [[ $(cmos) == 58 ]]; then
	tell reset
	arm
	start-kernel kernel next.img "$next what=kexec"
else
	arm
	cmos '\x58'
	echo b >/proc/sysrq-trigger
fi
