#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# exitstat -- COMMAND leaves the command its input, output, status and signals.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

replay idle-svm -- true
is "$status:$out" 0: "a command that does nothing"
like "$err" "VM exits during true \(whole VM, 2 vCPUs\)" "the report is on stderr"
like "$err" $'\n'"total +0 " "its own CPUIDs are left out"
like "$err" "own reading: [1-9][0-9]* CPUIDs, left out" "and it says so"
[[ $err == *cpuid* ]]
is $? 1 "no line for them"

replay svm -- false
is "$status" 1 "exit status"
like "$err" $'\n'"npf +200 .*"$'\n'"total +701 " "exits during the run"
like "$err" "halted 0.21%" "states during the run"
replay svm -- sh -c 'exit 42'
is "$status" 42 "another exit status"
replay svm -- sh -c 'kill -KILL $$'
is "$status" 137 "killed"
like "$err" "total +701 " "and reported"
replay svm -- sh -c 'kill -SEGV $$'
is "$status" 139 "crashed"
replay svm -- /nonexistent
is "$status:$err" "127:exitstat: cannot run /nonexistent: No such file or directory" "not found"
# A command that takes itself away in its second run.
# shellcheck disable=SC2016 # expanded by the script
printf '%s\n' '#!/bin/sh' '[ ! -e "$0.ran" ] || rm "$0"' ': >"$0.ran"' >"$scratch/once"
chmod +x "$scratch/once"
replay svm -r 3 -n --raw -- "$scratch/once"
like "$status:$err" "^127:exitstat: cannot run .*/once: No such file.*total" "-r: the runs before one that cannot start are told"
run "$build/tests/tools/forbid" vfork "$exitstat" --replay "$recordings/svm" -- true
is "$status:$err" "125:exitstat: cannot run true: Resource temporarily unavailable" "no process may be made"
replay svm -- /
is "$status:$err" "126:exitstat: cannot run /: Permission denied" "cannot be executed"
replay svm -- printf '%s|' -C --json "a b" --
is "$out" "-C|--json|a b|--|" "the command's own options"

out=$(echo hello | "$exitstat" --replay "$recordings/svm" -- cat 2>/dev/null)
is "$out" hello "stdin and stdout"
"$exitstat" --replay "$recordings/svm" -- yes 2>"$scratch/stderr" | head -1 >/dev/null
is "${PIPESTATUS[0]}" 141 "a pipe that closes early: SIGPIPE"
like "$(cat "$scratch/stderr")" "total +701" "and the report"

# shellcheck disable=SC2317 # within calls it
runs_sleep() {
	local child
	read -r child _ <"/proc/$1/task/$1/children"
	[[ $(cat "/proc/$child/comm") == sleep ]]
} 2>/dev/null
# signal NAME SIGNAL STATUS: sent to exitstat, not to the command
signal() {
	env --default-signal=INT "$exitstat" --replay "$recordings/svm" -- sleep 100 \
		2>"$scratch/stderr" &
	local pid=$!
	within 60 runs_sleep $pid
	kill "-$2" $pid
	{ wait $pid; } 2>/dev/null
	is $? "$3" "$1"
	like "$(cat "$scratch/stderr")" "total +701" "and the report"
}
signal "SIGTERM is passed on" TERM 143
signal "SIGHUP is passed on" HUP 129
signal "SIGINT is passed on" INT 130

run env --ignore-signal=CHLD "$exitstat" --replay "$recordings/svm" -- false
is "$status" 1 "started with SIGCHLD ignored: exit status"
like "$err" "total +701 " "and the report"
replay idle-svm -C -- true
is "$status" 125 "a failure of exitstat's own"

replay svm -r 3 -- sh -c 'echo x'
is "$out" "x"$'\n'"x"$'\n'"x" "-r runs it as often"
like "$err" "mean of 3 runs" "-r says so"
like "$err" "REASON +EXITS +EXITSDEV " "-r has deviations"
# The recorded runs are of 100, 140 and 180 rounds: mean 140, deviation 40/140.
like "$err" $'\n'"io +140 +28.6% " "mean and deviation"
replay svm -r 2 -- sh -c 'exit 3'
is "$status" 3 "-r: exit status"
replay svm -r 9 -- sh -c 'kill -INT $$'
is "$status:$(grep -c 'mean of 1 runs' <<<"$err")" 130:1 "-r ends with ^C"

replay svm -J -- true
is "$(jq -c '[.report, .scopes[0].total.exits]' <<<"$err")" '["run",701]' "JSON"
replay svm -J -r 3 -- true
is "$(jq '.scopes[0].total.exitsdev | . > 20 and . < 30' <<<"$err")" true "JSON: deviation"
replay svm --log "$scratch/log" -- sh -c 'echo mine >&2'
is "$err" mine "--log leaves stderr to the command"
like "$(cat "$scratch/log")" "total +701 " "and has the report"
replay svm --log /nonexistent/log -- true
is "$status" 125 "--log that cannot be written"
replay svm --log /dev/full -- true
like "$status:$err" "^125:.*total +701 .*exitstat: cannot write the report: No space left" \
	"--log on a full disk: the report is on stderr instead"
replay svm -J -C --log /dev/full -- true
is "$status:$(sed '$d' <<<"$err" | jq '[.scopes[].total.exits] | add'):$(tail -1 <<<"$err")" \
	"125:701:exitstat: cannot write the report: No space left on device" "and so is JSON that is long"
replay svm -C --raw -n -o CPU,REASON,EXITS -- true
is "$(awk '$2 == "total"' <<<"$err" | xargs)" "0 total 401 1 total 300" "each vCPU"

replay hotplug -C -r 3 --raw -n -o CPU,REASON,EXITS -- true
is "$(awk '$2 == "total" { print $1 }' <<<"$err" | xargs)" "0 1" \
	"-r: a CPU that goes and comes has the runs that it was there"
like "$err" "CPU 1 has gone meanwhile.*CPU 1 has come meanwhile" "-r: and it is told"

# What a run of N takes: least N, the address space in MiB with which there is a report
least() {
	local size
	for ((size = 4; size < 200; size++)); do
		(ulimit -v $((size * 1024)) &&
			"$exitstat" --replay "$recordings/long" -C -r "$1" --log "$scratch/log" -- \
				true) 2>/dev/null && break
	done
	echo $size
}
few=$(least 2)
check "the memory of -r N does not grow with N" test "$(least 99)" -le $((few + 1))

done_testing
