#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The lab tells what is missing and what to do, with a status that is not 0, and leaves nothing
# half done. The lab is a copy, run by somebody who is not root; apt, dpkg and all else are real
# ones. Their Debian is a mirror in a directory, its kernel a few files.

# shellcheck disable=SC2016 # what is in single quotes another bash expands

# shellcheck source=lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"
# shellcheck source=lab/amd.sh
. "$top/lab/amd.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

need_amd
need gcc make dpkg-dev libsmartcols-dev shellcheck cppcheck
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
copy=$work/exitstat mirror=$work/mirror cache=$work/cache/exitstat
release=6.1.0-lab-amd64 version=6.1.1-1
kernel=$cache/kernels/$release-$version
unprivileged=()
umask 022
((EUID)) || unprivileged=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# own FILE...: they are those of whom the lab runs as.
own() {
	((EUID)) || chown -R 65534:65534 "$@"
}

# stub NAME: what is read is a program of that name, which comes before the system's.
stub() {
	{ echo '#!/bin/bash'; cat; } >"$work/stubs/$1"
	chmod 755 "$work/stubs/$1"
}

# A first run on a machine with sudo: no cache, no lists of apt's, nothing built.
fresh() {
	rm -rf "$work"/{stubs,cache,lists,tmp} "$copy/build"
	mkdir -p "$work"/{stubs,cache,lists/partial,tmp}
	own "$work"/{cache,lists,tmp}
	stub sudo <<<'[[ $1 == -v ]] || exec "$@"'
}

# lab COMMAND...: sets status; what it says is in $said.
lab() {
	status=0
	"${unprivileged[@]}" env -i -C "$copy" HOME="$work/cache" TMPDIR="$work/tmp" LC_ALL=C.UTF-8 \
		XDG_CACHE_HOME="$work/cache" APT_CONFIG="$work/apt.conf" PATH="$work/stubs:$work/bin" \
		"$@" <<<"" >"$said" 2>&1 || status=$?
}

# functions FILE COMMAND: with the functions of one of the lab's files; as the tests do, without
# bash's own stop at errors.
functions() {
	lab bash -c ". lab/$1; $2; echo 'it went on'"
}

# tells WHAT REGEX NAME: what it says last, with the remedy, matches.
# It is the script's own error, not bash's, which would name a line of the script.
tells() {
	local last

	((status)) && ! grep -q 'it went on\|unbound variable\|: line [0-9]*: ' "$said"
	ok $? "$1: it ends with an error"
	last=$(tail -n 3 "$said" | tr '\n' ' ')
	like "$last" "$2" "$1: it is told"
}

# lacks PATTERN NAME: no file is of that name.
lacks() {
	is "$(compgen -G "$1")" "" "$2"
}

# add_package NAME DEPENDS [DIR]: to the mirror, with the files in DIR.
add_package() {
	local name=$1 root=${3:-$work/nothing} deb=$mirror/$1.deb

	mkdir -p "$root/DEBIAN"
	printf '%s\n' "Package: $name" "Version: $version" 'Architecture: all' \
		'Maintainer: nobody <nobody@localhost>' "Depends: $2" 'Description: a part of a kernel' \
		>"$root/DEBIAN/control"
	dpkg-deb --root-owner-group -Znone -b "$root" "$deb" >/dev/null
	{
		cat "$root/DEBIAN/control"
		printf '%s\n' "Filename: ./$name.deb" "Size: $(stat -c %s "$deb")" \
			"SHA256: $(sha256sum <"$deb" | cut -d' ' -f1)" ''
	} >>"$mirror/Packages"
}

# A kernel whose modules are all built in.
add_kernel() {
	local image=$work/image headers=$work/headers modules=$work/image/lib/modules/$release name

	mkdir -p "$image/boot" "$modules" "$headers/usr/src/linux-headers-$release"
	touch "$image"/boot/{vmlinuz,config}-"$release" "$modules/modules.order"
	for name in virtio_pci 9pnet_virtio 9p; do
		echo "kernel/$name.ko"
	done >"$modules/modules.builtin"
	echo 'include /usr/src/linux-headers' >"$headers/usr/src/linux-headers-$release/Makefile"
	add_package "linux-image-$release" libc6 "$image"
	add_package linux-image-amd64 "linux-image-$release"
	add_package "linux-headers-$release" libc6 "$headers"
	add_package linux-headers-amd64 "linux-headers-$release"
}

