#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# exitstat explain: each common reason has a text that is whole, which the manual has as well, and
# the reasons that cost most are those that are told.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"
top=$here/../..

# told NAME STATUS REGEX: the last run
told() {
	like "$status: $err" "^$2: exitstat: [^"$'\n'"]*$3[^"$'\n'"]*$" "$1"
}

## the texts

# Those that guests of Linux, Windows or BSD do not have, or hardly ever.
rare='INIT_SIGNAL SIPI_SIGNAL IO_SMI OTHER_SMI GETSEC RSM INVALID_STATE MSR_LOAD_FAIL
MONITOR_TRAP_FLAG MCE_DURING_VMENTRY GDTR_IDTR LDTR_TR RDRAND VMFUNC ENCLS RDSEED XSAVES XRSTORS
PCONFIG SPP_EVENT UMWAIT TPAUSE LOADIWKEY ENCLV ENQCMD ENQCMDS SEAMCALL TDCALL RDMSRLIST WRMSRLIST
URDMSR UWRMSR
read_cr2 write_cr2 DE_excp OF_excp BR_excp DF_excp TS_excp NP_excp SS_excp MF_excp XF_excp CP_excp
HV_excp VC_excp SX_excp smi init read_idtr read_gdtr read_ldtr read_rt write_idtr write_gdtr
write_ldtr write_rt pushf popf rsm swint invlpga ferr_freeze skinit icebp rdpru write_efer_trap
write_cr0_trap write_cr2_trap write_cr3_trap write_cr4_trap write_cr8_trap invlpgb illegal_invlpgb
mcommit tlbsync invalid_pmc idle_required busy invalid_guest_state'

words() {
	tr ' ' '\n' | sort
}

# The names in the library's tables, as one word each.
all=$(grep -oE '\{ -?[0-9][0-9a-fxu]*, "[^"]*"' "$top/include/exitstat_names.h" | cut -d'"' -f2 | tr ' ' _ | words)
check "the library's names are found" test "$(wc -l <<<"$all")" -gt 190
run "$exitstat" explain list
listed=$(sed 's/.*: //; s/,//g' <<<"$out" | words)
is "$status:$err" 0: "explain list"
is "$listed" "$(comm -23 <(echo "$all") <(words <<<"$rare"))" \
	"each common reason of either vendor is in one text, and nothing else is"
is "$(comm -13 <(echo "$all") <(words <<<"$rare"))" "" "and each rare one is a reason"

# shellcheck disable=SC2086
run "$exitstat" explain $listed
is "$status:$(grep -c '^[^ ].*: ' <<<"$out")" "0:$(grep -c ^Title: "$top/tools/explain/reasons.txt")" \
	"explain takes each name in the list, and tells each text once"
run "$exitstat" explain list -J
is "$(jq '[.explanations[] | select(.title != "" and (.names | length > 0))] | length' <<<"$out")" \
	"$(grep -c ^Title: "$top/tools/explain/reasons.txt")" "JSON: all texts"
is "$(jq -c '[.explanations[] | .what, .causes, .guest, .host | select(length == 0 or
	(map(.text == "" or .sources == [] or (.sources | index("") != null)) | any))]' <<<"$out")" "[]" \
	"each has four parts, and each of these a source"
is "$(jq -r '.explanations[] | .what, .causes, .guest, .host | .[].sources[]' <<<"$out" |
	grep -vE '^Intel SDM vol. (1|2|3[ACD]), ("[^"]+"|[A-Z]+)$|^AMD APM vol. 2, 15\.[0-9.]*[0-9]$' |
	grep -vE '^Linux (Documentation|arch)/[^ ,]+\.(rst|txt|c|h)(, [A-Za-z0-9_.{,}-]+)?$|^QEMU( |, )' |
	grep -vE '^libvirt, Domain XML, "[^"]+"$|^OASIS Virtio 1.2, 4\.1\.[0-9.]+$|^[a-z-]+\([17]\)$|^GDB ')" \
	"" "each source is one that is known, with its section"

# Spaces and hyphens as a page has them once it is laid out.
page=$build/man/exitstat-reasons.7
plain=$(sed 's/\\-/-/g; s/\\e/\\/g' "$page")
missing=$(jq -r '.explanations[] | .title, (.what, .causes, .guest, .host | .[].text)' <<<"$out" |
	while read -r text; do
		[[ $plain == *"$text"* ]] || echo "$text"
	done)
