#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a user changed in an environment stays when the environment moves, is told before, and comes back with rollback.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# one package in two versions: a configuration file, a service user, a file and a directory that go and come
pool=$tmp/own/pool/main
conf() { # VERSION
	local dir=$tmp/conf-$1

	mkdir -p "$dir/DEBIAN" "$dir/etc/conf" "$dir/usr/share/conf"
	printf 'version %s\n' "$1" | tee "$dir/etc/conf/plain" "$dir/etc/conf/edited" "$dir/usr/share/conf/touched" \
		"$dir/usr/share/conf/mine" >/dev/null
	printf '/etc/conf/plain\n/etc/conf/edited\n' >"$dir/DEBIAN/conffiles"
	if [ "$1" = 2.0 ]; then
		printf '#!/bin/sh\nset -e\nuseradd --system --user-group conf-daemon\n' >"$dir/DEBIAN/postinst"
		chmod 755 "$dir/DEBIAN/postinst"
	fi
	repo_files=$dir repo_deb "$pool" conf "$1"
}
conf 1.0
repo_deb "$pool" other 1.0
repo_key "$tmp/key"
repo_publish "$tmp/own" "$suite" "$tmp/key"
serve "$tmp/own"
{
	printf '[template]\nname = os\nkind = os\n[repository main]\ntype = deb\nurl = %s\nsuite = %s\n' "$mirror_url" "$suite"
	printf 'components = main\nkey = %s\n' "$mirror/key/key.gpg"
	printf '[repository own]\ntype = deb\nurl = %s\nsuite = %s\ncomponents = main\nkey = %s\n' "$url" "$suite" "$tmp/key/key.gpg"
	printf '[packages]\ninstall = apt conf other\n'
} >"$tmp/os.recipe"
# all files of an environment, but for what a mount brings
tree() { # FILE
	local at

	run 0 vz mount e
	at=$(tail -n 1 "$out")
	(cd "$at" && find . \( -path './proc/*' -o -path './sys/*' -o -path './dev/*' -o -path './run/*' \) -prune -o \
		-printf '%p %y %m %U %G %l %T@\n' -type f -exec sha256sum {} + | sort) >"$1"
	run 0 vz umount e
}

run 0 vz create template "$tmp/os.recipe"
run 0 vz create env e os
run 0 vz exec e -- sh -ec 'useradd --create-home tenant
	echo mine | tee /etc/conf/edited /usr/share/conf/mine; touch /usr/share/conf/touched; rm -r /usr/share/doc/other; echo private >/srv/file'
tenant=$(run 0 vz exec e -- id tenant && cat "$out")
tree "$tmp/before"

conf 2.0
rm "$pool"/conf_1.0_*
repo_publish "$tmp/own" "$suite" "$tmp/key"
run 0 vz update template os

# told before: packages, files, merges, conflicts; and nothing has happened
run 0 vz -n update e
gave '^e: would go generation 1 -> 2, os@1 -> os@2$'
gave '^  \* conf 1\.0 -> 2\.0$'
gave '^  merged     /etc/passwd$'
gave '^  beside     /etc/conf/edited\.vzpkg-new$'
gave '^  taken      /usr/share/conf/touched$'
gave '^  1 packages; [0-9]+ files added, [0-9]+ removed, [0-9]+ changed$'
said "/etc/conf/edited'"
run 10 vz --json status e
same "$(json '.[] | "\(.generation) \(.outdated) \([.drift[] | "\(.kind) \(.path)"] | join(", "))"')" \
	'1 true masked /usr/share/conf/mine, masked /usr/share/conf/touched, removed /usr/share/doc/other'
tree "$tmp/now"
cmp "$tmp/before" "$tmp/now" || die "a dry run changed something"

# what both sides changed is merged, what the user changed stays, the rest is new
run 0 vz --json update e
same "$(json '"\(.generation) \(.conflicts | length)"')" "2 1"
same "$(run 0 vz exec e -- id tenant && cat "$out")" "$tenant"
run 0 vz exec e -- sh -ec 'id conf-daemon; cat /etc/conf/plain /etc/conf/edited /etc/conf/edited.vzpkg-new \
	/usr/share/conf/touched; grep -c ^tenant: /etc/shadow; test ! -e /usr/share/doc/other; cat /srv/file; dpkg --audit'
same "$(tail -n +2 "$out" | tr '\n' ,)" 'version 2.0,mine,version 2.0,version 2.0,1,private,'
run 10 vz -v status e
gave ', 3 files differ$'
gave '^  conflict   /etc/conf/edited$'
gave '^  outdated   /usr/share/conf/mine$'
gave '^  removed    /usr/share/doc/other'

# and back, to the byte
run 0 vz rollback e
tree "$tmp/now"
diff "$tmp/before" "$tmp/now" >"$tmp/diff" || die "rollback: $(head -n 4 "$tmp/diff")"

done_ok