# publish: apt is to read the mirror's list again.
publish() {
	{
		printf '%s\n' 'Origin: Debian' 'Label: Debian' 'Suite: stable' \
			"Date: $(LC_ALL=C date -u '+%a, %d %b %Y %T UTC')" 'SHA256:'
		echo " $(sha256sum <"$mirror/Packages" | cut -d' ' -f1) $(stat -c %s "$mirror/Packages") Packages"
	} >"$mirror/Release"
	echo "deb [trusted=yes] file:$mirror ./" >"$work/etc/sources.list"
}

no_network() {
	echo "deb http://127.0.0.1:1/none stable main" >"$work/etc/sources.list"
}

prepare() {
	chmod 755 "$work"
	said=$work/said
	mkdir -p "$copy" "$mirror" "$work"/{bin,etc/apt.conf.d,etc/preferences.d}
	touch "$work/status"
	cp -r "$top"/{Makefile,VERSION,bench,guest,include,kernel,lab,scripts,tests,tools} "$copy/"
	own "$copy"
	find /usr/bin -mindepth 1 -maxdepth 1 ! -name sudo -exec ln -s -t "$work/bin" {} +
	cat >"$work/apt.conf" <<-CONF
	Dir::Etc "$work/etc";
	Dir::State::lists "$work/lists";
	Dir::State::status "$work/status";
	Dir::Cache "$work/cache/apt";
	Acquire::Retries "0";
	APT::Sandbox::User "root";
	CONF
	mkdir "$copy/other"
	echo 'echo hello' | tee "$copy/job" >"$copy/other/job"
	add_kernel
}

# While one run unpacks the kernel's source, another one boots a kernel.
test_two_runs() {
	local first

	fresh
	functions kernel.sh 'get_kernel base'
	stub dpkg-deb <<-STUB
	[[ \$2 != *linux-source* ]] || { >$work/tmp/unpacks; until [[ -e $work/tmp/go ]]; do sleep 0.1; done; }
	exec /usr/bin/dpkg-deb "\$@"
	STUB
	lab scripts/lint &
	first=$!
	within 60 test -e "$work/tmp/unpacks"
	said=$work/said-too
	stub qemu-system-x86_64 <<<'echo "qemu: no such accelerator" >&2; exit 1'
	lab timeout 60 lab/vm --kvm stock job
	[[ -e $work/tmp/unpacks ]] && grep -q 'no such accelerator' "$said"
	ok $? "a run that wants something else does not wait for the first one"
	# shellcheck disable=SC2016 # that shell expands it
	lab timeout 100 bash -c 'scripts/lint &
		until grep -q "Waiting for another run" "$0"; do sleep 0.1; done; kill 0' "$said"
	grep -q 'Waiting for another run' "$said"
	ok $? "one that wants the same waits"
	touch "$work/tmp/go"
	wait "$first"
	said=$work/said
}

