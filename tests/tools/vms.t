#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The command on a host: VMs on paper behind the device, whose processes are real ones.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

exitstat=$build/tests/tools/on-host
export EXITSTAT_HOST=$scratch/host
: >"$EXITSTAT_HOST"
processes=()
# shellcheck disable=SC2317 # the trap calls it
end_processes() {
	((!${#processes[@]})) || kill "${processes[@]}" 2>/dev/null
	rm -rf "$scratch"
}
trap end_processes EXIT

# vm VCPUS EXPOSED ROUNDS WORD...: a VM whose process has these words on its command line
vm() {
	local vcpus=$1 exposed=$2 rounds=$3
	shift 3
	bash -c 'sleep 600 >/dev/null 2>&1 & trap "kill $!" EXIT; trap exit TERM; wait' "$@" &
	processes+=($!)
	echo "$! $vcpus $exposed $rounds" >>"$EXITSTAT_HOST"
}

# told NAME STATUS REGEX: the last run
told() {
	like "$status: $err" "^$2: exitstat: [^"$'\n'"]*$3[^"$'\n'"]*$" "$1"
}

run "$exitstat" vms
is "$status:$out" "0:no VM has run on this host, or all have ended" "no VM: it is said"
run "$exitstat" vms --raw -n
is "$status:$out$err" "0:" "no VM: nothing for programs"
run "$exitstat" vms -J
is "$status:$(jq -c .vms <<<"$out")" "0:[]" "no VM: JSON"

long=customer-0123456789-0123456789-0123456789-0123456789-webserver
vm 2 1 5 qemu-system-x86_64 -name guest=web,debug-threads=on \
	-uuid 11111111-2222-3333-4444-555555555555
vm 4 0 20 qemu -name db,process=x
vm 1 1 0 qemu --name guest=a,,b
vm 1 1 1 qemu -name guest=twin
vm 1 1 1 qemu -name guest=twin
vm 3 1 10 firecracker --id 7
vm 1 1 2 qemu -name "guest=$long"
vm 1 1 2 qemu -name guest=ok -name $'guest=\e[31mred\xff\xc3\xa9'
for process in "${processes[@]}"; do
	within 60 grep -qs "sleep 600" "/proc/$process/cmdline"
done
pid=("" "${processes[@]}")

# By their number, as PID and ID the highest first.
columns() {
	run "$exitstat" vms --raw -n -o "$@"
}
columns NAME --sort ID
out=$(tac <<<"$out")
is "$(head -7 <<<"$out" | tr '\n' ' ')" "web db a,b twin twin bash $long " "names"
is "$(tail -1 <<<"$out")" '?[31mred?\xc3\xa9' "a name is no command for the terminal; the last counts"
run "$exitstat" vms -J
is "$(jq -r '.vms[] | select(.id == 8).name' <<<"$out")" "?[31mred?é" "and UTF-8 in JSON"
columns NAME,UUID,PID,VCPUS,EXPOSED,ID --sort ID
out=$(tac <<<"$out")
is "$(head -2 <<<"$out")" "web 11111111-2222-3333-4444-555555555555 ${pid[1]} 2 all 1
db - ${pid[2]} 4 none 2" "UUID, process, vCPUs, exposure, number"
columns EXITS
is "$(sort -rn <<<"$out")" "$out" "those with most exits first"
columns NAME --sort name
is "$(sort <<<"$out")" "$out" "sorted by a column of words"

run "$exitstat" vms 0.2 3 --raw -n -o ID,RATE --sort ID
is "$(cut -d' ' -f1 <<<"$out" | tr '\n' ' ')" "8 7 6 5 4 3 2 1 8 7 6 5 4 3 2 1 8 7 6 5 4 3 2 1 " \
	"intervals: all VMs each"
# shellcheck disable=SC2016 # awk's
check "intervals: the idle one has fewer exits than the others" \
	awk 'NR > 8 { if ($1 == 2) busy += $2; if ($1 == 3) idle += $2 }
		END { exit !(busy > 10 * idle) }' <<<"$out"
# They work ten times a second: in an interval that is half as long as it should be, too.
run "$exitstat" vms 1 2 -J
is "$(jq -s -c 'map([.report, (.vms | length)])' <<<"$out")" '[["start",8],["interval",8]]' "JSON"
is "$(jq -s '.[1].vms[] | select(.id == 2) | (.guest + .host + .vmm + .halted + .preempted
	| . > 99.999 and . < 100.001)' <<<"$out")" true "the states are all of the time"
is "$(jq -s -r '.[1].vms[] | select(.id == 2) | .reason' <<<"$out")" io \
	"the reason that costs most, with the VMM's time"

## how long it took, of those VMs that have histograms

columns P99,WAITP99
is "$(sort -u <<<"$out")" "- -" "no histograms: nothing is known"
columns ID,WAITMEAN
is "$(grep '^[34] ' <<<"$out" | sort)" "3 -"$'\n'"4 0.000002917" "but the mean of the waits, where there were any"
export EXITSTAT_HOST_HISTOGRAMS=3
columns ID,P50,P99,MAX,WAITP99,WAITMAX --sort ID
is "$(awk '$1 < 4 && $3 > 0 && $4 >= $3 && $3 >= $2' <<<"$out" | wc -l)" 3 "P99 and MAX"
is "$(awk '$1 < 4 && $5 > 0 && $5 < 0.000004 && $6 == $1 * 0.02' <<<"$out" | wc -l)" 3 \
	"WAITP99, WAITMAX: most waits are short, the longest is not"
is "$(awk '$1 > 3' <<<"$out" | cut -d' ' -f2- | sort -u)" "- - - - -" "and dashes for the other VMs"
columns ID --sort WAITMAX
is "$(head -3 <<<"$out" | tr '\n' ' ')" "3 2 1 " "sorted by what is not shown"
run "$exitstat" vms -J
is "$(jq -c '.vms[] | select(.id == 2) | [.waitmax, .p50 > 0, .max >= .p999]' <<<"$out")" \
	"[0.04,true,true]" "JSON"
is "$(jq -c '.vms[] | select(.id == 5) | [.p50, .p90, .p99, .p999, .max, .waitp99, .waitmax]' \
	<<<"$out")" "[null,null,null,null,null,null,null]" "JSON: null where nothing is known"
run "$exitstat" vms 1 2 --raw -n -o ID,MAX,WAITMAX --sort ID
is "$(awk 'NR > 8 && $1 == 2 && $2 > 0 && $3 > 0 && $3 < 0.000004' <<<"$out" | wc -l)" 1 \
	"an interval: the longest of before is not its own"

run "$exitstat" --vm db histogram preempted
like "$out" "^preempted: [0-9]+ stays, .* max 40.0ms"$'\n' "--vm histogram"
run "$exitstat" --vm db histogram preempted io 1 2 -J
is "$status:$(jq -s -c 'map([.report, (.scopes[0].histograms | map(.of))])' <<<"$out")" \
	'0:[["start",["preempted","io"]],["interval",["preempted","io"]]]' "--vm histogram: intervals"
is "$(jq -s '.[1].scopes[0].histograms[0] | .count > 0 and .max < 0.000004' <<<"$out")" true \
	"and what was before is not in them"
run "$exitstat" --vm db --record "$scratch/recording" histogram preempted vmm 0.2 3 -J
lines=$out
run "$exitstat" --replay "$scratch/recording" histogram preempted vmm 0 -J
is "$(wc -l <<<"$out"):$out" "3:$lines" "--vm histogram --record: replayed"
run "$exitstat" --vm db --record "$scratch/recording" histogram preempted -J -- sleep 0.3
lines=$err
run "$exitstat" --replay "$scratch/recording" histogram preempted -J -- true
is "$err" "$lines" "--vm histogram --record: a run"
for calls in $(seq 3 70); do
	EXITSTAT_HOST_ENDS=$calls run "$exitstat" vms --raw -n -o ID,P99
	echo "$status$err:$(wc -l <<<"$out")"
done >"$scratch/ends"
is "$(sort -u "$scratch/ends" | xargs)" "0:7 0:8" "a VM that ends while its histograms are read is left out"
run "$exitstat" --vm db histogram preempted -- sleep 0.3
like "$err" "VM exits during sleep 0.3 .*preempted: [1-9][0-9]* stays, .* max 3.41us"$'\n' \
	"--vm histogram: a command"
run "$exitstat" --vm id=5 histogram
told "--vm histogram: a VM that has none" 2 "keeps no histograms of this VM"
unset EXITSTAT_HOST_HISTOGRAMS

## one VM

for word in web 11111111-2222-3333-4444-555555555555 "${pid[1]}" id=1; do
	run "$exitstat" --vm "$word" --raw -n -o EXITS
	is "$status:$(wc -l <<<"$out")" 0:7 "--vm $word"
done
run "$exitstat" --vm WEB
told "a name is as it is written" 2 "there is no VM 'WEB' here .*exitstat vms"
run "$exitstat" --vm twin
told "a name that two have" 2 \
	"more than one VM is 'twin'; take one of id=4 \(process ${pid[4]}\), id=5 \(process ${pid[5]}\)$"
run "$exitstat" --vm id=5 -n
is "$status" 0 "and one of them"
run "$exitstat" --vm db
like "$out" "^db: AMD SVM, 4 vCPUs, host TSC 2400.000 MHz, .* since the start" "--vm: the table"
is "$(grep -c "own reading" <<<"$out")" 0 "--vm: no reading is its own exit"
run "$exitstat" --vm db -C
is "$(grep -c "^ *[0-3]  total" <<<"$out"):$(grep -c "^vCPU [0-3]'s time" <<<"$out")" 4:4 \
	"--vm -C: the vCPUs by their number"
run "$exitstat" --vm db --cpu 4
told "--vm --cpu: a vCPU that there is none of" 1 "no vCPU 4"
run "$exitstat" --vm db -- sleep 0.3
like "$err" "VM exits during sleep 0.3 \(whole VM, 4 vCPUs\):.* s elapsed$" "--vm: a command"
run "$exitstat" --vm db 0.2 3 --raw -n -o EXITS
is "$status:$(wc -l <<<"$out")" 0:3 "--vm: intervals"
run "$exitstat" --vm db --course -n
is "$status:$(grep -c ' -> ' <<<"$out")" 0:14 "--vm: the course leaves"
doctor "$exitstat" --vm db
like "$status:$out" "^0:ok .*seen from its host.*ok +the host's TSC is sane" "--vm: the doctor"
run "$exitstat" --vm db --record "$scratch/recording" 0.2 3 --raw -n
lines=$out
run "$exitstat" --replay "$scratch/recording" 0 --raw -n
is "$out" "$lines" "--vm --record: replayed"
is "$(head -1 "$scratch/recording")" "exitstat-recording 1 host" "and it says that it is of a host"
run "$exitstat" --replay "$scratch/recording" -- true
like "$err" "s elapsed$" "and nothing is left out"

EXITSTAT_HOST_ENDS=3 run "$exitstat" vms --raw -n -o ID --sort ID
is "$status:$(tr '\n' ' ' <<<"$out")$err" "0:8 7 6 5 4 3 2 " \
	"a VM that ends between list and question is left out"
EXITSTAT_HOST_ENDS=90 run "$exitstat" --vm web 0.05
told "--vm: it ends" 2 "the VM has ended"

## what it sees

run "$exitstat" expose web none
is "$status:$out$err" 0: "expose"
EXITSTAT_HOST_READ_ONLY=1 run "$exitstat" expose web none
told "expose without permission" 2 "be root"
for words in "" "web" "web some" "web none x"; do
	# shellcheck disable=SC2086
	run "$exitstat" expose $words
	is "$status" 2 "expose $words"
done
run "$exitstat" expose nobody all
told "expose an unknown VM" 2 "there is no VM 'nobody'"

## no device, or none for this user

for error in "2 load.kvm_exitstat" "13 group.exitstat"; do
	for mode in vms "--vm web" "expose web all"; do
		# shellcheck disable=SC2086
		EXITSTAT_HOST_ERROR=${error% *} run "$exitstat" $mode
		told "error $error: $mode" 2 "${error#* }"
	done
done
run "$exitstat" --raw
like "$status:$err" "^2:.*for the VMs of this host: exitstat vms$" "exitstat on a host that is no guest"
run "$exitstat" doctor
like "$out" "^As a host of VMs:.*ok +/dev/exitstat may be read, and written to.*8 VMs with 14 vCPUs" \
	"doctor: a host"
EXITSTAT_HOST_ERROR=13 run "$exitstat" doctor
like "$status:$out" "^2:.*FAIL +/dev/exitstat may be read by .* group exitstat" \
	"doctor: a user who may not"
for mode in "vms -C" "vms --cycles" "vms --replay $recordings/svm" "vms --vm web" "vms 1 2 3" \
	"vms --sort NONSENSE" "--vm web --replay $recordings/svm" "--sort RATE" "vms 0" \
	"expose web all -J" "vms x"; do
	# shellcheck disable=SC2086
	run "$exitstat" $mode
	is "$status:$(wc -l <<<"$err"):$out" "2:1:" "no sense: $mode"
done

## in a terminal

# terminal COLUMNS ARGUMENT...
terminal() {
	local width=$1
	shift
	TERM=screen script -qec "stty cols $width rows 24; $exitstat $*" /dev/null | tr -d '\r'
}
lines=$(terminal 80 vms)
is "$(awk 'length > 80' <<<"$lines")" "" "80 columns are enough"
like "$lines" $'\n'"custo[^ ]*\.\.[^ ]*rver " "a long name is cut in the middle"
like "$(terminal 250 vms)" "$long" "where there is room it is whole"

awk -v pid=$$ 'BEGIN { for (i = 0; i < 500; i++) print pid, 1 + i % 4, 1, i % 3 }' >"$EXITSTAT_HOST"
run "$exitstat" vms --raw -n -o ID
is "$(sort -nu <<<"$out" | wc -l)" 500 "500 VMs"
"$exitstat" vms -J >/dev/full 2>"$scratch/stderr"
is "$?:$(cat "$scratch/stderr")" "1:exitstat: cannot write the output: No space left on device" "JSON on a full disk"
run "$exitstat" --vm $$
told "a process of 500 VMs" 2 "more than one VM .* id=5 [^,]*, ...: see exitstat vms"

done_testing
