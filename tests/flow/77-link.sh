#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Environments whose tenants did the same by themselves share it afterwards, and show what they showed before.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

list() {
	local at=$tmp/at
	mkdir -p "$at"
	run 0 vz mount "$1" "$at"
	(cd "$at" && find . -xdev ! -type d -printf '%p %y %m %U %G %s %l %T@ %n\n' -o -type d -printf '%p %y %m %U %G\n' | sort
	find . -xdev -type f -print0 | sort -z | xargs -0 sha256sum) >"$2"
	run 0 vz umount "$1"
}
private() { du -s --block-size=1 "$root"/envs/*/upper | awk '{ n += $1 } END { print n }'; }

# the same in each: new files, changed ones, and copies of what the template has
mkdir "$tmp/same"
head -c 3000000 /dev/urandom >"$tmp/same/blob"
seq 400000 >"$tmp/same/text"
for i in 1 2 3 4; do
	run 0 vz create env "e$i" base
	run 0 vz mount "e$i"
	cp "$tmp/same/blob" "$tmp/same/text" "$root/envs/e$i/root/opt"
	cp "$tmp/same/blob" "$root/envs/e$i/root/usr/bin/find"
	cp -a "$root/envs/e$i/root/usr/bin/tar" "$tmp/tar"
	touch "$root/envs/e$i/root/usr/bin/tar"
	cp -a --remove-destination "$tmp/tar" "$root/envs/e$i/root/usr/bin/tar"
	echo "$i" >"$root/envs/e$i/root/opt/own"
	run 0 vz umount "e$i"
	list "e$i" "$tmp/e$i.before"
done
[ -e "$root/envs/e1/upper/usr/bin/tar" ] || die "the copy is not private"
before=$(private)
run 0 vz --json link e1
same "$(json '.[0].env')" e1
first=$(json '.[0].new_bytes')
[ "$first" -gt 4000000 ] || die "only $first bytes were new"
run 0 vz mount e4
run 0 vz --json vzcache --all
said "'e4' is in use"
same "$(json '[.[].env] | join(" ")')" 'e1 e2 e3'
same "$(json '.[0].files')" 0 "seen before"
[ "$(json '[.[1:][].new_bytes] | add')" -lt 100000 ] || die "equal files are new to the store: $(cat "$out")"
run 6 vz link e4
run 0 vz umount e4
run 0 vz link e4
after=$(private)
printf 'private before: %s bytes, after: %s\n' "$before" "$after"
[ $((after * 100)) -le $((before * 3)) ] || die "$after of $before bytes are private still"
for i in 1 2 3 4; do
	list "e$i" "$tmp/e$i.after"
	diff "$tmp/e$i.before" "$tmp/e$i.after" || die "e$i shows something else"
done
# what the template has is not in a layer
run 0 vz --json clone e1 c1
layer=$(json .layer)
in_layer() { dump.erofs --path="$1" "$root/images/$layer.erofs" 2>/dev/null | grep -q '^File'; }
in_layer /usr/bin/find || die "a changed file is not in the layer"
! in_layer /usr/bin/tar || die "a copy of the template's file was sealed"
run 0 vz verify
run 2 vz link
run 3 vz link nobody
run 2 vz link --all e1
done_ok
