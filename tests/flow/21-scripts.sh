#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What packages' scripts find while they run is what dpkg would show them: diversions that a preinst makes hold
# for the files of its own package and of those after it; tools that are answered for say what the real ones say.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

pool=$tmp/repo/pool/main
# deb NAME FIELDS…: from $tmp/NAME, with its scripts in DEBIAN
deb() {
	local name=$1
	shift
	repo_files=$tmp/$name repo_deb "$pool" "$name" 1.0 "$@"
}
script() { # PACKAGE SCRIPT, from stdin
	mkdir -p "$tmp/$1/DEBIAN"
	{ printf '#!/bin/sh\nset -e\n'; cat; } >"$tmp/$1/DEBIAN/$2"
	chmod 755 "$tmp/$1/DEBIAN/$2"
}
ship() { # PACKAGE PATH
	mkdir -p "$tmp/$1/$(dirname "$2")"
	echo "$1" >"$tmp/$1/$2"
}

# like molly-guard: it ships /sbin/pm-x, and diverts /usr/sbin/pm-x, which is the same place
ship guard sbin/pm-x
ship guard sbin/halt-x
script guard preinst <<'END'
mkdir -p /usr/lib/guard
for cmd in pm-x halt-x; do
	dpkg-divert --package guard --divert /usr/lib/guard/$cmd --rename /usr/sbin/$cmd
done
END
deb guard
ship before usr/sbin/pm-x
deb before
ship after usr/sbin/pm-x
deb after 'Depends: guard'
# who does not ask for what is there to be renamed means only what comes later
ship mover usr/bin/tool-x
script mover preinst <<'END'
dpkg-divert --package mover --divert /usr/bin/tool-x.real --no-rename --add /usr/bin/tool-x
dpkg-divert --package mover --divert /usr/share/moved/data.orig --no-rename --add /usr/share/late/data
END
deb mover
ship late usr/bin/tool-x
ship late usr/share/late/data
ship late usr/share/late/other
script late preinst <<'END'
dpkg-divert --package late --divert /usr/bin/tool-x.other --rename --add /usr/bin/nothing-x
END
deb late 'Depends: mover'
ship rival usr/bin/tool-x
script rival preinst <<'END'
: dpkg-divert could be meant, but is not
END
deb rival
ship owner usr/bin/tool-x
deb owner

