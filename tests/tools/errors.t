#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What goes wrong is told in one sentence, and by the exit status.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

# told NAME STATUS REGEX: the last run
told() {
	like "$status: $err" "^$2: exitstat: [^"$'\n'"]*$3[^"$'\n'"]*$" "$1"
}

for mode in "" "1" "-C" "--course" "-- true" "top"; do
	# shellcheck disable=SC2086
	replay stock-intel $mode
	told "host of an Intel VM without exitstat: exitstat $mode" 2 \
		"not exposed.*highest basic leaf.*administrator.*kernel only: modprobe exitstat_guest"
	is "$out" "" "and no output"
done
replay stock-amd
told "host of an AMD VM without exitstat" 2 "not exposed.*zeros.*administrator"
replay bare-metal
told "no VM" 2 "not a virtual machine.*run exitstat in a guest of KVM"
replay hyper-v
told "another hypervisor" 2 'calls itself "Microsoft Hv"'
replay hyper-v doctor
is "$status:$([[ $out == *modprobe* ]] && echo modprobe)" 2: "doctor: no remedy for another hypervisor's host"
sed '/ 40000000 /s/->.*/-> 00000016 000007d0 0000100e 00000064/' "$recordings/stock-intel" >"$scratch/hidden"
run "$exitstat" --replay "$scratch/hidden"
told "a KVM that hides its name" 2 "not exposed.*administrator"
run "$exitstat" --replay "$scratch/hidden" doctor
like "$out" "hypervisor without a name.*"$'
'"FAIL .*"$'
'".*modprobe" "doctor: a KVM that hides its name"
is "$(tr -d '[:print:]\n' <<<"$out")" "" "doctor: nothing that a terminal may not get"
replay newer-abi
told "another ABI version" 2 "ABI version 2 .* install"

replay moved -- true
told "a run during which the VM has moved" 2 "restored or moved to another host.*measure again"
replay moved 0
told "intervals, the VM moves" 2 "moved to another host"
is "$(wc -l <<<"$out")" 5 "intervals go on after that"
replay moved-unseen -- true
told "a run after which all counters are above their old values" 2 "started anew: .* 33% .*measure again"
replay moved-unseen 0
told "intervals, the same" 2 "started anew"
is "$(wc -l <<<"$out")" 3 "and intervals go on"
replay moved-to-stock 0
told "intervals, the VM moves to a host without exitstat" 2 "no longer exposed"

replay stock-intel doctor
is "$status" 2 "doctor: not exposed"
like "$out" "^ok .*virtual machine.*"$'\n'"FAIL .*"$'\n'".*modprobe kvm_exitstat" \
	"doctor: what to do on the host"
replay bare-metal doctor
is "$status" 2 "doctor: no VM"
replay newer-abi doctor
is "$status" 2 "doctor: another ABI version"

run "$exitstat" ls
told "a command without --" 2 "exitstat -- ls"
for words in "make -j4" "sh -c true" "ls --help" "./script 1 2" "cargo test -- -q" "make -j4 -- all"; do
	# shellcheck disable=SC2086
	run "$exitstat" $words
	told "a command with options" 2 "to run it: exitstat -- $words"
done
run "$exitstat" 0
told "no interval" 2 "0.001 or more"
run "$exitstat" 1 x
told "no count" 2 "COUNT is to be a number"
run "$exitstat" 1 2 3
told "too many words" 2 "'3' is too much"
run "$exitstat" doctor 3
told "too many words for the doctor" 2 "'3' is too much"
run "$exitstat" --
told "no command" 2 "no command after --"
run "$exitstat" 1 -- true
told "interval and command" 2 "does not go with a command"
run "$exitstat" -r 0 -- true
told "no repetition" 2 "from 1 to 1000, not '0'"
run "$exitstat" -r 3
told "repetition of nothing" 2 "go with a command"
run "$exitstat" -C --cpu 1
told "--vcpu and --cpu" 2 "choose one"
run "$exitstat" --cpu -1
told "negative CPU" 2 "from 0 to"
run "$exitstat" --nonsense
is "$status" 2 "unknown option"
run "$exitstat" -J --raw
told "--json and --raw" 2 "choose one"
run "$exitstat" --course 1
told "--course and an interval" 2 "no subcommand, interval or command"
for option in -C "--cpu 1" "-o TIME" --raw --cycles; do
	# shellcheck disable=SC2086
	run "$exitstat" --course $option
	told "--course $option" 2 "it goes with --json, "