is "$missing" "" "exitstat-reasons(7) has each text"
is "$(grep -c '^\.SS ' <<<"$plain"):$(grep -c '^\[' <<<"$plain")" \
	"$(jq -r '"\(.explanations | length):\([.explanations[] | .what, .causes, .guest, .host |
		length] | add)"' <<<"$out")" "and no other"
if command -v groff >/dev/null; then
	is "$(groff -man -Tutf8 -ww "$page" 2>&1 >/dev/null)" "" "exitstat-reasons(7) is well-formed"
else
	skip "exitstat-reasons(7) is well-formed" "no groff here"
fi

# broken NAME REGEX SED: texts that are not whole are not built
broken() {
	sed "$3" "$top/tools/explain/reasons.txt" >"$scratch/reasons.txt"
	run awk -f "$top/tools/explain/parse.awk" -f "$top/tools/explain/c.awk" "$scratch/reasons.txt"
	like "$status:$err" "^[12]:.*$2" "$1 is told"
}
broken "a part that is missing" '"port I/O": no Host:' '/^Title: port/,/^$/{/^Host:/,/^$/{/^$/!d}}'
broken "a sentence without source" '"XSETBV": Host: no source of: No idea' \
	'/^Title: XSETBV/,/^$/s/^Host: .*/Host: No idea./;/^ Exits Unconditionally"; Linux/d'
broken "reasons that are missing" '"HLT": no Reasons:' 's/^Title: CPUID/Title: HLT/;/^Reasons: CPUID/d'
broken "a line that is no field" 'what is this\? Advice: none' 's/^Host: Nothing helps.*/Advice: none/'

## those that are named

run env -i "$exitstat" explain io
like "$status:$out" "^0:io: port I/O"$'\n'"  What it is"$'\n'"    The guest read or wrote an I/O port" \
	"a name, without any host"
like "$out" "\[.*AMD APM vol.*What usually.*What to try in the guest.*What to ask the host's operator" \
	"its four parts"
text=$(tail -n +2 <<<"$out")
for name in IO_INSTRUCTION IO io_instruction; do
	run "$exitstat" explain "$name"
	is "$status:$(tail -n +2 <<<"$out")" "0:$text" "$name: the same text"
done
run "$exitstat" explain "UD excp"
first=$out
run "$exitstat" explain ud_excp
is "$out" "$first" "a blank is an underscore"
run "$exitstat" explain cpuid io CPUID
is "$(grep '^[^ ]' <<<"$out")" "cpuid: CPUID"$'\n'"io: port I/O" "several: in their order, each once"
run "$exitstat" explain hlt -J
is "$(jq -c '[.report, .explanations[0].reason, .explanations[0].names, (.explanations | length)]' <<<"$out")" \
	'["explain","hlt",["HLT","hlt","idle-halt"],1]' "a name: JSON"
is "$(jq '.explanations[0] | has("call_sites") and .call_sites == null' <<<"$out")" true \
	"JSON: no call sites, where nobody could look"
run "$exitstat" explain nonsense
told "no reason" 2 "no text on 'nonsense'.*exitstat explain list"
run "$exitstat" explain hlt RDRAND
told "a reason that is rare" 2 "no text on 'RDRAND'"
is "$out" "" "and nothing is told"
for option in --cycles "--cpu 0" "--vm web" "--replay $recordings/svm" "--record $scratch/x"; do
	# shellcheck disable=SC2086
	run "$exitstat" explain hlt $option
	told "explain hlt ${option%% *}" 2 "goes with --json only; .*: exitstat explain"
done

## the code that causes them, which perf tells

mkdir "$scratch/bin"
cat >"$scratch/bin/perf" <<-'END'
	#!/bin/sh
	[ "$1" = record ] || printf '    90.00%%\tcauses\t[.] read_port\n'
END
chmod +x "$scratch/bin/perf"
asked_perf() {
	run env PATH="$scratch/bin:$PATH" EXITSTAT_GUEST_DRIVER=1 "$@" "$build/tests/tools/on-host" explain io -J
	is "$status:$(jq -c '.explanations[0].call_sites | map([.command, .stack[0]])' <<<"$out")" \
		'0:[["causes","read_port"]]' "perf's answer: $*"
}
asked_perf env
asked_perf env --ignore-signal=CHLD

## those that cost most

