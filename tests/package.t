#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The Debian packages, and the module by DKMS: built, installed into a clean Debian, tried,
# and taken away again. Arguments are the Debian suites whose kernels DKMS builds for.

# shellcheck disable=SC2317 # logged calls the functions
# shellcheck source=lab/kernel.sh
. "$(dirname "$0")/../lab/kernel.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

work=$build/package
root=$work/root
version=$(<"$top/VERSION")

# The sources as git has them, without what was built.
copy_tree() {
	as_root rm -rf "$work"
	mkdir -p "$work/exitstat"
	(cd "$top" && git ls-files -z -co --exclude-standard | while IFS= read -rd '' file; do
		[[ ! -e $file ]] || printf '%s\0' "$file"
	done | tar -cf - --null -T -) | tar -C "$work/exitstat" -xf -
}

build_packages() {
	(cd "$work/exitstat" && dpkg-buildpackage -us -uc -b)
}

# Without apt's, dpkg's and depmod's own accounts of what they did, and the key that DKMS makes
# once. The group exitstat stays, as groups do, and adduser's accounts of it.
files_in_root() {
	as_root find "$root" -xdev -printf '%P\n' | grep -vE \
		'^(var/(cache|log|lib/apt|lib/dpkg)|tmp)/|^etc/gshadow-$|^run/adduser$|^var/lib/dkms/mok\.|/lib/modules/[^/]*/modules\.' | sort
}

in_root() {
	# shellcheck disable=SC2016 # expanded by the inner bash
	as_root unshare --mount bash -ec '
		mount -t proc proc "$0/proc"
		exec chroot "$0" env LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root "$@"' \
		"$root" "$@"
}

# The mirrors of a clean Debian with that suite's kernel, in the form of sources.list.
suite_sources() {
	# shellcheck disable=SC2016 # apt expands it
	if [[ $base == "$(base_of base)" ]]; then
		debian_sources "deb $signed_by "'$(REPO_URI) $(RELEASE) $(COMPONENT)'
	else
		echo "deb $signed_by $(debian_mirror) $base main"
	fi
	[[ $suite == "$base" || $suite == base ]] || cat "$cache/apt/$suite/sources.list"
}

# Proxies, and whether a mirror may be an old one: as this system has it.
way_to_mirrors() {
	apt-config dump Acquire | grep -iE '^Acquire::(https?|Check-[^:]*)\>'
}

# The headers are those of the lab's kernel, and no recommendation brings those of one that has come since.
no_other_headers() {
	printf '%s\n' "Package: linux-headers-amd64 linux-headers-cloud-amd64 linux-headers-rt-amd64" \
		"Pin: version *" "Pin-Priority: -1"
}

# A Debian with DKMS, openssl to sign with, and the kernel's headers, and with adduser, which every
# Debian has that an installer made; also downloaded, not installed, is what the packages depend on.
make_root() {
	local base target=()

	base=$(base_of "$suite")
	[[ $suite == base ]] || target=(-t "$suite")
	as_root debootstrap --variant=minbase "$base" "$root" "$(debian_mirror)" &&
		suite_sources | as_root tee "$root/etc/apt/sources.list" &&
		way_to_mirrors | as_root tee "$root/etc/apt/apt.conf.d/90mirrors" &&
		no_other_headers | as_root tee "$root/etc/apt/preferences.d/headers" &&
		in_root apt-get update &&
		in_root apt-get install -y --no-install-recommends "${target[@]}" \
			adduser dkms "linux-headers-$release" openssl &&
		as_root cp "$work"/*.deb "$root/tmp/" &&
		in_root bash -c 'apt-get install -y --download-only /tmp/*.deb' &&
		as_root rm -r "$root"/tmp/*.deb
}

keep_root() {
	[[ ! -f $archive ]] || return 0
	step "Installing a clean Debian with DKMS and the headers of $release"
	logged "$build/log/package-root" make_root || return
	as_root tar -C "$root" -I 'gzip -1' -cf - . >"$archive.new" || return
	mv "$archive.new" "$archive"
	as_root rm -rf "$root"
}

# unpack_root RECIPE: $root as it was when make_root, whose checksum RECIPE is, had made it.
unpack_root() {
	local archive=$cache/root/$suite-${kernel##*/}-$1.tar.gz

	[[ -f $archive ]] || locked "$archive" keep_root || return
	step "Unpacking a clean Debian"
	mkdir -p "$root"
	as_root tar -C "$root" -xpf "$archive"
}