# Before anything is fetched or built.
test_arguments() {
	local command words

	fresh
	for command in lab/vm scripts/demo scripts/test scripts/bench; do
		lab "$command" --frob
		tells "$command --frob" 'unknown option --frob'
	done
	for command in lab/vm scripts/test; do
		lab "$command" --kernel 7.2 job
		tells "$command --kernel 7.2" 'unknown kernel 7.2 .*take base, bookworm-backports, trixie'
		lab "$command" --kernel sid/frob job
		tells "$command --kernel sid/frob" 'unknown flavour frob .*take amd64, rt-amd64 or cloud-amd64'
	done
	lab lab/vm --vendor frob job
	tells "lab/vm --vendor frob" 'take amd, intel or both'
	lab lab/vm --kvm frob job
	tells "lab/vm --kvm frob" 'take module, graft or stock'
	lab lab/vm
	tells "lab/vm without a job" 'say which job to run'
	lab lab/vm nowhere
	tells "lab/vm with a job that is not there" 'nowhere: no such file'
	lab lab/vm tests
	tells "lab/vm with a directory for a job" 'tests is no file .*a bash script or a program'
	lab lab/vm --kvm stock job --kvm graft other/job
	tells "lab/vm with two jobs of a name" 'other/job and job are both named job .*rename one of them'
	lab lab/vm --file job --file ./job --file other/job job
	tells "lab/vm with two files of a name" 'other/job and ./job are both named job .*rename one of them'
	lab lab/vm --kernel
	tells "lab/vm --kernel without a name" '--kernel wants base, bookworm-backports, trixie'
	for words in "lab/vm --vendor" "lab/vm --inner-kernel" "lab/vm --append" "lab/vm --out" "lab/vm --file" \
		"lab/vm --kvm" "lab/vm --timeout" "lab/pack-inner --kernel" "scripts/demo --numbering" "scripts/test --kernel"; do
		# shellcheck disable=SC2086 # the option is a word of its own
		lab $words
		tells "$words" "${words#* } wants "
	done
	lab lab/pack-inner --kernel base
	tells "lab/pack-inner without an image" 'say where the image goes'
	lab lab/kernels --vendor
	tells "lab/kernels --vendor without a name" 'take amd, intel or both'
	lab lab/vm --timeout 10min job
	tells "lab/vm --timeout 10min" 'wants a number of seconds, not 10min'
	lab lab/vm --true-smp --icount job
	tells "lab/vm --true-smp --icount" '--true-smp does not go with --icount: leave out one of them'
	for command in intel both; do
		lab lab/vm --vendor $command --icount job
		tells "lab/vm --vendor $command --icount" '--icount does not go with Bochs, .*leave it out'
	done
	lab scripts/bench --short --keep
	tells "scripts/bench --short --keep" '--short does not go with --keep: leave out one of them'
	lab lab/kernels --frob
	tells "lab/kernels --frob" 'unknown option --frob'
	lab lab/kernels --vendor frob
	tells "lab/kernels --vendor frob" 'take amd, intel or both'
	lab lab/kernels 'sid/frob preempt=full'
	tells "lab/kernels sid/frob" 'unknown flavour frob'
	lab scripts/test --quick --kernel base
	tells "scripts/test --quick --kernel base" '--quick does not go with --kernel'
	for command in debug matrix soak domains; do
		lab scripts/test --quick --$command
		tells "scripts/test --quick --$command" "--quick does not go with .*--$command.* leave out one of them"
	done
	for command in soak domains; do
		lab scripts/test --kernel sid --$command
		tells "scripts/test --kernel sid --$command" "are for this Debian's kernel .*add --kernel base"
	done
	for command in "--kernel sid" --debug; do
		# shellcheck disable=SC2086 # two words
		lab scripts/test --matrix $command
		tells "scripts/test --matrix $command" '--matrix has its own kernels .*leave out --kernel and --debug'
	done
	lab lab/vm --kernel sid/kasan job
	tells "lab/vm --kernel sid/kasan" 'unknown flavour kasan .*take amd64'
	lab scripts/demo --intel --shell
	tells "scripts/demo --intel --shell" 'leave out one of them'
	lab scripts/demo --intel --libvirt
	tells "scripts/demo --intel --libvirt" 'leave out one of them .*libvirt is shown on AMD'
	lab scripts/demo --numbering fall2019 --shell
	tells "scripts/demo --numbering fall2019" 'take fall2020, spring2021, fall2021, spring2022'
	lab scripts/demo --numbering fall2021
	tells "scripts/demo --numbering fall2021 alone" '--numbering is for --program and --shell'
	lacks "$work/cache/*" "nothing was fetched"
	lacks "$copy/build/*" "nothing was built"
}

# The list of parts, of which none runs.
test_kernels_of_tests() {
	fresh
	mv "$copy/scripts/parts.sh" "$work/parts.sh"
	cat >"$copy/scripts/parts.sh" <<-'STUB'
	need() { :; }
	begin_parts() { :; }
	part() { echo "part: $2"; }
	run_parts() { :; }
	sleep() { return 1; }
	end_parts() { :; }
	STUB
	lab scripts/test --kernel sid --kernel base/kasan --kernel sid/amd64 --debug
	is "$status:$(grep '^part:' "$said" | sort | uniq -d)" 0: "scripts/test: a kernel that is named twice has its parts once"
	is "$(grep -c '^part:.*kernel of sid:' "$said")" 2 "scripts/test: but it has them"
	is "$(grep -c '^part:.*demo' "$said")" 0 "scripts/test: and no demos, which are of this Debian's kernel"
	mv "$work/parts.sh" "$copy/scripts/parts.sh"
}

