#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where a repository may be: at a path of this host, under names by hash, in a snapshot of the past.
. "${top_srcdir:?}/tests/lib/flow.sh"

plan() { # CODE [GLOBAL OPTION]…
	run "$1" vz -n "${@:2}" create template "$tmp/t.recipe"
	[ "$1" != 0 ] || gave '^core 1[.-]'
}

# --- a path, with characters that mean something in URLs
place=$tmp/'srv#1%41?'
repo_key "$tmp/key"
repo_deb "$place/pool/main" core 1.0 'Essential: yes' 'Priority: required'
repo_publish "$place" testing "$tmp/key"
for from in "$place" "$place/"; do
	recipe "$tmp/t.recipe" "$from" testing "$tmp/key/key.gpg" core
	rm -rf "$root"
	plan 0
	mv "$place" "$tmp/away"
	plan 0 --offline
	plan 7
	one_error_line
	mv "$tmp/away" "$place"
done
ln -s "$place" "$tmp/plain"
mkdir "$tmp/mirrors"
printf '# ours\n%s\n' "$tmp/plain" >"$tmp/mirrors/own"
recipe "$tmp/t.recipe" mirror:own testing "$tmp/key/key.gpg" core
rm -rf "$root"
plan 0
recipe "$tmp/t.recipe" ./plain testing "$tmp/key/key.gpg" core
plan 2
said "url './plain', expected .* an absolute path"

mkdir -p "$tmp/files/bin"
cp /bin/busybox "$tmp/files/bin/busybox"
ln -s busybox "$tmp/files/bin/sh"
rpm_key "$tmp/rpmkey"
rpm_target=$(uname -m) rpm_files=$tmp/files rpm_pkg "$place/rpm" core 1-1 'AutoReqProv: no' 'Provides: /bin/sh'
rpm_addsign "$tmp/rpmkey" "$place/rpm"/*.rpm
rpm_publish "$place/rpm" "$tmp/rpmkey"
rpm_recipe "$tmp/t.recipe" "$place/rpm" "$tmp/rpmkey/key.asc" core
plan 0
run 0 vz create template "$tmp/t.recipe"
run 0 vz --offline update template t
gave '^t@1: unchanged$'

# --- by hash, as a mirror that is being synced has the index of the other day under its plain name; else by its name
repo=$tmp/debian binary=dists/testing/main/binary-$repo_arch
repo_deb "$repo/pool/main" core 1.0 'Essential: yes' 'Priority: required'
repo_publish "$repo" testing "$tmp/key"
serve "$repo" --log "$tmp/log"
asked() { # STATUS PATH: how often
	grep -cE "^[0-9]+ $1 /$2 " "$tmp/log" || :
}
fresh() {
	rm -rf "$root"
	: >"$tmp/log"
	plan "$1"
}
recipe "$tmp/t.recipe" "$url" testing "$tmp/key/key.gpg" core
mv "$repo/$binary/Packages.xz" "$tmp/index"
echo 'of the other day' >"$repo/$binary/Packages.xz"
fresh 0
same "$(asked 200 "$binary/by-hash/SHA256/[0-9a-f]{64}") $(asked '[0-9]+' "$binary/Packages.xz")" "1 0"
mv "$repo/$binary/by-hash" "$tmp/by-hash"
fresh 5
mv "$tmp/index" "$repo/$binary/Packages.xz"
fresh 0
same "$(asked 404 "$binary/by-hash/SHA256/[0-9a-f]{64}") $(asked 200 "$binary/Packages.xz")" "1 1"
mv "$tmp/by-hash" "$repo/$binary/by-hash"
repo_by_hash=no repo_publish "$repo" testing "$tmp/key"
fresh 0
same "$(asked '[0-9]+' "$binary/by-hash/.*") $(asked 200 "$binary/Packages.xz")" "0 1"

# --- a snapshot, whose Release file is as it was
old=archive/debian/20251101T000000Z new=archive/debian/20251108T000000Z
snapshot() { # PLACE DATE VERSION [KEY]
	repo_deb "$tmp/snapshots/$1/pool/main" core "$3" 'Essential: yes' 'Priority: required'
	repo_date=$2 repo_valid_until="$2 + 7 days" repo_publish "$tmp/snapshots/$1" testing "$tmp/${4:-key}"
}
snapshot $old '2025-11-01 00:00 UTC' 1.1
snapshot $new '2025-11-08 00:00 UTC' 1.2
serve "$tmp/snapshots"
rm -rf "$root"
of() { # SNAPSHOT [LINE]
	recipe "$tmp/t.recipe" "$url/$1/" testing "$tmp/key/key.gpg" core
	[ $# = 1 ] || sed -i "s/^key = .*/&\n$2/" "$tmp/t.recipe"
}
for line in '' 'valid-until = honour'; do
	of $old "$line"
	plan 5
	one_error_line
	said '^vzpkg: error: .*not valid any more since 2025-11-08'
	said "^hint: .*valid-until = ignore"
done
of $old 'valid-until = ignore'
plan 0
gave '^core 1\.1 '
plan 0 --offline
of $new 'valid-until = ignore'
plan 0
gave '^core 1\.2 '
# as good as the key is
repo_key "$tmp/other-key"
snapshot $new '2025-11-08 00:00 UTC' 1.2 other-key
plan 5
said 'signature|key'
done_ok
