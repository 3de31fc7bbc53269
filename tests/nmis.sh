# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What this kernel has had of NMIs, and how it says so, for bash and busybox.

nmis() {
	awk '/NMI:/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print n }' /proc/interrupts
}

# say WORD...: and has said it, which setting the console waits for. The CPU that sends it may be another,
# and a kernel that ends at once ends amid a line.
say() {
	echo "$*"
	stty -echo
}

# tell HOW: this kernel was started while samples were armed. What is left of them has come by then.
tell() {
	sleep 2
	say "after $1: $(nmis) NMIs, $(dmesg | grep -cE 'NMI received|Dazed') of them a surprise"
}