done
for option in -C -J --raw -n; do
	run "$exitstat" top $option
	told "top $option" 2 "it goes with --cpu, .* try exitstat 1"
done
for mode in "" 1 "-- true" --course; do
	# shellcheck disable=SC2086
	run "$exitstat" -J -n $mode
	told "-J -n $mode" 2 "leave out one of --json and --noheadings"
done
run "$exitstat" 1 --cycles
told "--cycles and an interval" 2 "have no times"
run "$exitstat" --replay "$recordings/svm" top 0
told "top without a delay" 2 "0.001 or more"
for option in -C "-o TIME" -J --raw -n --cycles; do
	# shellcheck disable=SC2086
	run "$exitstat" doctor $option
	told "doctor $option" 2 "goes with --cpu, "
done
replay svm -o NONSENSE -- echo run
told "a column that there is none of" 2 "choose from CPU REASON"
is "$out" "" "and the command is not run"
replay svm --log /nonexistent/log -- echo run
told "a log that cannot be written" 125 "cannot write /nonexistent/log: No such file"
is "$out" "" "and the command is not run"
run "$exitstat" --replay /nonexistent
told "no recording" 1 "cannot open /nonexistent: No such file"
run "$exitstat" --replay "$0"
told "not a recording" 1 "not a recording of exitstat --record"
run "$exitstat" --record /nonexistent/file
told "cannot record" 1 "cannot write the recording /nonexistent/file"
cp "$recordings/svm" "$scratch/both"
run "$exitstat" --replay "$scratch/both" --record "$scratch/../${scratch##*/}/both"
told "a recording onto itself" 2 "would overwrite the file of --replay"
check "and it is as it was" cmp "$recordings/svm" "$scratch/both"

# untouched NAME FILE...: each still is what it was
untouched() {
	local name=$1 file
	shift
	for file; do
		check "$name: ${file##*/} is as it was" cmp "$recordings/svm" "$file"
	done
}
for other in "--record" "--log"; do
	for link in ln "ln -s"; do
		cp "$recordings/svm" "$scratch/one"
		$link "$scratch/one" "$scratch/two"
		run "$exitstat" --replay "$scratch/one" "$other" "$scratch/two" -- echo run
		told "--replay and $other of one file, by $link" 2 "overwrite the file of --replay"
		untouched "$other by $link" "$scratch/one"
		is "$out" "" "and the command is not run"
		run "$exitstat" --replay "$recordings/svm" --record "$scratch/one" \
			--log "$scratch/two" -- echo run
		told "--record and --log of one file, by $link" 2 "overwrite the file of --record"
		untouched "--record and --log by $link" "$scratch/one"
		rm "$scratch/one" "$scratch/two"
	done
	cp "$recordings/svm" "$scratch/out"
	"$exitstat" --replay "$recordings/svm" $other /dev/stdout -- true \
		>>"$scratch/out" 2>"$scratch/stderr"
	is "$?:$(cat "$scratch/stderr")" "2:exitstat: $other /dev/stdout would overwrite the file of \
standard output: name another file" "$other /dev/stdout, which is a file"
	untouched "$other /dev/stdout" "$scratch/out"
done
for option in "--record" "--log"; do
	for name in /dev/fd/3 "$scratch/third"; do
		cp "$recordings/svm" "$scratch/third"
		"$exitstat" --replay "$recordings/svm" $option "$name" -- echo run >"$scratch/out" 2>"$scratch/stderr" \
			3>>"$scratch/third"
		is "$?:$(cat "$scratch/out" "$scratch/stderr")" "2:exitstat: $option $name would overwrite the \
file of descriptor 3: name another file" "$option $name, which descriptor 3 has open"
		untouched "$option $name" "$scratch/third"
	done
done
"$exitstat" --replay "$recordings/svm" --log /dev/fd/3 -n -o REASON -- true 3>&1 2>"$scratch/stderr" | tail -1 >"$scratch/out"
is "$(cat "$scratch/out" "$scratch/stderr")" total "--log of a descriptor that is a pipe"
ln -s "$scratch/new" "$scratch/newer"
run "$exitstat" --replay "$recordings/svm" --record "$scratch/new" --log "$scratch/newer" -- echo run
told "--record and --log of a file that there is none of yet" 2 "overwrite the file of --record"
is "$("$exitstat" --replay "$recordings/svm" --log /dev/stdout -n -o REASON -- true | tail -1)" \
	total "--log /dev/stdout, which is a pipe"