for space in svm:io,npf,msr vmx:IO_INSTRUCTION,EPT_VIOLATION,MSR_WRITE; do
	replay "${space%:*}" -J
	cost=$(jq -r '[.scopes[0].exits | sort_by(-(.time + .vmmtime)) | .[:3][].reason] | join(",")' <<<"$out")
	is "$cost" "${space#*:}" "${space%:*}: what the table has by host's and VMM's time"
	replay "${space%:*}" explain
	is "$(grep -oE '^[A-Za-z_]+: ' <<<"$out" | tr -d ' \n' | tr : ,)" "$cost," "explain tells these"
	replay "${space%:*}" explain -J
	is "$(jq -r '[.explanations[].reason] | join(",")' <<<"$out")" "$cost" "and with -J"
	is "$(jq -r '[.explanations[] | .exits, .vmm] | join(" ")' <<<"$out")" "2000 2000 4000 0 4000 0" \
		"with what they cost"
done
replay svm explain
like "$out" "io: port I/O"$'\n'"    2000 exits since the start, 2.50ms in the host's kernel, 17.5ms in the VMM:"$'\n'"    5.96% of \
the vCPUs' time"$'\n'"  What it is" "the cost, and the text"
replay svm explain --cycles
like "$out" "2000 exits since the start, 6000000 in the host's kernel, 42000000 in the" "--cycles"
is "$(awk 'length > 80' <<<"$out")" "" "80 columns without a terminal"
for columns in 60 120; do
	widest=$(script -qec "stty cols $columns; $exitstat --replay $recordings/svm explain" /dev/null |
		tr -d '\r' | awk '/^ / && length > n { n = length } END { print n }')
	check "$columns columns on such a terminal ($widest)" \
		test "$widest" -le "$columns" -a "$widest" -gt $((columns - 15))
done
# Port I/O becomes MSR_READ, whose text is MSR_WRITE's; memory becomes GDTR_IDTR, which is rare.
sed 's/4ffffff3 0000001f/4ffffff3 00000020/; s/\(4ffffff[25]\) 0000001e/\1 0000001f/
	s/-> 0000001e/-> 0000001f/; s/4ffffff3 00000031/4ffffff3 0000002f/
	s/\(4ffffff[25]\) 00000030/\1 0000002e/; s/-> 00000030/-> 0000002e/' \
	"$recordings/vmx" >"$scratch/others"
run "$exitstat" --replay "$scratch/others" explain
is "$(grep -oE '^[A-Z_]+: ' <<<"$out" | tr -d ' \n')" "MSR_READ:GDTR_IDTR:MSR_WRITE:" "others cost most"
like "$out" "GDTR_IDTR: no text,[^"$'\n'"]*"$'\n'" +4000 exits[^[]*time"$'\n\n'"MSR_WRITE: " \
	"a reason that has no text"
like "$out" "time"$'\n'"  See MSR_READ above\.$" "a text that was there already"
run "$exitstat" --replay "$scratch/others" explain -J
is "$(jq -c '[.explanations[] | .title, (.guest | length)]' <<<"$out")" \
	'["a model-specific register",3,null,0,"a model-specific register",3]' "and as JSON"
sed 's/\(4ffffff3 00000000 ->\) [0-9a-f]*/\1 ffffffff/' "$recordings/svm" >"$scratch/none"
run "$exitstat" --replay "$scratch/none" explain
is "$status:$out" "0:no exits yet" "no exits"
replay stock-intel explain
told "no exitstat" 2 "not exposed"
for option in -C --raw -n "-o TIME"; do
	# shellcheck disable=SC2086
	replay svm explain $option
	told "explain $option" 2 "goes with --cpu, --json"
done

# On a VM's host; two vCPUs of a guest on paper, where all have CPUID.
sleep 600 &
vm=$!
trap 'kill $vm; rm -rf "$scratch"' EXIT
echo "$vm 2 0 5" >"$scratch/host"
run env EXITSTAT_HOST="$scratch/host" "$build/tests/tools/on-host" --vm "$vm" explain
like "$status:$out" "^0:io: port I/O" "--vm: the VM's, from its host"
run env EXITSTAT_HOST="$scratch/host" "$build/tests/tools/on-host" explain io
like "$status:$out" "^0:io: port I/O" "a name on a host"
run env EXITSTAT_HOST="$scratch/host" "$build/tests/tools/on-host" explain
told "on a host without --vm" 2 "for the VMs of this host: exitstat vms"
run "$build/tests/tools/on-paper" explain --cpu 0
like "$status:$out" "^0:cpuid: CPUID"$'\n'" +[0-9]+ exits since" "--cpu: a vCPU in a guest"
done_testing
