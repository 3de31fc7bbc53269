#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The live screen and the intervals in a real terminal, tmux, replaying a recording. What
# the screen was is kept in build/tests/tools/screens when a test fails.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

if ! command -v tmux >/dev/null; then
	echo "1..0 # SKIP tmux is not installed"
	exit 0
fi

screens=$build/tests/tools/screens
mkdir -p "$screens"
tm() {
	tmux -L "exitstat-$$" -f /dev/null "$@"
}
trap 'tm kill-server 2>/dev/null; rm -rf "$scratch"' EXIT

# A server without a session would end, and be in the way of the next.
tm new-session -d -s keep

# start COLUMNS LINES COMMAND: in a shell that goes on afterwards
start() {
	tm kill-session -t test 2>/dev/null
	tm new-session -d -s test -x "$1" -y "$2" "env PS1='prompt> ' bash --norc --noprofile -i"
	sees "prompt>" "terminal of $1x$2"
	keys "$3; echo status=\$?" Enter
}

keys() {
	tm send-keys -t test "$@"
}

screen() {
	tm capture-pane -p -t test
}

# shellcheck disable=SC2317 # within calls it
shows() {
	[[ $(screen) =~ $1 ]]
}

# sees REGEX NAME: the screen will, within a minute
sees() {
	local status
	within 60 shows "$1"
	status=$?
	ok $status "$2"
	((!status)) || diag "no $1 on the screen"
}

# shellcheck disable=SC2317 # ok calls it
keep_screen() {
	screen >"$screens/$tests"
	diag "the screen, which is in $screens/$tests:" "$(screen)"
}
on_failure=keep_screen

top="$exitstat --replay $recordings/long top 0.25"
line="[^"$'\n'"]*"$'\n'
end=$'\n'"[^"$'\n'"]*status="

for size in "80 24" "200 50"; do
	# shellcheck disable=SC2086
	start $size "$top"
	sees "^exitstat: [0-9]+ exits/s in 0.9[0-9]+ s, SVM, 2 vCPUs" "top: title, $size"
	sees $'\n'"CPU  =guest   #host    Vvmm .halted Ppreempted" "top: legend, $size"
	sees "own CPUIDs: [1-9][0-9]*, left out" "top: what reading costs, $size"
	sees $'\n'"  1 +99[0-9.]+ .*\[=+\.?\]" "top: a vCPU's bar, $size"
	sees $'\n'"total .*"$'\n'"npf .*VMMTIME|VMMTIME.*"$'\n'"total .*"$'\n'"npf " \
		"top: reasons, $size"
	sees $'\n'"q quit .*every 0.25 s" "top: keys, $size"
	is "$(screen | awk -v w="${size% *}" 'length > w')" "" "top: no line too long, $size"
	keys q
	sees "${end}0" "top: q ends it, $size"
done

start 80 24 "$top"
sees "^exitstat: " "top: before the resize"
tm resize-window -t test -x 132 -y 40
sees "^($line){2}[^"$'\n'"]{132}"$'\n' "top: takes a wider screen"
sees "^($line){39}q quit" "top: and a higher one"
tm resize-window -t test -x 40 -y 8
sees "^exitstat: ($line){7}q quit" "top: takes a low screen"
is "$(screen | awk 'length > 40')" "" "top: and a narrow one"
tm resize-window -t test -x 80 -y 10
sees $'\n'"  0 [^"$'\n'"]*"$'\n'"    and 1 more, 0 of them above" "top: a low screen has one vCPU"
keys Up Down Down
sees $'\n'"  1 [^"$'\n'"]*"$'\n'"    and 1 more, 1 of them above" "top: down goes to the other"
keys Up
sees $'\n'"  0 [^"$'\n'"]*"$'\n'"    and 1 more, 0 of them above" "top: up goes back"
keys NPage
sees $'\n'"  1 [^"$'\n'"]*"$'\n'"    and 1 more" "top: a page down"
keys PPage
sees $'\n'"  0 [^"$'\n'"]*"$'\n'"    and 1 more" "top: a page up"
tm resize-window -t test -x 80 -y 24
sees $'\n'"  0 [^"$'\n'"]*"$'\n'"  1 .*q quit .*every 0.25 s" "top: and back"

