#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What perf counts in an inner Linux with exitstat_guest.ko, as root. Wants perf, cpuids of
# tests/tools and busybox in PATH. Prints TAP.
. /bin/guest-common.sh

cpuid=exitstat/cpuid/
io=io
grep -q AuthenticAMD /proc/cpuinfo || io=io_instruction
events=/sys/bus/event_source/devices/exitstat/events

# count EVENTS COMMAND...: what perf stat counts for a command, a number for each event.
count() {
	perf stat -x, -o "$scratch/stat" -e "$1" -- "${@:2}" >/dev/null
	awk -F, 'NF > 3 { printf "%s%s", sep, $1; sep = " " } END { print "" }' "$scratch/stat"
}

check "exitstat_guest.ko loads" insmod /modules/exitstat_guest.ko

## The events' names

perf list >"$scratch/list" 2>/dev/null
for event in exits exits_time cpuid cpuid_time "$io" "${io}_returns" "${io}_vmm_time" guest halted_time other; do
	grep -qw "exitstat/$event/" "$scratch/list"
	ok $? "perf list has exitstat/$event/"
done
is "$(find $events -name '*[A-Z ]*')" "" "all names are in lower case"
is "$(cat $events/exits_time.unit)" us "times have a unit"
like "$(cat $events/exits_time.scale)" '^0\.[0-9]{15}$' "and a scale"
[[ ! -e $events/exits.unit ]]
ok $? "counts have none"

## For a task

base=$(count $cpuid cpuids 0)
is "$(count $cpuid cpuids 0)" "$base" "a task's own CPUIDs are the same each time: $base"
is "$(($(count $cpuid cpuids 10000) - base))" 10000 "10,000 CPUIDs are as many"
is "$(count "{$cpuid,$cpuid,exitstat/exits/}" cpuids 10000 |
	awk -v n=$((base + 10000)) '{ print ($1 == n && $2 == n && $3 >= n) }')" 1 "in a group"
is "$(count "{cpu-clock,$cpuid}" cpuids 10000 | awk -v n=$((base + 10000)) '{ print ($1 > 0 && $2 == n) }')" 1 \
	"in a group with an event of another PMU"
twenty=$(printf "$cpuid,%.0s" {1..20})
is "$(count "${twenty%,}" cpuids 1000 | tr ' ' '\n' | sort | uniq -c | tr -s ' ')" \
	" 20 $((base + 1000))" "twenty events at once count the same"
like "$(count exitstat/hlt/,exitstat/${io}/,exitstat/exits_time/,exitstat/exits_returns/ cpuids 1000)" \
	'^0 [0-9]+ [1-9][0-9.]* [0-9]+$' "a task that never waits has no HLT, but time in the host"
count "exitstat/$io/,exitstat/${io}_returns/,exitstat/${io}_vmm_time/,exitstat/cpuid_returns/" \
	dd if=/dev/port of=/dev/null bs=1 skip=128 count=32 2>/dev/null >"$scratch/returns"
is "$(awk '{ print $1, $2, ($3 > 0), $4 }' "$scratch/returns")" "32 32 1 0" \
	"what the VMM answers returns to it, CPUIDs do not"
diag "io, its returns, their time, CPUIDs' returns: $(cat "$scratch/returns")"
count "{exitstat/exits/,exitstat/guest/,exitstat/host/,exitstat/exits_returns/,exitstat/preempted/}" \
	cpuids 1000 30 >"$scratch/states"
# Preempted, the vCPU's thread goes on in the host.
is "$(awk '{ print ($1 >= 30000 && $2 > $1 - 40 && $2 < $1 + 40 && $3 > $1 - 40 && $3 < $1 + $4 + $5 + 40) }' "$scratch/states")" 1 \
	"each exit is a stay in the host and one in the guest after it, less the driver's own"
diag "exits, stays in guest and host, returns, preempted: $(cat "$scratch/states")"
for n in 10000 30000; do
	perf stat -x, -o "$scratch/$n" -e $cpuid -- taskset 1 cpuids $n &
done
wait
for n in 10000 30000; do
	is "$(awk -F, -v base="$base" -v n=$n 'NF > 3 { print ($1 - base >= n && $1 - base < n + 500) }' \
		"$scratch/$n")" 1 "of two tasks on one CPU each gets its own: $n"
