#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Environments that are started: joined, limited, moved while they serve, stopped, crashed, started again after a boot.
. "${top_srcdir:?}/tests/lib/flow.sh"
[ -e /sys/fs/cgroup/cgroup.controllers ] || [ -d /sys/fs/cgroup/pids ] || skip "needs control groups"
with_base

recipe "$tmp/os.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt
printf '[scripts]\npost-install = set-up.sh\n' >>"$tmp/os.recipe"
version() {
	cat >"$tmp/set-up.sh" <<-END
		#!/bin/sh
		echo $1 >/etc/vz-version
		mkdir -p /etc/ssh
		echo >/etc/ssh/sshd_config
		printf '#!/bin/sh\necho a key of %s >/etc/ssh/ssh_host_ed25519_key\n' "\$(echo '\$(hostname)')" >/usr/bin/ssh-keygen
		chmod 755 /usr/bin/ssh-keygen
		cat >/srv/server.pl <<'PERL'
		use IO::Socket;
		chdir "/etc" or die;
		my \$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 50, ReuseAddr => 1) or die;
		open my \$p, ">", "/root/port.new"; print \$p \$s->sockport, "\n"; close \$p; rename "/root/port.new", "/root/port";
		\$| = 1;
		print "serving\n";
		while (my \$c = \$s->accept) { open my \$f, "<", "vz-version"; print \$c readline \$f; close \$c }
		PERL
	END
}
version one
run 0 vz create template "$tmp/os.recipe"
run 0 vz create env a os
run 0 vz create env b os

# alone: an init to be joined
run 3 vz start nowhere
one_error_line
run 0 vz --json start a
same "$(json '"\(.env) \(.already) \(.runtime | test("/(runc|crun)$"))"')" "a false true"
pid=$(json .pid)
[ -d "/proc/$pid" ] || die "process $pid is not there"
[ -z "$(mounted)" ] || die "the mount of a started environment is seen by others: $(mounted)"
run 0 vz start a
gave "^a: runs already, process $pid\$"
run 6 vz start a -- sleep 1
one_error_line
run 0 vz --json status a
same "$(json '.[] | "\(.running) \(.state) \(.pid) \(.limits.pids)"')" "true started $pid null"
run 0 vz status a
gave "^a .* started [-0-9]+ [:0-9]+, process $pid\$"
run 0 vz list --envs
gave '^a .*started$'
gave '^b .*stopped$'
run 0 vz info a
gave '^state +started '
gave '^runtime +(runc|crun) '
run 0 vz -v start b
said 'run by .*/(runc|crun).*control groups'
run 0 vz stop b

# a command joins: same processes, same view, same control groups; what it leaves stays
run 7 vz exec a -- bash -c 'exit 7'
run 137 vz exec a -- bash -c 'kill -9 $$'
run 3 vz exec a -- no-such-command
one_error_line
run 0 vz exec a -- bash -c 'hostname; cat /proc/1/comm; echo mine >/etc/mine; sleep 1000 >/dev/null 2>&1 & echo $! >/root/sleep'
same "$(cat "$out")" "a
init"
run 0 vz exec a -- bash -c 'test "$(cat /proc/$(cat /root/sleep)/comm)" = sleep && cat /proc/self/ns/mnt 2>/dev/null; readlink /proc/self/ns/mnt /proc/1/ns/mnt | uniq | wc -l'
gave '^1$'
run 0 vz exec a -- bash -c 'ls /proc/self/fd | tr "\n" " "; test -c /dev/null; test ! -e /dev/vda; ! mount -t tmpfs none /mnt 2>/dev/null'
gave '^0 1 2 3 $'
run 0 vz exec a -- cat /etc/resolv.conf
cmp "$out" /etc/resolv.conf || die "not the host's resolv.conf"
"$VZPKG" --root "$root" exec a -- bash -c 'trap "echo got it; exit 9" TERM; echo ready; while :; do sleep 0.1; done' >"$out" 2>"$err" &
child=$!
soon grep -q ready "$out"
kill -TERM $child
status=0
wait $child || status=$?
same "$status" 9
gave 'got it'

