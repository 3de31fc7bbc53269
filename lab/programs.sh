# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A reader's own programs for the inner VM: what cannot run there is told here.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

is_elf() {
	[[ $(head -c 4 "$1" | tr '\0' .) == $'\x7fELF' ]]
}

# The word of a script's first line that names its interpreter, empty without such a line.
interpreter() {
	local line words

	IFS= read -r line < <(head -c 200 "$1" | tr '\0\r' '. ')
	[[ $line == '#!'* ]] || return 0
	read -ra words <<<"${line#'#!'}"
	[[ ${words[0]##*/} != env ]] || words=("${words[@]:1}")
	echo "${words[0]##*/}"
}

check_elf() {
	local header missing

	header=$(LC_ALL=C readelf -h "$1" 2>/dev/null)
	grep -q 'Machine:.*X86-64' <<<"$header" ||
		die "$1 is no program for x86-64" "compile it with gcc -O2 -static"
	grep -qE 'Type: +(EXEC|DYN)' <<<"$header" ||
		die "$1 is no program, but an object file" "link it: gcc -static -o PROGRAM $1"
	missing=$(LC_ALL=C ldd "$1" 2>/dev/null | awk '/not found/ { print $1 }')
	[[ -z $missing ]] ||
		die "$1 needs the library ${missing//$'\n'/, }, which is not here" "link it with -static"
}

check_script() {
	local interpreter
	interpreter=$(interpreter "$1")

	[[ $interpreter =~ ^(|sh|bash|dash|ash)$ ]] ||
		die "$1 wants $interpreter, and the inner VM has only bash and busybox" \
			"write it as a shell script, or as a program in C, linked with -static"
	# As editors of Windows write them.
	! grep -q $'\r$' "$1" || ! sed 's/\r$//' "$1" | bash -n 2>/dev/null ||
		die "the lines of $1 end with CR LF" "convert it: sed -i 's/\r\$//' $1"
	bash -n "$1" 2>/dev/null || die "$1 is neither a program nor a shell script" \
		"if it is C, compile it: gcc -O2 -static -o PROGRAM $1" \
		"if it is a script, bash -n $1 says what is wrong"
}

# check_programs FILE...
check_programs() {
	local file name names=' '

	for file; do
		name=${file##*/}
		[[ -e $file ]] || die "$file: no such file"
		[[ -f $file && -r $file ]] || die "$file is not a file that you may read"
		[[ -s $file ]] || die "$file is empty"
		[[ $name =~ ^[[:alnum:]_][[:alnum:]._+-]*$ ]] ||
			die "'$name' cannot be a program's name in the inner VM" \
				"rename it: letters, digits and ._+- are allowed"
		[[ $name != *.ko ]] || die "$file: a module cannot be run" "give it a program that loads it"
		[[ $names != *" $name "* ]] || die "two programs are named $name" "rename one of them"
		names+="$name "
		if is_elf "$file"; then check_elf "$file"; else check_script "$file"; fi
	done
	# They are named on the inner kernel's command line, which holds 2048 characters.
	((${#names} < 1500)) || die "these are too many programs for one run" "take two runs"
}