keys ' '
sees "space continue" "top: pause"
shown=$(screen)
sleep 0.6
is "$(screen)" "$shown" "top: nothing moves while paused"
keys + +
sees "every 1 s" "top: longer delay"
keys - - -
sees "every 0.125 s" "top: shorter delay"
keys c
sees "npf +[0-9]+ +[0-9]+ +[0-9]{6,} " "top: cycles"
keys c '<' '<' '<'
sees "total .*"$'\n'"hlt .*"$'\n'"interrupt .*"$'\n'"io .*"$'\n'"msr " "top: sorted by name"
keys ' '
sees "space pause" "top: on again"
keys C-z
sees "Stopped" "top: ^Z"
keys "stty -a | grep -o '[-]icanon'; echo shell works" Enter
sees $'\n'"shell works" "top: the terminal is usable"
keys "fg" Enter
sees "^exitstat: .*q quit" "top: fg"
keys C-c
sees "prompt>[^q]*$" "top: ^C"
keys "echo status=\$?; stty -a | grep -o '[-]*icanon\|[-]*echo ' | xargs" Enter
sees "status=0"$'\n'"icanon echo" "top: the terminal is as it was"

start 80 24 "$exitstat --replay $recordings/svm --cpu 1 -o REASON,EXITS top 0.125"
sees "SVM, 1 vCPU, .*CPU  =guest.*"$'\n'"  1 +[0-9.]+ [^"$'\n'"]*"$'\n'" *"$'\n'"REASON +EXITS" \
	"top: one CPU, chosen columns"
keys q
# 2^62 cycles, of which 64 bits do not hold a hundred times as many.
sed '/ 4ffffff4 00000003 /s/[^ ]* [^ ]*$/00000000 40000000/' "$recordings/svm" >"$scratch/large"
start 80 24 "$exitstat --replay $scratch/large top 64"
sees $'\n'"all +0.0 +0.0 +0.0 +100.0 +0.0 +\[\.+\]" "top: large numbers"
keys q
start 80 24 "$exitstat --replay $recordings/svm top 0.125"
sees "the recording ends here; q quits" "top: end of the recording"
keys q
sees "${end}0" "top: ends"
# What is there for one delay only is there for seconds.
start 80 24 "$exitstat --replay $recordings/moved top 4"
sees "the counters have started anew" "top: the VM moves"
keys q
start 80 24 "$exitstat --replay $recordings/moved-to-stock top 0.125"
sees "no longer exposed.*${end}2" "top: the VM moves to a host without exitstat"
start 80 24 "TERM=nonsense $top"
sees 'the terminal "nonsense" is unknown.*'"${end}1" "top: unknown terminal"

# The third interval, which has the longest exits, is to be the last, and stay.
awk '/ 4ffffff0 / && ++n == 6 { exit } { print }' "$recordings/histograms" >"$scratch/longest"
start 80 24 "$exitstat --replay $scratch/longest top 0.25 --sort MAX"
sees $'\n'"REASON +EXITS +RATE .* VMMTIME +P99 +MAX *"$'\n'"total .*"$'\n'"io .* 30.0ms +30.0ms"$'\n' \
	"top: P99 and MAX, on 80 columns"
is "$(screen | awk 'length > 80')" "" "top: no line too long with them"
keys q
start 120 24 "$exitstat --replay $recordings/svm top 0.25 -o +P99"
sees "VMMTIME +P99 *"$'\n'"total .* - *"$'\n' "top: no histograms, and P99 all the same"
keys q

# A host with two VMs on paper, one of which ends while it is looked at.
echo "$$ 2 1 9"$'\n'"1 4 0 1" >"$scratch/host"
first=$(</proc/1/comm) own=$(</proc/$$/comm)
host="env EXITSTAT_HOST=$scratch/host $build/tests/tools/on-host"
start 80 24 "$host top 0.25"
sees "^exitstat: 2 VMs, 6 vCPUs, [1-9][0-9]* exits/s"$'\n'" *"$'\n'"NAME .*REASON" "top: a host"
sees $'\n'"$own .*"$'\n'"${first:0:8}" "top: that with most exits is first"
keys Down Enter
sees "^${first:0:5}[^"$'\n'"]* exits/s in (0[.][2-9]|[1-9][.]).* 4 vCPUs.*Esc back" "top: Enter looks into the second"
sees $'\n'"  3 .*total" "top: whose vCPUs are there"
is "$(screen | grep -c "own CPUIDs")" 0 "top: and no CPUIDs of its own"
keys Escape
sees "^exitstat: 2 VMs.*Enter look into" "top: Escape comes back"
keys '<' '<' '<' '<' '<' '<'
keys Up Enter
sees "Esc back" "top: Enter, after another order"
keys q
sees "${end}0" "top: q ends it from there"
start 80 24 "EXITSTAT_HOST_ENDS=40 $host top 0.125"
sees "^exitstat: 1 VM, 4 vCPUs" "top: a VM ends, and its line is gone"
keys q
start 80 24 "EXITSTAT_HOST_ENDS=60 $host --vm id=1 top 0.125"
sees "the VM has ended.*${end}2" "top: the only VM ends"

