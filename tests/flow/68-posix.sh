#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# System calls on files do inside an environment what they do on the host, but for what overlayfs does otherwise.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

cat >"$tmp/set-up.sh" <<-'END'
	#!/bin/sh
	set -e
	mkdir -p /srv/x/d
	cd /srv/x
	for name in a b c e f g h i j k m n o p q r s t u v w x y z d/f one; do
		echo "the template's $name, which is longer than what fits into an image's inode, so that it is an object" >$name
	done
	ln one two
END
recipe "$tmp/os.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt
printf '[scripts]\npost-install = set-up.sh\n' >>"$tmp/os.recipe"
run 0 vz create template "$tmp/os.recipe"
run 0 vz create env e os
run 0 vz mount e
at=$(tail -n 1 "$out")
cp -a "$at/srv/x" "$tmp/x"
run 0 python3 "$lib/posix.py" "$at/srv/x" "$tmp/x"
same "$(grep -c ': ok$' "$out")" 13
run 0 vz umount e
# and again, when nothing is in a cache
run 0 vz exec e -- sh -c 'cat /srv/x/e3 /srv/x/one; echo; stat -c %u /srv/x/h'
same "$(tr '\n' , <"$out")" 'writtenchanged,1234,'
done_ok
