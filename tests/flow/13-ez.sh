#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An EZ template of the original, as its packages install it, becomes a template; what has no meaning is said.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

area=$tmp/template/debian/$suite/x86_64/config
os=$area/os/default
mkdir -p "$os" "$tmp/template/conf/vztt"
printf '$DEB_SERVER\t%s\n' "${mirror_url%/*}" >"$tmp/template/conf/vztt/url.map"
echo dpkgx64 >"$os/package_manager"
echo "\$DEB_SERVER/${mirror_url##*/} $suite main" >"$os/repositories"
echo 'apt' >"$os/packages_0"
printf '# a comment\nless\n' >"$os/packages"
echo 'Debian, as an EZ template' >"$os/summary"
echo 3.10.0 >"$os/osrelease"
printf '#!/bin/sh\nset -e\ntest "$1" = /\necho cached >"$1/etc/ez-order"\n' >"$os/post-cache"
printf 'set -e\necho installed >>/etc/ez-order\ntest -z "$1"\n' >"$os/post-install"

# nobody said which key: nothing happens, and the message says what to write where
run 2 vz create template "$area/.."
one_error_line
said "repositories:1: repository 'base0' has no key"
said "^hint: .*'\[repositories\]' and 'key = KEYRING' into $(realpath "$os")/vzpkg.ini|^hint: .*config/os/default/vzpkg.ini"
printf '[repositories]\nkey = %s\n' "$mirror/key/key.gpg" >"$os/vzpkg.ini"
run 0 vz --recipes "$tmp/template" create template "debian-$suite-x86_64"
said 'osrelease: ignored because'
same "$(grep -c 'ignored because' "$err")" 1
run 0 vz create env e "debian-$suite-x86_64"
run 0 vz exec e -- cat /etc/ez-order
same "$(tr '\n' ' ' <"$out")" "cached installed "
run 0 vz exec e -- dpkg-query -W less
run 0 vz update template "debian-$suite-x86_64"
gave unchanged

# out again, as a directory that both read, and in again as the same
run 0 vz export "debian-$suite-x86_64" --format ez "$tmp/exported"
for file in packages repositories package_manager summary vzpkg.ini post-install; do
	[ -s "$tmp/exported/$file" ] || die "no $file"
done
grep -qx dpkgx64 "$tmp/exported/package_manager" || die "another package manager"
grep -qx less "$tmp/exported/packages" || die "packages got lost"
run 0 vz -n --json create template "$tmp/exported"
json '[.packages[] | .name + " " + .version] | sort[]' >"$tmp/again"
run 0 vz --json info "debian-$suite-x86_64"
json '[.packages[] | .name + " " + .version] | sort[]' | diff - "$tmp/again" || die "another plan"
run 11 vz export "debian-$suite-x86_64" --format ez "$tmp/exported"
one_error_line
run 3 vz export nonesuch --format ez "$tmp/none"
one_error_line
run 2 vz export "debian-$suite-x86_64" --format cpio "$tmp/none"
one_error_line
said 'ez'
[ ! -e "$tmp/none" ] || die "a failed export left something"

# a recipe that no template was made from
run 0 vz export debian-12-minbase-x86_64 --format ez "$tmp/minbase"
grep -qx apt "$tmp/minbase/packages" || die "packages got lost"
grep -q 'mirror:debian' "$tmp/minbase/vzpkg.ini" || die "a list of mirrors got lost"
run 0 vz --recipes "$tmp" list --available
gave '^exported$'
run 0 vz remove env e
done_ok
