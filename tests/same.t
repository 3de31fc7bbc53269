#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The figures that tests/vm/same.c read with the module and with the graft are the same: those in
# the results' directory that is named.

top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

figures() { grep '^# figure ' "$1/$2/same.tap"; }

(($(figures "$1" module | wc -l) > 8))
ok $? "there are figures"
is "$(figures "$1" graft)" "$(figures "$1" module)" "the graft's figures are the module's"
done_testing
