#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each command that changes something is killed before some of its system calls, meets errors at others, and gets no
# memory once. Afterwards there is the old state or the new one, whole and without a finding; what was said to be done is done;
# and the same command, given again, succeeds. $FAULT_POINTS is how many points of each kind are taken, $FAULT_ONLY a
# word of the commands that are, $FAULT_KINDS some of "kills errors starve"; `make faults` takes all, and goes on after
# what it found.
. "${top_srcdir:?}/tests/lib/flow.sh"
fault=$top_builddir/tests/fault/fault
[ "$(uname -m)" = x86_64 ] || skip "the tracer is for x86_64"
memory=$top_builddir/tests/fault/memory.so
points=${FAULT_POINTS:-1}
only=${FAULT_ONLY:-}
kinds=${FAULT_KINDS:-kills errors starve}
verbose=${FAULT_VERBOSE:-}

# a small system whose packages need nobody to configure them
rpm_key "$tmp/key"
site=$tmp/site
os() { # VERSION
	rm -rf "$tmp/files"
	mkdir -p "$tmp/files/etc" "$tmp/files/usr/bin" "$tmp/files/var"
	printf 'root:x:0:0:root:/root:/bin/sh\nold%s:x:9%s:0::/:/bin/sh\n' "$1" "$1" >"$tmp/files/etc/passwd"
	printf 'root:x:0:\n' >"$tmp/files/etc/group"
	seq "$1" 1000 >"$tmp/files/etc/numbers"
	seq "$1" 2000 >"$tmp/files/usr/bin/tool$1"
	ln "$tmp/files/usr/bin/tool$1" "$tmp/files/usr/bin/same"
	rpm_files=$tmp/files rpm_pkg "$site/$1" core "$1-1"
	rpm_pkg "$site/$1" extra 1-1
	rpm_addsign "$tmp/key" "$site/$1"/*.rpm
	rpm_publish "$site/$1" "$tmp/key"
}
os 1
os 2
serve "$site"
rpm_recipe "$tmp/t.recipe" "$url/now" "$tmp/key/key.asc" core
now() { ln -sfn "$1" "$site/now"; }

# ---- what is looked at afterwards ----

# everything that a user could see
state() {
	local env
	(cd "$root" && find templates -mindepth 2 -maxdepth 2 -name '[0-9]*' 2>/dev/null) | sort
	vz --json list | jq -c 'map([.name, .version, .image.digest])'
	for env in $(find "$root/envs" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort); do
		vz --json history "$env" | jq -c 'map([.generation, .template, .packages, .image, .current])'
		vz mount "$env" >/dev/null
		(cd "$root/envs/$env/root" && find . -type f ! -name machine-id ! -name 'rpmdb*' -exec sha256sum {} + | sort -k2)
		vz umount "$env" >/dev/null
	done
}
copy() { # FROM: $root is a store like that
	rm -rf "$tmp/root"
	root=$tmp/root
	cp -a --reflink=auto "$1" "$root"
}
# the store is whole, in the old state or the new; then the command does what is left
holds() { # WHAT STATUS COMMAND…
	local what=$1 status=$2 is begin
	shift 2
	begin=$(date +%s%3N)
	run 0 vz verify
	state >"$tmp/is" 2>"$err" || die "after $what: nothing can be seen: $(cat "$err")"
	if cmp -s "$tmp/is" "$tmp/old"; then
		is=old
		[ "$status" != 0 ] || die "after $what: it said that it was done"
		run 0 vz "$@"
	else
		is=new
		cmp -s "$tmp/is" "$tmp/new" || die "after $what: neither old nor new: $(diff "$tmp/is" "$tmp/new" | head -n 5)"
		run 0 vz clean
	fi
	echo $(($(date +%s%3N) - begin)) >>"$tmp/took"
	run 0 vz verify
	state >"$tmp/is"
	cmp -s "$tmp/is" "$tmp/new" || die "after $what, and again: $(diff "$tmp/is" "$tmp/new" | head -n 5)"
	nothing_left
	[ -z "$verbose" ] || echo "$what: $is"
}

# ---- what is done ----

broken=0
# point KIND FUNCTION ARGS…: one of them; in a shell of its own, so that a sweep can go on after a finding
point() {
	echo "${@:3:1}" >>"$tmp/$1"
	if ! ("${@:2}"); then
		[ "$points" = all ] || exit 1
		broken=$((broken + 1))
		mounted | xargs -r umount -l
	fi
}
hurt() { # OPTIONS STORE COMMAND…: one run; $status, and in $hit the call
	local options store=$2
	read -ra options <<<"$1"
	shift 2
	copy "$store"
	status=0
	"$fault" "${options[@]}" -o "$tmp/hit" "$VZPKG" --root "$root" --no-progress "$@" >"$tmp/hurt.out" 2>"$tmp/hurt.err" </dev/null ||
		status=$?
	ran="fault ${options[*]}: $*"
	read -r count hit <"$tmp/hit"
	[ $status != 124 ] || die "'$*' hangs after ${options[*]} ($hit)"
	[ $status != 125 ] || die "'$*' leaves something running after ${options[*]} ($hit)"
}
chosen() { # COUNT: which of so many
	local i n=$points
	[ "$n" != all ] || n=$1
	for i in $(seq "$n"); do
		echo $(((2 * i - 1) * $1 / (2 * n) + 1))
	done | sort -nu
}
kill_at() { # N ALL STORE COMMAND…
	local n=$1 all=$2 store=$3
	shift 3
	hurt "-k $n" "$store" "$@"
	[ "$hit" != - ] || return 0
	[ ! -s "$tmp/hurt.out" ] || status=0
	holds "'$*' was killed at call $n of $all ($hit)" "$status" "$@"
}
kills() { # STORE COMMAND…
	local n all
	hurt '' "$@"
	same $status 0 "${*:2} without a fault"
	all=$count
	for n in $(chosen "$all"); do
		point killed kill_at "$n" "$all" "$@"
	done
}
# all, or one after the other
turn=0
error_kinds() {
	[ "$points" = 1 ] || { echo "$*"; return; }
	shift $((turn % $#))
	echo "$1"
}
fail_at() { # ERROR N ALL STORE COMMAND…
	local error=$1 n=$2 all=$3 store=$4
	shift 4
	hurt "-s $root -e $error:$n" "$store" "$@"
	[ "$hit" != - ] || return 0
	[ $status -lt 128 ] || die "'$*' dies of signal $((status - 128)) after $error at call $n ($hit): $(cat "$tmp/hurt.err")"
	[ $status = 0 ] || [ "$(grep -c '^vzpkg: error: ' "$tmp/hurt.err")" = 1 ] ||
		die "'$*' ends with $status and no error line after $error at call $n ($hit): $(cat "$tmp/hurt.err")"
	holds "'$*' met $error at call $n of $all ($hit)" $status "$@"
}
errors() { # STORE COMMAND…
	local error n all
	for error in $(error_kinds EIO ENOSPC EMFILE EINTR); do
		hurt "-s $root -e $error:0" "$@"
		all=$count
		[ "$all" -gt 0 ] || continue
		for n in $(chosen "$all"); do
			point failed fail_at "$error" "$n" "$all" "$@"
		done
	done
}
# what has no memory may end in any way but a crash
starve_at() { # N ALL STORE COMMAND…
	local n=$1 all=$2 store=$3
	shift 3
	copy "$store"
	status=0
	FAULT_MEMORY_AT=$n LD_PRELOAD=$memory vz "$@" >"$tmp/hurt.out" 2>"$tmp/hurt.err" </dev/null || status=$?
	ran="allocation $n of: $*"
	[ $status != 139 ] || die "'$*' crashes without memory at allocation $n: $(cat "$tmp/hurt.err")"
	holds "'$*' got no memory at allocation $n of $all (status $status)" $status "$@"
}
starve() { # STORE COMMAND…
	local n all
	# sanitizers bring an allocator of their own
	! ldd "$VZPKG" | grep -q libasan || return 0
	copy "$1"
	FAULT_MEMORY_OUT=$tmp/hit LD_PRELOAD=$memory run 0 vz "${@:2}"
	read -r all <"$tmp/hit"
	for n in $(chosen "$all"); do
		point starved starve_at "$n" "$all" "$@"
	done
}
faults() { # STORE COMMAND…
	local kind
	[ -z "$only" ] || [[ ${*:2} == *$only* ]] || return 0
	copy "$1"
	state >"$tmp/old"
	run 0 vz "${@:2}"
	state >"$tmp/new"
	! cmp -s "$tmp/old" "$tmp/new" || [ "$2" = clean ] || die "'${*:2}' changes nothing"
	for kind in $kinds; do
		"$kind" "$@"
	done
	turn=$((turn + 1))
}

# ---- the commands, each from a store that is ready for it ----

keep_as() { cp -a "$root" "$tmp/$1"; }
now 1
run 0 vz create template "$tmp/t.recipe"
rm -r "$root"/compositions/* "$root"/images/* "$root"/templates/t "$root"/plans/* 2>/dev/null || :
run 0 vz clean --dry-run
keep_as warm
run 0 vz create template "$tmp/t.recipe"
keep_as built
run 0 vz create env e t
run 0 vz mount e
printf 'mine\n' >>"$root/envs/e/root/etc/numbers"
printf 'me:x:1000:0::/:/bin/sh\n' >>"$root/envs/e/root/etc/passwd"
rm "$root/envs/e/root/usr/bin/same"
run 0 vz umount e
keep_as used
now 2
run 0 vz update template t
keep_as newer
run 0 vz update e
keep_as updated
run 0 vz remove env e
run 0 vz remove template t@1
keep_as garbage

faults "$tmp/warm" create template "$tmp/t.recipe"
faults "$tmp/built" create env e t
faults "$tmp/used" install e -p extra
faults "$tmp/used" update template t
faults "$tmp/newer" update e
faults "$tmp/updated" rollback e
faults "$tmp/updated" remove env e
faults "$tmp/garbage" remove template t@2
faults "$tmp/garbage" clean
many() { wc -l <"$tmp/$1"; }
: | tee -a "$tmp/killed" "$tmp/failed" "$tmp/starved" >>"$tmp/took"
echo "killed at $(many killed) points, an error at $(many failed), no memory at $(many starved);" \
	"the slowest recovery took $(sort -n "$tmp/took" | tail -n 1) ms"
[ $broken = 0 ] || die "$broken of these points broke something"
root=$tmp/root
done_ok
