#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# perf record in an inner Linux with exitstat_guest.ko, as root: which code causes the exits. Wants
# perf, causes of lab/inside, cpuids of tests/tools and busybox in PATH. Prints TAP.
. /bin/guest-common.sh

data=$scratch/data
io=io msr=msr npf=npf window=iret
grep -q AuthenticAMD /proc/cpuinfo || io=io_instruction msr=msr_write npf=ept_violation window=nmi_window
# Without the kernel's names perf is quick.
echo 2 >/proc/sys/kernel/kptr_restrict
# rate NUMBER: perf's limit, which it does not lower by itself where the emulator is slow.
rate() {
	echo 25 >/proc/sys/kernel/perf_cpu_time_max_percent
	echo "$1" >/proc/sys/kernel/perf_event_max_sample_rate
	echo 100 >/proc/sys/kernel/perf_cpu_time_max_percent
}
rate 1000000

# record OPTION...: perf record, what it says kept. It is told beforehand, since without a word this guest is
# taken to be at a stand.
record() {
	echo "# perf record $*" >&2
	perf record -B -N -o "$data" "$@" >"$scratch/said" 2>&1 || { diag "$(cat "$scratch/said")"; return 1; }
}

# exits: of the whole VM so far
exits() {
	exitstat --raw -n -o REASON,EXITS | awk '$1 == "total" { print $2 }'
}

# number: of samples
number() {
	perf script -i "$data" -F event 2>/dev/null | grep -c .
}

# samples FUNCTION...: how many samples with stacks there are, and with each of the functions in it; where
# about is set, only those whose address that is.
about=''
samples() {
	perf script -i "$data" -F "${about:+addr,}ip,sym" 2>/dev/null | awk -v functions="$*" -v about="$about" '
		BEGIN { n = split(functions, wanted) }
		function end(i) {
			if (lines && address == about) {
				samples++
				for (i = 1; i <= n; i++) if (stack ~ " " wanted[i] " ") count[i]++
			}
			lines = 0; stack = " "; address = ""
		}
		/^$/ { end(); next }
		!lines++ && about { address = $1; next }
		{ stack = stack $2 " " }
		END { end(); printf "%d", samples; for (i = 1; i <= n; i++) printf " %d", count[i]; print "" }'
}

# mostly ALL PART...: is each part 99 % of all at least?
mostly() {
	local all=$1 part
	shift

	for part; do
		((all > 0 && part * 100 >= all * 99)) || return 1
	done
}

check "exitstat_guest.ko loads" insmod /modules/exitstat_guest.ko
insmod /modules/msr.ko allow_writes=on

## Each reason's samples are in its own function

# attribute EVENT FUNCTION [ABOUT]: a timer's interrupt, the console and libc have exits of the same reasons,
# but about something else.
attribute() {
	check "$1 is recorded" record -d -e "$1" -c 20 -g -- causes 2000
	about=${3:-}
	read -r all here main <<<"$(samples "$2" main)"
	about=''
	mostly "$all" "$here" "$main"
	ok $? "$1: $here of $all samples${3:+ about $3} in $2, $main in main"
}

# First, while the guest has memory that it has not used yet. What it has used and freed it takes first, and a newer
# kernel has more of that.
for ((i = 0; i < 30; i++)); do
	perf stat -a -x, -o "$scratch/stat" -e "exitstat/$npf/" -- \
		dd if=/dev/zero of="$scratch/used$i" bs=1M count=8 2>/dev/null || break
	(($(awk -F, 'NF > 3 { print $1 }' "$scratch/stat") < 1000)) || break
done
attribute "exitstat/$npf/" touch_memory
is "$((all >= 5))" 1 "exitstat/$npf/: where the guest has not used the memory before"
diag "it had used $i times 8 MiB and more, and freed them"
rm -f "$scratch"/used*
for words in "cpuid ask_cpu 80000000" "$io read_port 80" "$msr write_msr 1b"; do
	read -r event function what <<<"$words"
	attribute "exitstat/$event/" "$function" "$what"
	# The timer writes to an MSR as well. Which of both a sample is of is left to chance; their sum is looked at below.
	slack=10
	[[ $event != "$msr" ]] || slack=40
	((all >= 100 - slack && all <= 100 + slack))
	ok $? "exitstat/$event/: samples times the period are the 2,000 exits: $all times 20"
done

# periods EVENT: the sum of what its samples stand for.
periods() {
	perf script -i "$data" -F event,period 2>/dev/null | awk -v event="$1" '$2 ~ event { sum += $1 } END { print sum + 0 }'
}

# perf's counter beside it in a group, which is read with each sample.
for event in $io $msr; do
	record -e "{exitstat/$event/,exitstat/$event,name=counted/}:S" -c 20 -- causes 2000
	sampled=$(periods "$event") counted=$(periods counted)
	((sampled >= 2000 - 20 && counted > sampled - 20 && counted <= sampled + 20))
	ok $? "exitstat/$event/: samples times the period, $sampled, is what perf counts up to the last of them, $counted"
