#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A backup has what no repository can give back, and all is there again where there was nothing but a repository; what
# somebody forged, cut or spoiled is refused and leaves nothing.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

other() { "$VZPKG" --root "$tmp/other" --recipes "$tmp" --no-progress "$@"; }
# list WHICH ENV FILE: everything about its files, but what a host has for itself
list() {
	local at=$tmp/at
	mkdir -p "$at"
	run 0 "$1" mount "$2" "$at"
	(cd "$at" && find . -xdev \( -path ./etc/machine-id -o -path ./etc/hostname -o -path ./etc/hosts \) -o \
		! -type d -printf '%p %y %m %U %G %s %l %T@ %n\n' -o -type d -printf '%p %y %m %U %G\n' | sort
	find . -xdev -type f ! -path './etc/host*' -print0 | sort -z | xargs -0 sha256sum
	[ "$(stat -c %b srv/data/sparse)" -le 64 ] || echo "holes are filled"
	python3 -c 'import os; print("note", os.getxattr("srv/data/none", "user.note"))') >"$3"
	run 0 "$1" umount "$2"
}

run 0 vz create env web base
run 0 vz exec web -- sh -c '
	mkdir -p /srv/data/deep && seq 3000000 >/srv/data/big && echo small >/srv/data/deep/small
	ln /srv/data/big /srv/data/other && ln -s big /srv/data/link && mkfifo /srv/data/fifo && chown 7:8 /srv/data/deep/small
	chmod 4750 /srv/data/deep/small && mkdir -m 1770 /srv/data/empty && : >/srv/data/none && touch -d @1600000000.25 /srv/data/none
	rm /etc/issue && chmod 700 /usr/bin/env && mv /etc/apt /etc/moved && echo x >/etc/moved/new && echo changed >>/etc/passwd
	rm -r /usr/share/bug && mkdir /usr/share/bug && echo mine >/usr/share/bug/mine'
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"kept")' "$root/envs/web/upper/srv/data/none"
run 0 vz set web --memory 64M
truncate -s 5M "$root/envs/web/upper/srv/data/sparse" && printf end >>"$root/envs/web/upper/srv/data/sparse"
list vz web "$tmp/web.list"
! grep 'holes are filled' "$tmp/web.list" || die "this file system has no holes"

# what it costs
run 0 vz --json backup web "$tmp/web.backup"
size=$(json .size)
same "$size" "$(stat -c %s "$tmp/web.backup")"
same "$(json .digest)" "$(sha256sum <"$tmp/web.backup" | cut -d' ' -f1)"
mkdir -p "$tmp/at"
run 0 vz mount web "$tmp/at"
tar -C "$tmp/at" --one-file-system -cf - . | zstd -q -3 -c >"$tmp/whole.tar.zst"
run 0 vz umount web
whole=$(stat -c %s "$tmp/whole.tar.zst")
rm "$tmp/whole.tar.zst"
printf 'backup: %s bytes, tar of all: %s\n' "$size" "$whole"
[ $((size * 10)) -le "$whole" ] || die "the backup has $size bytes, a tar of all has $whole"
run 11 vz backup web "$tmp/web.backup"
run 11 vz restore "$tmp/web.backup"
one_error_line

# what a dry run tells is what is done then, and it leaves nothing
run 0 other --json -n restore "$tmp/web.backup"
foreseen=$(json '"\(.packages) \(.image) \(.version)"')
[ "$(json .new_bytes)" -gt 20000000 ] || die "only $(json .new_bytes) bytes would be new"
left=$(cd "$tmp/other" && find objects images packages plans repos templates compositions envs staging -mindepth 1 ! -type d)
[ -z "$left" ] || die "a dry run left $left"
head -c 100000 "$tmp/web.backup" >"$tmp/cut"
run 5 other -n restore "$tmp/cut"
one_error_line