# What outer VMs have said becomes a table: in place of lab/vm is what writes what one would say,
# and whose graft fails a test on a kernel of sid's.
test_table() {
	fresh
	mv "$copy/lab/vm" "$work/vm"
	cat >"$copy/lab/vm" <<-'STUB'
	#!/bin/bash
	while (($#)); do
		case $1 in
		--out) out=$2; shift ;;
		--kernel) kernel=$2; shift ;;
		--kvm) way=$2 sick=; [[ $kernel-$way != sid-graft ]] || sick='not '; shift; mkdir -p "$out/$way" ;;
		--*) shift ;;
		*) printf '%s\n' '# kernel 6.1-lab, voluntary' "${sick}ok 1 - it runs" 1..1 >"$out/$way/${1##*/}.tap" ;;
		esac
		shift
	done
	STUB
	chmod 755 "$copy/lab/vm"
	lab lab/kernels --vendor amd base/rt-amd64
	is "$status:$(tail -n 1 "$said")" \
		"0:| base/rt-amd64 | 6.1-lab, voluntary | proved | proved | not tried | not tried |" \
		"lab/kernels: a kernel is proved on AMD"
	lab lab/kernels --vendor intel 'sid quiet'
	is "$status:$(tail -n 1 "$said")" \
		"1:| sid quiet | 6.1-lab, voluntary | not tried | not tried | proved | no, exits failed: build/kernels/sid-quiet/intel/log |" \
		"lab/kernels: a test that fails is told in its cell"
	printf '%s\n' '#!/bin/bash' 'exit 1' >"$copy/lab/vm"
	lab lab/kernels --vendor amd base/rt-amd64
	is "$status:$(tail -n 1 "$said")" \
		"1:| base/rt-amd64 | 6.1-lab, voluntary | no, kernel.job did not end: build/kernels/base-rt-amd64/amd/log | no, kernel.job did not end: build/kernels/base-rt-amd64/amd/log | not tried | not tried |" \
		"lab/kernels: a VM that does not boot proves nothing"
	cat >"$copy/lab/vm" <<-'STUB'
	#!/bin/bash
	while (($#)); do
		case $1 in
		--out) out=$2 ;;
		graft) echo "vm: Debian's source is without a patch" >&2; echo "  take the module" >&2; exit 1 ;;
		*) taps+=("${1##*/}.tap") ;;
		esac
		shift
	done
	mkdir -p "$out"/{stock,module}
	for tap in "${taps[@]}"; do
		printf '%s\n' '# kernel 6.1-lab, realtime' 'ok 1 - it runs' 1..1 | tee "$out/stock/$tap" >"$out/module/$tap"
	done
	STUB
	lab lab/kernels --vendor amd base/rt-amd64
	is "$status:$(grep '^| base/rt' "$said")" \
		"1:| base/rt-amd64 | 6.1-lab, realtime | proved | no, Debian's source is without a patch: build/kernels/base-rt-amd64/amd/log | not tried | not tried |" \
		"lab/kernels: why a graft cannot be built is told in its cell"
	lab lab/kernels --show
	is "$status:$(grep -c '^| base' "$said")" 0:1 "lab/kernels --show: what is kept, of one run and of others"
	mv "$work/vm" "$copy/lab/vm"
}

# What a reader may hand to the demo.
make_programs() {
	local dir=$1

	mkdir -p "$dir"/{other,directory}
	cd "$dir" || exit
	echo 'int part(void); int main(void) { return part(); }' >main.c
	echo 'int part(void) { return 0; }' >part.c
	gcc -c -o object.o main.c
	gcc -c -m32 -o for-32-bits part.c
	gcc -shared -fPIC -o libpart.so part.c
	gcc -o without-library main.c -L. -lpart
	gcc -o dynamic main.c part.c
	gcc -static -o static main.c part.c
	printf '%s\n' '#!/usr/bin/env python3' 'print(1)' >snake
	printf '%s\n' '#!/bin/sh' 'for i in 1 2 3; do cpuid -1 -l 0x4ffffffc; done' >loop.sh
	echo 'for i in {1..3}; do cpuid -1 -l 0x4ffffffe -s $i; done' >loop
	echo 'for i in 1 2; do' >half
	printf '%s\r\n' '#!/bin/bash' 'cpuid -1' >windows
	printf '%s\r\n' 'for i in 1 2; do' 'cpuid -1' 'done' >windows-loop
	head -c 4000 /dev/zero >zeros
	cp loop other/
	cp loop 'two words'
	cp loop module.ko
	: >empty
	cd - >/dev/null || exit
}