done
record -e exitstat/cpuid/ -c 20 -- causes 2000
n=$(number)
counted=$(perf stat -x, -e exitstat/cpuid/ -- causes 2000 2>&1 >/dev/null | awk -F, 'NF > 3 { print $1 }')
((n >= counted / 20 - 1 && n <= counted / 20 + 1))
ok $? "exitstat/cpuid/: samples times the period, $n times 20, is what perf stat counts, $counted"
check "all of them are recorded" record -e exitstat/exits/ -c 20 -g -- causes 2000
read -r all a b c <<<"$(samples ask_cpu read_port write_msr)"
((a > 95 && b > 95 && c > 95 && a + b + c <= all))
ok $? "exits: $a, $b and $c of $all samples are in these three"

## What an exit is about, and its instruction

# addresses EVENT: of its samples, the usual first.
addresses() {
	record -d -e "exitstat/$1/" -c 20 -- causes 2000
	perf script -i "$data" -F addr 2>/dev/null | tr -d ' ' | sort | uniq -c | sort -rn | tr -s ' '
}

like "$(addresses cpuid)" '^ [0-9]+ 80000000' "a CPUID's leaf"
like "$(addresses $io)" '^ [0-9]+ 80' "the port"
like "$(addresses $msr)" '^ [0-9]+ 1b' "the MSR"
record -e exitstat/cpuid/u -c 20 -- causes 2000
address=$(perf script -i "$data" -F ip,sym 2>/dev/null | awk '/ask_cpu/ { print $1 }' | sort -u)
is "$(wc -w <<<"$address")" 1 "the samples of one instruction have one address"
# The program is linked to a multiple of a MiB, and its file is as its memory is.
is "$(dd if="$(command -v causes)" bs=1 skip=$((16#$address & 0xfffff)) count=2 2>/dev/null | od -An -tx1)" " 0f a2" \
	"its own, not the next one's: $address"

## Programs, the kernel

record -e exitstat/exits/u -c 10 -g -- causes 2000
read -r all here rest <<<"$(samples ask_cpu touch_memory)"
((all > 150 && here + rest * 2 >= all / 2))
ok $? ":u are the exits of programs: $here of $all are CPUIDs"
is "$(perf script -i "$data" -G -F ip 2>/dev/null | grep -c '^ *ffff')" 0 "and none is the kernel's"
record -e exitstat/exits/k -c 20 -- causes 2000
n=$(number)
is "$((n > 20)):$(perf script -i "$data" -F ip 2>/dev/null | grep -c '^ *ffff')" "1:$n" ":k are those of the kernel"

## How often

check "by frequency" record -F 200 --period -e exitstat/cpuid/ -- cpuids 60000
n=$(number)
is "$((n > 5))" 1 "-F finds its period: $n samples"
record -F 200 --period -e exitstat/cpuid/ -- cpuids 2000 30
n=$(periods cpuid)
((n > 55000 && n < 63000))
ok $? "and tells it, whatever comes in bursts: $n exits of 60,000"
check "each exit of a CPU, all reasons" record -a -e exitstat/exits/ -c 1 -- causes 200
n=$(number)
is "$((n >= 600))" 1 "is a sample, and the guest goes on: $n"
rate 100
check "more often than perf allows" record -e exitstat/cpuid/ -c 1 -- cpuids 5000
like "$(perf report -i "$data" --stats 2>/dev/null)" 'THROTTLE events: *[1-9]' "is throttled"
n=$(number)
((n < 5000))
ok $? "and has fewer samples than exits: $n"
rate 1000000

from=$(exits)
check "a group, of which the leader samples" record -e "{exitstat/cpuid/,exitstat/exits/}:S" -c 20 -- cpuids 4000
n=$(periods cpuid)
((n >= 4000 && n < 4200))
ok $? "the leader's periods are its exits: $n"
n=$(periods exits) most=$(($(exits) - from))
((n >= 4000 && n < most))
ok $? "and so are the other's: $n, of the $most of the whole VM"

# granted PERIOD
granted() {
	perf record -o "$scratch/probe" -e exitstat/exits/ -c "$1" -- true >/dev/null 2>&1
}

grants_no_less() {
	granted "$1" && { (($1 == 1)) || ! granted $(($1 - 1)); }
}

# host_grants PERIOD: that and no less, when the host has come to it.
host_grants() {
	echo "# host: sampling $1" >/dev/console
	within 60 grants_no_less "$1"
}

record -e "{exitstat/cpuid/,exitstat/cpuid,name=counted/}:S" -c 20 -- sh -c '"$@"; exec cpuids 20000' - "${held[@]}" &
within 300 in_use
check "the host grants less while perf records" host_grants 500
release
wait $!
check "and as much as before" host_grants 1
# Each time that the task has been off its CPU a whole period begins.
n=$(perf script -i "$data" -F event 2>/dev/null | grep -c exitstat/cpuid/)
sampled=$(periods exitstat/cpuid/) counted=$(periods counted)
((n > 0 && n <= counted / 500 + 20))
ok $? "samples come that seldom: $n"
((sampled > 10000 && sampled < 21500 && sampled > counted - 500 && sampled <= counted + 500))
ok $? "and tell it: $sampled exits of $counted"

