#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# exitstat export: what it says of a guest and of a host's VMs, into a file and by HTTP, also to
# those who mean it no good.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

host=$build/tests/tools/on-host
address=127.0.0.1:$((20000 + $$ % 10000))
server=

# value SERIES: of the last output, when it has that line just once
value() {
	name=$1 awk 'index($0, ENVIRON["name"] " ") == 1 { print $NF }' <<<"$out"
}

for vendor in svm vmx; do
	replay $vendor export
	is "$(sed -nE 's/^exitstat_exits_total.reason="(.*)".? (.*)/\1 \2/p' <<<"$out" | sort)" \
		"$("$exitstat" --replay "$recordings/$vendor" --raw -n -o REASON,EXITS |
			grep -v '^total ' | sort)" "$vendor: each reason's exits are those of the table"
	is "$(sed -n 's/^exitstat_state_seconds_total//p' <<<"$out" | sort)" \
		"$("$exitstat" --replay "$recordings/$vendor" -J | jq -r '.scopes[0].states | to_entries[] |
			"{state=\"\(.key)\"} \(.value.time)"' | sort |
			awk '{ printf "%s %.9f\n", $1, $2 }')" "$vendor: and so are the states' times"
	is "$(value exitstat_up):$status:$err" 1:0: "$vendor: it is up"
done
replay stock-amd export
is "$(grep -v '^#' <<<"$out" | sed 's/{.*//; s/ [0-9.]*$//' | tr '\n' ' ')" \
	"exitstat_up exitstat_build_info exitstat_scrape_duration_seconds " \
	"without exitstat nothing is told of it"
is "$(value exitstat_up):$status" 0:2 "but that"
like "$err" "^exitstat: .*not exposed" "and why"
replay histograms export
is "$(value 'exitstat_exit_duration_seconds_bucket{le="0.01"}') \
$(value 'exitstat_exit_duration_seconds_bucket{le="0.025"}')" "14041 14042" "the exit of 20 ms is not below 10"
is "$(value 'exitstat_state_duration_seconds_bucket{state="vmm",le="0.00001"}') \
$(value 'exitstat_state_duration_seconds_bucket{state="vmm",le="0.000025"}')" "0 2000" \
	"8.75 us, in a bucket that goes beyond 10: counted at the next bound"
# shellcheck disable=SC2016 # awk expands it
check "the count is +Inf's" awk '/duration_seconds_bucket.*"[+]Inf"/ { inf = $NF }
	/duration_seconds_count/ { n++; bad += !inf || $NF != inf } END { exit bad || n != 4 }' <<<"$out"
is "$(value 'exitstat_state_duration_seconds_sum{state="halted"}')" \
	"$(value 'exitstat_state_seconds_total{state="halted"}')" "the sum is exact"
# Its reasons are read some CPUIDs later.
# shellcheck disable=SC2016 # awk expands it
check "that of all exits is its reasons'" awk '/^exitstat_exit_seconds_total/ { reasons += $NF }
	/^exitstat_exit_duration_seconds_sum/ { sum = $NF }
	END { exit !(sum <= reasons && sum > reasons * 0.999) }' <<<"$out"
# shellcheck disable=SC2016 # awk expands it
check "buckets only grow" awk '/duration_seconds_bucket/ { if (/le="0.000001"/) n = 0; if ($NF < n) exit 1; n = $NF }' \
	<<<"$out"
is "$(grep -c reason_duration <<<"$out")" 0 "no reason's histogram unless asked for"
# Of CPUID there are those of the reading itself; XSETBV has no buckets of its own.
replay histograms export --by-reason
is "$(sed -nE 's/^exitstat_reason_duration_seconds_count.reason="(.*)".? (.*)/\1 \2/p' <<<"$out" |
	grep -v '^cpuid' | sort)" \
	"$("$exitstat" --replay "$recordings/histograms" --raw -n -o REASON,EXITS |
		grep -Ev '^(total|cpuid|xsetbv) ' | sort)" "--by-reason: each reason's, with all its exits"
is "$(sed -nE 's/^exitstat_reason_duration_seconds_sum//p' <<<"$out" | sort)" \
	"$(sed -nE '/xsetbv/d; s/^exitstat_exit_seconds_total//p' <<<"$out" | sort)" "and its sum is exact"