# each question twice, of what stands first in PATH and of the original; one that differs fails the build
unit() { # NAME LINE…: its [Install] section
	ship asks "usr/lib/systemd/system/$1"
	printf '%s\n' '[Service]' ExecStart=/bin/true '[Install]' "${@:2}" >"$tmp/asks/usr/lib/systemd/system/$1"
}
unit asks.service WantedBy=multi-user.target
unit twice.service WantedBy=multi-user.target WantedBy=graphical.target
unit two.service 'WantedBy=multi-user.target graphical.target'
unit quoted.service 'WantedBy="multi-user.target"'
unit other.service wantedby=multi-user.target ' WantedBy=graphical.target'
unit needed.service WantedBy=multi-user.target RequiredBy=graphical.target
unit alias.service WantedBy=multi-user.target Alias=dbus-org.example.service
unit also.service Also=asks.service WantedBy=multi-user.target
unit odd@.service WantedBy=multi-user.target DefaultInstance=one
unit unwanted.service
unit mute.service '#WantedBy=multi-user.target'
unit comment.service WantedBy=multi-user.target '; Also=none.service'
unit open.service
printf '[Install]\nWantedBy=multi-user.target' >"$tmp/asks/usr/lib/systemd/system/open.service"
ln -s asks.service "$tmp/asks/usr/lib/systemd/system/linked.service"
script asks postinst <<'END'
state() { find /etc/systemd /var/lib/systemd /srv -printf '%p %y %m %l\n' -type f -exec cat {} + 2>/dev/null | sort; }
trees="/var/lib/systemd /etc/systemd /srv"
ask() {
	for dir in /.vzpkg-build /usr/bin; do
		cp -a --parents $trees /root/save
		code=0
		"$dir/$@" >/root/out 2>&1 || code=$?
		{ echo "$code"; sed -E "s,^(/.vzpkg-build|/usr/bin)/,," /root/out; state; } >"/root/is$dir"
		rm -rf $trees
		mv /root/save/srv /
		mv /root/save/etc/systemd /etc
		mv /root/save/var/lib/systemd /var/lib
	done
	cmp /root/is/.vzpkg-build /root/is/usr/bin || { echo "'$*' is answered wrongly"; diff /root/is/.vzpkg-build /root/is/usr/bin; exit 1; }
	asked=$((asked + 1))
}
asked=0
mkdir -p /root/save /root/is/usr /srv/d
ask_to_enable() {
	for unit in asks twice two quoted other needed alias also odd@ unwanted mute comment open linked none; do
		ask deb-systemd-helper enable $unit.service
	done
	ask deb-systemd-helper --user enable asks.service
	ask deb-systemd-helper enable asks.service two.service
	DPKG_ROOT=/srv ask deb-systemd-helper enable asks.service
	ask deb-systemd-helper enable /lib/systemd/system/asks.service
}
ask_all() {
	for unit in asks.service none.service; do
		ask deb-systemd-helper unmask $unit
		ask deb-systemd-helper --user unmask $unit
		ask deb-systemd-helper --quiet was-enabled $unit
		ask deb-systemd-helper was-enabled $unit
		ask deb-systemd-helper debian-installed $unit
		ask deb-systemd-helper --quiet is-enabled $unit
	done
	ask deb-systemd-helper unmask asks.service none.service
	ask deb-systemd-helper
	ask dpkg-maintscript-helper supports rm_conffile
	for action in 'configure' 'configure 0.5' 'configure 2.0' 'upgrade 0.5' ''; do
		ask dpkg-maintscript-helper rm_conffile /srv/c 1.0~ -- $action
		ask dpkg-maintscript-helper mv_conffile /srv/c /srv/e 1.0~ -- $action
		ask dpkg-maintscript-helper dir_to_symlink /srv/d ../x 1.0~ asks -- $action
		ask dpkg-maintscript-helper symlink_to_dir /srv/l ../x 1.0~ asks -- $action
	done
	ask dpkg-maintscript-helper dir_to_symlink /srv/d/ ../x
}
ask_all
ask_to_enable
ls /.vzpkg-build
sed -n 's/^state=[^ ]* known=/this helper is known: /p' /.vzpkg-build/deb-systemd-helper
ischroot
# where there is a systemctl, it is asked
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /lib/systemd/system/asks.service /etc/systemd/system/multi-user.target.wants/asks.service
ask deb-systemd-helper enable asks.service
rm /etc/systemd/system/multi-user.target.wants/asks.service
printf '#!/bin/sh\necho "$@" >>/srv/asked\n' >/usr/bin/systemctl
chmod 755 /usr/bin/systemctl
ask deb-systemd-helper enable asks.service
rm /usr/bin/systemctl
/usr/bin/deb-systemd-helper mask asks.service
/usr/bin/deb-systemd-helper enable asks.service
mkdir /srv/d.dpkg-backup
touch /srv/d/.dpkg-staging-dir /srv/c.dpkg-remove
ln -s ../x /srv/l.dpkg-backup
ask_all
# left over by nobody
rm -rf /etc/systemd/system/multi-user.target.wants
ask deb-systemd-helper enable asks.service
ask deb-systemd-helper --quiet was-enabled asks.service
rm -rf /root/save /root/is /root/out /srv/*
echo "asked $asked questions"
END
deb asks

repo_key "$tmp/key"
repo_publish "$tmp/repo" test "$tmp/key"
serve "$tmp/repo"
with_ours() { # TEMPLATE PACKAGES…
	recipe "$tmp/$1.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt "${@:2}"
	printf '[repository ours]\ntype = deb\nurl = %s\nsuite = test\ncomponents = main\nkey = %s\n' \
		"$url" "$tmp/key/key.gpg" >>"$tmp/$1.recipe"
}
# made TEMPLATE PACKAGES… -- 'PATH PACKAGE'…: builds it; each path has what that package ships there
made() {
	local template=$1 packages=() where
	shift
	while [ "$1" != -- ]; do packages+=("$1"); shift; done
	with_ours "$template" "${packages[@]}"
	run 0 vz create template "$tmp/$template.recipe"
	run 0 vz create env "$template" "$template"
	for where in "${@:2}"; do
		run 0 vz exec "$template" -- cat "${where% *}"
		gave "^${where#* }\$"
	done
	run 0 vz exec "$template" -- sh -c 'dpkg --audit; dpkg --verify; ls -d /var/lib/dpkg/vzpkg-waiting 2>/dev/null || :'
	[ ! -s "$out" ] || die "$template: $(cat "$out")"
	run 0 vz remove env "$template"
}

made alone guard -- '/usr/sbin/pm-x guard' '/usr/sbin/halt-x guard'
made earlier before guard -- '/usr/sbin/pm-x guard' '/usr/lib/guard/pm-x before'
made later guard after -- '/usr/sbin/pm-x guard' '/usr/lib/guard/pm-x after'
made moved mover late -- '/usr/bin/tool-x mover' '/usr/bin/tool-x.real late' \
	'/usr/share/moved/data.orig late' '/usr/share/late/other late'
with_ours rivals rival owner
run 8 vz create template "$tmp/rivals.recipe"
one_error_line
said "'/usr/bin/tool-x' too"
made asked asks --
run 0 vz info asked --log
gave '^asked [0-9]+ questions$'
gave '^deb-systemd-helper$'
gave '^this helper is known: yes$'
done_ok
