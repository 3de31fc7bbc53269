#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What exitstat prints: tables, columns, JSON, intervals, of recorded VMs.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

# The exits of a reason in the table: value REASON COLUMN
value() {
	awk -v r="$1" -v c="$2" '$1 == "REASON" { for (i = 1; i <= NF; i++) if ($i == c) n = i }
		$1 == r { print $n }' <<<"$out"
}

replay svm
is "$status" 0 "table"
like "${out%%$'\n'*}" "^AMD SVM, 2 vCPUs, host TSC 2400.000 MHz, 0.168 s since the start$" \
	"it says what is looked at"
is "$(value npf EXITS)" 4000 "SVM reason by its name"
is "$(value npf TIME)" 8.33ms "time"
is "$(value io VMM)" 2000 "returns to the VMM"
is "$(value io VMMTIME)" 17.5ms "time in the VMM"
is "$(sed -n 3p <<<"$out" | cut -d' ' -f1)" npf "most time first"
states="guest 66.1%, host 4.55%, vmm 5.22%, halted 22.4%, preempted 1.74%"
like "$out" $'\n'"total .*"$'\n'"vCPUs' time: $states" "total and states"
like "$out" "own reading: [0-9]+ CPUIDs, included$" "what the reading cost"

replay vmx
like "$out" "^Intel VMX, " "VMX"
is "$(value EPT_VIOLATION EXITS)" 4000 "VMX reason by its name"

replay svm --cycles
is "$(value npf TIME)" 20000000 "cycles"

replay svm -C
is "$(awk '$1 == 1 && $2 == "npf" { print $3 }' <<<"$out")" 2000 "one vCPU's exits"
like "$out" "CPU 1's time: guest .*halted 44.7%" "one vCPU's states"
replay svm --cpu 1 --noheadings -o REASON,EXITS
is "$(awk '$1 == "npf" { print $2 }' <<<"$out")" 2000 "--cpu"

replay svm -o exits,reason -n
is "${out%%$'\n'*}" " 4000  npf" "-o, small letters, no headings"
replay svm -o +NUMBER --raw
is "$(value npf NUMBER)" 1024 "-o +COLUMN"
is "$(value npf TIME)" 0.008333333 "--raw: seconds"
replay svm -o NONSENSE
is "$status:$err" "2:exitstat: there is no column 'NONSENSE': choose from CPU REASON NUMBER EXITS \
EXITSDEV RATE TIME TIMEDEV SHARE MEAN VMM VMMTIME P50 P90 P99 P999 MAX" "unknown column"

replay svm --json
check "JSON is valid" jq -e . <<<"$out"
is "$(jq -r '[.report, .abi, .reasons, .tsc_khz, .unit] | @csv' <<<"$out")" \
	'"start",1,"svm",2400000,"s"' "JSON: what it is about"
is "$(jq -c '.scopes[0].exits[0] | [.reason, .number, .exits, .vmm]' <<<"$out")" \
	'["npf",1024,4000,0]' "JSON: a reason"
is "$(jq '.scopes[0] | ([.exits[].exits] | add) - .total.exits | . >= 0 and . < 50' \
	<<<"$out")" \
	true "JSON: the reasons add up"
is "$(jq '[.scopes[0].states[].share] | add | . * 1000 | round' <<<"$out")" 100000 \
	"JSON: the states add up"
is "$(jq -r '[.. | numbers] | length > 50 and all(. >= 0)' <<<"$out")" true \
	"JSON: numbers as numbers"
replay svm --json -C
is "$(jq -c '[.scopes[].cpu]' <<<"$out")" '[0,1]' "JSON: each vCPU"
replay svm --json --cycles -o time,reason
is "$(jq -c '.unit, .scopes[0].exits[0]' <<<"$out")" '"cycles"'$'\n''{"time":20000000,"reason":"npf"}' \
	"JSON: cycles, chosen columns"

