#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# names.t RELEASE: the library's names of exit reasons are the kernel's, as the headers for
# userspace of that Debian release have them; and what is built here does without any.
# shellcheck source=lab/kernel.sh
. "$(dirname "$0")/../lab/kernel.sh"
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What the kernel calls them, and the library. The messages of SEV-ES, which the header has
# among the reasons, are no exit codes: the low 16 bits of a reason are all that there is.
cat >"$scratch/names.c" <<'END'
#include <stdio.h>
#include <stdint.h>
#include <asm/kvm.h>
#include <asm/svm.h>
#include <asm/vmx.h>
#include <exitstat.h>

struct name {
	uint64_t number;
	const char *name;
};

static const struct name vmx[] = { VMX_EXIT_REASONS };
static const struct name svm[] = { SVM_EXIT_REASONS };

static void compare(uint32_t space, const struct name *names, size_t n)
{
	const char *ours;
	uint32_t number;

	for (; n; n--, names++) {
		number = names->number;
		if (exitstat_reason_number(number & EXITSTAT_REASON_MASK) != number)
			continue;
		ours = exitstat_reason_name(space, number & EXITSTAT_REASON_MASK);
		printf("%u 0x%x %s|%s\n", space, number, names->name, ours ? ours : "");
	}
}

int main(void)
{
	compare(EXITSTAT_SPACE_VMX, vmx, sizeof(vmx) / sizeof(*vmx));
	compare(EXITSTAT_SPACE_SVM, svm, sizeof(svm) / sizeof(*svm));
	return 0;
}
END

# names_of HEADERS: a line each, KERNEL'S|OURS
names_of() {
	cc -I "$1" -I "$1/.." -I "$top/lib" -I "$top/include" -o "$scratch/names" "$scratch/names.c" \
		"$top/lib/names.c" && "$scratch/names"
}

# compare HEADERS NAME: the library has a name for each, that one and no other.
compare() {
	local names

	names=$(names_of "$1")
	ok $? "names in the $2 can be told"
	is "$(awk -F '|' '{ sub(/.* 0x[0-9a-f]+ /, "", $1) } $1 != $2' <<<"$names")" "" "each of the $2 is ours"
	ok $(($(wc -l <<<"$names") < 150)) "and they are many"
}

get_uapi "$1"
compare "$uapi" "headers of $1"
compare "$(dirname "$(dirname "$(cc -E -M - <<<'#include <asm/svm.h>' | grep -o '/[^ ]*/asm/svm.h')")")" \
	"headers installed here"

# Built where these headers are of no use.
mkdir "$scratch/asm"
for header in kvm svm vmx; do
	echo "#error asm/$header.h" >"$scratch/asm/$header.h"
done
export O=$scratch/build WERROR=
for part in "-C lib" "-C tools" "$O/course"; do
	# shellcheck disable=SC2086
	check "make $part wants no header of KVM's" make -s -C "$top" $part O="$O" CC="cc -I$scratch"
done
done_testing
