#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In an inner VM with two vCPUs: what exitstat says in JSON, packed, between two lines on
# the terminal. tests/figures.t compares it with what perf saw on the host meanwhile.
cpu1=/sys/devices/system/cpu/cpu1/online

measure() {
	# While the other vCPU sleeps, what the whole VM had is known to the exit.
	echo 0 >$cpu1
	exitstat -J
	exitstat -J 0.3 3
	exitstat -J -- cpuids 1000
	exitstat -J -- dd if=/dev/zero of=/tmp/file bs=1M count=16 status=none
	exitstat -J -- sleep 0.5
	# A hypervisor here: what its guests exit for goes to the host first.
	[[ ! -e /dev/kvm ]] || exitstat -J -- exits run 20 >/dev/null
	echo 1 >$cpu1
	exitstat -J -C
	exitstat -J -C 0.3 3
	exitstat -J -C -- taskset 2 cpuids 1000
	exitstat -J --cpu 1 -- cpuids 1000
}

# No word of the kernel's between.
dmesg -n 1
[[ ! -e /modules/order ]] || while read -r module; do
	insmod "/modules/$module"
done </modules/order
measure >/tmp/figures 2>&1
echo "figures:"
gzip </tmp/figures | base64
echo "figures end"