test_programs() {
	local dir=$copy/programs name

	fresh
	make_programs "$dir"
	own "$dir"
	# refused 'ARGUMENT...' REGEX NAME
	refused() {
		# shellcheck disable=SC2086 # these are words
		lab scripts/demo --program $1
		tells "scripts/demo --program $3" "$2"
		lacks "$copy/build/demo*" "$3: nothing was built"
	}
	refused '' '--program wants one or more files' 'without a file'
	refused --shell '--program wants one or more files' 'and an option'
	refused programs/nowhere 'programs/nowhere: no such file' nowhere
	refused programs/directory 'is not a file that you may read' directory
	refused programs/empty 'programs/empty is empty' empty
	refused programs/main.c 'neither a program nor a shell script .*compile it: gcc' main.c
	refused programs/zeros 'neither a program nor a shell script' zeros
	refused programs/half 'neither a program nor a shell script .*bash -n programs/half' half
	refused programs/windows "lines of programs/windows end with CR LF .*sed -i 's/.r.//' programs/windows" windows
	refused programs/windows-loop 'end with CR LF' windows-loop
	refused programs/object.o 'an object file .*link it' object.o
	refused programs/for-32-bits 'no program for x86-64 .*compile it' for-32-bits
	refused programs/without-library 'needs the library libpart.so, .*link it with -static' without-library
	refused programs/snake 'wants python3, .*only bash .*as a shell script' snake
	refused programs/module.ko 'a module cannot be run' module.ko
	refused 'programs/loop programs/other/loop' 'two programs are named loop .*rename' 'loop loop'
	lab scripts/demo --program 'programs/two words'
	tells "scripts/demo --program 'two words'" "'two words' cannot be .*rename it: letters"
	lab scripts/demo programs/loop
	tells "scripts/demo loop" 'unknown word programs/loop .*--program programs/loop'
	for name in static dynamic loop loop.sh; do
		functions programs.sh "check_programs programs/$name"
		is "$status:$(<"$said")" "0:it went on" "$name can be run in the inner VM"
	done
	functions programs.sh 'many=(programs/many-{100..199}-of-a-long-name); for one in "${many[@]}"; do
		cp programs/loop "$one"; done; check_programs "${many[@]}"'
	tells "a hundred programs" 'too many programs for one run .*take two runs'
}

# For the running kernel, for one that is named, and by DKMS.
test_kernel_of_module() {
	local old='Linux 5.15.0-91-generic is too old: .* linux-generic-hwe-22.04' name

	fresh
	mkdir -p "$work/old/include/generated"
	touch "$work/old/Makefile"
	echo '#define UTS_RELEASE "5.15.0-91-generic"' >"$work/old/include/generated/utsrelease.h"
	echo 'CONFIG_KVM=m' >"$work/old/.config"
	lab kernel/module/build host "$work/old"
	tells "the module for a kernel that is too old" "$old"
	lab kernel/module/dkms host install 5.15.0-91-generic
	tells "the same by DKMS" "$old"
	stub uname <<<'echo 5.15.0-91-generic'
	lab make module
	tells "the module on a kernel that is too old" "$old"
	lacks "$copy/build/*" "nothing was built"
	for name in 6.1.0-99-cloud-amd64 6.8.0-45-generic; do
		stub uname <<<"echo $name"
		lab kernel/module/build host
		tells "the module without headers" "apt-get install linux-headers-$name\\)"
	done

	# As Ubuntu 22.04's newer kernels, which its gcc does not build for.
	echo '#define UTS_RELEASE "6.8.0-45-generic"' >"$work/old/include/generated/utsrelease.h"
	grep -o '[^ "!]*CONFIG_[A-Z_]*' "$copy/kernel/module/dkms.conf" | grep -v LTO | sed 's/$/=y/' >"$work/old/.config"
	echo CONFIG_GCC_VERSION=990300 >>"$work/old/.config"
	lab kernel/module/build host "$work/old"
	tells "the module for a kernel of a newer compiler" \
		'kernel of .* is built with gcc 99, .* apt-get install gcc-99'
	stub gcc-99 </dev/null
	stub make <<<'echo "$@" >"$TMPDIR/made"; touch "${3#M=}/kvm_exitstat.ko"'
	lab kernel/module/build host "$work/old"
	is "$status" 0 "the module with that compiler"
	like "$(<"$work/tmp/made")" ' CC=gcc-99 ' "it is the one that is taken"
	rm "$work"/stubs/{gcc-99,make} "$work/tmp/made"
}

