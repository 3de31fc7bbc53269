#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In an inner Linux whose leaves are closed to programs: the exitstat command reads by perf, as
# perf_event_paranoid allows; and which code causes exits. Wants perf, exitstat, causes of lab/inside,
# cpuids of tests/tools and busybox in PATH. Prints TAP.
. /bin/guest-common.sh

caps=/sys/bus/event_source/devices/exitstat/caps/restricted
io=io msr=msr
grep -q AuthenticAMD /proc/cpuinfo || io=io_instruction msr=msr_write
echo 2 >/proc/sys/kernel/kptr_restrict
echo 2 >/proc/sys/kernel/perf_event_paranoid

# seem_anew FILE: a reading was put off for so long that the counters seem to have started anew, as exitstat says
# there: by perf it takes long.
seem_anew() {
	grep -q "started anew" "$1"
}

# cpuids_of N: what exitstat counts for a command that executes N CPUIDs more than it takes to start.
cpuids_of() {
	for _ in 1 2 3; do
		# Not in a pipeline, whose other programs ask the CPU as they start.
		exitstat --raw -n -o REASON,EXITS -- cpuids "$1" 2>"$scratch/run" >/dev/null
		seem_anew "$scratch/run" || break
	done
	awk 'tolower($1) == "cpuid" { print $2 }' "$scratch/run"
}

# counts_2000 NAME: now and then the driver closes the leaves again, by a CPUID of its own.
counts_2000() {
	local n from=$SECONDS

	n=$(($(cpuids_of 2000) - base - 2000))
	((n >= 0 && n <= 2 + (SECONDS - from) / 10))
	ok $? "$1: a command's exits are counted exactly: base, 2,000 and $n"
}

# goes_round PID: it is moved from CPU to CPU, often amid a question, but not for ever where one takes too long.
goes_round() {
	local turn

	for ((turn = 0; turn < 100; turn++)); do
		taskset -p -c $((turn % cpus)) "$1" >/dev/null 2>&1 || break
		sleep 0.05
	done
	wait "$1"
}

# lines OPTION...: how many exitstat prints
lines() {
	for _ in 1 2 3; do
		exitstat "$@" >"$scratch/lines" 2>"$scratch/said"
		seem_anew "$scratch/said" || break
	done
	wc -l <"$scratch/lines"
}

# sees_all NAME: every mode of the command works.
sees_all() {
	check "$1: since the VM started" exitstat
	is "$(($(exitstat --raw -n -o REASON,EXITS | awk '$1 == "total" { print $2 }') > 10000))" 1 \
		"$1: and that is since then"
	counts_2000 "$1"
	is "$(lines -n 0.2 3)" 3 "$1: intervals"
	is "$(lines -C -n 0.2 2)" "$((2 * cpus))" "$1: each vCPU"
	check "$1: histograms" exitstat histogram cpuid -- cpuids 100
	check "$1: the course's leaves" exitstat --course
	exitstat doctor >"$scratch/doctor" 2>&1
	# A reading by perf takes an emulator so long that time may not add up.
	is "$(grep FAIL "$scratch/doctor" | grep -v "the five states add up")" "" "$1: doctor finds all well"
	diag "$(cat "$scratch/doctor")"
}

insmod /modules/msr.ko allow_writes=on
check "exitstat_guest.ko loads" insmod /modules/exitstat_guest.ko
base=$(cpuids_of 0)
is "$(cpuids_of 2000)" "$((base + 2000))" "by CPUID a command's exits are counted exactly: $base and 2,000"

## Closed by this guest

rmmod exitstat_guest
check "with restrict=1" insmod /modules/exitstat_guest.ko restrict=1
is "$(cat $caps)" guest "this guest has closed the leaves"
sees_all "closed by the guest"
like "$(cat "$scratch/doctor")" "this guest's kernel keeps exitstat from programs .*perf reads it" "doctor says whose doing it is"
exitstat --record "$scratch/recording" >"$scratch/live" &
goes_round $!
exitstat --replay "$scratch/recording" >"$scratch/replayed"
check "it is recorded, and replayed the same" cmp "$scratch/live" "$scratch/replayed"
for _ in 1 2 3; do
	exitstat --record "$scratch/recording" -- cpuids 1000 2>"$scratch/live" >/dev/null &
	goes_round $!
	seem_anew "$scratch/live" || break