replay svm 0
is "$status:$(wc -l <<<"$out")" 0:7 "intervals: a heading and a line for each sample"
like "$(sed -n 2p <<<"$out")" "^ +83519 +66.1% " "intervals: the first since the start"
like "$(sed -n 3p <<<"$out")" " npf 220 .* io 110" "intervals: reasons a second"
[[ $out == *cpuid* ]]
is $? 1 "intervals: no CPUIDs of exitstat's own"
like "$err" "^exitstat's own reading: [1-9][0-9]* CPUIDs, left out$" "intervals: its own CPUIDs are left out"
replay svm 0 3
is "$(wc -l <<<"$out")" 4 "COUNT"
replay svm 0 2 -C -n
is "$(awk '{ print $1 }' <<<"$out" | xargs)" "0 1 0 1" "intervals: each vCPU"
replay svm 0 3 -n
is "$(wc -l <<<"$out"):$err" 3: "intervals: -n is the lines only"
replay hotplug -C --raw -n -o CPU,EXITS 0
is "$(cut -d' ' -f1 <<<"$out" | xargs)" "0 1 0 0 0 0 1 0 1" "intervals: a CPU goes and comes"
is "$status:$err" 0: "intervals: and the other's go on"
replay hotplug -C -J 0
is "$(jq -c '[.scopes[].cpu]' <<<"$out" | xargs)" "[0,1] [0] [0] [0] [0,1] [0,1]" \
	"intervals: a CPU goes and comes, JSON"
replay replaced -C --raw -n -o CPU,EXITS 0
is "$(cut -d' ' -f1 <<<"$out" | xargs)" "0 1 0 1 0 0 1" "intervals: a vCPU is replaced"
like "$status:$err" "^2:.*started anew" "intervals: which is told"
replay svm --json 0
is "$(jq -c '[.report, .scopes[0].own_cpuids > 0]' <<<"$out" | sort | uniq -c | xargs)" \
	"5 [interval,true] 1 [start,true]" "intervals: a JSON object a line"
is "$(wc -l <<<"$out")" 6 "intervals: each on one line"
replay svm --raw 0 2
is "$(awk 'NR == 3 { print NF, $7 }' <<<"$out")" \
	"7 msr=220.157,npf=220.157,interrupt=110.079,hlt=110.079,io=110.079" "intervals: raw"
replay idle-svm --raw -o REASONS,RATE 0
is "$(tail -1 <<<"$out")" "- 0.000" "intervals: raw, without an exit"

# 2^53 + 1, which a double cannot hold.
sed '/ 4ffffff2 0000007c /s/[^ ]* [^ ]*$/00000001 00200000/' "$recordings/svm" >"$scratch/large"
run "$exitstat" --replay "$scratch/large" --cycles --raw -n -o REASON,TIME
is "$(awk '$1 == "msr" { print $2 }' <<<"$out")" 9007199254740993 "--cycles: all of 64 bits"

svm="reasons are SVM exit codes (AMD APM vol. 2, appendix C): CPUID is 0x72, not 10"
vmx="reasons are VMX basic exit reasons (Intel SDM vol. 3, appendix C): CPUID is 10"
replay course-svm --course
is "$(sed -n 1p <<<"$out")" "leaves as in Fall 2022; $svm" "course: whose numbers these are"
is "$(sed -n 3p <<<"$out")" \
	"0x4ffffffc 0x00000000 -> 0x000002c9 0x00000000 0x00000000 0x00000000" "course: exits"
like "$out" "0x4fffffff 0x00000400 -> 0x00000000 0x00000000 0x000f4240 0x00000000" \
	"course: a reason's cycles"
like "$out" "0x4ffffffe 0xffffffff -> 0x00000001 " "course: all 32 bits of a negative reason"
like "$out" "0x4ffffffe 0x00000072 -> 0x00000017 .*0x4fffffff 0x00000072 -> 0x00000000 0x00000000 0x000086c4 " \
	"course: the exits and the cycles of CPUID"
replay course-svm --course -n
is "$(sed -n 1p <<<"$out" | cut -d' ' -f1)" 0x4ffffffc "course: the answers only"
replay course-vmx --course
is "$(sed -n 1p <<<"$out")" "leaves as in Fall 2022; $vmx" "course: Intel's numbers"
replay course-vmx --course --json
is "$(jq '.answers | length' <<<"$out")" 16 "course: JSON"