# Of three runs at once each has the whole of it, and who reads an older one keeps that.
test_guest_module() {
	local made=$copy/build/$release

	fresh
	publish
	functions kernel.sh 'get_kernel base'
	mkdir -p "$kernel/build/include/generated"
	echo "#define UTS_RELEASE \"$release\"" >"$kernel/build/include/generated/utsrelease.h"
	printf '%s\n' CONFIG_PERF_EVENTS=y CONFIG_KPROBES=y >"$kernel/build/.config"
	stub make <<-'STUB'
	mkdir "$TMPDIR/making" || exit
	sleep 1
	touch "${3#M=}/exitstat_guest.ko"
	rmdir "$TMPDIR/making"
	STUB
	functions guest.sh 'build_guest base; ln "$guest_kernel" "$TMPDIR/older"
		for i in 1 2 3; do build_guest base && [[ -f $guest_module && -x $causes && -x $start_kernel ]] &
			builds+=($!); done
		for one in "${builds[@]}"; do wait "$one" || exit; done'
	is "$status:$(tail -n 1 "$said")" "0:it went on" "three runs build the guest's module at once"
	[[ -f $made/kernel && ! $made/kernel -ef $work/tmp/older ]]
	ok $? "what is there already is not written over"
	lacks "$made/*.new" "nothing half done is left"
	rm "$work/stubs/make"
}

test_rights() {
	fresh
	rm "$work/stubs/sudo"
	functions lib.sh 'need gzip no-such-package'
	tells "neither root nor sudo" 'not root.* as root: apt-get install no-such-package '
	stub sudo <<<'echo "sudo: a password is required" >&2; exit 1'
	functions lib.sh 'need gzip no-such-package'
	tells "sudo that refuses" 'not root.* as root: apt-get install no-such-package '
	functions kernel.sh 'get_kernel base'
	tells "sudo that refuses, and no lists of apt's" 'not root.* as root: apt-get update '

	fresh
	chmod 555 "$work/cache"
	lab lab/vm --kvm stock job
	tells "a cache that we may not write to" "cannot write to $cache/.*XDG_CACHE_HOME"
	chmod 755 "$work/cache"
	mkdir -p "$cache/apt/base.lock"
	lab lab/vm --kvm stock job
	tells "a lock that we may not write to" "cannot write to $cache/.*XDG_CACHE_HOME"
}

test_network() {
	fresh
	no_network
	lab lab/vm --kvm stock job
	tells "no network at first" "no list of Debian's packages .*is there a network"
	lacks "$kernel*" "no kernel is there"
	functions lib.sh 'need no-such-package'
	tells "no network to install from" "no list of Debian's packages .*is there a network"
	lab tools/static-libsmartcols
	tells "no network for libsmartcols" "no list of Debian's packages .*is there a network"
	lacks "$cache/apt/sources/updated" "that is not taken for an update"
	functions kernel.sh 'private_apt "$cache/apt/sid" "deb http://127.0.0.1:1/none sid main"'
	tells "no network for another release" 'package lists of Debian sid: is there a network'
	lacks "$cache/apt/sid/updated" "that is not taken for an update"

	fresh
	publish
	functions lib.sh 'need no-such-package'
	tells "a package that the mirror lacks" 'could not install no-such-package .*try apt-get update'
	functions libvirt.sh get_libvirt
	tells "a mirror without libvirt" 'finds no libvirt for this system .*apt-get update, and see apt-get --simulate'
	lacks "$cache/libvirt/*" "no libvirt is there"
	mv "$mirror/linux-headers-$release.deb" "$work/kept"
	lab lab/vm --kvm stock job
	tells "a mirror that does not give all of the kernel" \
		"cannot download linux-headers-$release.* is there a network.*try apt-get update"
	lacks "$kernel" "no kernel is there"
	mv "$work/kept" "$mirror/linux-headers-$release.deb"
}

# Somebody else's apt has the lists for a while.
test_apt_lock() {
	local holder

	fresh
	publish
	: >"$work/lists/lock"
	own "$work/lists/lock"
	perl -e 'use Fcntl; open my $f, "+<", $ARGV[0] or die; my $lock = pack "ssx4qqix4", F_WRLCK, 0, 0, 0, 0;
		fcntl $f, F_SETLK, $lock or die; open my $held, ">", $ARGV[1] or die; sleep 600' "$work/lists/lock" "$work/held" &
	holder=$!
	within 60 test -e "$work/held"
	lab timeout 20 bash -c '. lab/lib.sh; update_apt_lists'
	kill "$holder"
	wait "$holder" 2>/dev/null
	is "$status:$(grep -c 'Waiting for another apt-get' "$said")" 124:1 "a lock of apt's is waited for, which is said once"
	functions lib.sh update_apt_lists
	is "$status:$(tail -n 1 "$said")" "0:it went on" "and then the lists are read"
}

