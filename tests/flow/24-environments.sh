#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Environments: create, exec, mount, umount, remove; writes stay private; nothing stays mounted.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base
shared() { find "$root/objects" "$root/images" -type f -printf '%P %s %T@ %m\n' | sort | sha256sum; }
before=$(shared)

run 0 vz --json create env one base
same "$(json '.env + " " + .template + " " + (.generation | tostring)')" "one base@1 1"
kib=$(du -sk "$root/envs/one" | cut -f1)
[ "$kib" -le 32 ] || die "a new environment takes $kib KiB"
run 11 vz create env one base
one_error_line
run 2 vz create env ../two base
one_error_line
run 2 vz create env .two base
run 3 vz create env two base@99
run 0 vz create env two base@1

# writes are private, also to what the template has
run 0 vz exec one -- bash -c 'echo private >/etc/motd; rm /etc/issue; mkdir /srv/new; chmod 700 /usr/share/doc; ln /etc/passwd /etc/p2'
run 0 vz exec one -- bash -c 'cat /etc/motd; test ! -e /etc/issue; test -d /srv/new; cmp /etc/passwd /etc/p2'
gave '^private$'
run 0 vz exec two -- bash -c 'test -e /etc/issue && test ! -e /srv/new && ! grep -q private /etc/motd'
same "$(shared)" "$before" "the store after writes inside"

# the command's world
run 7 vz exec one -- bash -c 'exit 7'
run 3 vz exec one -- no-such-command
one_error_line
run 137 vz exec one -- bash -c 'kill -9 $$'
run 0 vz exec one -- bash -c 'echo $$; hostname; ps --version >/dev/null 2>&1; ls /proc | grep -c "^[0-9]"; ls -l /proc/self/fd | wc -l'
gave '^one$'
run 0 vz exec one -- bash -c 'test -c /dev/null && test -c /dev/urandom && test -e /dev/fd && test -d /dev/shm && test -e /dev/pts &&
	test -r /proc/meminfo && test -d /sys/kernel && ! echo x 2>/dev/null >/sys/kernel/mm/ksm/run'
run 0 vz exec one -- cat /etc/resolv.conf
[ ! -s /etc/resolv.conf ] || cmp "$out" /etc/resolv.conf || die "not the host's resolv.conf"
run 0 vz exec one -- bash -c '! test -e /dev/vda && ! mknod /tmp/null2 c 1 3 2>/dev/null || test -c /tmp/null2'
ran='exec with standard input'
[ "$(echo through | "$VZPKG" --root "$root" exec one -- cat)" = through ] || die "standard input does not reach the command"
# a signal to vzpkg reaches the command; what it leaves behind is ended with it
"$VZPKG" --root "$root" exec one -- bash -c 'trap "echo got it; exit 9" TERM; sleep 300 & echo ready; wait' >"$out" 2>"$err" &
pid=$!
soon grep -q ready "$out"
kill -TERM $pid
status=0
wait $pid || status=$?
same "$status" 9
gave 'got it'
nothing_left

# mounted: seen from outside, used by exec, not removable, not mountable twice
run 0 vz mount one
where=$(cat "$out")
grep -qx private "$where/etc/motd" || die "the mount shows something else"
echo outside >"$where/etc/outside"
run 0 vz exec one -- cat /etc/outside
gave outside
run 6 vz mount one
one_error_line
run 6 vz remove env one
one_error_line
run 0 vz --json list --envs
same "$(json '.[] | select(.env == "one") | .mounted')" true
run 0 vz umount one
[ -z "$(mounted)" ] || die "still mounted"
mkdir "$tmp/at"
run 0 vz mount two "$tmp/at"
[ -e "$tmp/at/etc/os-release" ] || die "nothing at the chosen directory"
run 0 vz umount two
run '[1-9]*' vz umount two
one_error_line

# from a plain chroot, whose root directory is no mount point
jail=$tmp/jail
mkdir -p "$jail"/{usr,proc,etc,dev,tmp,build}
for link in bin lib lib64 sbin; do ln -s "usr/$link" "$jail/$link"; done
echo 'nameserver 192.0.2.1' >"$jail/etc/resolv.conf"
mount --bind /usr "$jail/usr"
mount --bind "$(dirname "$VZPKG")" "$jail/build"
mount -t proc proc "$jail/proc"
cp -al "$root" "$jail/store"
rm -rf "$jail/store/locks" "$jail/store/envs"
jailed() { chroot "$jail" /build/vzpkg --root /store --no-progress "$@"; }
count=$(mounted | wc -l)
run 0 jailed create env inside base
run 0 jailed exec inside -- cat /etc/resolv.conf /etc/os-release
gave '^nameserver 192.0.2.1$'
gave '^ID='
# nor does its root lead out of there
run 0 jailed exec inside -- perl -e 'mkdir "/x"; chroot "/x"; chdir ".." for 1 .. 50; chroot ".";
	print -e shift() ? "out" : "in"' "$jail"
gave '^in$'
same "$(mounted | wc -l)" "$count" "mounts after what a chroot's command did"
umount "$jail/proc" "$jail/build" "$jail/usr"
rm -rf "$jail"

# settings: kept, shown, refused with what would be right
run 0 vz set one --memory 512M --cpus 1.5 --hostname web --follow no
run 0 vz --json set one
same "$(json '"\(.memory) \(.cpus) \(.pids) \(.hostname) \(.follow)"')" "536870912 1.5 null web false"
run 0 vz exec one -- hostname
gave '^web$'
run 0 vz set one --cpus none --memory 0 --hostname none --follow yes
run 0 vz set one
gave '^hostname   one$'
gave '^memory     none$'
run 2 vz set one --pids few
one_error_line
said "^vzpkg: error: pids: 'few' is not a number of processes"
run 3 vz set nowhere --pids 5

run 0 vz --json info one
[ "$(json .private_bytes)" -gt 0 ] || die "no private bytes after writing"
[ "$(json .shared_bytes)" -gt 50000000 ] || die "too few shared bytes"
run 0 vz -n remove env one
run 0 vz info one
run 6 vz remove template base
one_error_line
run 0 vz remove env one
run 0 vz remove env two
run 3 vz info one
same "$(shared)" "$before" "the store at the end"
run 0 vz remove template base
run 3 vz info base
done_ok
