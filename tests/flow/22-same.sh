#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same lock gives the same image in another store; nothing new gives no new version; versions come and go.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

run 0 vz --json info base
digest=$(json .image.digest)
run 0 vz info base --lock
cp "$out" "$tmp/base.lock"
# a package of the second stage that cannot be had does not keep the first from being built, and that is kept;
# the smallest, as it is fetched last
late=$(awk '$1 == "package" && $NF !~ /base/ { print $6, $2 }' "$tmp/base.lock" | sort -n | awk 'NR == 1 { print $2 }')
awk -v late="$late" '$2 == late { $7 = sprintf("%064d", 0) } { print }' "$tmp/base.lock" >"$tmp/late.lock"
export VZPKG_PLAIN_SCRIPTS=1             # without the scripts that are known to do nothing, and with: the same
run '[57]' "$VZPKG" --root "$tmp/root2" --no-progress create template "$tmp/base.recipe" --lock "$tmp/late.lock"
one_error_line
said "$late"
same "$(find "$tmp/root2/compositions" -type f | wc -l)" 1 "stages that are kept"
run 0 "$VZPKG" --root "$tmp/root2" --no-progress --json create template "$tmp/base.recipe" --lock "$tmp/base.lock"
same "$(json .image.digest)" "$digest" "image of the same lock in another store"
! grep -q 'of the base' "$err" || die "the base was built again"
unset VZPKG_PLAIN_SCRIPTS
run 0 "$VZPKG" --root "$tmp/root2" info base --lock
cmp "$out" "$tmp/base.lock" || die "the lock changed on the way"

# a lock is exact: what the mirror does not have is an error, not something else
sed 's/^\(package dash [^ ]* [^ ]* [^ ]* [^ ]*\) ./\1 0/; s/^\(package dash .* \)[0-9a-f]\{63\} /\1/' "$tmp/base.lock" |
	awk '$2 == "dash" { $7 = "00" substr($7, 3); if (length($7) != 64) $7 = sprintf("%064d", 0) } { print }' >"$tmp/other.lock"
run '[57]' "$VZPKG" --root "$tmp/root3" --no-progress create template "$tmp/base.recipe" --lock "$tmp/other.lock"
one_error_line
said dash
echo nonsense >"$tmp/bad.lock"
run 2 vz create template "$tmp/base.recipe" --lock "$tmp/bad.lock"
one_error_line
said 'bad\.lock:1'

# the shared base was made from a mirror that is gone; this test's own is the next version, from work done
run 0 vz --json create template "$tmp/base.recipe"
same "$(json '.version')" 2
same "$(json .image.digest)" "$digest" "image of the same plan again"
run 0 vz --json update template base
same "$(json '.[0] | [.old, .new, .changed] | map(tostring) | join(" ")')" "2 2 false"
start=$EPOCHREALTIME
run 0 vz update template base
took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
[ "$took" -lt 2000 ] || die "an unchanged update took $took ms"

# a changed recipe makes a version; environments stay on theirs
run 0 vz create env old base
sed -i 's/^install = .*/& less/' "$tmp/base.recipe"
run 0 vz --json update template --all
same "$(json '.[0].changed')" true
new=$(json '.[0].new')
run 0 vz create env new base
run 0 vz exec new -- less --version
run '[1-9]*' vz exec old -- less --version
run 0 vz --json list --versions base
json '.[].version' | grep -qx "$new" || die "version $new is not listed"
run 0 vz rollback template base
run 0 vz --json info base
same "$(json .version)" 2
run 0 vz rollback template base "$new"
run 3 vz rollback template base 99
run 6 vz remove template base@2
one_error_line
said old
run 0 vz remove env old
run 0 vz remove template base@2
run 3 vz info base@2
run 6 vz remove template base
run 0 vz remove env new
run 0 vz remove template base
done_ok
