#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What nobody needs goes, and only that: as many bytes as a dry run said, while nobody builds, also from a full
# disk, and also if somebody kills it.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

used() { du -sB1 "$root" | cut -f1; }
# cleans; exactly what a dry run said, and what the disk says; $freed bytes, and `n KIND`
clean() {
	local before said
	run 0 vz --json clean --dry-run
	said=$(json '.removed, .freed')
	before=$(used)
	run 0 vz --json clean
	same "$(json '.removed, .freed')" "$said" "dry run"
	freed=$(json .freed) removed=$(json .removed)
	same "$((before - $(used)))" "$freed" "bytes freed"
	run 0 vz clean
	gave '^nothing to remove$'
}
n() { jq ".$1.n" <<<"$removed"; }

# a version that is in use, another, and what was built for a template that is gone
run 0 vz create env a base
recipe "$tmp/with-cron.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt cron
run 0 vz create template "$tmp/with-cron.recipe"
run 0 vz create env c with-cron
clean
same "$(n images)$(n packages)$(n versions)$(n compositions)$(n plans)" 00000 "what is in use"
[ "$(n objects)" -lt 100 ] || die "more went than files that configuring replaced"
run 0 vz remove env c
run 0 vz remove template with-cron
run 0 vz -v clean --dry-run
gave '^would free '
clean
[ "$freed" -gt 100000 ] || die "only $freed bytes of cron were freed"
run 0 vz clean
run 0 vz exec a -- dpkg --audit
[ ! -s "$out" ] || die "dpkg --audit is not silent after cleaning"

# the base's stages are kept: what stands on them is built without downloading anything of it again
run 0 vz -v create template "$tmp/with-cron.recipe"
said '^fetching [1-3] of '
! grep -q 'of the base$' "$err" || die "the base was built again"

# `keep`, from the newest version's recipe; a version stays while a generation of an environment needs it
sed -i 's/^kind = os/&\nkeep = 1/; s/apt$/apt less/' "$tmp/base.recipe"
run 0 vz create template "$tmp/base.recipe"
clean
run 0 vz info base@1
sed -i 's/less$/cron/' "$tmp/base.recipe"
run 0 vz create template "$tmp/base.recipe"
run 0 vz -v clean --dry-run
gave '^template base@2$'
clean
run 3 vz info base@2
run 0 vz info base@1
run 0 vz info base@3
run 0 vz update a
run 0 vz exec a -- test -x /usr/sbin/cron
run 0 vz rollback a
run 1 vz exec a -- test -x /usr/sbin/cron

# an environment keeps ten generations
for i in 2 3 4 5 6 7 8 9 10 11; do
	run 0 vz update a
	run 0 vz rollback a 1
done
run 0 vz update a
run 0 vz --json history a
same "$(json length)" 13
clean
run 0 vz --json history a
same "$(json length)" 10
same "$(json 'map(.generation) | min')" 4
run 0 vz info base@3
run 3 vz info base@1
run 0 vz exec a -- test -x /usr/sbin/cron

# an environment that cannot be read may need anything
run 0 vz remove template with-cron
printf x >>"$root/envs/a/env.json"
run 9 vz clean --dry-run
said "^note: environment 'a'"
! grep -q '^objects' "$out" || die "objects would go that 'a' may need"
truncate -s -1 "$root/envs/a/env.json"

# killed at any moment, it leaves a good store, and the next one does the rest
whole=$root
for after in 0.005 0.02 0.04 0.08; do
	root=$tmp/killed$after
	cp -al "$whole" "$root"
	rm -f "$root"/locks/*
	"$VZPKG" --root "$root" clean >/dev/null 2>&1 &
	sleep $after
	kill -KILL $! 2>/dev/null || :
	wait $! 2>/dev/null || :
	run 0 vz exec a -- dpkg --audit
	[ ! -s "$out" ] || die "dpkg --audit is not silent after a kill"
	run 0 vz clean
	run 0 vz clean
	gave '^nothing to remove$'
done
root=$whole
run 0 vz clean

# not while somebody builds, and waits for a server
kill -STOP "${servers[@]}"
"$VZPKG" --root "$root" -v create template "$tmp/with-cron.recipe" >"$tmp/build" 2>&1 &
for _ in $(seq 3000); do
	[ ! -s "$tmp/build" ] || break
	sleep 0.02
done
run 6 vz clean
one_error_line
kill -CONT "${servers[@]}"
wait $! || die "the build failed: $(cat "$tmp/build")"
run 0 vz create env c with-cron
run 0 vz clean
run 0 vz exec c -- test -x /usr/sbin/cron

# a disk without a byte left: what frees room works
fill() {
	local i size=16384
	for i in $(seq 60); do
		fallocate -l $((size * 4096)) "$root/fill$i.$RANDOM" 2>/dev/null || size=$((size > 1 ? size / 2 : 1))
	done
	sync -f "$root"
	same "$(stat -f -c %a "$root")" 0 "blocks left"
}
mkdir "$tmp/full"
root=$tmp/full
truncate -s 64M "$tmp/disk"
mkfs.ext4 -q -F -m 0 "$tmp/disk"
mount -o loop "$tmp/disk" "$root"
printf '[template]\nname = small\nkind = app\n[packages]\ninstall = cron\n' >"$tmp/small.recipe"
run 0 vz create template "$tmp/small.recipe"
run 1 vz create template "$tmp/with-cron.recipe"
said 'No space left'
fill
run 0 vz remove template small
[ ! -e "$root/reserve" ] || die "there was room without the reserve"
fill
run 0 vz clean
gave '^freed '
[ "$(stat -f -c %a "$root")" -gt 1000 ] || die "hardly anything was freed"
[ -f "$root/reserve" ] || die "the reserve was not made again"
umount "$root"
done_ok
