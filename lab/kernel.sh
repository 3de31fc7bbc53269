# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Debian's kernels: fetched with apt into the cache, never installed.
#
# A kernel is a directory of the cache:
#   release     what uname -r says in it
#   image/      the package linux-image, unpacked
#   headers/    the packages that linux-headers depends on, unpacked
#   build/      in headers: where modules for this kernel are built
#   source/     the package linux-source, unpacked (of a kernel that was made here)

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=debug.sh
. "$(dirname "${BASH_SOURCE[0]}")/debug.sh"

read_lists() {
	[[ -z $(find "$dir/updated" -mmin -1440 2>/dev/null) ||
		$(<"$dir/sources.list") != "$2" ]] || return 0
	mkdir -p "$dir"/{lists/partial,archives/partial}
	echo "$2" >"$dir/sources.list"
	logged "$build/log/apt-${dir##*/}" apt-get "${apt_options[@]}" --error-on=any update ||
		die "cannot read the package lists of Debian ${dir##*/}: is there a network?" \
			"and does your mirror carry that suite? see $build/log/apt-${dir##*/}"
	touch "$dir/updated"
}

# private_apt DIR SOURCES: packages come from SOURCES, in the form of sources.list, of which
# the system's own apt knows nothing. Sets apt_options.
private_apt() {
	local dir=$1

	apt_options=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir" -o APT::Get::List-Cleanup=0
		-o Dir::State::status=/dev/null)
	((EUID)) || apt_options+=(-o APT::Sandbox::User=root)
	locked "$dir" read_lists "$@"
}

# debian_sources FORMAT: this system's Debian mirrors, in apt's words for their properties.
debian_sources() {
	apt_lists_are_there || update_apt_lists
	apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian' | sort -u
}

debian_mirror() {
	local mirrors

	# shellcheck disable=SC2016 # apt expands it
	mirrors=$(debian_sources '$(LABEL) $(REPO_URI)') || exit
	awk '$1 == "Debian" { print $2; exit }' <<<"$mirrors" | grep . ||
		die "apt knows no Debian mirror: see /etc/apt/sources.list"
}

signed_by="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"

flavours="amd64, rt-amd64 or cloud-amd64"
kernels="base, bookworm-backports, trixie, trixie-backports, sid, experimental or another suite of Debian,
  and after a slash $flavours; or base/kasan or base/kcsan, which look for faults"

# check_kernel NAME: it is SUITE or SUITE/FLAVOUR. Whether Debian has it apt will know.
check_kernel() {
	! is_debug_kernel "$1" || return 0
	[[ $1 =~ ^[a-z]+(-[a-z]+)*(/[^/]*)?$ ]] || die "unknown kernel $1" "take $kernels"
	[[ $1 != */* || ${1#*/} =~ ^((rt|cloud)-)?amd64$ ]] ||
		die "unknown flavour ${1#*/}" "take $flavours"
}

# base_of SUITE: the release whose compiler and libraries a suite's packages are made with.
base_of() {
	# shellcheck source=/dev/null
	case $1 in
	base) (. /etc/os-release && echo "$VERSION_CODENAME") ;;
	experimental) echo sid ;;
	*) echo "${1%%-*}" ;;
	esac
}

# Where packages of a Debian suite come from; "base" is this system's own apt.
# Sets apt_options.
use_suite() {
	local suite=$1 mirror

	if [[ $suite = base ]]; then
		apt_options=()
		((EUID)) || apt_options=(-o APT::Sandbox::User=root)
		apt_lists_are_there || locked "$cache/apt/base" update_apt_lists
		return
	fi

	mirror=$(debian_mirror) || exit
	private_apt "$cache/apt/$suite" "deb $signed_by $mirror $suite main"
}

# The package that a metapackage means at present.
current_package() {
	local name

	name=$(apt-cache "${apt_options[@]}" depends "$1" 2>/dev/null |
		awk -v p="$2" '$1 == "Depends:" && $2 ~ p { print $2; exit }')
	[[ -n $name ]] || die "apt has no package $1: apt-get update, or add Debian's main section to /etc/apt"
	echo "$name"
}

version_of() {
	apt-cache "${apt_options[@]}" show --no-all-versions "$1" 2>/dev/null |
		awk '$1 == "Version:" { print $2; exit }'
}

