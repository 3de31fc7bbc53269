#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is installed can be used: the library by other programs, the static command anywhere.
# shellcheck source=tests/tools/setup.sh
. "$(dirname "$0")/setup.sh"

root=$scratch/root
installed=$root/usr
# shellcheck disable=SC2317 # check calls it
in_root() {
	make -s -C "$here/../.." O="$build" PREFIX=/usr DESTDIR="$root" "$1"
}
check "make install" in_root install
for file in bin/exitstat lib/libexitstat.a lib/libexitstat.so.1 include/exitstat.h \
	include/exitstat_abi.h include/exitstat_host.h share/man/man1/exitstat.1 share/man/man3/libexitstat.3 \
	share/man/man7/exitstat.7 share/man/man7/exitstat-reasons.7 share/bash-completion/completions/exitstat; do
	check "$file is there" test -f "$installed/$file"
done

cat >"$scratch/user.c" <<'END'
#include <exitstat.h>
#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct exitstat *es = exitstat_new();
	static struct exitstat_sample sample;

	if (!es || argc < 2 || exitstat_replay(es, argv[1]) || exitstat_open(es) ||
	    exitstat_read(es, EXITSTAT_VM, EXITSTAT_READ_ALL, &sample))
		return 1;
	printf("%" PRIu64 "\n", sample.total.count);
	exitstat_free(es);
	return 0;
}
END
flags() {
	PKG_CONFIG_PATH=$installed/lib/pkgconfig pkg-config --define-variable=prefix="$installed" \
		--define-variable=libdir="$installed/lib" "$@" libexitstat
}
if command -v pkg-config >/dev/null; then
	# shellcheck disable=SC2046
	check "a program with the shared library" cc -Wall ${WERROR:+-Werror} -o "$scratch/user" \
		"$scratch/user.c" $(flags --cflags --libs)
	is "$(LD_LIBRARY_PATH=$installed/lib "$scratch/user" "$recordings/svm")" 14011 "and it runs"
	# shellcheck disable=SC2046
	check "a program with the static library" cc -Wall ${WERROR:+-Werror} -static -o "$scratch/user" \
		"$scratch/user.c" $(flags --static --cflags --libs)
	is "$("$scratch/user" "$recordings/vmx")" 14011 "and it runs"
else
	skip "programs with the library" "no pkg-config here"
fi
if command -v c++ >/dev/null; then
	check "the header in C++" c++ -Wall -Wextra ${WERROR:+-Werror} -fsyntax-only \
		-I"$installed/include" -x c++ "$installed/include/exitstat.h"
fi
is "$(nm -D --defined-only "$installed/lib/libexitstat.so.1" | awk '{ print $3 }' |
	grep -vcE '^exitstat_|^EXITSTAT_1')" 0 "the shared library has no names but its own"

if [[ $(id -u) == 0 && -e /bin/busybox ]]; then
	mkdir "$scratch/initramfs"
	cp "$build/static/exitstat" /bin/busybox "$recordings/svm" "$scratch/initramfs"
	out=$(chroot "$scratch/initramfs" /busybox sh -c '/exitstat --replay /svm && echo well')
	like "$out" "^AMD SVM.*"$'\n'"npf +4000 .*"$'\n'"well$" "the static command needs nothing"
	out=$(chroot "$scratch/initramfs" /busybox sh -c \
		'/exitstat --replay /svm -- /busybox echo well; /exitstat --replay /svm 0 2' 2>&1)
	like "$out" "well.*total +701.*REASONS" "nor for a command and intervals"
else
	skip "the static command needs nothing" "not root, or no static busybox"
fi

check "make uninstall" in_root uninstall
is "$(find "$root" ! -type d)" "" "leaves no file"

done_testing