replay svm -C export
is "$(grep -c '^exitstat_exits_total{vcpu="[01]",reason="npf"} 2' <<<"$out")" 2 "--vcpu: each by itself"
is "$(grep -c '^exitstat_exits_total{reason=' <<<"$out")" 0 "and no sum besides"
is "$(grep -c duration_seconds_ <<<"$out")" 0 "no histograms where the host keeps none"

file=$scratch/exitstat.prom
echo old >"$file"
replay svm export --textfile "$file"
is "$status:$out" 0: "--textfile says nothing"
like "$(<"$file")" $'\nexitstat_up 1\n' "and has written the file"
is "$(find "$scratch" -name '*.prom*')" "$file" "and no other"
replay stock-intel export --textfile "$file"
is "$status:$(grep -v '^#' "$file" | grep -c .)" 2:3 "without exitstat the file does not keep what was"
run "$exitstat" --replay "$recordings/svm" export --textfile "$scratch/none/file"
like "$status:$err" "^1:exitstat: cannot write $scratch/none/file.new: No such file" "a file that cannot be written"

for name in text text.new; do
	cp "$recordings/svm" "$scratch/$name"
	run "$exitstat" --replay "$scratch/$name" export --textfile "$scratch/text"
	is "$status:$err" "2:exitstat: --textfile $scratch/$name would overwrite the file of --replay: name another file" \
		"a recording named $name is not written to"
	check "and is as it was" cmp "$recordings/svm" "$scratch/$name"
	rm "$scratch"/text*
done
cp "$recordings/svm" "$scratch/text"
# Links of the test's own, which nobody misses if they are replaced.
ln -s /proc/self/fd/1 "$scratch/stdout"
"$exitstat" --replay "$recordings/svm" export --textfile "$scratch/stdout" >>"$scratch/text" 2>"$scratch/stderr"
is "$?:$(grep -c "overwrite the file of standard output" "$scratch/stderr")" 2:1 "standard output, which is a file, is not written to"
exec 3>>"$scratch/text"
replay svm export --textfile "$scratch/text"
exec 3>&-
is "$status:$err" "2:exitstat: --textfile $scratch/text would overwrite the file of descriptor 3: name another file" \
	"nor is a file that is open"
check "and it is as it was" cmp "$recordings/svm" "$scratch/text"

mkdir "$scratch/linked"
ln -s linked/text "$scratch/link"
for there in "is not there yet" "is"; do
	replay svm export --textfile "$scratch/link"
	is "$status:$(readlink "$scratch/link"):$(ls "$scratch/linked")" 0:linked/text:text "a link to a file that $there stays one"
	like "$(<"$scratch/linked/text")" $'\nexitstat_up 1\n' "and the file is written"
done
echo other >"$scratch/other"
ln -s ../other "$scratch/linked/text.new"
replay svm export --textfile "$scratch/link"
is "$status:$(<"$scratch/other"):$(ls "$scratch/linked")" 0:other:text "nothing is written to what a link FILE.new leads to"

# The pipe's reader waits.
mkfifo "$scratch/fifo"
timeout 60 cat "$scratch/fifo" >"$scratch/read" &
replay svm export --textfile "$scratch/fifo"
wait $!
is "$status:$(stat -c %F "$scratch/fifo"):$(grep -c ^exitstat_up "$scratch/read")" 0:fifo:1 "a named pipe is written to"
replay svm export --textfile "$scratch/stdout"
is "$status:$(readlink "$scratch/stdout"):$(value exitstat_up)" 0:/proc/self/fd/1:1 "so is standard output"
ln -s /dev/full "$scratch/full"
replay svm export --textfile "$scratch/full"
is "$status:$(readlink "$scratch/full"):$err" "1:/dev/full:exitstat: cannot write $scratch/full: No space left on device" \
	"and a device"

# A process whose command line is one of QEMU's; what it reads never comes.
mkfifo "$scratch/never"
exec {never}<>"$scratch/never"
named() {
	bash -c 'read -r line; :' qemu "$@" <&"$never" &
	pids+=($!)
}
pids=()
named -name 'guest=a "b" \c,debug-threads=on' -uuid 0b5d0000-0000-0000-0000-000000000001
named -name twin
named -name twin
named -name "$(printf 'x%.0s' {1..3000})"
for pid in "${pids[@]}"; do
	within 60 grep -qs "read -r line" "/proc/$pid/cmdline"
