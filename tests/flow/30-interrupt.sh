#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SIGKILL and SIGINT at each stage of a build: nothing stays mounted or running, readers see nothing of it,
# and a second run succeeds.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_mirror
recipe "$tmp/base.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt

# runs a build and sends SIGNAL some time after it has said that many lines; false if it ended before
no_mounts() { ! grep -qsF "$root/" /proc/[0-9]*/mountinfo; }
interrupted() { # SIGNAL LINES SECONDS
	local pid
	: >"$err"
	"$VZPKG" --root "$root" --no-progress -v create template "$tmp/base.recipe" >"$out" 2>"$err" </dev/null &
	pid=$!
	ran="create template, $1 $3 s after line $2"
	for _ in $(seq 3000); do
		[ "$(wc -l <"$err")" -lt "$2" ] || break
		kill -0 $pid 2>/dev/null || break
		sleep 0.02
	done
	sleep "$3"
	kill "-$1" $pid 2>/dev/null || :
	status=0
	{ wait $pid || status=$?; } 2>/dev/null
	# what a killed process's name space held goes away with it, soon
	soon no_mounts
	[ ! -e "$root/templates/base" ] || run 0 vz info base
	[ $status != 0 ]
}

# from the first line to the publishing of the version, each point from nothing
points=(1:0 2:0 3:0.3 4:0.1 4:1 5:0.1 5:0.5)
hit=0
for point in "${points[@]}"; do
	rm -rf "$root"
	interrupted KILL "${point%:*}" "${point#*:}" || continue
	hit=$((hit + 1))
	same "$status" 137 "status after $ran"
	[ ! -d "$root" ] || run '[03]' vz list
	# what the dead one had staged goes with the next change
	interrupted INT "${point%:*}" "${point#*:}" || continue
	same "$status" 130 "status after $ran"
	one_error_line
	said 'interrupted'
	nothing_left
done
echo "$hit of ${#points[@]} points were reached"
[ $hit -ge 5 ] || die "the build was too fast for this test, or says less than it did"
run 0 vz create template "$tmp/base.recipe"
run 0 vz create env e base
run 0 vz exec e -- dpkg --audit
[ ! -s "$out" ] || die "dpkg --audit is not silent after interruptions"
done_ok
