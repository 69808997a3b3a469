#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is mounted by `vzpkg mount` is a root file system for others: chroot, systemd-nspawn, podman.
. "${top_srcdir:?}/tests/lib/flow.sh"
command -v systemd-nspawn >/dev/null || skip "needs systemd-nspawn"
command -v podman >/dev/null || skip "needs podman"
[ -e /sys/fs/cgroup/cgroup.controllers ] || [ -d /sys/fs/cgroup/pids ] || skip "needs control groups"
with_base
run 0 vz create env a base
run 0 vz set a --hostname www
run 0 vz mount a
where=$(cat "$out")
leave() { # TOOL: in there, something private, and what only the whole tells
	printf 'echo %s >/root/by-%s; hostname; . /etc/os-release; echo $ID; dpkg-query -W dpkg >/dev/null && echo sound' "$1" "$1"
}

run 0 chroot "$where" sh -c "$(leave chroot)"
gave '^sound$'
run 0 systemd-nspawn -q -D "$where" --register=no --keep-unit --hostname=www sh -c "$(leave nspawn)"
same "$(tr -d '\r' <"$out")" "www
debian
sound"

# all that podman keeps is in one place, under a name that is short enough for it
mkdir "$tmp/podman"
cat >"$tmp/podman/containers.conf" <<-END
	[engine]
	cgroup_manager = "cgroupfs"
	runtime = "runc"
	lock_type = "file"
	events_logger = "none"
END
run 0 unshare -m bash -c 'mount --bind "$0" /mnt && CONTAINERS_CONF=/mnt/containers.conf exec podman \
	--root /mnt/root --runroot /mnt/run --tmpdir /mnt/tmp --storage-driver vfs run --rm --network none --hostname www \
	--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --rootfs "$1" sh -c "$2"' \
	"$tmp/podman" "$where" "$(leave podman)"
same "$(cat "$out")" "www
debian
sound"
for group in /sys/fs/cgroup/libpod_parent /sys/fs/cgroup/*/libpod_parent; do
	[ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
done

# what they did is the environment's
run 0 vz umount a
run 0 vz exec a -- cat /root/by-chroot /root/by-nspawn /root/by-podman
same "$(cat "$out")" "chroot
nspawn
podman"
run 0 vz remove env a
done_ok
