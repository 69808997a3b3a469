#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What `make install` gives to systemd and cron means what it should.
. "${top_srcdir:?}/tests/lib/flow.sh"

make -s -C "$top_builddir" install-cronDATA install-systemdsystemunitDATA DESTDIR="$tmp/host" >"$out" 2>"$err" ||
	die "nothing was installed: $(cat "$err")"
cron=$(find "$tmp/host" -path '*/cron.d/vzpkg')
timer=$(find "$tmp/host" -name vzpkg-auto-update.timer)
[ -n "$cron" ] || die "there is no table for cron"

# cron's lines: fields, a user, a command, in which it takes "\%" for "%"
mkdir -p "$tmp/bin"
printf '#!/bin/sh\necho "$@" >>%q\n' "$tmp/asked" | tee "$tmp/bin/vzpkg" "$tmp/bin/sleep" >/dev/null
chmod 755 "$tmp"/bin/*
commands=0
while read -r line; do
	case $line in
	'#'* | PATH=* | '') continue ;;
	@reboot*) read -r _ user command <<<"$line" ;;
	*) read -r _ _ _ _ _ user command <<<"$line" ;;
	esac
	same "$user" root
	command=${command//\\%/%}
	command=$(sed -E "s,/[^ ]*/vzpkg ,$tmp/bin/vzpkg ,; s,/run/systemd/system,$tmp/no-such," <<<"$command")
	PATH=$tmp/bin:$PATH sh -c "$command" || die "'$command' fails"
	commands=$((commands + 1))
done <"$cron"
same "$commands" 2
same "$(sed -n 2p "$tmp/asked")" "--quiet --no-progress auto-update"
same "$(sed -n 3p "$tmp/asked")" "--quiet --no-progress start --all"
delay=$(head -n 1 "$tmp/asked")
[[ $delay =~ ^[0-9]+$ && $delay -lt 14400 ]] || die "it sleeps for '$delay'"

[ -n "$timer" ] || {
	echo "this build has no units"
	done_ok
	exit 0
}
units=${timer%/*}
for unit in vzpkg-mount.service vzpkg-auto-update.service vzpkg-auto-update.timer; do
	[ -f "$units/$unit" ] || die "there is no '$unit'"
	! grep '@[a-z]*@' "$units/$unit" || die "'$unit' has names that were not filled in"
done
for line in Persistent=true RandomizedDelaySec=4h OnCalendar=daily; do
	grep -qx "$line" "$timer" || die "the timer lacks '$line'"
done
if command -v systemd-analyze >/dev/null; then
	sed -i -E 's,^(Exec[A-Za-z]*=)[^ ]*/vzpkg,\1/bin/true,' "$units"/*.service
	SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$units"/vzpkg-* >"$out" 2>&1 || die "systemd does not take them: $(cat "$out")"
	! grep -F "$units" "$out" || die "systemd has something to say about them"
fi
done_ok
