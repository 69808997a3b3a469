#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# nginx in an environment of an RPM distribution answers every request while it and openssl's libraries go to packages
# that were rebuilt from the security suite's binaries, and back; whatever starts meanwhile has the library of its moment.
. "${top_srcdir:?}/tests/lib/flow.sh"
# shellcheck source=tests/lib/serving.sh
. "$lib/serving.sh"
with_rpmdist
with_security

# the same packages again, made of other binaries, in a repository that comes beside the first
updates=$tmp/updates
mkdir -p "$tmp/table"
cp "$lib"/rpmdist/*.part "$tmp/table/"
grep -E '^(filesystem|openssl-libs|openssl|nginx) ' "$lib/rpmdist/packages" >"$tmp/table/packages"
python3 "$lib/rpmdist.py" specs "$tmp/table" "$security/debian/pool/main" "$updates/build" >"$tmp/specs"
grep -v '^filesystem ' "$tmp/specs" >"$tmp/rebuilt"
same "$(wc -l <"$tmp/rebuilt")" 3 'packages that are built again'
while read -r package arch at; do rpmdist_one "$updates" "$package" "$arch" "$at"; done <"$tmp/rebuilt"
mapfile -t made < <(find "$updates/repo" -name '*.rpm')
rpm_addsign "$rpmdist/key" "${made[@]}"
rpm_publish "$updates/repo" "$rpmdist/key"
serve "$updates/repo"
updates_url=$url

mkdir "$tmp/recipes"
rpm_recipe "$tmp/recipes/os.recipe" "$rpm_url" "$rpm_key" @core openssl
serving_application nginx /etc/nginx/conf.d/default.conf
vz() { "$VZPKG" --root "$root" --no-progress --recipes "$tmp/recipes" "$@"; }
versions() { # ENV: what a new process says: nginx's, openssl's and its library's
	run 0 vz exec "$1" -- sh -c 'nginx -v 2>&1; openssl version; rpm -q openssl-libs nginx'
	cat "$out"
}

run 0 vz create template os
run 0 vz create env a os --app web
first=$(versions a)
serving_begin a

printf '[repository updates]\ntype = rpm\nurl = %s\nkey = %s\n' "$updates_url" "$rpm_key" >>"$tmp/recipes/os.recipe"
serving_update a
second=$(versions a)
[ "$(sed -n 2p <<<"$second")" != "$(sed -n 2p <<<"$first")" ] || die "new processes have the old library: $second"
same "$(sed -n '3,4p' <<<"$second")" "$(cd "$updates/repo" && find . -name 'openssl-libs-*.rpm' -o -name 'nginx-*.rpm' |
	sed 's,.*/,,; s,\.rpm$,,' | sort -r)"
serving_back_and_forth a "$first" "$second"
serving_end
# and what it is at the end is what rpm finds in its database
run 1 vz exec a -- rpm -Va
same "$(cat "$out")" 'S.5....T.  c /etc/nginx/conf.d/default.conf
.....UG..  g /var/lib/nginx/conf.list' 'what rpm -Va reports'
done_ok
