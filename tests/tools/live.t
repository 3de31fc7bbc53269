#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The command while it measures: on real CPUs, of a VM on paper. What it runs is given what env
# would have given it; CPUs come and go; and some may not be had.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

bin=$build/tests/tools
exitstat=$bin/on-paper

## what a command is given

# same NAME COMMAND...: as env gives it, started by the words and redirections of COMMAND
same() {
	local name=$1
	shift

	"$@" env "$bin/inherited" "$scratch/wanted"
	"$@" "$exitstat" -C --log "$scratch/log" -- "$bin/inherited" "$scratch/given"
	is "$(cat "$scratch/given")" "$(cat "$scratch/wanted")" "a command is given $name"
	rm -f "$scratch/given" "$scratch/wanted"
}
# shellcheck disable=SC2317 # same calls them
without_input() {
	"$@" <&-
}
# shellcheck disable=SC2317
without_output() {
	"$@" >&-
}
# shellcheck disable=SC2317
without_errors() {
	"$@" 2>&-
}
# shellcheck disable=SC2317
without_any() {
	"$@" <&- >&- 2>&-
}
# shellcheck disable=SC2317
limited() {
	(ulimit -n 60 -c 0 -s 4000 && umask 027 && "$@")
}
# shellcheck disable=SC2317
on_terminal() {
	script -qec "$*" /dev/null >/dev/null
}
same "what there is" command
for signal in INT QUIT HUP TERM USR1 PIPE CHLD TSTP TTOU WINCH; do
	same "SIG$signal ignored" env "--ignore-signal=$signal"
done
same "a mask of signals" env --block-signal=USR1,CHLD,TERM
same "no standard input" without_input
same "no standard output" without_output
same "no standard error" without_errors
same "no descriptors" without_any
same "limits" limited
same "one CPU" taskset 1
same "a nice value" nice -n 5
same "a session" setsid -w
same "a terminal" on_terminal

## scripts, as under env

# shellcheck disable=SC2016
echo 'echo "$0 $*"' >"$scratch/script"
chmod +x "$scratch/script"
run "$exitstat" -- "$scratch/script" a b
is "$status:$out" "0:$scratch/script a b" "a script without #!"
run env --ignore-signal=CHLD "$exitstat" -- sh -c 'exit 3'
is "$status" 3 "the status where SIGCHLD is ignored"

## CPUs that come and go

if (($(nproc) > 1)) && command -v taskset >/dev/null; then
	mapfile -t cpus < <(taskset -pc $$ | sed 's/.*: //; s/-/\n/; s/,/\n/g' | sort -n)
	one=${cpus[0]} other=${cpus[-1]}
	run taskset -c "$one,$other" "$exitstat" -C -- sh -c "taskset -pc $one \$PPID >&2"
	like "$err" "CPU $other has gone meanwhile.*"$'\n'"  $one  total " "a run: a CPU goes"
	is "$(grep -c "^  $other  " <<<"$err")" 0 "a run: nothing is told of it"
	run taskset -c "$one" "$exitstat" -C -- sh -c "taskset -pc $one,$other \$PPID >&2"
	like "$err" "CPU $other has come meanwhile.*"$'\n'"  $one  total " "a run: a CPU comes"
	run taskset -c "$one" "$exitstat" -C -r 3 -- sh -c "taskset -pc $one,$other \$PPID >&2"
	like "$err" $'\n'"  $one  total .*"$'\n'"  $other  total " "repeated: a CPU comes"

	# Whether one has been alone for more than three lines, and the other has been there after that.
	turns() {
		cut -d' ' -f1 "$scratch/lines" | uniq -c |
			awk -v one="$one" '$2 == one && $1 > 3 { alone = NR } $2 != one && alone { again = 1 }
				END { print (alone > 0), again + 0 }'
	}
	# shellcheck disable=SC2317 # within calls it
	turns_are() {
		[[ $(turns) == "$1" ]]
	}
	taskset -c "$one,$other" "$exitstat" -C --raw -n -o CPU,EXITS 0.1 >"$scratch/lines" 2>&1 &
	pid=$!
	within 60 grep -qs "^$other " "$scratch/lines"
	taskset -pc "$one" $pid >/dev/null
	within 60 turns_are "1 0"
	affinity=$(taskset -pc $pid)
	taskset -pc "$one,$other" $pid >/dev/null
	within 60 turns_are "1 1"
	kill $pid
	wait $pid
	is "$?" 0 "intervals: they go on"
	is "${affinity##*: }" "$one" "intervals: the affinity stays as others set it"
	is "$(turns)" "1 1" "intervals: a CPU's lines end and begin, the other's go on"

	# replays_moved MODE...: while the CPU changes in the middle of questions
	replays_moved() {
		EXITSTAT_MOVES=1 run "$exitstat" --record "$scratch/recording" "$@"
		live=$status:$out$err
		run "$exitstat" --replay "$scratch/recording" "$@"
		is "$status:$out$err" "$live" "exitstat $*: replayed as it was, with what was asked again"
		is "$(awk '$3 == "ffffffff" { n++ } END { print (n > 2) }' "$scratch/recording")" 1 "exitstat $*: something was"
	}
	replays_moved --cycles
	replays_moved --cycles -- true
	replays_moved --cycles 0.1 3

	start_top taskset -c "$one,$other" "$exitstat" top 0.2
	taskset -pc "$one" "$top" >/dev/null && draws_more 5
	is "$?:$(grep -c "cannot run\|has gone" "$scratch/top")" 0:0 "top: survives a CPU that goes"
	end_top
