#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How long it took: the columns, and what exitstat histogram draws, of a recorded VM.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

# value REASON COLUMN: what the table has there
value() {
	awk -v r="$1" -v c="$2" '$1 == "REASON" { for (i = 1; i <= NF; i++) if ($i == c) n = i }
		$1 == r { print $n }' <<<"$out"
}

replay histograms
is "$status" 0 "the table of a host with histograms"
is "$(value io MAX)" 20.0ms "MAX: the exit that the mean does not show"
is "$(value io MEAN)" 11.2us "which is this"
is "$(value io P99)" 1.28us "P99: the end of the bucket that 3000 cycles are in"
is "$(value npf P99)" 2.17us "P99: not more than the longest"
is "$(value xsetbv P99)" - "a rare reason has no histogram of its own"
is "$(value total MAX)" 20.0ms "the total's"
replay svm
is "$(grep -c P99 <<<"$out")" 0 "no such columns where the host has no histograms"
replay svm -o REASON,P99
is "$(value npf P99)" - "asked for all the same, they are empty"

replay histograms -o REASON,P50,P90,P99,P999,MAX --cycles
is "$(value io P50) $(value io P90) $(value io P99) $(value io P999) $(value io MAX)" \
	"3072 3072 3072 3072 48000000" "-o, --cycles: all of them"

replay histograms --json
is "$(jq -c '.scopes[0].exits[] | select(.reason == "io") | [.p50, .p999, .max]' <<<"$out")" \
	"[1.28e-06,1.28e-06,0.02]" "JSON: in seconds"
is "$(jq -c '.scopes[0].exits[] | select(.reason == "xsetbv") | [.p50, .max]' <<<"$out")" \
	"[null,null]" "JSON: null where nothing is known"

replay histograms 0 3 -o RATE,P99,MAX --raw
is "$(sed -n 2p <<<"$out" | cut -d' ' -f3)" 0.020000000 "an interval: since the start"
# shellcheck disable=SC2016 # awk expands it
check "an interval: the longest of before is not its own" \
	awk 'NR == 3 { exit !($3 > 0 && $3 < 0.00001) }' <<<"$out"

replay histograms histogram
is "$status" 0 "histogram"
is "$(grep -c '^[a-z]' <<<"$out")" 4 "all reasons, and the states"
like "$out" "vmm: 2000 stays, p50 8.75us, .* max 8.75us" "the VMM's stays"
like "$out" "halted: 2000 stays" "halted"
like "$out" "preempted: 2000 stays, .* max 2.92us" "preempted"
like "$out" "14.0ms +21.0ms +1 [|][*] +[|]"$'\n' "one of many is a star"

# More than a signed number of 64 bits holds.
sed '/ 4ffffff6 0108007b /{
	s/->.*/-> 00000000 ffffffff 00000000 00000000/p
	s/ 4ffffff6 .*/ 4ffffff6 0008007b -> 00000000 00000000 00000001 c0000000/
}' "$recordings/histograms" >"$scratch/large"
run "$exitstat" --replay "$scratch/large" histogram io -J
is "$(jq -c '.scopes[0].histograms[0] | .count > 1.38e19 and .buckets[0].count > 1.38e19' <<<"$out")" true "JSON: large counts"

replay histograms histogram io 0x8d
like "$out" "^io: 2001 exits, p50 1.28us, p90 1.28us, p99 1.28us, p999 1.28us, max 20.0ms" "a reason"
like "$out" "853ns +1.28us +2000 [|][*]+[|]"$'\n' "drawn"
check "no line is wider than 80 columns" awk 'length > 80 { exit 1 }' <<<"$out"
like "$out" "0x8d: 0 exits, or rare ones, which are among other's" "a rare one"
replay histograms histogram IO --cycles
like "$out" "2048 +3072 +2000 " "--cycles"

replay histograms histogram --json io
is "$(jq -c '[.report, .unit, .scopes[0].cpu]' <<<"$out")" '["start","s",null]' "JSON: what it is about"
is "$(jq '.scopes[0].histograms[0] | [.buckets[].count] | add == 2001' <<<"$out")" true \
	"JSON: the buckets add up"
is "$(jq -c '.scopes[0].histograms[0].buckets[0] | [.from * 2400000000, .to * 2400000000, .count] |
	map(round)' <<<"$out")" "[2048,3072,2000]" "JSON: a bucket and its bounds"

replay histograms histogram io io IO 0x8d
is "$(grep -c '^[0-9a-z]*: ' <<<"$out")" 2 "each once"