test_source() {
	fresh
	publish
	functions kernel.sh 'get_source base'
	tells "a mirror without the kernel's source" "no package linux-source: apt-get update, or add"
	cp "$mirror/Packages" "$work/kept"
	add_package linux-source "linux-source-6.1"
	add_package linux-source-6.1 libc6
	publish
	test_two_runs
	rm "$mirror/linux-source-6.1.deb"
	publish
	fresh
	functions kernel.sh 'get_source base'
	tells "a mirror that does not give the source" 'cannot download linux-source-6.1=.*does your mirror carry it'
	lacks "$cache/source/$version" "no source is there"
	mv "$work/kept" "$mirror/Packages"
	publish
}

# A kernel that is made here has what lab/debug asks for, or is not made.
test_options() {
	local source=$work/tmp/source

	fresh
	mkdir "$source"
	printf '%s\n' 'tinyconfig: ; @:>.config' 'olddefconfig: ; @sed -i /FROB/d .config' >"$source/Makefile"
	printf '%s\n' '# A comment' CONFIG_KVM=m CONFIG_FROBLESS=n >"$work/tmp/common"
	printf '%s\n' CONFIG_KASAN=y CONFIG_FROB=y >"$work/tmp/more"
	own "$source"
	functions kernel.sh "configure $source $work/tmp/common $work/tmp/more"
	tells "an option that the source does not have" \
		'cannot be configured with CONFIG_FROB=y: it becomes CONFIG_FROB=n .*mend lab/debug'
	sed -i /CONFIG_FROB=/d "$work/tmp/more"
	functions kernel.sh "configure $source $work/tmp/common $work/tmp/more"
	is "$status:$(<"$said")" "0:it went on" "options that it has"
}

# boots NAME [OPTION]: a run that comes as far as to QEMU, whose status is told.
boots() {
	stub qemu-system-x86_64 <<<'echo "qemu: no such accelerator" >&2; exit 1'
	lab lab/vm "${@:2}" --kvm stock job
	tells "$1" 'qemu: no such accelerator .*the outer VM stopped without a result'
	rm "$work/stubs/qemu-system-x86_64"
	is "$(<"$kernel/release")" "$release" "$1: the kernel is there"
	like "$(zcat "$kernel"/outer-*.img | cpio -t --quiet | tr '\n' ' ')" ' init .*bin/busybox |bin/busybox .* init ' \
		"$1: the initramfs is whole"
	lacks "$kernel/*.new" "$1: nothing half done is beside it"
	lacks "$kernel.new" "$1: nor beside the kernel"
	lacks "$work/tmp/*" "$1: no temporary file is left"
}

# ended PROCESS: it has, or does at once.
ended() {
	within 60 eval "! kill -0 $1 2>/dev/null"
}

# shellcheck disable=SC2317 # within calls it; nobody says anything any more
is_released() {
	[[ -z $(find /proc/[0-9]*/fd -lname "$said" 2>/dev/null) ]]
}

test_interrupted() {
	fresh
	publish
	stub dpkg-deb <<<'/usr/bin/dpkg-deb "$@"; kill -9 $PPID'
	lab lab/vm --kvm stock job 2>/dev/null
	is "$status" 137 "killed while the kernel is unpacked"
	lacks "$kernel" "no kernel is there"
	touch "$kernel.new/image/half"
	rm "$work/stubs/dpkg-deb"
	boots "started again"
	lacks "$kernel/image/half" "nothing of the first try is in it"

	fresh
	stub gzip <<<'head -c 5000; kill -TERM $PPID; exit 1'
	lab lab/vm --kvm stock job 2>/dev/null
	is "$status" 143 "ended while the initramfs is packed"
	lacks "$kernel/*.img" "no initramfs is there"
	lacks "$work/tmp/*" "no temporary file is left"
	rm "$work/stubs/gzip"
	boots "started again"

	# As QEMU does where a person types Ctrl-C: the signal is for all that is in the foreground.
	stub qemu-system-x86_64 <<-'STUB'
	trap 'exit 0' INT
	echo begun >>"$TMPDIR/qemu"
	kill -INT 0
	for ((i = 0; i < 600; i++)); do sleep 0.1; done
	STUB
	lab env --default-signal=INT setsid --wait lab/vm --true-smp --kvm stock job
	is "$(<"$work/tmp/qemu")" begun "an outer VM that was interrupted is not started again"
	rm -f "$work/tmp/qemu"
	lacks "$work/tmp/*" "no temporary file is left"
	stub qemu-system-x86_64 <<<'read -r _ _ _ vm _ </proc/$PPID/stat; kill -TERM $vm'
	lab lab/vm --kvm stock job
	is "$status" 143 "ended while the outer VM runs"
	within 60 is_released
	ok $? "no process is left"
	rm "$work/stubs/qemu-system-x86_64"

	stub make <<-'STUB'
	echo $$ >"$TMPDIR/make"
	exec sleep 60
	STUB
	# shellcheck disable=SC2016 # that shell expands it
	lab timeout 100 bash -c 'scripts/test --quick &
		until [[ -s $TMPDIR/make ]]; do sleep 0.1; done; kill $!; wait'
	ended "$(<"$work/tmp/make")"
	ok $? "what a run of the tests has started ends with it"
	rm "$work/stubs/make" "$work/tmp/make"
}