done
export EXITSTAT_HOST=$scratch/vms
printf '%s 2 1 10\n' "${pids[@]}" >"$EXITSTAT_HOST"
run "$host" export
like "$(value 'exitstat_exits_total{vm="a \"b\" \\c",uuid="0b5d0000-0000-0000-0000-000000000001",id="1",reason="npf"}')" \
	'^[1-9]' "a name with quotes and a backslash, and a UUID"
like "$(value 'exitstat_exits_total{vm="twin",id="2",reason="npf"}')" '^[1-9]' "one of two VMs of a name"
is "$(value 'exitstat_vcpus{vm="twin",id="3"}')" 2 "and the other"
is "$(awk '!/^#/ { $NF = ""; print }' <<<"$out" | sort | uniq -d)" "" "no series is there twice"
is "$(value "exitstat_vcpus{vm=\"$(printf 'x%.0s' {1..500})\",id=\"4\"}")" 2 "a name that is too long is cut"
is "$(value 'exitstat_host_info{way="module",reasons="svm"}')" 1 "the host's exitstat"
run "$host" -C export
is "$(grep -cE '^exitstat_exits_total.vm="twin",id="2",vcpu="[01]",reason="npf". [1-9]' <<<"$out")" 2 \
	"--vcpu: its vCPUs"
is "$(grep -c '^exitstat_exits_total.*id="2",reason=' <<<"$out")" 0 "and not the VM"
# The calls: information, twice, the lists' two, and the first question of a reading.
ended=
for call in {1..12}; do
	run env EXITSTAT_HOST_ENDS="$call" "$host" export
	ended+=$(grep -c 'id="1"' <<<"$out"):$(value exitstat_up):$status,
done
like "$ended" '^(0:1:0,)+([1-9][0-9]*:1:0,)*$' "a VM that ends meanwhile has all of its lines, or none"
run env EXITSTAT_HOST_ERROR=13 "$host" export
like "$status:$(value exitstat_up):$err" "^[12]:0:exitstat: /dev/exitstat .* group exitstat" \
	"without permission: which group it takes"
is "$(grep -c 'id=' <<<"$out")" 0 "and no VM is told of"
run env EXITSTAT_HOST_OFF=1 "$host" export
like "$status:$(value exitstat_up):$err" "^2:0:exitstat: exitstat is switched off: .*parameters/exitstat" \
	"switched off: how to switch it on"
kill "${pids[@]}"

told() {
	like "$status:$err" "^$2: *exitstat: [^"$'\n'"]*$3" "$1"
}
run "$exitstat" --listen :1
told "--listen without export" 2 "go with export"
run "$exitstat" export -J
told "export and JSON" 2 "goes with --vcpu, "
run "$exitstat" export now
told "too many words" 2 "'now' is too much"
run "$exitstat" --by-reason
told "--by-reason without export" 2 "go with export"
run "$exitstat" export --listen "$address" --textfile "$file"
told "--listen and --textfile" 2 "goes with neither"
run "$exitstat" export --listen 10283
told "an address without a port" 2 "is to be ADDRESS:PORT"
run "$exitstat" export --listen nowhere.invalid:10283
told "an address that there is none of" 2 "cannot listen on 'nowhere.invalid:10283': "
run "$exitstat" export --listen 192.0.2.1:10283
told "somebody else's address" 1 "cannot listen on '192.0.2.1:10283': Cannot assign"
run "$exitstat" export --listen systemd
told "not by systemd" 2 "exitstat-exporter.socket"
# shellcheck disable=SC2016 # the inner bash expands it
run env LISTEN_FDS=1 bash -c 'LISTEN_PID=$$ exec "$0" export --listen systemd 3</dev/null' "$exitstat"
told "what systemd hands over is no socket" 2 "ListenStream="
run "$build/static/exitstat" export --listen "$address"
told "a static command" 2 "statically, without HTTP"

start_server() {
	"$@" &
	server=$!
	within 60 curl -so /dev/null "http://$address/"
}

# asked [OPTION]... PATH: sets out, status
asked() {
	run curl -sS --max-time 30 "${@:1:$#-1}" "http://$address${*: -1}"
}

resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$server/status"
}

