#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every mode of exitstat, for real: to be run in a guest of a KVM with exitstat, by anybody.
# Wants exitstat, bash and a busybox in PATH, and build/tests/tools/cpuids; what else it can
# use (jq, script, taskset, setuidgid) it uses. Prints TAP.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# In an inner VM it is beside this.
tap=$here/../tap.sh
[[ -e $tap ]] || tap=$here/tap.sh
# shellcheck source=tests/tap.sh
. "$tap"
export LC_ALL=C

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
exitstat=$(command -v exitstat)

have() {
	command -v "$1" >/dev/null
}

# exits REASON COMMAND...: how many exits of a reason it had, none is 0. What looks for the
# number starts afterwards: a program's start executes CPUID, too.
exits() {
	"$exitstat" --raw -n -o REASON,EXITS --log "$scratch/log" -- "${@:2}"
	awk -v r="$1" 'tolower($1) == r { n = $2 } END { print n + 0 }' "$scratch/log"
}

# run COMMAND...: sets out, err and status
run() {
	out=$("$@" 2>"$scratch/stderr" </dev/null)
	status=$? err=$(cat "$scratch/stderr")
}

# steady COMMAND...: like run. Where a reading was put off for so long that the counters seem to have started
# anew, which is said, it is tried again.
steady() {
	for _ in 1 2 3; do
		run "$@"
		[[ $err == *"started anew"* ]] || break
	done
}

## doctor

# Between the states and the clock it may be put off: one good attempt of three is enough.
for _ in 1 2 3; do
	run exitstat doctor
	((status)) || break
done
is "$status" 0 "doctor"
diag "$out"
is "$(grep -c '^ok ' <<<"$out")" 5 "doctor: all is well"

## the table

run exitstat
is "$status" 0 "table"
diag "$out"
like "${out%%$'\n'*}" \
	"^(AMD SVM|Intel VMX), [0-9]+ vCPUs?, host TSC [0-9.]+ MHz, .* since the start$" \
	"table: what is looked at"
like "$out" $'\n'"(cpuid|CPUID) " "table: CPUID is among the reasons"
like "$out" $'\n'"total .*"$'\n'"vCPUs' time: guest [0-9.]+%, host [0-9.]+%, vmm " \
	"table: total and states"

exitstat --raw -n -o REASON,EXITS >"$scratch/first"
exitstat --raw -n -o REASON,EXITS >"$scratch/second"
is "$(awk 'NR == FNR { before[$1] = $2; next } $2 < before[$1]' "$scratch/first" \
	"$scratch/second")" "" "table: no counter goes backwards"
is "$(awk '$1 == "total" { total = $2; next } { sum += $2 }
	END { print (sum >= total && sum < total + 1000) }' "$scratch/first")" 1 \
	"table: the reasons add up to the total"

if have jq; then
	run exitstat --json
	is "$(jq '.scopes[0].total.exits > 0' <<<"$out")" true "table: JSON"
else
	skip "table: JSON" "no jq here"
fi

## a command

steady exitstat -- true
is "$status:$out" "0:" "run: true"
like "$err" "own reading: [0-9]+ CPUIDs, left out" "run: says what it left out"
diag "$err"

# Another task may execute CPUID, too, so that one quiet attempt in five is enough.
made=
for ((i = 0; i < 5 && made != 100000; i++)); do
	base=$(exits cpuid cpuids 0)
	made=$(($(exits cpuid cpuids 100000) - base))
done
if have cpuids; then
	is "$made" 100000 "run: 100,000 CPUIDs are as many exits"
	for ((i = 0; i < 5; i++)); do
		[[ $(exits cpuid cpuids 0) == "$base" ]] && break
	done
	is "$((i < 5))" 1 "run: what it reads itself is never told"
else
	skip "run: CPUIDs" "no cpuids in PATH"
fi

begin=$EPOCHREALTIME
steady exitstat -- sleep 1
is "$(awk -v around="$begin $EPOCHREALTIME" '/ s elapsed/ {
	split(around, clock)
	print ($1 >= 1 && $1 <= clock[2] - clock[1])
}' <<<"$err")" 1 "run: sleep takes its time"
like "$err" "halted [0-9.]+%" "run: and the vCPUs halt"
run exitstat -- dd if=/dev/zero of=/dev/null bs=64k count=16
is "$status" 0 "run: dd"
like "$err" "16\+0 records out" "run: dd's own words"
run exitstat -- sh -c 'exit 7'
is "$status" 7 "run: exit status"
run exitstat -- sh -c 'kill -9 $$'
is "$status" 137 "run: killed"
run exitstat -- /nonexistent
is "$status" 127 "run: not found"
run exitstat -- /
is "$status" 126 "run: cannot be executed"
is "$(echo through | exitstat -- cat 2>/dev/null)" through "run: stdin and stdout"
exitstat -- yes 2>"$scratch/stderr" | head -n 1 >/dev/null
is "${PIPESTATUS[0]}" 141 "run: a pipe that closes early"
like "$(cat "$scratch/stderr")" $'\n'"total " "run: and its report"
steady exitstat -r 5 -- true
like "$err" "mean of 5 runs.*EXITSDEV" "run: repeated"

## intervals

steady exitstat 0.5 3
is "$status:$(wc -l <<<"$out" | tr -d ' ')" 0:4 "intervals: a heading and three lines"
diag "$out"
is "$(exitstat --raw -n -o GUEST,HOST,VMM,HALTED,PREEMPTED 0.2 3 |
	awk '{ s = $1 + $2 + $3 + $4 + $5; if (s < 99.9 || s > 100.1) print }')" "" \
	"intervals: the states add up"