# Halves of a CPU, of four, and at most three parts at a time.
test_parts() {
	fresh
	functions lib.sh '
		. scripts/parts.sh
		begin_parts
		capacity=4 most=3
		look() { (cd "$TMPDIR" && echo half* whole* | sed "s/[^ ]*\*//" >>seen); }
		at_work() { touch "$TMPDIR/$1"; look; sleep 0.5; look; rm "$TMPDIR/$1"; }
		for i in 1 2 3 4; do part AMD "half $i" at_work half$i; done
		part Intel fails bash -c "echo what it says; exit 3"
		for i in 1 2; do part Intel "whole $i" at_work whole$i; done
		run_parts
		end_parts || exit'
	is "$status" 1 "a run of parts of which one fails has failed"
	tells "a part that fails" 'failed: fails *\| what it says'
	is "$(grep -c ': passed' "$said")" 6 "the others have run"
	is "$(cut -f 4 "$copy/build/times" | sort | paste -sd ,)" \
		"fails,half 1,half 2,half 3,half 4,whole 1,whole 2" "each has its time"
	awk '{ half = gsub(/half/, "&"); whole = gsub(/whole/, "&") }
		half + whole > 3 || half + 2 * whole > 4 { over = 1 }
		half + whole > 1 { beside = 1 }
		END { exit over || !beside }' "$work/tmp/seen"
	ok $? "some run at the same time, and no more than there is room for"
}

# The mirror has no sources.
test_emulator() {
	fresh
	publish
	boots "two CPUs at once" --true-smp
	grep -q "Debian's own QEMU will do" "$said"
	ok $? "without the source of QEMU Debian's own is taken, and that is said"
	lacks "$cache/qemu/*.new" "nothing half done is left"
}

# As on a full disk, a file ends after some KiB.
test_space() {
	fresh
	stub gzip <<<'trap "" XFSZ; ulimit -f 8; exec /usr/bin/gzip "$@"'
	lab lab/vm --kvm stock job
	tells "no space for the initramfs" "cannot write $kernel/outer-.* is there space in $kernel"
	! grep -q Booting "$said"
	ok $? "and no VM is booted"
	lacks "$kernel/*.img*" "no initramfs is there"
	rm "$work/stubs/gzip"
	boots "with space again"

	fresh
	stub dpkg-deb <<<'trap "" XFSZ; ulimit -f 0; exec /usr/bin/dpkg-deb "$@"'
	functions kernel.sh 'get_kernel base'
	tells "no space for the kernel" "cannot unpack linux-.* is there space in $cache"
	lacks "$kernel" "no kernel is there"
	stub depmod <<<'trap "" XFSZ; ulimit -f 0; exec /usr/sbin/depmod "$@"'
	rm "$work/stubs/dpkg-deb"
	functions kernel.sh 'get_kernel base'
	tells "no space for its list of modules" "cannot make kernel $release ready .*is there space in $cache"
	lacks "$kernel" "no kernel is there"
	rm "$work/stubs/depmod"
	boots "with space again"
}

prepare
test_arguments
test_kernels_of_tests
test_table
test_programs
test_kernel_of_module
test_guest_module
test_rights
test_network
test_apt_lock
test_source
test_options
test_interrupted
test_parts
test_emulator
test_space
done_testing
