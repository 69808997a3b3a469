#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a hostile tenant puts in the place of files that a move merges: the move ends, soon, with a clear line, and nothing
# outside the environment is read or written.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# two versions, of which the second has one user more, a changed configuration file and a changed directory
pool=$tmp/own/pool/main
conf() { # VERSION
	local dir=$tmp/conf-$1

	mkdir -p "$dir/DEBIAN" "$dir/etc/conf" "$dir/usr/share/conf"
	printf 'version %s\n' "$1" | tee "$dir/etc/conf/file" "$dir/usr/share/conf/file" >/dev/null
	printf '/etc/conf/file\n' >"$dir/DEBIAN/conffiles"
	[ "$1" = 1.0 ] || {
		printf '#!/bin/sh\nset -e\nuseradd --system --user-group conf-daemon\n' >"$dir/DEBIAN/postinst"
		chmod 755 "$dir/DEBIAN/postinst"
	}
	repo_files=$dir repo_deb "$pool" conf "$1"
}
conf 1.0
repo_key "$tmp/key"
repo_publish "$tmp/own" "$suite" "$tmp/key"
serve "$tmp/own"
recipe "$tmp/os.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt conf
printf '[repository own]\ntype = deb\nurl = %s\nsuite = %s\ncomponents = main\nkey = %s\n' "$url" "$suite" "$tmp/key/key.gpg" \
	>>"$tmp/os.recipe"
run 0 vz create template "$tmp/os.recipe"
conf 2.0
repo_publish "$tmp/own" "$suite" "$tmp/key"
run 0 vz update template os

# what must not be read or written: whoever opens `passwd` waits for ever, and `conf/file` has a mark
outside=$tmp/outside
mkdir -p "$outside/conf"
mkfifo "$outside/passwd" "$outside/group"
echo 'a secret of the host' | tee "$outside/conf/file" "$outside/shadow" >/dev/null
picture() { (cd "$outside" && find . -printf '%p %y %m %s %T@ %C@ %i\n' | sort); }
picture >"$tmp/before"
untouched() {
	picture | diff "$tmp/before" - || die "something outside was changed after: $ran"
	! grep -rqs 'a secret of the host' "$root/envs/e/upper" "$root/envs/e/generations" ||
		die "something outside was read by: $ran"
}
# e, with what a tenant did; then it moves, and back
up=$root/envs/e/upper
export outside mark='import os, sys; os.setxattr(sys.argv[1], "trusted.overlay." + sys.argv[2], os.fsencode(sys.argv[3]))'
try() { # CODE WHAT-IS-SAID COMMANDS…, run in the upper directory
	local code=$1 says=$2

	shift 2
	run 0 vz create env e os@1
	run 0 vz exec e -- sh -c 'touch /etc/conf/file /usr/share/conf/file; useradd tenant'
	(cd "$up" && sh -ec "$*")
	run 0 timeout 60 "$VZPKG" --root "$root" --no-progress -n update e
	untouched
	run "$code" timeout 60 "$VZPKG" --root "$root" --no-progress update e
	[ -z "$says" ] || said "$says"
	[ "$code" = 0 ] || one_error_line
	untouched
	run 0 timeout 60 "$VZPKG" --root "$root" --no-progress rollback e
	untouched
	run 0 vz remove env e
}

try 0 "'/etc/passwd': not a regular file here, and stays as it is" 'ln -sf "$outside/shadow" etc/passwd'
try 0 "'/etc/passwd': not a regular file here, and stays as it is" 'ln -sf "../../../../../../$outside/shadow" etc/passwd'
try 0 "'/etc/passwd': not a regular file here, and stays as it is" 'rm etc/passwd; mkfifo etc/passwd'
try 0 "'/etc/passwd': not a regular file here, and stays as it is" 'rm etc/passwd; mkdir etc/passwd'
try 0 "'/etc/passwd': not a regular file here, and stays as it is" 'rm etc/passwd; mknod etc/passwd b 7 0'
try 0 "'/etc/passwd': larger than 64 MiB here, and stays as it is" 'truncate -s 1T etc/passwd'
try 0 "'/etc/passwd': not merged: a directory on the way is something else here" \
	'mv etc moved; ln -s "$outside" etc'
try 0 "'/etc/passwd': not merged: a directory on the way is something else here" 'rm -r etc; mkfifo etc'
try 0 '' 'rm -r usr/share/conf; ln -s "$outside/conf" usr/share/conf'
try 0 '' 'rm -rf var; ln -s / var'
# marks of overlayfs that only overlayfs makes: they lead nowhere but to what the template has, if anywhere
try 0 '' 'mkdir srv; python3 -c "$mark" srv redirect /../../outside; python3 -c "$mark" usr redirect /etc'
try 0 '' 'mkdir -p opt; : >opt/f; python3 -c "$mark" opt/f metacopy ""
	python3 -c "$mark" opt/f redirect "/$(cd ../../../objects && find ?? -type f | head -n 1)"'
try 0 '' 'python3 -c "$mark" etc/passwd metacopy ""; python3 -c "$mark" etc/passwd redirect /etc/shadow'

# a directory that is exchanged with a link out, all the time: each move ends, whatever it finds
run 0 vz create env e os@1
run 0 vz exec e -- sh -c 'touch /etc/conf/file /usr/share/conf/file; useradd tenant'
ln -s "$outside" "$up/out"
python3 "$lib/swap.py" "$up/etc" "$up/out" >"$tmp/swaps" &
servers+=($!)
soon test -s "$tmp/swaps"
for _ in 1 2 3; do
	run '[016]' timeout 60 "$VZPKG" --root "$root" --no-progress update e
	[ ! -s "$err" ] || grep -q '^\(vzpkg: error\|note\): ' "$err" || die "what '$ran' says: $(cat "$err")"
	untouched
	run '[0136]' timeout 60 "$VZPKG" --root "$root" --no-progress rollback e
	untouched
done
kill "${servers[-1]}"
wait "${servers[-1]}" 2>/dev/null || :
[ -d "$up/etc" ] && [ ! -L "$up/etc" ] || mv -T --exchange "$up/etc" "$up/out" 2>/dev/null || {
	mv "$up/etc" "$up/link"
	mv "$up/out" "$up/etc"
}
rm -f "$up/out" "$up/link"
run 0 vz update e
run 0 vz exec e -- id tenant
run 0 vz history e
untouched
done_ok
