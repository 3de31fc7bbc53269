#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a kernel says that was started while samples were armed: its NMIs, and whether it knew what
# for; then the VM ends.
# Wants busybox in PATH; the name of it is $1, or what= of the command line.
what=${1:-$(sed 's/.*what=//; s/ .*//' /proc/cmdline)}
sleep 2
echo "after $what: $(awk '/NMI:/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print n }' /proc/interrupts) NMIs," \
	"$(dmesg | grep -cE 'NMI received|Dazed') of them a surprise"
poweroff -f