else
	skip "CPUs that come and go" "a single CPU, or no taskset"
fi

## less is allowed

for mode in "" "0.1 2" "-- true" "-J" "-r 2 -- true"; do
	# shellcheck disable=SC2086
	run "$bin/forbid" affinity "$exitstat" $mode
	is "$status" 0 "no choice of CPUs: exitstat $mode"
done
doctor "$bin/forbid" affinity "$exitstat"
like "$status:$out" "^0:.*note  cannot run on CPU .*"$'\n'"ok    the counters move" \
	"no choice of CPUs: doctor"
run "$bin/forbid" affinity "$exitstat" -C
like "$status:$err" "^1:.*not permitted; .*the whole VM can be read" "no choice of CPUs: -C"
start_top "$bin/forbid" affinity "$exitstat" top 0.3
draws_more 2
end_top
like "$(tr -d '\0' <"$scratch/top")" "exits/s" "no choice of CPUs: top"

## how many CPUs

# system ONLINE OFFLINE VCPUS: what doctor notes where the kernel says that of the CPUs
system() {
	echo "$1" >"$scratch/online"
	echo "$2" >"$scratch/offline"
	# shellcheck disable=SC2016
	run unshare -m sh -c 'cpu=/sys/devices/system/cpu
		mount --bind "$0/online" $cpu/online && mount --bind "$0/offline" $cpu/offline &&
		EXITSTAT_VCPUS=$2 "$1" doctor' "$scratch" "$exitstat" "$3"
	out=$(grep '^note .*vCPUs' <<<"$out")
}
if [[ $(id -u) == 0 ]] && unshare -m true 2>/dev/null; then
	system 0 1-19 8
	like "$out" "8 vCPUs have run, of which this system uses 1: .*nr_cpus=" "doctor: nr_cpus="
	is "$(grep -c scope=host <<<"$out")" 0 "doctor: which is not scope=host"
	system 0-19 "" 20
	is "$out" "" "doctor: as many CPUs as vCPUs"
	system 0-1 "" 60
	like "$out" "60 vCPUs are in scope, .*scope=host" "doctor: scope=host"
else
	skip "doctor: how many CPUs" "not root"
fi

## more vCPUs than CPUs: one of them is asked as well, on the same CPU each time

# witnesses VCPUS COMMAND...: which CPUs were one while it records, each state a time
witnesses() {
	EXITSTAT_VCPUS=$1 run "${@:2}" "$exitstat" --record "$scratch/recording" -- true
	out=$(awk '$3 == "4ffffff4" && $4 ~ /^8/ { n[$2]++ } END { for (cpu in n) print cpu, n[cpu] }' \
		"$scratch/recording")
}
if (($(getconf _NPROCESSORS_ONLN) < 60)) && command -v taskset >/dev/null; then
	first=$(taskset -pc $$ | sed 's/.*: //; s/[-,].*//')
	last=$(taskset -pc $$ | sed 's/.*[ ,-]//')
	witnesses 60
	is "$status:$out" "0:$first 10" "more vCPUs than CPUs: a witness"
	run "$exitstat" --replay "$scratch/recording" -- true
	is "$status:$out" "0:" "more vCPUs than CPUs: it is replayed"
	witnesses 60 taskset -c "$last"
	is "$status:$out" "0:$last 10" "more vCPUs than CPUs: where a CPU may be had"
	witnesses 60 "$bin/forbid" affinity
	is "$status:$out" "0:" "more vCPUs than CPUs: no choice of CPUs, no witness"
	witnesses 1
	is "$status:$out" "0:" "no more vCPUs than CPUs: no witness"
else
	skip "more vCPUs than CPUs" "so many CPUs, or no taskset"
fi

done_testing