# fetch DIR PACKAGE[=VERSION]...: download and unpack.
fetch() {
	local dir=$1 log=${1#"$cache/"} deb
	shift

	mkdir -p "$dir/debs"
	(cd "$dir/debs" && logged "$build/log/apt-download-${log//\//-}" \
		apt-get "${apt_options[@]}" download "$@") ||
		die "cannot download $*" "is there a network? does your mirror carry it? try apt-get update"
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb -x "$deb" "$dir" || die "cannot unpack ${deb##*/}" "is there space in $cache?"
	done
	rm -r "$dir/debs"
}

# with_parts PACKAGE VERSION: that package of a kernel and those that it is split into, as apt takes
# them. The tools to build with may be newer than the kernel: their package says so first.
with_parts() {
	echo "$1=$2"
	apt-cache "${apt_options[@]}" show "$1=$2" | sed -n '/^Depends: /{s///;s/, /\n/gp}' | sed -nE \
		-e 's/^(linux-(base|binary|modules|headers|kbuild)-[^ ]*) \(= ([^)]*)\)$/\1=\3/p;t' \
		-e 's/^(linux-(base|binary|modules|headers|kbuild)-[^ ]*)( .*)?$/\1/p'
}

# The packages name their directories below /usr; here they are elsewhere.
relocate_headers() {
	local new=$1 final=$2 headers

	headers=$(cd "$new" && echo headers/usr/src/linux-headers-"$release")
	sed -i "s|\([ =]\)/usr/src/|\1$final/headers/usr/src/|" "$new/$headers/Makefile" &&
		ln -s "$headers" "$new/build"
}

# Newer packages have below /usr what was in /boot and /lib.
usr_merge() {
	local image=$1 name

	[[ -d $image/usr/lib/modules ]] || return 0
	ln -s usr/lib "$image/lib" && mkdir -p "$image/boot" || return
	for name in vmlinuz config; do
		[[ -e $image/boot/$name-$release ]] ||
			ln -s "../usr/lib/modules/$release/$name" "$image/boot/$name-$release" ||
			return
	done
}

# finish_kernel NEW: its packages are unpacked there; it becomes the kernel.
finish_kernel() {
	local new=$1

	{
		relocate_headers "$new" "$kernel" && usr_merge "$new/image" &&
			logged "$build/log/depmod-$release" depmod -b "$new/image" "$release" &&
			echo "$release" >"$new/release" && rm -rf "$kernel" && mv "$new" "$kernel"
	} || die "cannot make kernel $release ready" "is there space in $cache?"
}

# Wants what get_kernel has found out.
fetch_kernel() {
	local new=$kernel.new packages

	[[ ! -e $kernel/build ]] || return 0
	need kmod
	step "Fetching Debian's kernel $release ($kernel_version)"
	rm -rf "$new"
	mapfile -t packages < <(with_parts "$image" "$kernel_version")
	fetch "$new/image" "${packages[@]}"
	mapfile -t packages < <(with_parts "$headers" "$kernel_version")
	fetch "$new/headers" "${packages[@]}"
	finish_kernel "$new"
}

# get_kernel SUITE[/FLAVOUR]: the newest there. Sets suite; flavour; kernel, its directory; release; kernel_version;
# and words, what it wants on its command line.
get_kernel() {
	local image headers

	# shellcheck disable=SC2034 # for whoever sources this
	suite=${1%/*} flavour=amd64 words='' kernel_version=''
	[[ $1 != */* ]] || flavour=${1#*/}
	if is_debug_kernel "$1"; then
		get_debug_kernel "$1"
		return
	fi
	use_suite "$suite"
	image=$(current_package "linux-image-$flavour" '^linux-image-[0-9]') || exit
	headers=$(current_package "linux-headers-$flavour" '^linux-headers-[0-9]') || exit
	kernel_version=$(version_of "$image")
	release=${image#linux-image-}
	release=${release%-unsigned}
	kernel=$cache/kernels/$release-$kernel_version
	[[ -e $kernel/build ]] || locked "$kernel" fetch_kernel
}

# fetch_source_part FILE PART PACKAGE[=VERSION]: the archive orig or debian of a source package, where apt_options
# find it; apt's lists have its hash.
fetch_source_part() {
	local uri hash=""

	read -r uri _ _ hash < <(apt-get "${apt_options[@]}" --print-uris --only-source source "$3" 2>/dev/null |
		grep "[.]$2[.]tar[.]")
	[[ -n $hash ]] && logged "$build/log/${3%=*}-source" \
		/usr/lib/apt/apt-helper "${apt_options[@]}" download-file "${uri//\'/}" "$1" "$hash"
}

# apply_series DIR: the patches there, to the source in this directory.
apply_series() {
	local patch

	while read -r patch _; do
		[[ -z $patch || $patch == \#* ]] || patch -sf -p1 <"$1/$patch" || return
	done <"$1/series"
}

# patch_rt TREE: what the realtime flavour of older kernels adds to the source. Without it the configuration would be
# another one, and what is built no match for the kernel. In a shell of its own, for the apt_options.
patch_rt() (
	[[ ${flavour:-} == rt-* ]] && ! grep -q 'select ARCH_SUPPORTS_RT' "$1/arch/x86/Kconfig" || exit 0
	step "Fetching the realtime patches ($source_version)"
	need patch xz-utils
	# shellcheck disable=SC2016 # apt expands it
	private_apt "$cache/apt/base-source" \
		"$(debian_sources "deb-src $signed_by "'$(REPO_URI) $(RELEASE) $(COMPONENT)')"
	cd "$1" || exit
	fetch_source_part ../debian.tar debian "linux=$source_version" ||
		die "your mirror does not carry Debian's source package of $source_version, whose realtime patches are wanted" \
			"so there is no graft for $flavour: take the module, which needs no source: --kvm module"
	{
		mkdir ../rt && tar -C ../rt -xf ../debian.tar debian/patches-rt &&
			logged "$build/log/patch-rt-$source_version" apply_series ../rt/debian/patches-rt
	} || die "the realtime patches do not apply to the kernel's source"
	rm -r ../rt ../debian.tar
)

# unpack_source DIR [MEMBER...]: all of the kernel's source, or some of it, as DIR.
unpack_source() {
	local dir=$1 package=$source_package=$source_version
	shift

	[[ ! -f $dir/Makefile ]] || return 0
	step "Fetching the kernel's source ($source_version${1:+, what the graft looks at})"
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	fetch "$dir.new" "$package"
	tar -C "$dir.new" --wildcards -xf "$dir.new"/usr/src/linux-source-*.tar.xz "$@" ||
		die "cannot unpack the kernel's source: is there space in $cache?"
	patch_rt "$dir.new"/linux-source-*/ || exit
	rm -rf "$dir.new/usr"
	mv "$dir.new"/linux-source-*/ "$dir"
	rm -rf "$dir.new"
}

# find_source SUITE: the newest; where get_kernel has found a kernel there, that one's, since its packages
# may have come before it or after it.
find_source() {
	use_suite "$1"
	source_package=$(current_package linux-source '^linux-source-[0-9]') || exit
	source_version=$(version_of "$source_package")
	[[ ${suite:-} == "$1" && -n ${kernel_version:-} && $kernel_version != "$source_version" ]] || return 0
	if apt-cache "${apt_options[@]}" show "$source_package=$kernel_version" >/dev/null 2>&1; then
		source_version=$kernel_version
	else
		step "The source of the kernel's version, $kernel_version, is not there: that of $source_version is taken"
	fi
}

# get_source SUITE: sets source, the directory of the kernel's source; a flavour that get_kernel has
# set has one of its own, since its configuration is there, and so has a kernel that was made here.
get_source() {
	if [[ -d ${kernel:-}/source ]]; then
		source=$kernel/source
		return
	fi
	find_source "$1"
	source=$cache/source/$source_version
	[[ ${flavour:-amd64} == amd64 ]] || source+=-${flavour%-amd64}
	[[ -f $source/Makefile ]] || locked "$source" unpack_source "$source"
}

# get_kvm_source SUITE: sets source, a directory with only what the graft looks at.
get_kvm_source() {
	find_source "$1"
	source=$cache/source/$source_version-graft
	[[ -f $source/Makefile ]] || locked "$source" unpack_source "$source" \
		'linux-source-*/Makefile' 'linux-source-*/arch/x86/kvm' \
		'linux-source-*/arch/x86/include/asm/kvm_host.h'
}

fetch_uapi() {
	local dir=$cache/uapi/$version

	[[ ! -d $uapi ]] || return 0
	step "Fetching the kernel's headers for userspace ($version)"
	rm -rf "$dir" "$dir.new"
	fetch "$dir.new" "linux-libc-dev=$version"
	mv "$dir.new" "$dir"
}

# get_uapi SUITE: sets uapi, a directory with the kernel's headers for userspace, <asm/...>.
get_uapi() {
	local version

	use_suite "$1"
	version=$(version_of linux-libc-dev)
	uapi=$cache/uapi/$version/usr/include/x86_64-linux-gnu
	[[ -d $uapi ]] || locked "$cache/uapi/$version" fetch_uapi
}