start 100 24 "EXITSTAT_HOST_HISTOGRAMS=1 $host top 64 -o NAME,RATE,P99,MAX,WAITMAX --sort WAITMAX"
sees "NAME +RATE +P99 +MAX +WAITMAX *"$'\n'"${own}[^"$'\n'"]* 20.0ms *"$'\n'"${first:0:8}.* - +- +- *"$'\n' \
	"top: a host's VMs, one with histograms"
keys - - - - - - - -
sees $'\n'"${own}[^"$'\n'"]* [0-9.]+[nu]s +[0-9.]+us +3.41us *"$'\n' "top: and in an interval"
keys Enter
sees $'\n'"REASON .* P99 +MAX *"$'\n'"total [^"$'\n'"]* [0-9.]+us +[0-9.]+us *"$'\n'"npf [^"$'\n'"]* 2.17us +2.17us *"$'\n' \
	"top: a VM with histograms"
keys Escape
sees "^exitstat: 2 VMs" "top: back from it"
keys Down Enter
sees "Esc back" "top: a VM without"
is "$(screen | grep -c "P99")" 0 "top: has no such columns"
keys Escape
sees $'\n'"${own}[^"$'\n'"]* 3.41us *"$'\n' "top: and the list still has its own"
keys q

for signal in TERM SEGV; do
	start 80 24 "$top"
	sees "^exitstat: " "top: running, for SIG$signal"
	pid=$(pgrep -f "^$top" | head -1)
	kill "-$signal" "$pid"
	sees "status=(0|139)" "top: SIG$signal"
	keys "stty -a | grep -o '[-]*icanon\|[-]*echo ' | xargs" Enter
	sees "status=[0-9]+"$'\n'".*icanon echo" "top: SIG$signal leaves the terminal as it was"
done

start 80 24 "trap '' USR1; $top"
sees "^exitstat: " "top: running, with SIGUSR1 ignored"
kill -USR1 "$(pgrep -f "^$top" | head -1)"
keys +
sees "^exitstat: .*every 0.5 s" "top: what is ignored does not end it"
keys q

# Without the signal that tells of it: nohup, or a terminal that was not the session's.
start 80 24 "trap '' HUP; $top"
sees "^exitstat: " "top: running, for a terminal that goes"
pid=$(pgrep -f "^$top" | head -1)
tm kill-session -t test
within 30 has_ended "$pid"
ok $? "top: ends when the terminal has gone"
kill -KILL "$pid" 2>/dev/null

interval="$exitstat --replay $recordings/long 0.1"
start 80 24 "clear; $interval"
within 60 shows "^ +[0-9]"
like "$(screen)" "RATE +GUEST +HOST +VMM +HALTED +PREEMPTED +REASONS" \
	"intervals: the heading comes again"
is "$(screen | awk 'length > 80')" "" "intervals: no line too long"
is "$(screen | awk '/^ +[0-9]/ && NF < 7')" "" "intervals: there is room for reasons"
keys C-z
sees "Stopped" "intervals: ^Z"
keys "clear" Enter
sees "^prompt> *$" "intervals: stopped"
keys "fg" Enter
sees "([0-9.]+% .*){15}" "intervals: fg"
keys C-c
sees "prompt>[^q]*$" "intervals: ^C"
keys "echo status=\$?" Enter
sees "status=0" "intervals: ^C is a clean end"
start 200 50 "clear; $interval"
sees "xsetbv 1.1" "intervals: a wide screen has all reasons"
keys C-c

tm kill-server
done_testing
