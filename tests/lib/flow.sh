# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What every flow script starts with. A script runs the real command against a store of its own,
# states what must happen, and ends with `done_ok`, which also checks that nothing was left behind.
#
#   run CODE CMD…        runs it, output in $out and $err; fails the test unless it ends with CODE (a pattern)
#   vz ARGS…             the command on this test's store ($root); use as `run 0 vz list`
#   said REGEX           the last run's stderr has a line that matches
#   gave REGEX           its stdout has
#   one_error_line       its stderr is one "vzpkg: error: …" line, with at most a hint after it
#   json FILTER          jq -r FILTER on its stdout
#   soon CMD…            waits until it succeeds; fails the test if it does not within a minute
#   serve DIR            serves DIR on loopback; its address in $url; stops with the test
#   with_base            $root is a copy of a store with the template "base" of real packages, built once
#   with_mirror          $mirror (directory), $mirror_url, $suite: real packages on loopback
#   with_rpmdist         $rpm_repo, $rpm_key, $rpm_url: an RPM distribution of real binaries on loopback (rpmdist.sh)
#   recipe FILE URL SUITE KEY INSTALL…   writes an `os` recipe named as the file; whatever URL is, what it builds is the same
#   skip REASON · die REASON

set -euo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
unset VZPKG_ROOT PYTHONUNBUFFERED # with the latter, two processes break into each other's lines
name=$(basename "$0" .sh)
lib=${top_srcdir:?}/tests/lib
keep=${top_builddir:?}/tests/tmp
# shellcheck source=tests/lib/repo.sh
. "$lib/repo.sh"
# shellcheck source=tests/lib/mirror.sh
. "$lib/mirror.sh"
# shellcheck source=tests/lib/rpm.sh
. "$lib/rpm.sh"
# shellcheck source=tests/lib/rpmdist.sh
. "$lib/rpmdist.sh"

die() {
	printf '%s: %s\n' "$name" "$*" >&2
	exit 1
}
skip() {
	[ "${VZ_MUST_WORK:-0}" != 1 ] || die "must not skip here: $*"
	printf 'skipped: %s\n' "$*"
	exit 77
}

[ "$(id -u)" = 0 ] || skip "needs root"
[ -x "${VZPKG:?}" ] || die "no command at $VZPKG"
mkdir -p "$keep"
tmp=$(mktemp -d "$keep/$name.XXXXXX")
root=$tmp/root
out=$tmp/out err=$tmp/err
servers=()
ran=

cleanup() {
	local status=$? pid where
	trap - EXIT
	set +e
	if [ $status != 0 ] && [ $status != 77 ]; then
		printf -- '--- last command: %s\n--- its stdout:\n' "$ran"
		tail -n 30 "$out" 2>/dev/null
		printf -- '--- its stderr:\n'
		tail -n 30 "$err" 2>/dev/null
	fi >&2
	for pid in "${servers[@]}"; do
		kill "$pid" 2>/dev/null
		kill -CONT "$pid" 2>/dev/null
	done
	[ -z "$(started)" ] || vz stop --all --time 0
	while read -r where; do
		umount -l "$where"
	done < <(mounted)
	rm -rf "$tmp"
	exit $status
}
trap cleanup EXIT
trap 'exit 129' HUP INT TERM

# mount points below this test's directory, innermost first
mounted() {
	awk -v top="$tmp/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo | sort -r
}

# what is left in the host of environments that were started: records, control groups
started() {
	local id
	id=$(stat -c '%D-%i' "$root" 2>/dev/null) || return 0
	find /run/vzpkg /sys/fs/cgroup -maxdepth 3 -type d -name "$id.*" 2>/dev/null
}

vz() {
	"$VZPKG" --root "$root" --no-progress "$@"
}