printf '%s 2 1 10\n' $$ $$ $$ >"$EXITSTAT_HOST"
start_server "$host" export --listen "$address"
asked -i /metrics
like "$out" "^HTTP/1.1 200 .*Content-Type: text/plain; version=0.0.4; charset=utf-8.*exitstat_up 1" "GET /metrics"
is "$(grep -c '^exitstat_vcpus{' <<<"$out")" 3 "has the VMs"
asked -I /metrics
like "$out" "^HTTP/1.1 200 .*Content-Length: [0-9]{4}" "HEAD"
asked -i /
like "$out" '^HTTP/1.1 200 .*text/html.*<a href="/metrics">' "the front page"
asked -i /other
like "$out" "^HTTP/1.1 404 " "another page"
for method in POST PUT DELETE OPTIONS BREW; do
	asked -i -X $method -d data /metrics
	like "$out" "^HTTP/1.1 405 .*Allow: GET, HEAD" "$method"
done
run "$host" export --listen "$address"
told "an address in use" 1 "cannot listen on '$address': Address already in use"

# send: what the server says to standard input
send() {
	local fd

	exec {fd}<>"/dev/tcp/${address/://}" || return
	{ cat >&"$fd"; } 2>/dev/null
	timeout 60 head -c 300 <&"$fd" 2>/dev/null | tr -d '\0'
	exec {fd}<&-
}
# shellcheck disable=SC2317 # within calls it
answers() {
	asked -o /dev/null -w '%{http_code}' /metrics
	[[ $out == 200 ]]
}
still_answers() {
	asked -o /dev/null -w '%{http_code}' --interface 127.0.0.2 /metrics
	is "$out" 200 "$1: a good client is answered"
}
before=$(resident)
for _ in 1 2 3; do
	head -c 65536 /dev/urandom | send >/dev/null
done
still_answers "garbage"
like "$(printf 'nonsense\r\n\r\n' | send)" "^(|HTTP/1.. 400 .*)" "no request: refused"
like "$({ printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nX: '; head -c 1000000 /dev/zero | tr '\0' x
	printf '\r\n\r\n'; } | send)" "^(|HTTP/1.. 4[0-9][0-9] .*)$" "a header of a megabyte: refused"
like "$({ printf 'GET /'; head -c 1000000 /dev/zero | tr '\0' x; printf ' HTTP/1.1\r\n\r\n'; } | send)" \
	"^(|HTTP/1.. 4[0-9][0-9] .*)$" "a path of a megabyte: refused"
still_answers "huge headers"

# One that begins to ask and goes to sleep, then a thousand of them.
ulimit -n 2048
exec {slow}<>"/dev/tcp/${address/://}"
printf 'GET /metrics HTTP/1.1\r\nHo' >&"$slow"
crowd=()
for ((i = 0; i < 1000; i++)); do
	exec {fd}<>"/dev/tcp/${address/://}" || break
	crowd+=("$fd")
done 2>/dev/null
is "${#crowd[@]}" 1000 "1,000 connections"
still_answers "while these are open"
timeout 100 cat <&"$slow" >"$scratch/answer" 2>/dev/null
(($? != 124))
ok $? "a slow one's connection is ended"
is "$(wc -c <"$scratch/answer")" 0 "without an answer"
for fd in "${crowd[@]}"; do
	exec {fd}<&-
done
exec {slow}<&-
within 60 answers
is "$out" 200 "when they have gone everybody is answered"
(($(resident) < before + 4096))
ok $? "no memory is kept for them"
kill "$server"
wait "$server"
is $? 0 "SIGTERM ends it, and all is well"

# One that is ignored by who starts it, and the other ends it.
for signals in "INT TERM" "TERM INT"; do
	start_server env --default-signal --ignore-signal="${signals% *}" "$host" export --listen "$address"
	kill "-${signals% *}" "$server"
	sleep 0.5
	asked -o /dev/null -w '%{http_code}' /metrics
	is "$out" 200 "SIG${signals% *} that is ignored does not end it"
	kill "-${signals#* }" "$server" 2>/dev/null
	wait "$server"
	is $? 0 "but SIG${signals#* } does"
done

if command -v systemd-socket-activate >/dev/null; then
	start_server systemd-socket-activate -l "$address" -E EXITSTAT_HOST -E LC_ALL "$host" export --listen systemd \
		2>/dev/null
	asked /metrics
	is "$(value exitstat_up)" 1 "on a socket that systemd hands over"
	kill "$server"
	wait "$server"
else
	skip "on a socket that systemd hands over" "no systemd-socket-activate here"
fi
done_testing
