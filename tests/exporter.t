#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What goes round exitstat export: Prometheus' own tool finds no fault with the rules, which fire
# when they are to, nor systemd with the unit; then Prometheus itself, in an outer VM. With --no-vm
# not that.

# shellcheck source=lab/kernel.sh
. "$(dirname "$0")/../lab/kernel.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

work=$build/exporter
rules=$top/exporter/exitstat.rules.yml

# Never installed: the package would start it.
# shellcheck disable=SC2317 # locked() calls it
fetch_prometheus() {
	[[ ! -d $prometheus ]] || return 0
	step "Fetching Prometheus ($version)"
	rm -rf "$prometheus.new"
	fetch "$prometheus.new" "prometheus=$version"
	mv "$prometheus.new" "$prometheus"
}

get_prometheus() {
	local version

	use_suite base
	version=$(version_of prometheus)
	prometheus=$cache/prometheus/$version
	[[ -d $prometheus ]] || locked "$prometheus" fetch_prometheus
}

need libsmartcols-dev libjansson-dev libncurses-dev libmicrohttpd-dev curl jq systemd
get_prometheus
promtool=$prometheus/usr/bin/promtool
rm -rf "$work"
mkdir -p "$work"

check "the rules are rules" "$promtool" check rules "$rules"
cp "$rules" "$top/tests/exporter/rules-test.yml" "$work/"
check "they fire when they are to" "$promtool" test rules "$work/rules-test.yml"
mapfile -t alerts < <(sed -n 's/^ *- alert: //p' "$rules")
for alert in "${alerts[@]}"; do
	check "$alert is explained" grep -q "^### $alert" "$top/Documentation/operators.md"
	check "and tested" grep -q "alertname: $alert" "$top/tests/exporter/rules-test.yml"
done
units=$work/root/usr/lib/systemd/system
make -s -C "$top/exporter" install PREFIX=/usr DESTDIR="$work/root"
is "$(LC_ALL=C systemd-analyze security --no-pager --offline=true \
	"$units/exitstat-exporter.service" |
	sed -n 's/.*Overall exposure level.*: [0-9.]* \([A-Z]*\).*/\1/p')" OK "systemd-analyze security: OK"
sed 's|^ExecStart=.*|ExecStart=/bin/true|' "$units/exitstat-exporter.service" >"$work/exitstat-exporter.service"
cp "$units/exitstat-exporter.socket" "$work/"
is "$(systemd-analyze verify --man=no "$work"/exitstat-exporter.{socket,service} 2>&1)" "" \
	"systemd finds no fault with the units"
check "the dashboard is JSON" jq -e '.panels | length > 10' "$top/exporter/exitstat.dashboard.json"

if [[ ${1:-} != --no-vm ]]; then
	make_here tools -C tools
	make_here vm-tests vm-tests
	rm -rf "$build/exporter-vm"
	"$top/lab/vm" --out "$build/exporter-vm" --timeout 1800 --file "$build/exitstat" \
		--file "$build/vm-tests/leaves" --file "$rules" \
		--file "$top/exporter/exitstat.dashboard.json" --file "$prometheus/usr/bin/prometheus" --file "$promtool" \
		"$top/tests/exporter/prometheus.job" >"$build/log/exporter-vm"
	ok $? "Prometheus in an outer VM"
	cat "$build/exporter-vm/prometheus.job".{tap,out} 2>/dev/null | grep -A 8 '^not ok' | sed 's/^/# /'
fi
done_testing