done
is "$(($(count $cpuid sh -c 'cpuids 5000 & cpuids 5000 & wait') >= 10000))" 1 "children are counted"

## All the time

# The interval in which the command ends is not always told.
perf stat -I 200 -x, -o "$scratch/stat" -e $cpuid -- sh -c 'cpuids 20000; sleep 1; cpuids 20000; sleep 1'
is "$(awk -F, 'NF > 3 { n++; sum += $2 } END { print (n >= 4 && sum >= 40000 && sum < 41000) }' "$scratch/stat")" 1 \
	"-I: the intervals add up"
states=exitstat/guest_time/,exitstat/host_time/,exitstat/vmm_time/,exitstat/halted_time/,exitstat/preempted_time/
from=${EPOCHREALTIME/./}
perf stat -a -A -x, -o "$scratch/stat" -e $states -- sleep 1
took=$((${EPOCHREALTIME/./} - from))
is "$(awk -F, -v took=$took '/^CPU/ { sum[$1] += $2 }
	END { for (cpu in sum) if (sum[cpu] < 990000 || sum[cpu] > took * 1.02) print cpu, sum[cpu], took }' \
	"$scratch/stat")" "" "the five states of each CPU add up to the time"

## CPUs that go and come

if [[ -w /sys/devices/system/cpu/cpu1/online ]]; then
	perf stat -a -x, -o "$scratch/stat" -e exitstat/exits/ -- "${held[@]}" &
	within 300 in_use "$cpus"
	cpu1_goes_and_comes
	release
	wait $!
	is "$?:$(awk -F, 'NF > 3 { print ($1 > 0 && $1 < 1e7) }' "$scratch/stat")" 0:1 \
		"a CPU may go offline and come back"
	is "$(perf stat -a -A -x, -e exitstat/exits/ -- sleep 0.1 2>&1 | grep -c '^CPU')" "$cpus" \
		"and is counted again"
else
	skip "a CPU that goes offline" "a single vCPU"
fi

## The host's exitstat goes, and comes back

perf stat -a -I 500 -x, -o "$scratch/stat" -e exitstat/exits/ -- "${held[@]}" &
within 300 in_use
host_off
like "$(cat "$scratch/there")" "No such device" "without it there are no new events"
check "with the new one there are" host_on
# A line for each interval, after two of perf's own.
within 120 has_lines 14 "$scratch/stat"
release
wait $!
is "$?:$(awk -F, 'NF > 3 { n++; last = $2; if ($2 > 1e7) print $0 } END { print (n > 10 && last > 0) }' "$scratch/stat")" 0:1 \
	"those that are there go on, and no interval has what cannot be"

## What is not to be had

for event in leaf=0,reason=1 leaf=3,reason=1 leaf=4,state=9 leaf=15; do
	perf stat -e "exitstat/$event/" -- true >"$scratch/said" 2>&1
	like "$?$(cat "$scratch/said")" '^[1-9]|not supported' "no such event: $event"
done
perf stat -e exitstat/exits/u -- true >"$scratch/said" 2>&1
like "$?$(cat "$scratch/said")" '^[1-9]|not supported' "exits of programs alone cannot be counted"
su nobody -c 'perf stat -a -e exitstat/exits/ -- true' >"$scratch/said" 2>&1
is "$(($? != 0))" 1 "perf_event_paranoid holds"

## The module goes

perf stat -a -x, -o "$scratch/stat" -e exitstat/exits/ -- "${held[@]}" &
within 300 in_use
rmmod exitstat_guest 2>/dev/null
is $? 1 "the module stays while perf uses it"
release
wait $!
is "$?:$(awk -F, 'NF > 3 { print ($1 > 0) }' "$scratch/stat")" 0:1 "and perf ends as ever"
check "then it goes" rmmod exitstat_guest
[[ ! -e $events ]]
ok $? "and its events with it"
check "and comes back" insmod /modules/exitstat_guest.ko
is "$(($(count $cpuid cpuids 1000) - base))" 1000 "to count as before"
for ((i = 0; i < 5; i++)); do
	{ rmmod exitstat_guest && insmod /modules/exitstat_guest.ko; } || break
done
is "$i" 5 "five times over"
no_complaints
done_testing
