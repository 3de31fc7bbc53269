# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Initramfs images for the outer and the inner VM: busybox, an init, and what they need.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# new_root DIR INIT: a root with busybox and that init.
new_root() {
	rm -rf "$1"
	mkdir -p "$1"/{bin,dev,proc,sys,tmp,mnt,root,modules}
	chmod 1777 "$1/tmp"
	cp /bin/busybox "$1/bin/"
	ln -s busybox "$1/bin/sh"
	install -m 755 "$2" "$1/init"
}

# add_libraries DIR FILE: the libraries that a program is linked with.
add_libraries() {
	local library

	for library in $(ldd "$2" 2>/dev/null | grep -o '/[^ ]*'); do
		install -D "$library" "$1$library"
	done
}

# add_program DIR PROGRAM [WHERE]: with its libraries, in bin or WHERE.
add_program() {
	install -D -m 755 "$2" "$1/${3:-bin}/$(basename "$2")"
	add_libraries "$1" "$2"
}

# add_modules DIR KERNEL RELEASE NAME...: modules with what they depend on, in the order
# of loading, which the file modules/order holds.
add_modules() {
	local dir=$1 image=$2 release=$3 name insmods file
	shift 3

	insmods=$(for name; do
		modprobe -d "$image" -S "$release" --show-depends "$name" || exit
	done) || die "kernel $release has not all of the modules $*" \
		"remove ${image%/image} and try again"
	: >>"$dir/modules/order"
	awk '$1 == "insmod" && !seen[$2]++ { print $2 }' <<<"$insmods" | while read -r file; do
		cp "$file" "$dir/modules/"
		basename "$file" >>"$dir/modules/order"
	done
}

archive() {
	(cd "$1" && find . | cpio -o -H newc --quiet)
}

# Where there is no 9p the initramfs is the outer VM's root: programs, KVM's modules and the job's
# directory.
make_whole_root() {
	local root=$1 modules=lib/modules/$release file

	new_root "$root" "$top/lab/inside/outer-init-whole"
	ln -s . "$root/usr"
	gcc -std=gnu11 -O2 -Wall -Wextra ${WERROR:+-Werror} -static -o "$root/bin/print" "$top/lab/inside/print.c" ||
		die "cannot compile lab/inside/print.c"
	for file in bash perf kmod setpriv timeout; do
		add_program "$root" "$(command -v "$file")"
	done
	for file in insmod lsmod modprobe rmmod; do
		ln -s kmod "$root/bin/$file"
	done
	mkdir -p "$root/mnt/kernel/$modules"
	(cd "$kernel/image" && shopt -s nullglob &&
		cp --parents "$modules"/modules.{builtin,builtin.modinfo,order} \
			"$modules"/kernel/{virt/lib,arch/x86/kvm,drivers/crypto/ccp}/*.ko* "$root/mnt/kernel/")
	depmod -b "$root/mnt/kernel" "$release"
	mkdir "$root/mnt/job"
	cp -r "$job"/{jobs,files,ko,results,job.sh,tap.sh,run,order,words} "$root/mnt/job/"
	# Loading a module looks each function's name up among all of the module's symbols.
	find "$root/mnt/job/ko" -name '*.ko' -exec \
		strip --strip-unneeded --wildcard --keep-symbol='exitstat_*' \
		--keep-symbol='on_*' {} +
	find "$root/mnt/job" -type f -perm /111 | while read -r file; do
		add_libraries "$root" "$file"
	done
}

# pack DIR IMAGE: all of it or none.
pack() {
	if ! { archive "$1" | gzip -1 >"$2.new" && mv "$2.new" "$2"; }; then
		rm -f "$2.new"
		die "cannot write $2" "is there space in ${2%/*}?"
	fi
}
