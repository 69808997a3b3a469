#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A disk that fills up while building, and file systems that cannot carry an environment: one clear line each.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_mirror
recipe "$tmp/base.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt

small() { # MIB
	mkdir -p "$root"
	truncate -s "$1M" "$tmp/disk"
	mkfs.ext4 -q -F "$tmp/disk"
	mount -o loop "$tmp/disk" "$root"
}
gone() {
	umount "$root"
	rm -f "$tmp/disk"
}

for mib in 16 64 160; do
	small $mib
	run 1 vz create template "$tmp/base.recipe"
	one_error_line
	said 'No space left|no space'
	said '^hint: '
	run '[03]' vz list
	[ -z "$(ls "$root/templates" 2>/dev/null)" ] || die "made a template on a full disk"
	[ -z "$(ls "$root/staging" 2>/dev/null)" ] || die "staged files stay on a full disk"
	gone
done

# a file system that overlayfs cannot have on top: another overlay
mkdir -p "$tmp/low" "$tmp/up" "$tmp/work" "$root"
mount -t overlay overlay -o "lowerdir=$tmp/low,upperdir=$tmp/up,workdir=$tmp/work" "$root"
run 1 vz create template "$tmp/base.recipe"
one_error_line
said '[Oo]verlay'
umount "$root"
done_ok
