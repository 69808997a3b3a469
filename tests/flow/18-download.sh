#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Packages that are not what the index promises, mirrors that are down, and going on elsewhere.
. "${top_srcdir:?}/tests/lib/flow.sh"

repo_key "$tmp/key"
repo=$tmp/debian
repo_deb "$repo/pool/main" core 1.0 'Essential: yes' 'Priority: required'
repo_publish "$repo" testing "$tmp/key"
deb=$(echo "$repo"/pool/main/core_*.deb)
cp "$deb" "$tmp/good.deb"
serve "$repo"
recipe "$tmp/t.recipe" "$url" testing "$tmp/key/key.gpg" core

refused() { # CODE REGEX
	run "$1" vz create template "$tmp/t.recipe"
	one_error_line
	said "$2"
	[ -z "$(ls "$root/templates" 2>/dev/null)" ] || die "made a template"
	[ -z "$(ls "$root/packages" 2>/dev/null)" ] || die "kept a record of a bad package"
	[ -z "$(find "$root/objects" -type f 2>/dev/null)" ] || die "kept objects of a bad package"
	nothing_left
}

# one bit, then the end cut off, then too long, then not there
printf 'X' | dd of="$deb" bs=1 seek=200 conv=notrunc status=none
refused 5 'core'
head -c 300 "$tmp/good.deb" >"$deb"
refused '[57]' 'core'
{ cat "$tmp/good.deb"; head -c 100000 /dev/zero; } >"$deb"
refused 5 'core'
rm "$deb"
refused 7 'core'
cp "$tmp/good.deb" "$deb"

# nobody listens: port 9 of loopback
good=$url
recipe "$tmp/t.recipe" http://127.0.0.1:9/debian testing "$tmp/key/key.gpg" core
rm -rf "$root"
run 7 vz -n create template "$tmp/t.recipe"
one_error_line
said '127\.0\.0\.1'
# the next mirror
recipe "$tmp/t.recipe" "http://127.0.0.1:9/debian $good" testing "$tmp/key/key.gpg" core
run 0 vz -n create template "$tmp/t.recipe"
gave '^core 1\.0 '
# no network asked for: from the cache, or an error
run 0 vz --offline -n create template "$tmp/t.recipe"
gave '^core 1\.0 '
rm -rf "$root"
run 7 vz --offline -n create template "$tmp/t.recipe"
one_error_line
said 'offline'
done_ok
