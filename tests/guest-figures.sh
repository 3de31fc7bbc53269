#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What perf counts in an inner Linux with exitstat_guest.ko while the host watches: lines for
# tests/guest.t. Wants perf, cpuids of tests/tools and busybox in PATH.
export LC_ALL=C
names=(exits cpuid io msr npf)
grep -q AuthenticAMD /proc/cpuinfo || names=(exits cpuid io_instruction msr_write ept_violation)
printf -v events 'exitstat/%s/,' "${names[@]}"

work() {
	cpuids 10000
	dd if=/dev/port of=/dev/null bs=1 skip=128 count=50
	dd if=/dev/zero of=/dev/null bs=4M count=2
}
export -f work

insmod /modules/exitstat_guest.ko || exit
perf stat -a -A -x, -o /tmp/stat -e "${events%,}" -- bash -c work 2>/dev/null
for name in "${names[@]}"; do
	echo "event $name $(cat "/sys/bus/event_source/devices/exitstat/events/$name")"
done
sed -n 's/^CPU/figure CPU/p' /tmp/stat
echo "figures end"
