#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Recordings that end anywhere: what is whole is replayed, and what is missing is told, once.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

cut=$scratch/cut
# The lines with which a sample ends: the next begins with the identity, after that of the opening.
ends_of() {
	grep -n ' 4ffffff0 ' "$recordings/$1" | sed '1,2d; s/:.*//' | while read -r line; do echo $((line - 1)); done
	wc -l <"$recordings/$1"
}

# replay_head NAME LINES ARGUMENT...
replay_head() {
	head -n "$2" "$recordings/$1" >"$cut"
	run "$exitstat" --replay "$cut" "${@:3}"
}

# Messages that are empty, or there twice, of the last run.
bad_messages() {
	grep '^exitstat: *$' <<<"$err"
	sort <<<"$err" | uniq -d
}

# In each round there are a sample of the VM, which --vcpu passes over, CPU 0's and CPU 1's.
mapfile -t ends < <(ends_of svm)
is "${#ends[@]}" 18 "the recording has 18 samples"
wrong=
for ((n = ends[0]; n <= ends[5]; n++)); do
	lines=0 told=1
	for ((i = 0; i < 6; i++)); do
		((lines += ends[i] <= n && i % 3 > 0))
		# After CPU 0's first sample there may be no other.
		((ends[i] != n || (i % 3 == 1 && i > 1))) || told=0
	done
	replay_head svm $n -C --raw -n -o CPU 0
	[[ $(grep -c . <<<"$out"):$((${#err} > 0)):$(bad_messages) == $lines:$((told || !lines)): ]] || wrong+="$n "
	((status == (lines ? 0 : 1))) || wrong+="$n "
	replay_head svm $n -C -- true
	[[ ${#err} -gt 0 && -z $(bad_messages) ]] || wrong+="$n "
done
is "$wrong" "" "--vcpu: wherever it ends the lines are those of the samples, and the rest is told"
replay_head svm "${ends[4]}" -C -n 0
like "$status:$err" "^0:exitstat: the recording ends without CPU 1, which has gone, or it was cut off there$" \
	"cut off between two CPUs"
replay_head svm "${ends[2]}" -C -- true
is "$status:$err" "125:exitstat: the recording ends here" "a run of --vcpu whose second reading is not there"
replay_head svm $((ends[2] + 1)) -C -- true
is "$status:$err" "125:exitstat: $cut was cut off: it is replayed up to its last whole sample
exitstat: the recording ends here" "or was cut off"
replay svm -C -r 9 -- true
like "$status:$err" "^125:exitstat: the recording ends here.*mean of 3 runs" "more runs of --vcpu than it has"
replay_head svm $((ends[0] + 5)) -C
is "$status:$err" "1:exitstat: $cut was cut off: it is replayed up to its last whole sample
exitstat: the recording was cut off before it has what is asked for" "no CPU has a sample"
replay_head svm $((ends[0] - 5)) export
like "$status:$err" "^1:exitstat: $cut was cut off: [^"$'\n'"]*"$'\n'"exitstat: [^"$'\n'"]* was cut off before it has what" \
	"export tells it, too"

# A sample's histograms are behind it. That of port I/O is there twice, and its longest twice each.
mapfile -t ends < <(ends_of histograms)
mapfile -t last < <(grep -n ' 4ffffff7 0000007b ' "$recordings/histograms" | sed -n '2~4s/:.*//p')
is "${#ends[@]}:${#last[@]}" 6:6 "the recording has 6 samples with histograms"
wrong=
for ((n = ends[0] + 1; n < ends[2]; n++)); do
	replay_head histograms $n histogram io 0 --json
	whole=$(((n >= last[0]) + (n >= last[1]) + (n >= last[2])))
	[[ $status:$(grep -c . <<<"$out"):$(bad_messages) == 0:$whole: ]] || wrong+="$n "
	# Behind what was asked for only a sample that has begun is missed.
	[[ $n -ge ${last[whole - 1]} && $n -le ${ends[whole - 1]} || $err == *"cut off"* ]] || wrong+="$n "
done
is "$wrong" "" "histograms: wherever it ends there is a line for each whole sample, and the rest is told"
for what in "histogram io" "histogram io 0" "histogram io -- true" "" "export"; do
	# shellcheck disable=SC2086
	replay_head histograms 45 $what
	like "$status:$err" "^1(25)?:exitstat: the recording ends within a sample: it was cut off, or " \
		"cut off within the first one's: $what"
done
# shellcheck disable=SC2086
replay_head histograms "${ends[1]}" -o +P99 -- true
is "$status:$(bad_messages)" 0: "the second is whole"
replay_head histograms $((ends[0] + 40)) -o +P99 -- true
is "$status:$(wc -l <<<"$err"):${err%%: it was*}" "125:1:exitstat: the recording ends within a sample" \
	"a run whose second reading was cut off within its histograms"
done_testing
