# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Which modules there are, and for which kernels; whoever sources this has die and top.

# choose_module host|guest: sets side; module, its name; package, DKMS's name of it; target, what make
# installs it by; and conf, its dkms.conf.
# shellcheck disable=SC2034 # for whoever sources this
choose_module() {
	side=$1
	case $side in
	host) module=kvm_exitstat package=exitstat target=dkms-install conf=$top/kernel/module/dkms.conf ;;
	guest) module=exitstat_guest package=exitstat-guest target=guest-dkms-install conf=$top/guest/dkms.conf ;;
	*) die "there is no module for the $side" "say host or guest" ;;
	esac
}

# check_release RELEASE: said here, before a compiler stumbles over it.
check_release() {
	[[ $(printf '%s\n' 6.1 "$1" | sort -V | head -n 1) == 6.1 ]] ||
		die "Linux $1 is too old: exitstat wants 6.1 or newer" \
			"Ubuntu 22.04 offers one: apt-get install linux-generic-hwe-22.04, and boot it"
}
