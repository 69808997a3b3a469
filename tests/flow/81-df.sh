#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What an environment shares, and what goes with it: to the byte what removing it and cleaning frees.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

used() { du -sB1 "$root" | cut -f1; }
share() { json ".envs[] | select(.env == \"$1\") | .$2"; }

# a version that knows where the mirror is now
run 0 vz create template "$tmp/base.recipe"
recipe "$tmp/with-cron.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt cron
run 0 vz create template "$tmp/with-cron.recipe"
for e in a b; do
	run 0 vz create env $e base
done
run 0 vz create env c with-cron
run 0 vz create env l base --package less
run 0 vz exec b -- dd if=/dev/zero of=/big bs=1M count=3 status=none
run 0 vz clean

run 0 vz df
gave '^b +3\.[0-9] MiB '
run 3 vz df a none
run 0 vz df b a
same "$(awk '/MiB|KiB/ && NF > 5 { printf "%s", $1 }' "$out")" ba

# all that is in the store, and where there is nothing to clean
run 0 vz --json df
same "$(json .bytes)" "$(used)" "bytes"
same "$(json .unused_bytes)" 0 "unused"
same "$(json .objects)" "$(find "$root/objects" -type f | wc -l)" "objects"
[ "$(json .logical_bytes)" -gt "$((3 * $(json .bytes)))" ] || die "two templates and four environments are not 3 times one"
same "$(share a private)" "$(du -sB1 "$root/envs/a" | cut -f1)"
[ "$(share b private)" -gt 3000000 ] || die "what b wrote does not count"
# what only shows a template goes alone; what has something of its own, with that
same "$(share a freed_if_removed)" "$(share a private)"
same "$(share a shared)" "$(share b shared)"
[ "$(share l freed_if_removed)" -gt "$(($(share l private) + 100000))" ] || die "less does not go with l"
[ "$(share c shared)" -gt "$(share a shared)" ] || die "with-cron is not more than base"

# the promise, for each of them; a template that nobody keeps but an environment goes with it
sed -i 's/^kind = os/&\nkeep = 0/; s/apt cron$/apt less/' "$tmp/with-cron.recipe"
run 0 vz create template "$tmp/with-cron.recipe"
run 0 vz clean
for e in b c l a; do
	run 0 vz --json df
	promised=$(share $e freed_if_removed)
	before=$(used)
	run 0 vz remove env $e
	run 0 vz clean
	same "$((before - $(used)))" "$promised" "freed with $e"
done
run 3 vz info with-cron@1

# what cleaning would free
run 0 vz remove template with-cron
run 0 vz --json df
promised=$(json .unused_bytes)
[ "$promised" -gt 100000 ] || die "what with-cron had is not unused"
run 0 vz --json clean
same "$(json .freed)" "$promised" "unused"
done_ok