# closed DESCRIPTOR ARGUMENT...: run exitstat with it closed, and record
closed() {
	local fd=$1
	shift
	rm -f "$scratch/recording"
	out=$(eval '"$exitstat" --replay "$recordings/svm" --record "$scratch/recording" "$@"' \
		"$fd>&-" 2>"$scratch/stderr")
	status=$? err=$(cat "$scratch/stderr")
	is "$(head -1 "$scratch/recording"; sed '/^#/d; /->/d' "$scratch/recording" | tail -n +2)" \
		"exitstat-recording 1" "$fd closed, $*: nothing else in the recording"
}
closed 0
is "$status" 0 "standard input closed"
closed 1
told "standard output closed" 1 "cannot write the output: Bad file descriptor"
closed 2 -- echo run
is "$status:$out" 125:run "standard error closed: no report"
closed 1 -- true
closed 0 -- cat
like "$status:$err" "^1:cat: .*Bad file descriptor" "a command's standard input closed"

replay svm --course
told "a recording without the course leaves" 1 "replay it with the options"
replay course-svm doctor
like "$status:$out" "^1:.*FAIL +the recording .*replay it with the options" \
	"doctor: a recording of something else"
replay svm --record /dev/full
told "recording on a full disk" 1 "cannot write the recording: No space"
# limited KIB COMMAND...: files that grow larger fail, as on a disk that fills meanwhile
limited() {
	run bash -c 'ulimit -f "$1"; shift; exec env --ignore-signal=XFSZ "$@"' - "$@"
}
for mode in "" -J "-r 3"; do
	# shellcheck disable=SC2086
	limited 4 "$exitstat" --replay "$recordings/svm" --record "$scratch/full" $mode -- echo run
	is "$status:$out:$(tail -1 <<<"$err")" "125:run:exitstat: cannot write the recording: File too large" \
		"the disk fills during a run $mode"
	is "$(grep -cE '(total +|"total".*"exits": )701' <<<"$(tr -d '\n' <<<"$err")")" 1 "but there is the report"
	run "$exitstat" --replay "$scratch/full" --raw -n
	like "$status:$err" "^0:exitstat: .* was cut off: it is replayed up to its last whole sample$" "and what was recorded"
done
# Where nobody ignores it, SIGXFSZ is the command's all the same.
run bash -c 'ulimit -f 4; exec "$@"' - "$exitstat" --replay "$recordings/svm" --record "$scratch/full" -- \
	sh -c 'head -c 9999 /dev/zero >"$1"; kill -l $?' - "$scratch/large"
is "$status:$out:$(tail -1 <<<"$err")" "125:XFSZ:exitstat: cannot write the recording: File too large" \
	"files may not grow, and the signal for that is not ignored"
is "$(grep -cE 'total +701' <<<"$err")" 1 "but there is the report"
rm -f "$scratch/fifo"
mkfifo "$scratch/fifo"
head -c 2000 "$scratch/fifo" >/dev/null &
# shellcheck disable=SC2016 # sh expands it
run "$exitstat" --replay "$recordings/svm" --record "$scratch/fifo" -- \
	timeout 60 sh -c 'while grep -qs "^State:[^Z]*$" "/proc/$0/status"; do sleep 0.1; done' $!
is "$status:$(tail -1 <<<"$err")" "125:exitstat: cannot write the recording: Broken pipe" "who reads the recording goes"
is "$(grep -cE 'total +701' <<<"$err")" 1 "but there is the report"
limited 4 "$exitstat" --replay "$recordings/svm" --record "$scratch/full" -- false
is "$status:$(tail -1 <<<"$err")" "1:exitstat: cannot write the recording: File too large" "a command's status goes before"
limited 1 "$exitstat" --replay "$recordings/svm" --record "$scratch/full" -- echo run
told "the disk is full before the run" 125 "cannot write the recording: File too large"
is "$out" "" "and the command is not run"
limited 4 "$exitstat" --replay "$recordings/svm" --record "$scratch/full" -n 0
told "the disk fills during intervals" 1 "cannot write the recording: File too large"
is "$(wc -l <<<"$out")" 2 "each that was read has its line"
limited 1 "$exitstat" --replay "$recordings/course-svm" --record "$scratch/full" --course
told "the disk fills during --course" 1 "cannot write the recording: File too large"
replay idle-svm -C
told "recording without vCPUs" 1 "record it with --vcpu"
replay svm top
told "top without terminal" 1 "needs a terminal"
"$exitstat" --help >/dev/full 2>"$scratch/stderr"
is "$?:$(cat "$scratch/stderr")" "1:exitstat: cannot write the output: No space left on device" "help, and no space left"
"$exitstat" --replay "$recordings/svm" >/dev/full 2>"$scratch/stderr"
is "$?:$(cat "$scratch/stderr")" "1:exitstat: cannot write the output: No space left on device" \
	"output on a full disk"
