# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What this kernel has had of NMIs, for bash and busybox.

nmis() {
	awk '/NMI:/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print n }' /proc/interrupts
}

# tell HOW: this kernel was started while samples were armed. What is left of them has come by then.
tell() {
	sleep 2
	echo "after $1: $(nmis) NMIs, $(dmesg | grep -cE 'NMI received|Dazed') of them a surprise"
}
