#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# nginx in an environment answers every request while it and openssl go from the point release's version to the
# security suite's, and back; whatever starts meanwhile is the version of its moment. Real packages of both suites.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# what the security suite has of nginx and openssl, in a repository of its own
make_security() {
	local dir=$1 packages=(openssl libssl3 nginx nginx-light nginx-common) p
	mkdir -p "$dir/debian/pool/main"
	(cd "$dir/debian/pool/main" && for p in "${packages[@]}"; do
		apt-get -q -o APT::Sandbox::User=root -o APT::Default-Release="$suite-security" download "$p"
	done) >"$dir/log" 2>&1 </dev/null || {
		cat "$dir/log" >&2
		die "the security suite's packages cannot be had"
	}
	repo_key "$dir/key"
	repo_publish "$dir/debian" "$suite" "$dir/key"
}
once security make_security
serve "$keep/security/debian"
security_url=$url

mkdir "$tmp/recipes"
recipe "$tmp/recipes/os.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt openssl
cat >"$tmp/recipes/web.recipe" <<-END
	[template]
	name = web
	kind = app
	[packages]
	install = nginx-light
	[scripts]
	post-install = web.sh
END
cat >"$tmp/recipes/web.sh" <<-END
	#!/bin/sh
	set -e
	# a key that anybody may know: the same in every build
	cat >/etc/ssl/web.pem <<'KEY'
	$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=web -keyout - 2>/dev/null |
		sed 's/^/	/')
	KEY
	sed -i 's/^[[:blank:]]*//' /etc/ssl/web.pem
	cat >/etc/nginx/sites-available/default <<'SITE'
	server { listen 127.0.0.1:$port ssl; ssl_certificate /etc/ssl/web.pem; ssl_certificate_key /etc/ssl/web.pem; root /var/www/html; }
	SITE
END
vz() { "$VZPKG" --root "$root" --no-progress --recipes "$tmp/recipes" "$@"; }
versions() { # WHAT a new process says: nginx's and openssl's
	run 0 vz exec a -- sh -c 'nginx -v 2>&1; openssl version; dpkg-query -W -f "\${Version}\n" libssl3 nginx'
	cat "$out"
}

run 0 vz create template os
run 0 vz create env a os --app web
first=$(versions)
"$VZPKG" --root "$root" exec a -- nginx -g 'daemon off;' >"$tmp/nginx.log" 2>&1 &
server=$!
servers+=("$server")
for _ in $(seq 100); do
	! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	sleep 0.1
done
python3 "$lib/requests.py" "https://127.0.0.1:$port/index.nginx-debian.html" "$tmp/stop" >"$tmp/requests" 2>&1 &
requests=$!

# the recipe gets the security suite; the template's new version has its packages, and so has the environment
cat >>"$tmp/recipes/os.recipe" <<-END
	[repository security]
	type = deb
	url = $security_url
	suite = $suite
	components = main
	key = $keep/security/key/key.gpg
END
run 0 vz update template os
gave '^os: 1 -> 2$'
run 0 vz --json update a
same "$(json '"\(.generation) \(.template) \(.restarted) \(.left_behind | length)"')" "2 os@2 false 0"
[ "$(json .processes)" -ge 2 ] || die "nginx was not moved"
second=$(versions)
[ "$(sed -n 3,4p <<<"$second")" != "$(sed -n 3,4p <<<"$first")" ] || die "nothing was updated: $second"
same "$(sed -n 4p <<<"$second")" "$(dpkg-deb -f "$keep"/security/debian/pool/main/nginx_*.deb Version)"
same "$(sed -n 3p <<<"$second")" "$(dpkg-deb -f "$keep"/security/debian/pool/main/libssl3_*.deb Version)"
for _ in 1 2 3; do
	run 0 vz --offline rollback a 1
	same "$(versions)" "$first"
	run 0 vz --offline rollback a 2
	same "$(versions)" "$second"
done
run 0 vz --offline rollback a
same "$(versions)" "$first"
: >"$tmp/stop"
wait $requests || die "a request failed: $(cat "$tmp/requests")"
[ "$(cat "$tmp/requests")" -ge 50 ] || die "only $(cat "$tmp/requests") requests were made"
echo "$(cat "$tmp/requests") requests, none failed"
kill -QUIT $server
wait $server || die "nginx ended badly: $(cat "$tmp/nginx.log")"
done_ok
