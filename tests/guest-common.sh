# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the tests of perf in an inner Linux with exitstat_guest.ko share: source this, as root. Wants
# perf and busybox in PATH.
. /bin/tap.sh
export LC_ALL=C PERF_PAGER=cat

scratch=$(mktemp -d)
# shellcheck disable=SC2034 # for those who source this
cpus=$(grep -c '^processor' /proc/cpuinfo)
# What the kernel said before is not about the driver.
said=$(dmesg | wc -l)

no_complaints() {
	is "$(dmesg | tail -n +$((said + 1)) | grep -E 'WARNING|BUG|Oops|cut here|NMI received|Dazed')" "" \
		"the kernel's log has no complaints"
}

# perf ... -- "${held[@]}" goes on until it is released: how long perf takes for anything hangs on the machine.
mkfifo "$scratch/release"
# shellcheck disable=SC2016,SC2034 # that shell expands it; for those who source this
held=(sh -c 'read -r _ <"$0"' "$scratch/release")
release() {
	# shellcheck disable=SC2016 # that shell expands it
	timeout 60 sh -c 'echo >"$0"' "$scratch/release"
}

# in_use [EVENTS]: perf has opened as many.
in_use() {
	(($(cat /sys/module/exitstat_guest/refcnt) >= ${1:-1}))
}

# cpu1_goes_and_comes: while perf is held.
cpu1_goes_and_comes() {
	sleep 0.5
	echo 0 >/sys/devices/system/cpu/cpu1/online
	sleep 1
	echo 1 >/sys/devices/system/cpu/cpu1/online
}

# The host's exitstat. What it wants of its host a guest says in lines that begin with "# host: ".
is_there() {
	perf stat -e exitstat/cpuid/ -- true >"$scratch/there" 2>&1
}
is_away() {
	! is_there
}
host_off() {
	echo "# host: off" >/dev/console
	within 300 is_away
}
host_on() {
	echo "# host: on" >/dev/console
	within 300 is_there
}

# is_closed_by no|guest|host: the leaves, to programs.
is_closed_by() {
	[[ $(cat /sys/bus/event_source/devices/exitstat/caps/restricted) == "$1" ]]
}
