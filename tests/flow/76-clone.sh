#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A clone has everything that the other has, costs what is private once, and then nothing; and both go their own ways.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# everything about the files of an environment, but times of directories and what a host has for itself
list() {
	local at=$tmp/at
	mkdir -p "$at"
	run 0 vz mount "$1" "$at"
	(cd "$at" && find . -xdev \( -path ./etc/machine-id -o -path ./etc/hostname -o -path ./etc/hosts \) -o \
		! -type d -printf '%p %y %m %U %G %s %l %T@ %n\n' -o -type d -printf '%p %y %m %U %G\n' | sort
	cd srv && find . -type f -print0 | sort -z | xargs -r0 sha256sum
	# before it was opened, overlayfs only guesses
	[ ! -e data/sparse ] || [ "$(stat -c %b data/sparse)" -le 64 ] || echo "holes are filled"
	[ ! -e data/none ] || python3 -c 'import os; print("note", os.getxattr("data/none", "user.note"))') >"$tmp/$1.list"
	run 0 vz umount "$1"
}
same_files() {
	list "$1"
	list "$2"
	diff "$tmp/$1.list" "$tmp/$2.list" >"$tmp/diff" || die "'$1' and '$2' differ: $(head -n 6 "$tmp/diff")"
}
private() { du -s --block-size=1 "$root/envs/$1" | cut -f1; }

run 0 vz create env web base
run 0 vz clone web early
run 0 vz remove env early

# all that a tenant may leave
run 0 vz exec web -- sh -c '
	mkdir -p /srv/data/deep && head -c 300000 /dev/urandom >/srv/data/big && echo small >/srv/data/deep/small
	ln /srv/data/big /srv/data/other && ln -s big /srv/data/link && mkfifo /srv/data/fifo && chown 7:8 /srv/data/deep/small
	chmod 4750 /srv/data/deep/small && mkdir -m 1770 /srv/data/empty && : >/srv/data/none && touch -d @1600000000.25 /srv/data/none
	rm /etc/issue && chmod 700 /usr/bin/env && mv /etc/apt /etc/moved && echo x >/etc/moved/new && echo changed >>/etc/passwd
	rm -r /usr/share/bug && mkdir /usr/share/bug && echo mine >/usr/share/bug/mine'
truncate -s 5M "$root/envs/web/upper/srv/data/sparse" && printf end >>"$root/envs/web/upper/srv/data/sparse"
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"kept")' "$root/envs/web/upper/srv/data/none"
list web
! grep 'holes are filled' "$tmp/web.list" || die "this file system has no holes"
cp "$tmp/web.list" "$tmp/before"

run 0 vz --json clone web copy
[ "$(json .sealed.files)" -ge 8 ] || die "$(json .sealed.files) files were sealed"
list web
diff "$tmp/before" "$tmp/web.list" || die "sealing changed what the environment shows"
same_files web copy
[ ! -e "$root/envs/web/upper/srv/data/big" ] || die "the file that was sealed is private still"
run 0 vz verify

# a second costs nothing
run 0 vz --json clone web third
same "$(json .sealed.files)" 0
same_files web third
run 0 vz exec third -- cat /etc/machine-id
id=$(cat "$out")
[ ${#id} = 32 ] || die "no machine-id: '$id'"
run 0 vz exec web -- cat /etc/machine-id
[ "$(cat "$out")" != "$id" ] || die "clones have one machine-id"
run 0 vz exec third -- cat /etc/hostname
gave '^third$'

# each goes its own way
run 0 vz exec copy -- sh -c 'echo more >>/srv/data/big; rm /srv/data/deep/small; echo new >/etc/issue'
run 0 vz exec web -- sh -c 'test ! -e /etc/issue && test "$(cat /srv/data/deep/small)" = small'
run 0 vz clone copy child
same_files copy child
run 0 vz remove env web
run 0 vz clean
run 0 vz verify
same_files copy child
run 0 vz exec third -- cat /srv/data/deep/small
gave '^small$'

# the next version, and back, with a layer between
run 0 vz exec third -- sh -c 'echo once more >>/etc/motd'
sed 's/^install.*/& less/' "$tmp/base.recipe" >"$tmp/new" && mv "$tmp/new" "$tmp/base.recipe"
run 0 vz create template "$tmp/base.recipe"
list third
cp "$tmp/third.list" "$tmp/before"
run 0 vz update third
run 0 vz exec third -- sh -c 'test -x /usr/bin/less && cat /srv/data/deep/small'
gave '^small$'
run 0 vz clone third late
run 0 vz exec late -- test -x /usr/bin/less
run 0 vz rollback third
list third
diff <(grep -v ' \./etc/.*vzpkg' "$tmp/before" | grep /srv/) <(grep /srv/ "$tmp/third.list") || die "rolling back lost private files"

# what is large, once
run 0 vz create env large base
run 0 vz mount large
dd if=/dev/zero of="$root/envs/large/root/srv/large" bs=1M count=1024 status=none
run 0 vz umount large
run 0 vz clone large one
before=$(du -s --block-size=1 "$root" | cut -f1)
run 0 vz --json clone large two
printf 'the second clone of 1 GiB: %s s, %s bytes in its directory, %s in the store\n' "$(json .seconds)" "$(private two)" \
	$(($(du -s --block-size=1 "$root" | cut -f1) - before))
[ "$(private two)" -le 65536 ] || die "the second clone has $(private two) bytes"

# what cannot be
run 11 vz clone copy child
one_error_line
run 2 vz clone copy ../x
one_error_line
run 3 vz clone nobody x
one_error_line
[ ! -e "$root/envs/x" ] || die "something was made"

# while it runs: two files that are written one after the other are of one moment, and it goes on
run 0 vz mount copy
vz exec copy -- sh -c 'n=0
	while [ ! -e /srv/stop ]; do n=$((n + 1)); echo $n >/srv/first; echo $n >/srv/second; done' >"$tmp/writer.out" 2>&1 </dev/null &
writer=$!
servers+=("$writer")
# the shell makes a file empty before it writes
counted() { local n; n=$(cat "$root/envs/copy/root/srv/second"); printf '%s\n' "${n:-0}"; }
goes_on() { [ "$(counted)" -gt $((seen + 1)) ]; }
soon test -s "$root/envs/copy/root/srv/second"
head -c 30000000 /dev/urandom >"$root/envs/copy/root/srv/bulk"
for i in 1 2 3; do
	run 0 vz clone copy "running$i"
	seen=$(counted)
	soon goes_on
	run 0 vz exec "running$i" -- sh -c 'read -r a </srv/first; read -r b </srv/second; echo "${a:-none} ${b:-none}"'
	read -r first second <"$out"
	[ "$first" = none ] || [ "$second" = none ] || [ "$first" = "$second" ] || [ "$first" = $((second + 1)) ] ||
		die "'$first' and '$second' are not of one moment"
	cmp "$root/envs/copy/root/srv/bulk" "$root/envs/running$i/upper/srv/bulk" || die "a file of the clone differs"
done
touch "$root/envs/copy/root/srv/stop"
wait $writer
unset 'servers[-1]'
run 0 vz umount copy
run 0 vz verify
done_ok