# nor does it reach further than that
run 0 vz mount a
cp "$top_builddir/tests/unit/attacks" "$(cat "$out")/root/"
run 0 vz umount a
mode=$(stat -c %a /dev/null)
run 0 vz exec a -- /root/attacks container
[ ! -s "$out" ] || die "attacks that work: $(cat "$out")"
run 0 vz exec a -- chmod 0 /dev/null /proc/self/fd/0
same "$(stat -c %a /dev/null)" "$mode" "mode of the host's /dev/null"

# an identity of its own, and keys of an SSH server
run 0 vz exec a -- cat /etc/machine-id /etc/hostname /etc/ssh/ssh_host_ed25519_key
grep -qx 'a key of a' "$out" || die "no key was made"
id=$(head -n 1 "$out")
[[ $id =~ ^[0-9a-f]{32}$ ]] || die "'$id' is no machine-id"
run 0 vz exec b -- cat /etc/machine-id
[ "$(cat "$out")" != "$id" ] || die "two environments have one machine-id"
run 0 vz exec a -- grep -w a /etc/hosts

# mounted besides, it shows the same; started, it is not removed
run 0 vz mount a
where=$(cat "$out")
same "$(cat "$where/etc/mine")" mine
echo outside >"$where/etc/outside"
run 0 vz exec a -- cat /etc/outside
gave outside
run 0 chroot "$where" cat /etc/vz-version
run 0 vz stop a
same "$(cat "$where/etc/outside")" outside
run 0 vz --json start a
pid=$(json .pid)
run 0 vz umount a
run 0 vz exec a -- cat /etc/outside
gave outside
run 6 vz remove env a
one_error_line
said "environment 'a' is started"

# limits hold, from the start and from when they are set
run 0 vz set b --pids 20 --memory 20M --hostname www
run 0 vz start b
run '[1-9]*' vz exec b -- perl -e 'for (1..60) { my $p = fork; die "no more" if !defined $p; if (!$p) { sleep 5; exit } }'
said 'no more'
run 0 vz --json status b
same "$(json '.[] | "\(.limits.pids) \(.limits.memory)"')" "20 20971520"
run 0 vz exec b -- cat /etc/hostname /proc/sys/kernel/hostname
same "$(uniq "$out")" www
run 0 vz stop b --time 0
run 0 vz set b --pids 0 --memory 0 --hostname none
run 0 vz set a --pids 30 --cpus 0.5
run '[1-9]*' vz exec a -- perl -e 'for (1..60) { my $p = fork; die "no more" if !defined $p; if (!$p) { sleep 5; exit } }'
said 'no more'
run 0 vz set a --pids none
run 0 vz exec a -- perl -e 'for (1..60) { my $p = fork; die "no more" if !defined $p; if (!$p) { exit } } wait for 1..60'
run 0 vz set a --memory 64M
run 137 vz exec a -- perl -e 'my $x = "x" x 200_000_000; print length $x'
run 0 vz set a --memory none
run 0 vz exec a -- perl -e 'my $x = "x" x 200_000_000; print length $x'
run 0 vz --json set a
same "$(json '"\(.pids) \(.cpus) \(.memory) \(.started)"')" "null 0.5 null true"
cpu=$(cat "/sys/fs/cgroup/cpu/vzpkg/$(stat -c '%D-%i' "$root").a/cpu.cfs_quota_us" 2>/dev/null ||
	cut -d' ' -f1 "/sys/fs/cgroup/vzpkg/$(stat -c '%D-%i' "$root").a/cpu.max")
same "$cpu" 50000

# stopped: nothing of it is left, and once is as good as twice
run 0 vz stop a
gave '^a: stopped$'
[ ! -e "/proc/$pid/exe" ] || die "process $pid still runs"
nothing_left
run 0 vz stop a
gave '^a: did not run$'
run 3 vz stop nowhere
run 2 vz stop a --time soon
run 2 vz stop
run 2 vz start --all a

# a command that is not there, or fails at once, is not started
run 3 vz start a -- no-such-server
one_error_line
run 1 vz start a -- bash -c 'echo this went wrong >&2; exit 1'
one_error_line
grep -qx 'this went wrong' "$root/envs/a/console.log" || die "the console has not what it said"
run 0 vz --json set a
same "$(json '"\(.started) \(.command | length)"')" "false 0"
nothing_left

