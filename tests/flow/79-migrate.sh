#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An environment moves to another host by ssh, stopped or running, and is the same there, byte by byte.
. "${top_srcdir:?}/tests/lib/flow.sh"
for tool in sshd ssh-keygen runc; do
	command -v $tool >/dev/null || skip "needs $tool"
done
with_base

other() { "$VZPKG" --root "$tmp/other" --no-progress "$@"; }
list() {
	local at=$tmp/at
	mkdir -p "$at"
	run 0 "$1" mount "$2" "$at"
	(cd "$at" && find . -xdev \( -path ./etc/resolv.conf -o -path ./run -o -path ./tmp \) -prune -o \
		! -type d -printf '%p %y %m %U %G %s %l %T@ %n\n' -o -type d -printf '%p %y %m %U %G\n' | sort
	find . -xdev -type f -print0 | sort -z | xargs -0 sha256sum) >"$3"
	run 0 "$1" umount "$2"
}

# another host: a server of its own on loopback, and a command with another store
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f "$tmp/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
port=$((20000 + (RANDOM + $$) % 12000))
cat >"$tmp/sshd_config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey $tmp/host_key
AuthorizedKeysFile $tmp/key.pub
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PidFile none
END
"$(command -v sshd)" -D -f "$tmp/sshd_config" -E "$tmp/sshd.log" </dev/null &
servers+=($!)
cat >"$tmp/ssh_config" <<END
Host there
	HostName 127.0.0.1
	Port $port
	User root
	IdentityFile $tmp/key
	IdentitiesOnly yes
	UserKnownHostsFile $tmp/known
	StrictHostKeyChecking accept-new
	BatchMode yes
	LogLevel ERROR
END
printf '#!/bin/sh\nexec ssh -F %q/ssh_config "$@"\n' "$tmp" >"$tmp/ssh"
printf '#!/bin/sh\nexec %q --root %q/other --no-progress "$@"\n' "$VZPKG" "$tmp" >"$tmp/vzpkg-there"
chmod +x "$tmp/ssh" "$tmp/vzpkg-there"
export VZPKG_SSH=$tmp/ssh
soon "$VZPKG_SSH" there true

# one that does not run, to a host that has nothing
run 0 vz create env web base
run 0 vz exec web -- sh -c '
	mkdir -p /srv/data && seq 300000 >/srv/data/big && ln /srv/data/big /srv/data/other && mkfifo /srv/data/fifo
	rm /etc/issue && chmod 700 /usr/bin/env && chown 7:8 /srv/data/big'
list vz web "$tmp/before"
run 0 vz --json migrate web there --command "$tmp/vzpkg-there"
sent=$(json .sent)
list other web "$tmp/after"
diff "$tmp/before" "$tmp/after" >"$tmp/diff" || die "it is not the same there: $(head -n 6 "$tmp/diff")"
[ ! -e "$root/envs/web" ] || die "it is still here"
run 0 other verify

# a second sends only what is its own
run 0 vz create env two base
run 0 vz exec two -- sh -c 'seq 1000 >/srv/two'
run 0 vz --json migrate two there --keep --command "$tmp/vzpkg-there"
[ "$(json .sent)" -lt $((sent / 10)) ] || die "$(json .sent) bytes were sent for a small file"
printf 'to a host with nothing: %s bytes; the second: %s\n' "$sent" "$(json .sent)"
[ -e "$root/envs/two" ] || die "it was to be kept"

# there already; no such host; no such command; nothing is lost
run 11 vz migrate two there --command "$tmp/vzpkg-there"
one_error_line
said "host 'there'.*exists already"
run 7 vz migrate two nowhere.invalid
one_error_line
run 1 vz migrate two there --command "$tmp/nothing"
one_error_line
run 2 vz migrate two there --command 'vzpkg; true'
one_error_line
run 2 vz migrate two -oProxyCommand=true
one_error_line
run 0 vz exec two -- cat /srv/two

# one that runs
run 0 vz create env live base
run 0 vz start live -- sh -c 'trap exit TERM; while :; do echo tick >>/srv/ticks; sleep 0.2; done'
run 0 vz exec live -- sh -c 'head -c 3000000 /dev/urandom >/srv/large'
run 0 vz --json migrate live there --command "$tmp/vzpkg-there"
printf 'running: %s bytes, %s of them in a pause of %s s\n' "$(json .sent)" "$(json .sent_stopped)" "$(json .pause)"
[ "$(json .sent_stopped)" -lt 2000000 ] || die "what did not change was sent in the pause"
[ ! -e "$root/envs/live" ] || die "it is still here"
run 0 other --json status live
same "$(json '.[0].running')" true
run 0 other exec live -- sh -c 'n=$(wc -l </srv/ticks); sleep 1; test "$(wc -l </srv/ticks)" -gt "$n"'
run 0 other stop live --time 0
run 0 other verify
[ -z "$(find "$tmp/other/staging" -mindepth 1)" ] || die "something is staged there"
done_ok