done
exitstat --replay "$scratch/recording" -- true 2>"$scratch/replayed" >/dev/null
is "$(grep -i '^cpuid' "$scratch/replayed")" "$(grep -i '^cpuid' "$scratch/live")" "and so is a run, less its own CPUIDs"
like "$(cat "$scratch/live")" $'\n''[cC][pP][uU][iI][dD] +1[0-9]{3} ' "which were 1,000 and more"
diag "$(awk '$3 == "ffffffff"' "$scratch/recording" | wc -l) questions were asked again"
nobody=$(su nobody -c exitstat 2>&1)
like "$?$nobody" "^[1-9].*this guest's kernel keeps exitstat from programs.*kernel.perf_event_paranoid" \
	"who may not watch CPUs by perf is told so"
like "$(su nobody -c 'exitstat doctor' 2>&1)" "FAIL.*perf_event_paranoid" "by doctor, too"
echo 0 >/proc/sys/kernel/perf_event_paranoid
check "who may can" su nobody -c exitstat
echo 2 >/proc/sys/kernel/perf_event_paranoid

# What would change something, and a task's, is not to be had. How perf words it is its own affair.
for event in leaf=9,ecx=100 leaf=10,ecx=1 leaf=8,ecx=114 leaf=11,ecx=0 leaf=11,ecx=1; do
	perf stat -a -e "exitstat/$event,answer=1/" -- true >"$scratch/said" 2>&1
	like "$?$(cat "$scratch/said")" '^[1-9]|not supported' "no answer to $event"
done
perf stat -e exitstat/leaf=1,answer=1/ -- true >"$scratch/said" 2>&1
like "$?$(cat "$scratch/said")" '^[1-9]|not supported' "nor to a task's event"
perf record -o "$scratch/data" -a -e exitstat/leaf=2,answer=1/ -- true >"$scratch/said" 2>&1
like "$?$(cat "$scratch/said")" '^[1-9].*(nvalid|not supported)' "nor are there samples of answers"
is "$(cat $caps)" guest "and all is as it was"

# has_lines_or_ended NUMBER PID
has_lines_or_ended() {
	has_lines "$1" "$scratch/lines" || ! kill -0 "$2" 2>/dev/null
}

if ((cpus > 1)); then
	for _ in 1 2 3; do
		exitstat -C -n 0.5 >"$scratch/lines" 2>&1 &
		within 300 has_lines_or_ended 2 $!
		cpu1_goes_and_comes
		within 300 has_lines_or_ended 7 $!
		kill -TERM $! 2>/dev/null
		wait $!
		status=$?
		seem_anew "$scratch/lines" || break
	done
	is "$status:$(has_lines 7 "$scratch/lines"; echo $?)" 0:0 "a CPU may go offline and come back"
	grep '^exitstat:' "$scratch/lines" | sed 's/^/# /'
else
	skip "a CPU that goes offline" "a single vCPU"
fi

## Closed by the host

rmmod exitstat_guest
check "without restrict" insmod /modules/exitstat_guest.ko
is "$(cat $caps)" no "the leaves are open"
echo "# host: expose kernel"
check "the host closes them" within 60 is_closed_by host
sees_all "closed by the host"
like "$(cat "$scratch/doctor")" "the host shows exitstat to this VM's kernel only.*perf reads it" "doctor says whose doing it is"
like "$(su nobody -c exitstat 2>&1)" "the host shows exitstat to this VM's kernel only.*perf_event_paranoid" "and so is a user told"
echo "# host: expose all"
check "and opens them" within 60 is_closed_by no

## Which code causes the exits

while :; do causes 500; done >/dev/null 2>&1 &
causes=$!
# The program does one after the other, and an emulator's second is short.
for words in "$io read_port" "$msr write_msr" "cpuid ask_cpu"; do
	read -r reason function <<<"$words"
	for ((try = 0; try < 20; try++)); do
		out=$(exitstat explain "$reason" 2>/dev/null | tr -s ' \n' ' ')
		[[ ! $out =~ "Which code causes it here".*causes:.*"$function <- main" ]] || break
	done
	like "$out" "Which code causes it here.*% causes:.*$function <- main" "explain $reason finds $function"
done
kill $causes
wait $causes 2>/dev/null
is "$(exitstat explain $io -J 2>/dev/null | grep -c '"call_sites": \[')" 1 "JSON has it"
out=$(PATH=$scratch:/usr/none exec -a exitstat "$(command -v exitstat)" explain $io 2>&1)
like "$out" "perf would tell: install it" "without perf it says what is missing"
like "$(su nobody -c "exitstat explain $io" 2>&1 | tr -s ' \n' ' ')" "perf cannot record it; it says why: perf record -a -e exitstat/$io/" \
	"and so it does where perf may not"
rmmod exitstat_guest
is "$(exitstat explain $io | grep -c 'Which code')" 0 "without the driver it says nothing"
no_complaints
done_testing