# a server serves on while it is moved, and nobody waits
run 0 vz start a -- perl /srv/server.pl
soon test -s "$root/envs/a/upper/root/port"
port=$(cat "$root/envs/a/upper/root/port")
python3 - "$port" "$tmp/stop" >"$tmp/answers" 2>&1 <<-'END' &
	import os, socket, sys
	while not os.path.exists(sys.argv[2]):
	    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as s:
	        print(s.makefile().read().strip() or "nothing", flush=True)
END
client=$!
answers() { [ "$(tail -n 1 "$tmp/answers")" = "$1" ]; }
answered() { soon answers "$1"; }
answered one
version two
run 0 vz update template os
run 0 vz --json update a
same "$(json '"\(.generation) \(.template) \(.left_behind | length)"')" "2 os@2 0"
run 0 vz exec a -- cat /etc/vz-version
gave '^two$'
answered two
run 0 vz rollback a
answered one
touch "$tmp/stop"
wait $client || die "a request failed: $(tail -n 1 "$tmp/answers")"
same "$(uniq "$tmp/answers" | tr '\n' ' ')" "one two one "
run 0 vz exec a -- cat /etc/vz-version
gave '^one$'

# it ends by itself, and by our hand: it can be seen, nothing stays, and it starts again with the command it had
run 10 vz --json status a
kill -9 "$(json '.[].pid')"
ended() { vz list --envs | grep '^a .*ended$'; }
soon ended
run 10 vz --json status a
same "$(json '.[] | "\(.running) \(.state) \(.pid)"')" "false ended null"
[ -z "$(mounted)" ] || die "mounted after a crash: $(mounted)"
run 0 vz exec a -- test -e /root/port
run 0 vz start a
run 0 vz --json set a
same "$(json '.command | join(" ")')" "perl /srv/server.pl"

# after a boot: no process, no records; what was started is again, what was stopped is not
run 0 vz start b --no-command
run 0 vz start b
run 0 vz create env c os
run 0 vz start c
run 0 vz stop c
boot() {
	local record
	for record in /run/vzpkg/"$(stat -c '%D-%i' "$root")".*/running.json; do
		kill -9 "$(jq .pid "$record")"
	done
	rm -rf /run/vzpkg/"$(stat -c '%D-%i' "$root")".*
	sleep 0.3
	find /sys/fs/cgroup -depth -type d -name "$(stat -c '%D-%i' "$root").*" -exec rmdir {} +
}
boot
run 0 vz list --envs
gave '^a .*ended$'
gave '^c .*stopped$'
run 0 vz --json start --all
same "$(json '.[] | "\(.env) \(.already)"')" "a false
b false"
run 0 vz exec a -- bash -c 'until [ -e /root/port ]; do sleep 0.05; done'
# as a shutdown has it
run 0 vz stop --all
nothing_left
run 0 vz start --all
gave '^a: started'
gave '^b: started'
run 0 vz stop a b
run 0 vz start --all
[ ! -s "$out" ] || die "one that was stopped was started"

# killed at any moment, the next command puts it right
for delay in 0.03 0.1 0.25; do
	"$VZPKG" --root "$root" start a >/dev/null 2>&1 &
	child=$!
	sleep $delay
	kill -9 $child 2>/dev/null || :
	{ wait $child; } 2>/dev/null || :
	run 0 vz exec a -- test -e /etc/mine
	run 0 vz start a
	run 0 vz exec a -- test -e /etc/mine
	"$VZPKG" --root "$root" stop a >/dev/null 2>&1 &
	child=$!
	sleep $delay
	kill -9 $child 2>/dev/null || :
	{ wait $child; } 2>/dev/null || :
	run 0 vz exec a -- test -e /etc/mine
	run 0 vz stop a
	nothing_left
done

# what it prints is kept up to a limit, and costs nobody the disk
run 0 vz start b -- bash -c 'head -c 5000000 /dev/zero | tr "\0" x; echo end; exec sleep 1000'
kept_to_the_end() { tail -c 4 "$root/envs/b/console.log" | grep -qx end; }
soon kept_to_the_end
[ "$(stat -c %s "$root/envs/b/console.log" "$root/envs/b/console.log.1" | sort -n | tail -n 1)" -le 1048576 ] ||
	die "too much is kept of what was printed"
run 0 vz stop b --time 1

run 0 vz remove env a
run 0 vz remove env b
run 0 vz remove env c
done_ok
