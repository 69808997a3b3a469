#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A Debian built from real packages is one that dpkg and apt consider healthy.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

healthy() { # ENV
	run 0 vz exec "$1" -- dpkg --audit
	[ ! -s "$out" ] || die "dpkg --audit is not silent"
	run 0 vz exec "$1" -- dpkg --verify
	[ ! -s "$out" ] || die "dpkg --verify is not silent"
	run 0 vz exec "$1" -- apt-get check
	run 0 vz exec "$1" -- dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n'
	! grep -qv '^ii ' "$out" || die "not every package is ii"
	run 0 vz exec "$1" -- bash -c 'test -L /bin && test -s /etc/passwd && test -x /usr/bin/awk && getent passwd root'
	run 0 vz exec "$1" -- find / -xdev '(' -name '*.dpkg-new' -o -name '*.dpkg-tmp' ')'
	[ ! -s "$out" ] || die "left over from unpacking"
}

run 0 vz create env base base
healthy base

run 0 vz exec base -- cat /etc/apt/sources.list.d/main.sources
gave '^URIs: http://deb.example.org/debian$'

# nothing said about sources: apt inside goes where the recipe goes
recipe "$tmp/full.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" "${mirror_more[@]}"
sed -i '/^sources/d' "$tmp/full.recipe"
run 0 vz --json create template "$tmp/full.recipe"
same "$(json '.name + "@" + (.version | tostring)')" full@1
json '.packages[] | select(.name == "nginx-light") | .digest' | grep -qE '^[0-9a-f]{64}$' || die "no digest"
[ "$(json .new_bytes)" -lt "$(json .bytes)" ] || die "a second template shares nothing"
run 0 vz create env full full
healthy full
run 0 vz exec full -- apt-get -q update
run 0 vz exec full -- apt-cache policy usr-is-merged
gave "500 $mirror_url $suite/main"
# users, alternatives, diversions, triggers, conffiles did what they do
run 0 vz exec full -- bash -c 'getent group crontab && test -e "$(readlink -f /etc/alternatives/pager)" &&
	test -L /usr/bin/pager && dpkg-divert --list | grep -q "by dash" && test -s /etc/ssl/certs/ca-certificates.crt &&
	test -f /etc/nginx/nginx.conf && python3 -c "print(42)" && test -s /etc/ld.so.cache'
gave 42
# what builds must not publish
run 0 vz exec full -- bash -c 'test ! -s /etc/machine-id && test -z "$(ls /var/cache/apt/archives/*.deb 2>/dev/null)" &&
	test ! -e /usr/sbin/policy-rc.d && test ! -e /.vzpkg-build && test -z "$(ls -A /tmp)"'

run 0 vz info full --packages
gave '^nginx-light '
run 0 vz info full --lock
gave '^vzpkg-lock 1$'
run 0 vz info full --files
gave '^/etc/nginx/nginx.conf$'
run 0 vz info full --log
run 0 vz dump full
gave '^/etc/hostname |^/etc/passwd '
run 0 vz list
gave 'base'
gave 'full'
run 0 vz remove env base
run 0 vz remove env full
done_ok