replay histograms histogram io 0 3
is "$status:$(grep -c '^io: ' <<<"$out")" 0:3 "intervals"
like "$out" "^since the start, in 0.1.*max 20.0ms.*"$'\n\n'"in 0.9[0-9]* s:"$'\n'"io: 100 exits, p50 1.28us, .* max 1.28us" \
	"each has what was in it"
like "$err" "own reading: [1-9][0-9]* CPUIDs, included" "its own reading is in them, it says"
replay histograms histogram 0 3
is "$(grep -c '^[a-z].*: [0-9]* \(exits\|stays\)' <<<"$out")" 12 "intervals of all"
replay histograms histogram io 0 3 --json
is "$(wc -l <<<"$out"):$(jq -s -c 'map([.report, .scopes[0].histograms[0].count,
	(.scopes[0].histograms[0].buckets | map(.count) | add)])' <<<"$out")" \
	'3:[["start",2001,2001],["interval",100,100],["interval",100,100]]' "intervals: a line of JSON each"
replay histograms histogram io 0
is "$(grep -c '^io: ' <<<"$out")" 6 "intervals to the recording's end"

replay histograms histogram io vmm -- sh -c 'echo mine; exit 3'
is "$status:$out" 3:mine "a run"
like "$err" "VM exits during sh .* \(whole VM, 2 vCPUs\):.*io: 100 exits.*vmm: 100 stays" \
	"its histograms are on stderr"
like "$err" "s elapsed; exitstat's own reading: [1-9][0-9]* CPUIDs, included" "with its own reading"
replay histograms histogram io --json --log "$scratch/log" -- true
is "$(jq -c '[.report, .scopes[0].histograms[0].count]' "$scratch/log")" '["run",100]' \
	"a run: JSON, --log"

# Of the three recorded runs the second has five exits of 30 ms: they are the 98.4th percent.
replay histograms -r 3 -o REASON,EXITS,P50,P90,P99,MAX --raw -n -- true
is "$(awk '$1 == "io"' <<<"$err")" "io 102 0.000001280 0.000001280 0.030000000 0.030000000" \
	"-r: percentiles of all runs"
replay histograms -r 3 -- true
like "$err" "REASON +EXITS +EXITSDEV .* VMMTIME +P99 +MAX"$'\n'".*io .* 30.0ms +30.0ms" "-r: usual columns"
replay histograms -r 3 --json -- true
is "$(jq -c '.scopes[0].exits[] | select(.reason == "io") | [.exits, .p50, .p99, .p999, .max]' \
	<<<"$err")" "[102,1.28e-06,0.03,0.03,0.03]" "-r: JSON"
is "$(jq '.scopes[0].total | .p50 < .p999 and .p999 <= .max' <<<"$err")" true "-r: JSON, the total"
replay histograms -r 3 histogram io -- true
like "$err" "all of 3 runs .*io: 305 exits, .* max 30.0ms"$'\n' "-r: the runs' histograms together"

replay histograms histogram 1 2 3
is "$status:$err" "2:exitstat: '3' is too much: see exitstat --help" "too many numbers"
replay histograms histogram 1 io
like "$status:$err" "^2:exitstat: COUNT is to be a number .*, not 'io'$" "reasons come first"
replay histograms histogram io 1 -- true
like "$status:$err" "^2:.*'1' is an interval, which does not go with a command; .* 0x before it$" \
	"an interval and a command"
run "$exitstat" histogram 0
like "$status:$err" "^2:.*an interval of 0 seconds is not possible" "no interval"
replay histograms histogram nonsense -- touch "$scratch/ran"
is "$status:$([[ -e $scratch/ran ]]; echo $?)" 2:1 "no such reason: the command is not run"
replay histograms histogram -r 2
like "$status:$err" "^2:.*--repeat and --log go with a command" "repetition of nothing"
replay svm histogram -- true
is "$status" 2 "a run on a host without histograms"

replay histograms histogram nonsense
is "$status" 2 "no such reason"
like "$err" "'nonsense' is neither a reason nor one of the states vmm, halted and preempted" \
	"which is told"
replay histograms histogram 0x10060
is "$status" 2 "a number that is no reason's"
replay svm histogram
is "$status" 2 "a host without histograms"
like "$err" "keeps no histograms of this VM: on the host, set histograms=1" "what to do"
replay histograms histogram -C
is "$status" 2 "an option without effect is a mistake"
done_testing
