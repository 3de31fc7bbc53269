# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Which kernels the module is for; whoever sources this has die.

# check_release RELEASE: said here, before a compiler stumbles over it.
check_release() {
	[[ $(printf '%s\n' 6.1 "$1" | sort -V | head -n 1) == 6.1 ]] ||
		die "Linux $1 is too old: exitstat wants 6.1 or newer" \
			"Ubuntu 22.04 offers one: apt-get install linux-generic-hwe-22.04, and boot it"
}