# module_is_installed NAME MODULE: DKMS has built it for that kernel. Sets module.
module_is_installed() {
	# Where the kernel's configuration says so it is compressed.
	module=$(find "$root/lib/modules/$release/updates/dkms" -name "$2.ko*")
	ok "$(($(wc -w <<<"$module") != 1))" "$1: $2.ko is there"
	is "$(modinfo -F vermagic "$module")" "$(modinfo -F vermagic "$kvm_ko")" \
		"$1: with the vermagic of that kernel's kvm.ko"
	is "$(modinfo -F version "$module")" "$version" "$1: and our version"
	is "$(modinfo -F signer "$module")" "DKMS module signing key" "$1: signed for Secure Boot"
}

nothing_is_left() {
	is "$(diff "$work/files" <(files_in_root))" "" "$1 leaves no file"
}

test_packages() {
	step "Installing the packages, and the module for $release"
	as_root cp "$work"/*.deb "$root/tmp/"
	logged "$build/log/package-install" in_root bash -c 'apt-get install -y /tmp/*.deb'
	ok $? "the packages install"
	like "$(in_root exitstat --version)" "^exitstat $version," "the command runs"
	module_is_installed "exitstat-guest-dkms" exitstat_guest
	module_is_installed "exitstat-dkms" kvm_exitstat
	as_root cp "$module" "$work/"
	like "$(in_root make -C /root/exitstat dkms-install KVER="$release" 2>&1)" \
		"apt-get purge exitstat-dkms" "make dkms-install refuses beside the package"
	like "$(in_root make -C /root/exitstat guest-dkms-install KVER="$release" 2>&1)" \
		"apt-get purge exitstat-guest-dkms" "and so does make guest-dkms-install"

	step "Purging the packages"
	# apt keeps what came with them where anything else so much as suggests it.
	logged "$build/log/package-purge" in_root apt-get purge -y --auto-remove \
		-o APT::AutoRemove::RecommendsImportant=false \
		-o APT::AutoRemove::SuggestsImportant=false '^exitstat' '^libexitstat'
	ok $? "the packages go"
	nothing_is_left "purging them"
}

test_dkms_install() {
	step "make dkms-install"
	logged "$build/log/package-dkms-install" in_root make -C /root/exitstat dkms-install KVER="$release"
	ok $? "make dkms-install"
	module_is_installed "make dkms-install" kvm_exitstat
	logged "$build/log/package-guest-dkms-install" \
		in_root make -C /root/exitstat guest-dkms-install KVER="$release"
	ok $? "make guest-dkms-install"
	module_is_installed "make guest-dkms-install" exitstat_guest
	module_is_installed "make dkms-install, still" kvm_exitstat
	logged "$build/log/package-uninstall" in_root make -C /root/exitstat uninstall
	ok $? "make uninstall"
	nothing_is_left "it"
}

# test_kernel SUITE[/FLAVOUR]: DKMS builds for that kernel.
test_kernel() {
	diag "with the kernel of $1"
	get_kernel "$1"
	kvm_ko=$(find "$kernel/image/lib/modules/$release/kernel/arch/x86/kvm/" -name 'kvm.ko*')
	unpack_root "$(declare -f make_root | sha256sum | cut -c1-16)" || die "no clean Debian to install into"
	as_root cp -r "$work/exitstat" "$root/root/"
	files_in_root >"$work/files"
	test_packages
	test_dkms_install
	# Without a module there is no such file, which is an error of its own.
	check "the module of exitstat-dkms works in an outer VM" "$top/lab/vm" --kernel "$1" \
		--out "$build/package-vm" --timeout 300 --file "${module:+$work/${module##*/}}" \
		--file "$build/vm-tests/leaves" "$top/tests/package.job"
	as_root rm -rf "$root"
}

need build-essential debhelper dh-dkms lintian libjansson-dev libmicrohttpd-dev libncurses-dev libsmartcols-dev \
	clang libclang-rt-dev libcmocka-dev debootstrap kmod
copy_tree

step "Building the packages"
logged "$build/log/package-build" build_packages || die "no packages"
is "$(dpkg-parsechangelog -l "$top/debian/changelog" -S Version)" "$version" \
	"the packages have the version of VERSION"
step "Running lintian"
check "lintian finds no error and no warning" \
	lintian --allow-root --fail-on error,warning "$work"/exitstat_*.changes
make_here vm-tests vm-tests
for suite in "${@:-base}"; do
	test_kernel "$suite"
done
done_testing