# where there was nothing
run 0 other --json restore "$tmp/web.backup"
[ "$(json .packages)" -gt 50 ] || die "only $(json .packages) packages were fetched"
same "$(json '"\(.packages) \(.image) \(.version)"')" "$foreseen" "what the dry run told"
list other web "$tmp/other.list"
diff "$tmp/web.list" "$tmp/other.list" >"$tmp/diff" || die "what was restored differs: $(head -n 6 "$tmp/diff")"
run 0 other verify
run 0 other --json set web
same "$(json .memory)" 67108864
run 0 other exec web -- dpkg --audit
[ ! -s "$out" ] || die "dpkg has complaints"
run 0 other --json restore "$tmp/web.backup" again
same "$(json '[.packages, .version] | @csv')" "0,1" "all of it is there"
run 0 other remove env web
run 0 other clean
list other again "$tmp/other.list"
diff "$tmp/web.list" "$tmp/other.list" >"$tmp/diff" || die "after cleaning it differs: $(head -n 6 "$tmp/diff")"

# a clone that was restored, then changed, then backed up
run 0 other clone again twin
run 0 other exec twin -- sh -c 'rm -r /srv/data/deep; echo more >>/srv/data/none'
run 0 other backup twin "$tmp/twin.backup"
vz restore - twin <"$tmp/twin.backup" >"$out" 2>"$err" || die "not from standard input: $(cat "$err")"
run 0 vz exec twin -- sh -c 'test ! -e /srv/data/deep && cat /srv/data/none'
gave '^more$'

# bad ones
parcel() { zstd -q -d -c "$tmp/web.backup" >"$tmp/plain"; }
refused() {
	rm -rf "$tmp/bad.root"
	run "$1" "$VZPKG" --root "$tmp/bad.root" --no-progress --offline restore "$3"
	one_error_line
	said "$2"
	[ -z "$(find "$tmp/bad.root/templates" "$tmp/bad.root/images" "$tmp/bad.root/envs" "$tmp/bad.root/plans" \
		"$tmp/bad.root/staging" -mindepth 1)" ] || die "'$3' left something"
}
refused 3 'No such file' "$tmp/none"
refused 7 '' "$tmp/web.backup"          # no network, and no packages
for cut in 100 5000 $((size / 2)) $((size - 1)); do
	head -c "$cut" "$tmp/web.backup" >"$tmp/cut"
	refused 5 '' "$tmp/cut"
done
: >"$tmp/cut"
refused 5 '' "$tmp/cut"
parcel
# spoil NAME SED-SCRIPT: items keep their lengths
spoil() {
	sed -e "$2" "$tmp/plain" >"$tmp/bad"
	! cmp -s "$tmp/plain" "$tmp/bad" || die "'$1' spoils nothing"
}
spoil 'another content' 's/^2999999$/2999998/'
refused 5 'another content than its name says' "$tmp/bad"
spoil 'a tree with a traversal' 's,^/srv/data/none ,/srv/../../non ,'
refused 5 '' "$tmp/bad"
spoil 'a forged attribute' 's,user\.note=kept,trusted.overlay.redirect=/x,; s,^private web [0-9]*$,&,'
run '[1-9]' "$VZPKG" --root "$tmp/bad.root" --no-progress --offline restore "$tmp/bad"
# with the length made right again
python3 - "$tmp/plain" "$tmp/bad" <<'END'
import re, sys
data = open(sys.argv[1], "rb").read()
start = data.index(b"\nprivate web ") + 1
end = data.index(b"\n", start)
size = int(data[start:end].split()[2])
tree = data[end + 1:end + 1 + size].replace(b"user.note=kept", b"trusted.overlay.redirect=/aa/bb")
open(sys.argv[2], "wb").write(data[:start] + b"private web %d\n" % len(tree) + tree + data[end + 1 + size:])
END
rm -rf "$tmp/bad.root"
cp -al "$tmp/other" "$tmp/bad.root"
run 5 "$VZPKG" --root "$tmp/bad.root" --no-progress restore "$tmp/bad" forged
one_error_line
said 'trusted.overlay.redirect.*forged'
[ ! -e "$tmp/bad.root/envs/forged" ] || die "a forged environment was made"
rm -rf "$tmp/bad.root"
printf 'vzpkg-parcel 1\nend 0\n' >"$tmp/bad"
refused 5 'not complete' "$tmp/bad"
printf 'vzpkg-parcel 1\nlock x@1 1\na\nend 1\n' >"$tmp/bad"
refused 5 'not a backup' "$tmp/bad"
done_ok
