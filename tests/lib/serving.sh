# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# nginx in an environment answers request after request while it and openssl below it go to newer packages and back.
# The packages of both versions are real: the point release's and the security suite's.
#
#   with_security              $security, $security_url: what the security suite has of nginx and openssl
#   serving_application INSTALL CONFIG
#                              the recipe "web" beside the others in $tmp/recipes: INSTALL, and in the file CONFIG a
#                              server on $port that has a certificate
#   serving_begin ENV PAGE     nginx runs in ENV, and requests for PAGE begin
#   serving_update ENV         its OS template "os" gets a new version, and ENV with it
#   serving_back_and_forth ENV FIRST SECOND
#                              rollbacks between what `versions ENV` printed at generation 1 and 2; ends at 1
#   serving_end                none failed
#
# The script says what `versions ENV` is. Needs flow.sh and mirror.sh.
# shellcheck disable=SC2154,SC2034 # theirs, and for them

security_make() {
	local dir=$1 packages=(openssl libssl3 nginx nginx-light nginx-common) p
	mkdir -p "$dir/debian/pool/main"
	(cd "$dir/debian/pool/main" && for p in "${packages[@]}"; do
		apt-get -q -o APT::Sandbox::User=root -o APT::Default-Release="$mirror_suite-security" download "$p"
	done) >"$dir/log" 2>&1 </dev/null || {
		cat "$dir/log" >&2
		die "the security suite's packages cannot be had"
	}
	repo_key "$dir/key"
	repo_publish "$dir/debian" "$mirror_suite" "$dir/key"
}

with_security() {
	once security security_make
	security=$keep/security
	serve "$security/debian"
	security_url=$url
}

serving_application() {
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >"$tmp/recipes/web.recipe" <<-END
		[template]
		name = web
		kind = app
		[packages]
		install = $1
		[scripts]
		post-install = web.sh
	END
	{
		printf '#!/bin/sh\nset -e\n'
		# a key that anybody may know: the same in every build
		echo "cat >/etc/ssl/web.pem <<'KEY'"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=web -keyout - 2>/dev/null
		printf "KEY\ncat >%s <<'SITE'\n" "$2"
		echo "server { listen 127.0.0.1:$port ssl; ssl_certificate /etc/ssl/web.pem; ssl_certificate_key /etc/ssl/web.pem;"
		printf 'root /srv; }\nSITE\necho a page >/srv/page.html\n'
	} >"$tmp/recipes/web.sh"
}

serving_begin() {
	"$VZPKG" --root "$root" exec "$1" -- nginx -g 'daemon off;' >"$tmp/nginx.log" 2>&1 &
	serving_server=$!
	servers+=("$serving_server")
	soon bash -c ": <>/dev/tcp/127.0.0.1/$port"
	python3 "$lib/requests.py" "https://127.0.0.1:$port/page.html" "$tmp/stop" >"$tmp/requests" 2>&1 &
	serving_requests=$!
}

serving_update() {
	run 0 vz update template os
	gave '^os: 1 -> 2$'
	run 0 vz --json update "$1"
	same "$(json '"\(.generation) \(.template) \(.restarted) \(.left_behind | length)"')" "2 os@2 false 0"
	[ "$(json .processes)" -ge 2 ] || die "nginx was not moved"
}

serving_back_and_forth() {
	for _ in 1 2 3; do
		run 0 vz --offline rollback "$1" 1
		same "$(versions "$1")" "$2"
		run 0 vz --offline rollback "$1" 2
		same "$(versions "$1")" "$3"
	done
	run 0 vz --offline rollback "$1"
	same "$(versions "$1")" "$2"
}

serving_end() {
	: >"$tmp/stop"
	wait "$serving_requests" || die "a request failed: $(cat "$tmp/requests")"
	[ "$(cat "$tmp/requests")" -ge 50 ] || die "only $(cat "$tmp/requests") requests were made"
	echo "$(cat "$tmp/requests") requests, none failed"
	kill -QUIT "$serving_server"
	wait "$serving_server" || die "nginx ended badly: $(cat "$tmp/nginx.log")"
}