## CPUs

check "a CPU that sleeps" record -a -e exitstat/hlt/ -c 1 -g -- sleep 1
all=$(number)
halts=$(perf stat -a -x, -e exitstat/hlt/ -- sleep 1 2>&1 | awk -F, 'NF > 3 { print $1 }')
((all > 0 && all < 10 * halts + 100))
ok $? "sleeps on: $all samples of HLT in 1 s, without samples $halts HLTs"
if ((cpus > 1)); then
	record -a -e exitstat/cpuid/ -c 20 -- sh -c 'taskset 1 cpuids 4000 & taskset 2 cpuids 4000; wait'
	is "$(perf script -i "$data" -F cpu 2>/dev/null | sort | uniq -c |
		awk '{ print ($1 >= 200 && $1 < 230) }' | tr '\n' ' ')" "1 1 " "two CPUs at once, each its own"
	record -e exitstat/cpuid/ -c 20 -- sh -c 'taskset 1 cpuids 4000 & taskset 1 cpuids 4000; wait'
	n=$(number)
	is "$((n >= 400 && n < 440))" 1 "two tasks that take turns on a CPU lose none"
	record -a -e exitstat/exits/ -c 10 -- "${held[@]}" &
	within 300 in_use "$cpus"
	cpu1_goes_and_comes
	release
	wait $!
	ok $? "a CPU may go offline and come back"
else
	skip "several CPUs" "a single vCPU"
fi

## What is not to be had

# refused TEXT NAME OPTION...: perf record fails, and says so.
refused() {
	perf record -o "$data" "${@:3}" -- true >"$scratch/said" 2>&1
	like "$?$(cat "$scratch/said")" "^[1-9].*$1" "$2"
}

refused 'busy|EBUSY|16' "two events at once cannot sample" -e exitstat/cpuid/ -e "exitstat/$io/"
refused 'not supported|PMU' "windows have no samples" -e "exitstat/$window/"
refused 'not supported|PMU' "nor times" -e exitstat/exits_time/
refused 'not supported|PMU' "nor states" -e exitstat/halted/
refused 'nvalid' "no period that is too long" -e exitstat/exits/ -c 3000000000
refused 'nvalid' "nor samples but for idleness" -e exitstat/exits/I
perf record -o "$scratch/other" -a -e exitstat/cpuid/ -c 1000 -- "${held[@]}" >/dev/null 2>&1 &
within 300 in_use
refused 'busy|EBUSY|16' "nor beside another perf" -e exitstat/exits/
release
wait
check "after that it can" record -e exitstat/exits/ -- true
echo 2 >/proc/sys/kernel/perf_event_paranoid
mkdir -m 777 /tmp/own && cd /tmp/own || exit
su nobody -c "perf record -o data -e exitstat/exits/u -c 10 -- causes 1000" >"$scratch/said" 2>&1
status=$?
ok $status "a user may record what is his own, as perf_event_paranoid says"
((status == 0)) || diag "$(cat "$scratch/said")"
su nobody -c "perf record -o data -d -e exitstat/$npf/u -c 10 -- causes 10" >"$scratch/said" 2>&1
like "$?$(cat "$scratch/said")" '^[1-9].*(ermission|EACCES|perf_event_paranoid)' \
	"but not where in the guest's memory it was"

## The host's exitstat goes, and comes back

perf record -o "$data" -a -e exitstat/exits/ -c 10 -- "${held[@]}" >/dev/null 2>&1 &
within 300 in_use
check "exitstat goes" host_off
check "and comes back" host_on
release
wait $!
ok $? "perf ends as ever"
record -e exitstat/cpuid/ -c 20 -- cpuids 2000
n=$(number)
is "$((n >= 100))" 1 "and records with the new one"

## The module goes

perf record -o "$scratch/last" -a -e exitstat/exits/ -c 10 -- "${held[@]}" >/dev/null 2>&1 &
within 300 in_use
rmmod exitstat_guest 2>/dev/null
is $? 1 "the module stays while perf records"
release
wait $!
check "then it goes" rmmod exitstat_guest
check "and comes back" insmod /modules/exitstat_guest.ko
data=$scratch/data
record -e exitstat/cpuid/ -c 20 -- cpuids 2000
is "$(($(number) >= 100))" 1 "to sample as before"
rmmod exitstat_guest
check "with restrict=1" insmod /modules/exitstat_guest.ko restrict=1
record -e exitstat/cpuid/ -c 20 -- cpuids 2000
is "$(($(number) >= 100))" 1 "where programs do not see the leaves perf samples all the same"
# By itself: an event that is opened would have them closed at once.
echo "# host: off"
check "without exitstat no leaves are closed" within 60 is_closed_by no
echo "# host: on"
check "when it is loaded anew they soon are again" within 60 is_closed_by guest
rmmod exitstat_guest
no_complaints
done_testing
