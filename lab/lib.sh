# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the lab's scripts share: where things are, messages, packages, progress.

# shellcheck disable=SC2034 # for whoever sources this
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/exitstat
build=$top/build
: "${lab_started:=$SECONDS}"
PATH=$PATH:/usr/sbin:/sbin

die() {
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	(($# < 2)) || printf '  %s\n' "${@:2}" >&2
	exit 1
}

# wants WHAT OPTION [VALUE]...: ends this script where the option is the last word.
wants() {
	[[ -n ${3-} ]] || die "$2 wants $1"
}

# One line for each step, with the time since the start.
step() {
	local elapsed=$((SECONDS - lab_started))

	printf '[%d:%02d] %s\n' $((elapsed / 60)) $((elapsed % 60)) "$*" >&2
}

# logged LOG COMMAND...: silent unless it fails, and then says why and where.
logged() {
	local log=$1
	shift

	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 || tell_failure "$log" "$@"
}

tell_failure() {
	printf '%s: failed: %s\n' "${0##*/}" "${*:2}" >&2
	tail -n 15 "$1" | sed 's/^/  | /' >&2
	printf '  the whole log is in %s\n' "$1" >&2
	return 1
}

# As root, by sudo when we are not.
as_root() {
	if ((EUID == 0)); then
		"$@"
	else
		sudo "$@"
	fi
}

is_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

apt_lists_are_there() {
	[[ $(apt-cache policy linux-image-amd64 2>/dev/null) == *Candidate:\ [0-9]* ]]
}

# want_root COMMAND...: say what root has to do when we can't.
want_root() {
	((EUID == 0)) || { command -v sudo >/dev/null && sudo -v; } ||
		die "you are not root, and may not use sudo" "as root: $*"
}

# apt_get NAME ARGUMENT...: as root, with a log of that name. By itself apt waits for dpkg's lock only, and not for
# those of its lists and of what it has fetched, which another run or apt's daily service may hold.
apt_get() {
	local log=$build/log/$1 give_up=$((SECONDS + 600)) told=false
	local command=(as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive
		apt-get -o DPkg::Lock::Timeout=600 "${@:2}")

	mkdir -p "${log%/*}"
	until "${command[@]}" >"$log" 2>&1; do
		if ! grep -q 'Could not get lock' "$log" || ((SECONDS > give_up)); then
			tell_failure "$log" "${command[@]}"
			return
		fi
		$told || step "Waiting for another apt-get, at most ten minutes"
		told=true
		sleep 2
	done
}

# apt-get finds no fault with a mirror that does not answer.
update_apt_lists() {
	want_root apt-get update
	step "Updating apt's lists"
	{ apt_get apt-update update && apt_lists_are_there; } ||
		die "apt-get update brought no list of Debian's packages" \
			"is there a network, and does a Debian mirror in /etc/apt answer? see $build/log/apt-update"
}

# need PACKAGE...: install those that are missing.
need() {
	local package missing=()

	command -v apt-get >/dev/null || die "this is not Debian: there is no apt-get" \
		"install the equivalents of: $*"
	for package; do
		is_installed "$package" || missing+=("$package")
	done
	((${#missing[@]})) || return 0

	want_root apt-get install "${missing[@]}"
	apt_lists_are_there || update_apt_lists
	step "Installing ${missing[*]}"
	apt_get "apt-install-${missing[0]}" install -y --no-install-recommends "${missing[@]}" ||
		die "apt-get could not install ${missing[*]}" \
			"no network, or no such package on your mirror: try apt-get update"
}

# locked PATH COMMAND...: of all runs one at a time makes what is to be at PATH. Each thing has a
# lock of its own, so that nobody waits for what somebody else wants.
locked() {
	local path=$1 lock status
	shift

	{ mkdir -p "${path%/*}" && : >>"$path.lock"; } 2>/dev/null ||
		die "cannot write to ${path%/*}" \
			"set XDG_CACHE_HOME to a directory that you can write to"
	exec {lock}>"$path.lock"
	flock -n "$lock" || {
		step "Waiting for another run that makes $path"
		flock "$lock"
	}
	# Not where its status is asked for: there, bash goes on after a command that failed.
	"$@"
	status=$?
	exec {lock}>&-
	return "$status"
}

# make_here NAME ARGUMENT...: make, in this tree, with a log of that name. One at a time, since several may make
# the same programs.
make_here() {
	locked "$build/programs" logged "$build/log/$1" make -C "$top" "${@:2}"
}

# anew FILE COMMAND...: the command makes a file of the name that is its last word, which takes the place
# of FILE at once: another run may read it.
anew() {
	"${@:2}" "$1.new" && mv "$1.new" "$1"
}
