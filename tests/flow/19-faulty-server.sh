#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Servers that fail in all the ways there are, in the middle of metadata and of packages: what is left is asked for, or
# the next mirror is, or one line says what is wrong; and what vzpkg.conf says about the network.
. "${top_srcdir:?}/tests/lib/flow.sh"

rpm_key "$tmp/key"
repo=$tmp/repo
mkdir -p "$tmp/busybox/bin" "$tmp/files/usr/share/big"
cp /bin/busybox "$tmp/busybox/bin/busybox"
ln -s busybox "$tmp/busybox/bin/sh"
rpm_target=$(uname -m) rpm_files=$tmp/busybox rpm_pkg "$repo" busybox 1-1 'AutoReqProv: no' 'Provides: /bin/sh'
big() { # VERSION
	head -c 200000 /dev/urandom >"$tmp/files/usr/share/big/content"
	rpm_files=$tmp/files rpm_pkg "$repo" big "$1"
	rpm_publish "$repo" "$tmp/key"
}
big 1-1
: >"$tmp/faults"
echo '/repodata/repomd.xml slow-start 0.2' >"$tmp/good-faults"
serve "$repo" --fault-file "$tmp/faults" --log "$tmp/log"
bad=$url
serve "$repo" --fault-file "$tmp/good-faults" --log "$tmp/good-log"
good=$url
export VZPKG_CONF=$tmp/vzpkg.conf
printf '[network]\nstall-timeout = 1\nconnect-timeout = 2\n' >"$VZPKG_CONF"

from() { # URL…
	rpm_recipe "$tmp/t.recipe" "$*" "$tmp/key/key.asc" busybox big
	sed -i 's/^key = .*/&\ntrust = metadata/' "$tmp/t.recipe"
}
from "$bad"
run 0 vz create template "$tmp/t.recipe"
cp -a "$repo" "$tmp/older"
big 1-2
mv "$root" "$tmp/before"

# fetch CODE: what an update needs, from nothing but the older version
fetch() {
	rm -rf "$root"
	cp -al "$tmp/before" "$root"
	: >"$tmp/log"
	: >"$tmp/good-log"
	run "$1" vz --json fetch t
	if [ "$1" = 0 ]; then
		same "$(json '.[] | "\(.changed) \(.packages)"')" "true 1" "$(cat "$tmp/faults")"
	else
		one_error_line_json
	fi
}
one_error_line_json() {
	json .error.message | grep -q "template 't'" || die "it does not say what failed"
	same "$(json .error.message | wc -l)" 1
	[ -z "$(find "$root/packages" -newer "$tmp/faults" -type f)" ] || die "something bad was kept"
}
# faults CODE LINE…: alone it ends so; with another mirror all is well, and this one was asked
faults() {
	local code=$1 line
	shift
	: >"$tmp/faults"
	for line; do
		echo "$at $line" >>"$tmp/faults"
	done
	from "$bad"
	fetch "$code"
	[ "$code" != 0 ] || return 0
	from "$bad" "$good"
	fetch 0
	grep -qF " $at" "$tmp/log" || die "'$at' was not asked for with '$*'"
	grep -qF " $at" "$tmp/good-log" || die "the next mirror was not asked with '$*'"
}

at=/big-1-2.noarch.rpm
faults 0 'cut-after 50000 times 2'
grep -qE " 206 $at bytes=50000-" "$tmp/log" || die "it did not go on where it was cut"
faults 0 'cut-after 50000 times 1' 'ignore-range'
faults 0 'cut-after 50000 times 1' 'no-range times 1'
faults 0 'cut-after 50000 times 1' 'wrong-range 7 times 1'
faults 0 'no-length'
faults 0 'status 503 times 1'
faults 0 'retry-after 1 times 1'
faults 7 'cut-after 0'
faults 7 'drip 500'
faults '[57]' 'wrong-length 1000'
faults '[57]' 'wrong-length 10000000'
faults '[57]' 'endless'
faults 7 'redirect-loop'
faults 7 'status 404'
faults 5 'corrupt'
faults 7 'reset'

at=/$(cd "$repo" && ls repodata/*-primary.xml.*)
faults 0 'cut-after 100 times 2'
faults 7 'drip 50'
faults '[57]' 'endless'
faults 7 'status 404'
faults 5 'corrupt'

# the metadata is another from one request to the next
mv "$repo" "$tmp/newer"
cp -a "$tmp/older" "$repo"
serve "$tmp/newer"
printf '/repodata/repomd.xml redirect-to %s+\n' "$url" >"$tmp/faults"
from "$bad"
fetch 7
from "$bad" "$url"
fetch 0
rm -rf "$repo"
mv "$tmp/newer" "$repo"

# ---- vzpkg.conf ----
: >"$tmp/faults"
from "$bad"
echo '[network]' >"$VZPKG_CONF"
echo 'rate = 100K' >>"$VZPKG_CONF"
start=${EPOCHREALTIME/./}
fetch 0
took=$(((${EPOCHREALTIME/./} - start) / 1000))
[ $took -ge 1000 ] || die "200 KB came in $took ms, at 100 KB a second"
# a proxy is asked for all of it, and nobody else: port 9 of loopback has none
printf '[network]\nproxy = http://127.0.0.1:9\n' >"$VZPKG_CONF"
fetch 7
[ ! -s "$tmp/log" ] || die "the server was asked past the proxy"
printf '[network]\nproxy = none\n' >"$VZPKG_CONF"
export http_proxy=http://127.0.0.1:9
fetch 0
rm "$VZPKG_CONF"
fetch 7
unset http_proxy
printf '[network]\nspeed = 1\n' >"$VZPKG_CONF"
run 2 vz list
one_error_line
said "vzpkg.conf:2: unknown key 'speed'"
done_ok