# JSON that is longer than what stdio holds back.
for words in "-C" "0" "--course" "explain"; do
	recording=svm
	[[ $words != --course ]] || recording=course-svm
	# shellcheck disable=SC2086
	"$exitstat" --replay "$recordings/$recording" -J $words >/dev/full 2>"$scratch/stderr"
	is "$?:$(cat "$scratch/stderr")" "1:exitstat: cannot write the output: No space left on device" \
		"JSON on a full disk: $words"
done
"$exitstat" --replay "$recordings/long" 0.1 2>"$scratch/stderr" | head -1 >/dev/null
is "${PIPESTATUS[0]}:$(cat "$scratch/stderr")" "141:" "a pipe that closes early"

start=$SECONDS
timeout 20 "$exitstat" --replay "$recordings/long" 1 >/dev/full 2>"$scratch/stderr"
is "$?:$(cat "$scratch/stderr")" "1:exitstat: cannot write the output: No space left on device" \
	"intervals on a full disk"
check "are told at once" test $((SECONDS - start)) -lt 15
start=$SECONDS
env --ignore-signal=PIPE timeout 20 "$exitstat" --replay "$recordings/long" 0.5 \
	2>"$scratch/stderr" | head -1 >/dev/null
is "${PIPESTATUS[0]}:$(cat "$scratch/stderr")" "1:exitstat: cannot write the output: Broken pipe" \
	"a pipe that closes early, SIGPIPE ignored"
check "ends it at once" test $((SECONDS - start)) -lt 15
env --ignore-signal=INT "$exitstat" --replay "$recordings/long" -n 0.1 >"$scratch/lines" &
pid=$!
within 60 has_lines 1 "$scratch/lines"
kill -INT $pid
# One may have been on its way when the signal came.
lines=$(wc -l <"$scratch/lines")
within 60 has_lines $((lines + 3)) "$scratch/lines"
gone_on=$?
kill $pid
wait $pid
is "$?:$gone_on" 0:0 "intervals that ignore SIGINT go on"

# A pipe that is full, and nobody reads: what writes to it waits.
mkfifo "$scratch/full-pipe"
exec {pipe}<>"$scratch/full-pipe"
dd if=/dev/zero of="$scratch/full-pipe" bs=4096 oflag=nonblock 2>/dev/null

# Writing, which is system call 1.
# shellcheck disable=SC2317 # within calls it
writes() {
	[[ $(cat "/proc/$1/syscall" 2>/dev/null) == 1\ 0x1\ * ]]
}
# stopped SIGNAL COMMAND...: its status and messages, when it gets it while it waits
stopped() {
	env --default-signal=INT "${@:2}" >"$scratch/full-pipe" 2>"$scratch/stderr" &
	local pid=$!
	within 60 writes $pid
	kill "-$1" $pid
	within 60 has_ended $pid
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	echo "$?:$(grep -v "own reading" "$scratch/stderr")"
}
echo "$$ 2 1 10" >"$scratch/vms"
for signal in INT TERM; do
	for words in "0.001" "-J 0.001" "-J -C 0.001" "histogram 0.001"; do
		recording=long
		[[ $words != hist* ]] || recording=histograms
		# shellcheck disable=SC2086
		is "$(stopped $signal "$exitstat" --replay "$recordings/$recording" $words)" 0: \
			"SIG$signal ends intervals whose reader lags: $words"
	done
	is "$(EXITSTAT_HOST=$scratch/vms stopped $signal "$build/tests/tools/on-host" vms 0.1)" 0: \
		"SIG$signal ends vms whose reader lags"
done
exec {pipe}<&-

run "$exitstat" --help
is "$status:$(awk 'length > 79' <<<"$out")" "0:" "--help fits 80 columns"
check "and 24 lines" test "$(wc -l <<<"$out")" -le 24
run "$exitstat" --version
like "$out" "^exitstat [0-9.]+.*, ABI version 1$" "--version"

done_testing