run() {
	local want=$1 got=0
	shift
	ran="$*"
	"$@" >"$out" 2>"$err" </dev/null || got=$?
	# shellcheck disable=SC2053 # CODE may be a pattern
	[[ $got == $want ]] || die "'$*' ended with $got, wanted $want"
}
said() { grep -qE -- "$1" "$err" || die "stderr of '$ran' has no '$1'"; }
gave() { grep -qE -- "$1" "$out" || die "stdout of '$ran' has no '$1'"; }
json() { jq -r "$1" "$out" || die "JSON of '$ran' has no '$1'"; }
one_error_line() {
	[ "$(grep -c '^vzpkg: error: ' "$err")" = 1 ] || die "not exactly one error line from '$ran'"
	! sed '1,/^vzpkg: error: /d' "$err" | grep -qv '^hint: ' || die "'$ran' says more after its error"
}
# a loaded machine takes its time: a minute is for what never comes
soon() {
	local end=$((SECONDS + 60))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || die "does not come true: $*"
		sleep 0.05
	done
}
same() { [ "$1" = "$2" ] || die "'$1' is not '$2'${3:+ ($3)}"; }

serve() {
	local ready=$tmp/server.${#servers[@]}
	: >"$ready" # now: a shell in the background makes it when it comes to it
	python3 "$lib/server.py" "${@:2}" "$1" >"$ready" 2>"$ready.log" </dev/null &
	servers+=($!)
	while kill -0 "${servers[-1]}" 2>/dev/null; do
		url=$(sed -n 's,.*\(http://127\.0\.0\.1:[0-9]*\).*,\1,p;q' "$ready")
		[ -z "$url" ] || return 0
		sleep 0.05
	done
	die "the server did not start: $(cat "$ready.log")"
}

recipe() {
	local file=$1 from=$2 suite=$3 key=$4 template
	shift 4
	template=$(basename "$file" .recipe)
	cat >"$file" <<-END
		[template]
		name = $template
		kind = os
		[repository main]
		type = deb
		url = $from
		suite = $suite
		components = main
		key = $key
		sources = http://deb.example.org/debian
		[packages]
		install = $*
	END
}

# once NAME FUNCTION: the first test to come calls FUNCTION DIR; the others wait for it
once() {
	exec 8>"$keep/$1.lock"
	flock 8
	[ -f "$keep/$1/.made" ] || {
		rm -rf "${keep:?}/$1"
		mkdir -p "$keep/$1"
		"$2" "$keep/$1" 8>&-
		: >"$keep/$1/.made"
	}
	exec 8>&-
}

with_mirror() {
	once mirror mirror_make
	mirror=$keep/mirror
	suite=$mirror_suite
	serve "$mirror/debian"
	mirror_url=$url
}

# its name says the form of a store: one that an earlier vzpkg left behind is not taken for it
base=base.2
make_base() {
	recipe "$1/base.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt
	"$VZPKG" --root "$1/root" --no-progress create template "$1/base.recipe" >"$1/log" 2>&1 </dev/null || {
		tail -n 30 "$1/log" >&2
		die "the base template could not be built"
	}
}
with_base() {
	with_mirror
	once $base make_base
	# what the store keeps under its final names is never written again: links are enough
	cp -al "$keep/$base/root" "$root"
	rm -rf "$root/locks"
	recipe "$tmp/base.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt
}

# nothing of this test may still be mounted, running or staged
nothing_left() {
	local left
	left=$(mounted)
	[ -z "$left" ] || die "still mounted: $left"
	left=$(losetup -n -O NAME,BACK-FILE 2>/dev/null | grep -F "$tmp/" || :)
	[ -z "$left" ] || die "loop devices left: $left"
	left=$(started)
	[ -z "$left" ] || die "left of what was started: $left"
	left=$(pgrep -fa -- "$root" || :)
	[ -z "$left" ] || die "still running: $left"
	[ ! -d "$root/staging" ] || {
		left=$(find "$root/staging" "$root/trash" -mindepth 1 2>/dev/null | head -n 5)
		[ -z "$left" ] || die "staged or trashed files left: $left"
	}
}
done_ok() {
	nothing_left
	printf '%s: all as it should be\n' "$name"
}
