#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# dump → image → dump: equal text, equal bits, and a file system that fsck.erofs accepts.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

run 0 vz dump base
cp "$out" "$tmp/base.dump"
run 0 vz --json info base
digest=$(json .image.digest)
run 0 vz image --from-dump "$tmp/base.dump" "$tmp/base.erofs"
same "$(cat "$out")" "$digest" "image of the dump"
cmp "$tmp/base.erofs" "$root/images/$digest.erofs" || die "not the same bits"
run 0 vz image --digest "$tmp/base.erofs"
same "$(cat "$out")" "$digest"
run 0 fsck.erofs "$tmp/base.erofs"

echo '/ 0 nonsense' >"$tmp/bad.dump"
run '[12]' vz image --from-dump "$tmp/bad.dump" "$tmp/bad.erofs"
one_error_line
said 'bad\.dump'
[ ! -e "$tmp/bad.erofs" ] || die "a bad dump left an image"
run 3 vz image --digest "$tmp/absent"
run 3 vz image --from-dump "$tmp/absent" "$tmp/x"
run 2 vz image
done_ok
