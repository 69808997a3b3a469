#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An RPM distribution built from real packages is one that rpm and dnf consider healthy: it has what was planned, its
# scripts did what they do, it serves a page, and the same lock gives the same image in another store.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_rpmdist

rpm_recipe "$tmp/web.recipe" "$rpm_url" "$rpm_key" @core @web-server python3 vzapp perl-base
run 0 vz --json create template "$tmp/web.recipe"
digest=$(json .image.digest)
run 0 vz create env web web
in_web() { run 0 vz exec web -- "$@"; }

# as rpm sees it. A ghost that a file trigger of nginx makes as root, though its package says it is nginx's, is what rpm
# reports after an installation of its own, too
run 1 vz exec web -- rpm -Va
same "$(cat "$out")" '.....UG..  g /var/lib/nginx/conf.list' 'what rpm -Va reports'
in_web rpm -qa --qf '%{name} %|epoch?{%{epoch}:}|%{version}-%{release} %{arch}\n'
sort "$out" >"$tmp/installed"
run 0 vz info web --packages
sort "$out" | diff - "$tmp/installed" || die "rpm -qa is not the plan"
[ "$(wc -l <"$tmp/installed")" -gt 60 ] || die "too few packages"
in_web bash -c 'rpm --verifydb && rpm -q --whatprovides /bin/sh && rpm -qf /usr/bin/awk && rpm -q oldawk || :'
gave '^bash-'
gave '^gawk-'
gave 'oldawk is not installed'

# users made by %pre and by sysusers lines, owners, a capability, Lua, triggers, file triggers, %posttrans
in_web bash -c 'getent passwd nginx vzapp && stat -c "%U %G %a %n" /var/lib/nginx/tmp /var/lib/vzapp/data /etc/shadow'
gave '^nginx:x:[0-9]+:'
gave '^vzapp:x:'
gave '^nginx root 770 /var/lib/nginx/tmp$'
gave '^vzapp nginx 640 /var/lib/vzapp/data$'
gave '^root root 0 /etc/shadow$'
in_web getcap /usr/bin/ping
gave cap_net_raw
in_web bash -c 'cat /etc/shells /var/lib/misc/{filesystem-is-there,posttrans,ca-certificates} /var/lib/nginx/tmp/*'
gave '^/bin/bash$'
gave '^made by filesystem linux$'
gave '^util-linux posttrans 1$'
gave '^14[0-9]$'
gave '^installed$'
same "$(grep -c '^triggered 1 1$' "$out")" 2 'triggers by python3 and perl-base'
in_web python3 -c 'import nginx_answer; print(nginx_answer.ANSWER)'
gave '^42$'
in_web find / -xdev '(' -name '*.rpmnew' -o -name '*.rpmsave' -o -path '/tmp/?*' -o -path '/.vzpkg*' -o -path '/run/?*' ')'
[ ! -s "$out" ] || die "left over from building: $(cat "$out")"

# a page, from inside, on a port that is free
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
in_web bash -c "sed -i 's/listen 80 /listen 127.0.0.1:$port /' /etc/nginx/conf.d/default.conf; echo 'a page of ours' >/usr/share/nginx/html/index.html"
"$VZPKG" --root "$root" exec web -- nginx -g 'daemon off;' >"$tmp/nginx.log" 2>&1 &
nginx=$!
page=
for _ in $(seq 100); do
	page=$(python3 -c "import urllib.request as r; print(r.urlopen('http://127.0.0.1:$port/').read().decode())" 2>/dev/null) && break
	kill -0 $nginx 2>/dev/null || die "nginx ended: $(cat "$tmp/nginx.log")"
	sleep 0.1
done
same "$page" 'a page of ours'
kill $nginx
wait $nginx || :
run 1 vz exec web -- rpm -V nginx
gave '^S\.5\.\.\.\.T\.  c /etc/nginx/conf.d/default.conf$'

# dnf reads the database, finds nothing wrong in it, and removes a package
mkdir "$tmp/dnf"
printf '%%_dbpath /usr/lib/sysimage/rpm\n' >"$tmp/dnf/.rpmmacros"
printf '[main]\nreposdir=/nonexistent\ncachedir=%s/cache\npersistdir=%s/state\nlogdir=%s\nplugins=0\n' \
	"$tmp/dnf" "$tmp/dnf" "$tmp/dnf" >"$tmp/dnf/dnf.conf"
run 0 vz mount web
where=$(cat "$out")
with_dnf() { HOME=$tmp/dnf dnf -q -y -c "$tmp/dnf/dnf.conf" --installroot "$where" --releasever 12 "$@"; }
run 0 with_dnf check
run 0 with_dnf repoquery --installed --qf '%{name}'
same "$(sort "$out")" "$(cut -d' ' -f1 "$tmp/installed")" "what dnf finds installed"
run 0 with_dnf remove vzapp
run 0 vz umount web
run 1 vz exec web -- rpm -q vzapp
run 0 vz remove env web

# another store, the same lock
run 0 vz info web --lock
cp "$out" "$tmp/web.lock"
run 0 "$VZPKG" --root "$tmp/root2" --no-progress --json create template "$tmp/web.recipe" --lock "$tmp/web.lock"
same "$(json .image.digest)" "$digest" "image of the same lock in another store"
run 0 "$VZPKG" --root "$tmp/root2" info web --lock
cmp "$out" "$tmp/web.lock" || die "the lock changed on the way"
run 0 vz update template web
gave unchanged
done_ok
