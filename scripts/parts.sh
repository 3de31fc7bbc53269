# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A list of parts that need no other: several run at a time, a part that fails keeps no other from
# running, and at the end is told what failed and where the time went.

failed=$build/failed times=$build/times

begin_parts() {
	mkdir -p "$build/log"
	: >"$build/log/began"
	: >"$failed"
	: >"$times"
}

# How many halves of a CPU a part takes by its side: none (-), or whose processor the emulator is. Where AMD's
# CPUs take turns it waits half of its time, for grace periods of RCU and the like; not where both
# run at once, or instructions are counted.
declare -A halves=([-]=2 [Intel]=2 [AMD]=1 [AMD-busy]=2)
capacity=$((2 * $(nproc))) most=$(($(nproc) + 1))

# part SIDE NAME COMMAND...: puts a part on the list.
sides=() names=() commands=()
part() {
	sides+=("$1") names+=("$2") commands+=("$(printf '%q ' "${@:3}")")
}

log_of() {
	echo "$build/log/part-${names[$1]//[^[:alnum:]]/-}"
}

# start INDEX: in a process group of its own, which ends with this script.
declare -A running=()
began=() taken=0
start() {
	step "${names[$1]}"
	began[$1]=$SECONDS
	set -m
	with_times "$(log_of "$1")" "${commands[$1]}" &
	set +m
	running[$!]=$1
	taken=$((taken + ${halves[${sides[$1]}]}))
}

# with_times LOG COMMAND: and in LOG.times, what CPU time it took.
with_times() {
	local status=0

	eval "$2" >"$1" 2>&1 </dev/null || status=$?
	times >"$1.times"
	return "$status"
}

# cpu_seconds LOG: of the command and of all that it has waited for.
cpu_seconds() {
	tr 'ms' '  ' <"$1.times" | awk '{ sum += ($1 + $3) * 60 + $2 + $4 } END { printf "%d", sum }'
}

# Sets pid. bash's own wait -n forgets who has ended before it is asked.
has_ended() {
	for pid in "${!running[@]}"; do
		kill -0 "$pid" 2>/dev/null || return 0
	done
	return 1
}

# Shows what a part has said that has ended; when it failed that is told again at the end.
finish_one() {
	local pid index log verdict=passed

	until has_ended; do
		sleep 0.2
	done
	wait "$pid" || verdict=FAILED
	index=${running[$pid]} log=$(log_of "${running[$pid]}")
	unset "running[$pid]"
	taken=$((taken - ${halves[${sides[index]}]}))
	printf '%s\t%s\t%s\t%s\n' $((SECONDS - began[index])) "$(cpu_seconds "$log")" \
		"${sides[index]}" "${names[index]}" >>"$times"
	step "${names[index]}: $verdict"
	cat "$log"
	[[ $verdict == passed ]] || {
		echo "failed: ${names[index]}"
		tail -n 100 "$log" | sed 's/^/  | /'
	} >>"$failed"
}

# start_next: the first of the list for which there is CPU time.
start_next() {
	local index

	((${#running[@]} < most)) || return
	for index in "${!names[@]}"; do
		if [[ -z ${began[index]:-} ]] && ((taken + ${halves[${sides[index]}]} <= capacity)); then
			start "$index"
			return
		fi
	done
	return 1
}

# Each part with all that it has started.
stop_parts() {
	local parts=("${!running[@]}")

	((${#parts[@]} == 0)) || kill -- "${parts[@]/#/-}" 2>/dev/null
}

# Runs the list, and goes on after a part that failed.
run_parts() {
	trap stop_parts EXIT
	began=()
	while :; do
		! start_next || continue
		((${#running[@]})) || break
		finish_one
	done
	trap - EXIT
	sides=() names=() commands=()
}

# The part that took longest comes first.
show_times() {
	step "Where the time went, in minutes, and those of a CPU"
	sort -rn "$times" | awk -F '\t' '
		{ printf "%6.1f %6.1f  %-7s  %s\n", $1 / 60, $2 / 60, $3, $4; sum[$3] += $1; cpu[$3] += $2; total += $2 }
		END {
			for (side in sum)
				printf "%6.1f %6.1f  %-7s  all parts\n", sum[side] / 60, cpu[side] / 60, side
			printf "%6.1f %6.1f  of %d CPUs\n", seconds / 60, total / 60, cpus
		}' seconds="$SECONDS" cpus="$(nproc)" -
	step "The longest jobs in outer VMs, in seconds of their clocks"
	(cd "$build" && find . -path ./package -prune -o -name seconds -newer log/began \
		-exec grep -H . {} +) |
		sed -E 's|^\./(.*)/seconds:([0-9]+)|\2\t\1|' | sort -rn | head -n 15
}

# Fails when a part has failed.
end_parts() {
	show_times
	if [[ -s $failed ]]; then
		cat "$failed"
		return 1
	fi
	step "All parts passed"
}