# In the background it would ignore SIGINT.
{
	within 120 has_lines 3 "$scratch/intervals"
	kill -INT "$(<"$scratch/pid")"
} &
(echo $BASHPID >"$scratch/pid" && exec "$exitstat" 0.5 >"$scratch/intervals")
is "$?:$(($(wc -l <"$scratch/intervals") >= 3))" 0:1 "intervals: until ^C"
exitstat 0.1 | head -n 2 >/dev/null
is "${PIPESTATUS[0]}" 141 "intervals: a pipe that closes early"

## each vCPU

cpus=$(grep -c '^processor' /proc/cpuinfo)
run exitstat -C --raw -n -o CPU,REASON,EXITS
is "$(awk '$2 == "total"' <<<"$out" | wc -l | tr -d ' ')" "$cpus" "vCPUs: all of them"
sum=$(awk '$2 == "total" { sum += $3 } END { print sum }' <<<"$out")
all=$(exitstat --raw -n -o REASON,EXITS | awk '$1 == "total" { print $2 }')
is "$((sum > 0 && sum <= all))" 1 "vCPUs: not more than the VM"
run exitstat --cpu 0
is "$status" 0 "vCPUs: one"
run exitstat --cpu 9999
is "$status" 1 "vCPUs: one that is not there"
like "$err" "cannot run on CPU 9999" "vCPUs: and says so"
if have taskset && ((cpus > 1)); then
	run taskset 2 "$exitstat" -C --raw -n -o CPU,REASON
	is "$(awk '{ print $1 }' <<<"$out" | sort -u)" 1 "vCPUs: those that one may use"
else
	skip "vCPUs: those that one may use" "no taskset, or a single vCPU"
fi
if have taskset && have cpuids && ((cpus > 1)); then
	made=$("$exitstat" -C --raw -n -o CPU,REASON,EXITS -- taskset 2 cpuids 10000 2>&1 |
		awk '$1 == 1 && tolower($2) == "cpuid" { print $3 }')
	is "$((made >= 10000))" 1 "vCPUs: exits are told of the vCPU that had them"
else
	skip "vCPUs: exits of the vCPU that had them" "no taskset, no cpuids, or a single vCPU"
fi

is "$(exitstat -C -- grep Cpus_allowed_list /proc/self/status 2>/dev/null)" \
	"$(grep Cpus_allowed_list /proc/self/status)" "vCPUs: a command has the CPUs that it would have"
# CPU 1 has gone when the other has three lines without it; the other's are to be there always.
fate_of_cpu1() {
	awk '$1 == 0 { alone++ }
		$1 == 1 && !alone { missing = ", CPU 0 missing" }
		$1 == 1 { alone = 0 }
		$1 == 1 && !fate { fate = "there" }
		$1 == 1 && fate == "there, gone" { fate = "there, gone, again" }
		alone > 2 && fate == "there" { fate = "there, gone" }
		END { print fate missing }' "$scratch/intervals"
}
# shellcheck disable=SC2317 # within calls it
cpu1_was() {
	[[ $(fate_of_cpu1) == "$1" ]]
}
online=/sys/devices/system/cpu/cpu1/online
if [[ -w $online ]]; then
	"$exitstat" -C --raw -n -o CPU,EXITS 0.3 >"$scratch/intervals" 2>"$scratch/stderr" &
	pid=$!
	within 120 cpu1_was "there"
	echo 0 >$online
	within 120 cpu1_was "there, gone"
	echo 1 >$online
	within 120 cpu1_was "there, gone, again"
	kill $pid
	wait $pid
	is "$?:$(cat "$scratch/stderr")" 0: "vCPUs: one that goes offline and comes back is no error"
	is "$(fate_of_cpu1)" "there, gone, again" "vCPUs: its lines end and begin, the other's go on"
else
	skip "vCPUs: one that goes offline" "not root, or a single vCPU"
fi

## the rest

run exitstat --course
like "$out" "0x4ffffffc 0x00000000 -> 0x[0-9a-f]+ 0x[0-9a-f]+ 0x00000000 0x00000000" \
	"course: exits"
like "$out" "0x4ffffffd 0x00000000 -> 0x00000000 0x[0-9a-f]+ 0x[0-9a-f]+ 0x00000000" \
	"course: cycles"

exitstat --record "$scratch/recording" >"$scratch/live"
exitstat --replay "$scratch/recording" >"$scratch/replayed"
check "a recording replays what was shown" cmp "$scratch/live" "$scratch/replayed"
exitstat --record "$scratch/recording" 0.2 3 >"$scratch/live"
exitstat --replay "$scratch/recording" 0 >"$scratch/replayed"
check "and so does one of intervals" cmp "$scratch/live" "$scratch/replayed"

if have script; then
	TERM=${TERM:-linux} script -qfc "echo \$\$ >$scratch/pid; exec $exitstat top 0.5" "$scratch/top" \
		</dev/null >/dev/null 2>&1 &
	within 120 grep -qsE "exits/s|is unknown" "$scratch/top"
	kill "$(<"$scratch/pid")" 2>/dev/null
	wait $!
	like "$(tr -d '\0' <"$scratch/top")" "exits/s|terminal .* is unknown" "top"
else
	skip "top" "no script here"
fi

if have setuidgid && [[ $UID == 0 ]]; then
	run setuidgid nobody "$exitstat"
	is "$status" 0 "anybody may use it"
else
	skip "anybody may use it" "no setuidgid, or not root"
fi

TIMEFORMAT='%U %S'
times=$({ time for ((i = 0; i < 10; i++)); do exitstat >/dev/null; done; } 2>&1)
diag "CPU time of ten tables, user and system, in seconds: $times"

done_testing
