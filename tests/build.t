#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A compiler that warns of more than today's do breaks no build; with WERROR=1 it does.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# build WERROR DIRECTORY TARGET: there are holes in structures everywhere.
build() {
	rm -rf "$scratch/build"
	WERROR=$1 make -C "$top/$2" O="$scratch/build" CC="cc -Wpadded" "$3" >"$scratch/log" 2>&1
}

# warns DIRECTORY TARGET
warns() {
	build '' "$@"
	is "$?:$(grep -c 'warning: .*\[-Wpadded\]' "$scratch/log" | sed 's/[1-9].*/warnings/')" \
		0:warnings "$* with warnings"
	! build 1 "$@" && grep -q '\[-Werror=padded\]' "$scratch/log"
	ok $? "but not with WERROR=1"
}

warns tests/tools objects
warns tests/unit all
warns tests/vm all
warns . "$scratch/build/course"
done_testing
