#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What somebody installed in an environment, by dpkg and by hand, becomes an application, and comes to others with its users.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

pool=$tmp/pool
with_files() { # NAME, a postinst on stdin
	repo_files=$tmp/files.$1
	mkdir -p "$repo_files/DEBIAN" "$repo_files/usr/share/doc/$1" "$repo_files/etc/$1"
	cat >"$repo_files/DEBIAN/postinst"
	chmod 755 "$repo_files/DEBIAN/postinst"
	printf '/etc/%s/%s.conf\n' "$1" "$1" >"$repo_files/DEBIAN/conffiles"
	printf 'setting = %s\n' "$1" >"$repo_files/etc/$1/$1.conf"
	seq 400 >"$repo_files/usr/share/doc/$1/numbers"
}
with_files served <<-'END'
	#!/bin/sh -e
	useradd --system --home-dir /var/lib/served --shell /usr/sbin/nologin served
	install -d -o served -g served /var/lib/served /var/log/served
	echo state >/var/lib/served/state && chown served:served /var/lib/served/state
	echo 'served:secret' | chpasswd
	echo noise >/var/log/served/log
END
repo_deb "$pool" served 1.0 'Depends: served-common'
with_files other <<-'END'
	#!/bin/sh -e
	useradd --system --home-dir /nonexistent other
END
repo_deb "$pool" other 2.0
unset repo_files
repo_deb "$pool" served-common 1.0
repo_deb "$pool" unrelated 1.0

put() { # ENV FILE…
	run 0 vz mount "$1"
	cp "${@:2}" "$root/envs/$1/root/opt"
	run 0 vz umount "$1"
}
inside() { run 0 vz exec "$1" -- sh -ec "$2"; }

run 0 vz create env web base
run 3 vz capture web app
one_error_line
said 'nothing was installed'
put web "$pool"/served*.deb
inside web 'dpkg -i /opt/*.deb && rm /opt/*.deb
	id served && mkdir -p /usr/local/lib/tool /root/.ssh /home/me /etc/tool /opt/tool /etc/ssl/private
	printf "#!/bin/sh\necho tool runs\n" >/usr/local/bin/tool && chmod 755 /usr/local/bin/tool
	seq 1000 >/usr/local/lib/tool/table && ln /usr/local/lib/tool/table /usr/local/lib/tool/same
	ln -s ../lib/tool/table /usr/local/bin/table && chown served /usr/local/lib/tool && chmod 2750 /usr/local/lib/tool
	echo "-----BEGIN PRIVATE KEY-----" >/etc/tool/key.pem && echo key >/etc/ssl/private/tool.key
	echo secret >/root/.ssh/id && echo mine >/home/me/diary && echo x >/tmp/x && echo x >/var/log/tool.log
	echo "root:changed" | chpasswd && echo "own setting" >>/etc/served/served.conf
	rm /etc/issue && rm -r /usr/share/bug/apt && cp /usr/bin/find /opt/tool/find'
run 0 vz -n capture web app
run 3 vz info app
run 0 vz --json capture web app --exclude /opt/tool
same "$(json .version)" 1
same "$(json '[.packages[].name] | join(" ")')" 'served served-common'
json '.users | join(",")' | grep -q 'user served' || die "the user is not told of: $(cat "$out")"
for secret in /etc/tool/key.pem /etc/ssl/private/tool.key /home/me /root/.ssh; do
	json '.left_out[]' | grep -qx "$secret" || die "'$secret' is not among what was left out: $(json .left_out)"
done
run 0 vz dump app
for absent in /root/ /home/me key.pem tool.key /tmp/x log/tool.log served/log machine-id opt/tool; do
	! grep -q -- "$absent" "$out" || die "'$absent' was captured"
done
gave '^/files/usr/local/lib/tool/table '
gave '^/removed/etc/issue '
run 0 vz list --app
gave '^app'
run 11 vz capture web base
one_error_line

# an environment that is made with it
check() { # ENV
	inside "$1" 'dpkg --audit; dpkg -s served | grep -q "^Status: install ok installed" && dpkg -s served-common >/dev/null
		test "$(tool)" = "tool runs" && tail -n 1 /usr/local/bin/table | grep -qx 1000
		test "$(stat -c %U:%a /usr/local/lib/tool)" = served:2750 && test "$(stat -c %U /var/lib/served/state)" = served
		test "$(stat -c %h /usr/local/lib/tool/table)" = 2 && test ! -e /etc/issue && test ! -e /usr/share/bug/apt
		test -d /var/log/served && test ! -e /var/log/served/log && grep -q "own setting" /etc/served/served.conf
		cd / && grep -v conf /var/lib/dpkg/info/served.md5sums | md5sum --quiet -c
		grep -q "^served:!" /etc/shadow && ! grep -q "^root:\\$" /etc/shadow'
	[ ! -s "$out" ] || die "in '$1': $(cat "$out")"
}
run 0 vz create env made base --app app
check made
run 0 vz --json create env again base --app app
[ "$(json .seconds | cut -d. -f1)" -lt 5 ] || die "the second was built anew"

# one that has users and packages of its own, so that ids collide
run 0 vz create env busy base
put busy "$pool"/other*.deb
inside busy 'dpkg -i /opt/*.deb && rm /opt/*.deb && echo private >/srv/private && chown other /srv/private && id -u other'
theirs=$(tail -n 1 "$out")
inside web 'id -u served'
same "$theirs" "$(cat "$out")" "the test wants two users with one id"
run 0 vz install busy app
check busy
inside busy 'dpkg -s other >/dev/null && test "$(stat -c %U /srv/private)" = other && test "$(id -u other)" != "$(id -u served)"'
run 0 vz --json status busy
same "$(json '.[0].apps | join(" ")')" app@1
run 0 vz remove busy app
inside busy '! dpkg -s served 2>/dev/null && ! test -e /usr/local/bin/tool && test -e /etc/issue && dpkg -s other >/dev/null'
run 0 vz rollback busy
check busy

# where it came from, it takes the place of the private files
run 0 vz install web app
[ ! -e "$root/envs/web/upper/usr/local/bin/tool" ] || die "what is in the application is private still"
inside web 'test "$(tool)" = "tool runs" && test -e /opt/tool/find && test "$(cat /root/.ssh/id)" = secret && dpkg --audit'

# the next version; other environments stay
put web "$pool"/unrelated*.deb
inside web 'dpkg -i /opt/*.deb && rm /opt/*.deb'
run 0 vz --json capture web more
same "$(json '[.packages[].name] | join(" ")')" unrelated
run 0 vz install made more
inside made 'dpkg -s unrelated >/dev/null && dpkg -s served >/dev/null'

# as a recipe, and elsewhere
run 0 vz export app --format recipe "$tmp/app.recipe"
grep -qx '	served' "$tmp/app.recipe" || die "the recipe does not name the package: $(cat "$tmp/app.recipe")"
grep -q '^\[packages base\]' "$tmp/app.recipe" || die "the recipe does not say for which template"
run '[1-9]*' vz export app --format recipe "$tmp/app.recipe"
run 0 vz backup made "$tmp/made.backup"
run 0 vz verify
run 0 vz clean
run 0 vz verify
check made
root=$tmp/second
run 0 vz --recipes "$tmp" restore "$tmp/made.backup"
check made
run 0 vz create env fresh base@1 --app app
check fresh
run 0 vz verify
done_ok