replay course-fall2020 --course
is "$(sed -n 1p <<<"$out")" "leaves as in Fall 2020 and Spring 2021; $vmx" "course: Fall 2020"
like "$out" "0x4fffffff 0x00000000 -> 0x000002cc 0x00000000 0x001c4328 0x00000000" \
	"Fall 2020: exits and cycles in one leaf"
like "$out" "0x4ffffffe 0x0000000a -> 0x00000017 0x00000000 0x00000000 0x00000000" \
	"Fall 2020: exits by reason"
is "$(grep -c '^0x4fffffff' <<<"$out")" 1 "Fall 2020: no cycles by reason"
replay course-fall2021 --course
is "$(sed -n 1p <<<"$out")" "leaves as in Fall 2021, Spring 2022 and Fall 2023; $svm" "course: Fall 2021"
like "$out" "0x4ffffffe 0x00000000 -> 0x00000000 0x00000000 0x001c3d4c 0x00000000" "Fall 2021: cycles"
like "$out" "0x4ffffffd 0x00000072 -> 0x00000016 0x00000000 0x00000000 0x00000000" \
	"Fall 2021: exits by reason"
sed '/ 0000ffff -> /d' "$recordings/course-svm" >"$scratch/old"
run "$exitstat" --replay "$scratch/old" --course
like "$status:$out" "^0:leaves as in Fall 2022; .*0x4ffffffc 0x00000000 -> 0x000002c9 " \
	"course: a recording from when there was one numbering"

for term in 2020 2021; do
	{ cat "$recordings/course-fall$term"; sed -n '/ 4ffffff2 /,$p' "$recordings/svm"; } >"$scratch/doctor"
	run "$exitstat" --replay "$scratch/doctor" doctor
	like "$out" "note +the course leaves .* numbered as in Fall $term.* of other terms print zeros.* numbering=" \
		"doctor: another term's numbers, and the parameter, with those of $term"
done
replay svm doctor
is "$status:$(grep -c '^ok ' <<<"$out")" 0:5 "doctor is content"
# The state's cycles are 2^64 - 1000 at first, and a little more the next time.
perl -e 'use integer; my $more;
	while (<>) {
		if (/^\S+ \S+ 4ffffff4 00000000 -> /) {
			my @words = split;
			my $cycles = hex($words[8]) << 32 | hex($words[7]);
			$more //= -1000 - $cycles;
			$cycles += $more;
			@words[7, 8] = map { sprintf "%08x", $_ & 0xffffffff } $cycles, $cycles >> 32;
			$_ = "@words\n";
		}
		print;
	}' "$recordings/svm" >"$scratch/wraps"
run "$exitstat" --replay "$scratch/wraps" doctor
is "$status:$(grep -c '^ok ' <<<"$out")" 0:5 "doctor is content when a state passes 2^64 meanwhile"

# Cut off after the fourth of six samples of the VM, in the middle of a line.
head -c "$(grep -bE ' 4ffffff0 .*454d564b' "$recordings/svm" | sed -n '12s/:.*//p')" "$recordings/svm" \
	>"$scratch/cut"
printf '14.2 0 4fff' >>"$scratch/cut"
run "$exitstat" --replay "$scratch/cut" 0
is "$status:$(wc -l <<<"$out"):$(grep -c 'cut was cut off: .* last whole sample$' <<<"$err")" 0:5:1 \
	"a recording that was cut off replays what is whole"
run "$exitstat" --replay "$scratch/cut" --json
is "$status:$(jq -r .report <<<"$out")" 0:start "and is told of on standard error only"
sed 's/$/\r/' "$recordings/svm" >"$scratch/crlf"
is "$("$exitstat" --replay "$scratch/crlf" 0 2>&1)" "$("$exitstat" --replay "$recordings/svm" 0 2>&1)" \
	"lines may end as on Windows"

"$exitstat" --replay "$recordings/svm" --record "$scratch/copy" >"$scratch/1"
"$exitstat" --replay "$scratch/copy" >"$scratch/2"
check "what is recorded replays the same" cmp "$scratch/1" "$scratch/2"

done_testing
