#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A script of an .rpm package that fails, or does not end, fails the build with its package, its name and its last words;
# nothing is published, no process stays. What scripts are given, and when, is as rpm does it.
. "${top_srcdir:?}/tests/lib/flow.sh"

rpm_key "$tmp/key"
repo=$tmp/repo
# a shell with the commands that are tried here
mkdir -p "$tmp/files/bin" "$tmp/files/tmp" "$tmp/files/etc" "$tmp/files/var/lib"
cp /bin/busybox "$tmp/files/bin/busybox"
for command in sh sleep cat echo kill id wc ls; do ln -s busybox "$tmp/files/bin/$command"; done
rpm_target=$(uname -m) rpm_files=$tmp/files rpm_pkg "$repo" busybox 1-1 'AutoReqProv: no' 'Provides: /bin/sh' \
	%files /bin /etc /var '%attr(1777,root,root) /tmp'
with_shell() { rpm_pkg "$repo" "$1" 1-1 'Requires(pre): busybox' 'Requires(post): busybox' "${@:2}"; }

with_shell exits-pre %pre 'echo before it' 'exit 1'
with_shell exits-post %post 'echo "the last words of it" >&2; exit 3'
with_shell exits-posttrans %posttrans 'exit 1'
with_shell killed %post 'kill -SEGV $$'
hang=$((900000 + RANDOM))
with_shell hangs %post "echo waiting; sleep $hang & sleep $hang"
with_shell leaves %post "sleep $hang &"
with_shell not-there 'Provides: /usr/bin/nothing-of-this-name' '%post -p /usr/bin/nothing-of-this-name' 'exit 0'
rpm_pkg "$repo" lua-fails 1-1 '%post -p <lua>' 'error("this is Lua")'
rpm_pkg "$repo" lua-hangs 1-1 '%post -p <lua>' 'while true do end'
with_shell trigger-fails '%triggerin -- leaves' 'exit 1'
with_shell filetrigger-fails '%transfiletriggerin -- /usr/share/doc/leaves' 'cat; exit 4'
rpm_addsign "$tmp/key" "$repo"/*.rpm
rpm_publish "$repo" "$tmp/key"
serve "$repo"

builds() { rpm_recipe "$tmp/t.recipe" "$url" "$tmp/key/key.asc" busybox "$@"; }
none_left() { ! pgrep -f "sleep $hang" >/dev/null || die "a process of a script is left"; }
fails() { # REGEX PACKAGE…
	builds "${@:2}"
	VZPKG_SCRIPT_SECONDS=${seconds:-60} run 8 vz create template "$tmp/t.recipe"
	one_error_line
	said "vzpkg: error: package '$2': $1"
	said "^hint: all output is in '$root/logs/t.log'"
	[ -z "$(ls "$root/templates" 2>/dev/null)" ] || die "made a template"
	none_left
	nothing_left
}
fails 'its %pre ended with status 1' exits-pre
said 'it said: .*before it$'
fails 'its %post ended with status 3' exits-post
said 'it said: .*the last words of it$'
grep -q '^== exits-post: %post' "$root/logs/t.log" || die "the log does not say whose output it is"
fails 'its %posttrans ended with status 1' exits-posttrans
fails 'its %post was ended by signal 11' killed
fails 'its %post: .*nothing-of-this-name|its %post ended with status 12' not-there
fails 'its %post ended with status' lua-fails
said 'this is Lua'
fails 'its %triggerin ended with status 1' trigger-fails leaves
fails 'its %transfiletriggerin ended with status 4' filetrigger-fails leaves
said "it said: .*/usr/share/doc/leaves"
start=$SECONDS
seconds=2
fails 'its %post: .*did not end within 2' hangs
fails 'its %post: .*did not end within 2' lua-hangs
[ $((SECONDS - start)) -lt 60 ] || die "a script that hangs held the build for $((SECONDS - start)) s"

# one that leaves a process behind does no harm, and what went wrong is no obstacle to what is right
builds leaves
run 0 vz create template "$tmp/t.recipe"
none_left
done_ok
