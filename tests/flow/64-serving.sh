#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# nginx in an environment answers every request while it and openssl go from the point release's version to the
# security suite's, and back; whatever starts meanwhile is the version of its moment. Real packages of both suites.
. "${top_srcdir:?}/tests/lib/flow.sh"
# shellcheck source=tests/lib/serving.sh
. "$lib/serving.sh"
with_base
with_security

mkdir "$tmp/recipes"
recipe "$tmp/recipes/os.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt openssl
serving_application nginx-light /etc/nginx/sites-available/default
vz() { "$VZPKG" --root "$root" --no-progress --recipes "$tmp/recipes" "$@"; }
versions() { # ENV: what a new process says: nginx's and openssl's
	run 0 vz exec "$1" -- sh -c 'nginx -v 2>&1; openssl version; dpkg-query -W -f "\${Version}\n" libssl3 nginx'
	cat "$out"
}

run 0 vz create template os
run 0 vz create env a os --app web
first=$(versions a)
serving_begin a

# the recipe gets the security suite; the template's new version has its packages, and so has the environment
cat >>"$tmp/recipes/os.recipe" <<-END
	[repository security]
	type = deb
	url = $security_url
	suite = $suite
	components = main
	key = $security/key/key.gpg
END
serving_update a
second=$(versions a)
[ "$(sed -n 3,4p <<<"$second")" != "$(sed -n 3,4p <<<"$first")" ] || die "nothing was updated: $second"
same "$(sed -n 4p <<<"$second")" "$(dpkg-deb -f "$security"/debian/pool/main/nginx_*.deb Version)"
same "$(sed -n 3p <<<"$second")" "$(dpkg-deb -f "$security"/debian/pool/main/libssl3_*.deb Version)"
serving_back_and_forth a "$first" "$second"
serving_end
done_ok
