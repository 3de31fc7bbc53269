#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In a domain of libvirt's, for tests/libvirt.job: runs each line that is typed at the console. What it says,
# and its status, goes to the second serial line, which no save or restore cuts off.
cpu1=/sys/devices/system/cpu/cpu1

# CPU, seconds, exits, the states' shares and seconds in sum, the VMM's seconds, and of all numbers the
# lowest and of all shares the highest.
summary='.scopes[] | [.cpu // "VM", .elapsed, .total.exits, ([.states[].share] | add),
	([.states[].time] | add) / .vcpus, .states.vmm.time, ([.. | numbers] | min),
	([.. | .share? | numbers] | max)] | @tsv'

intervals() {
	exitstat -J "$@" | jq --unbuffered -r "$summary"
	return "${PIPESTATUS[0]}"
}

run() {
	local status

	exitstat -J --log /tmp/run "$@"
	status=$?
	[[ ! -s /tmp/run ]] || jq -r "$summary" /tmp/run
	return "$status"
}

# A CPU that has come waits to be switched on; udev would do that.
switch_on_cpu1() {
	until echo 1 >$cpu1/online; do sleep 0.1; done 2>/dev/null
}

dmesg -n 1
stty -echo
stty -F /dev/ttyS1 raw
line=true
while eval "$line" >/dev/ttyS1 2>&1; echo "ended: $?" >/dev/ttyS1; do
	read -r line || exit
done
