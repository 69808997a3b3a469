#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several vzpkg at once on one store: each does its work or says busy; nothing is lost.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

for more in less cron; do
	recipe "$tmp/with-$more.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt "$more"
done
run 0 vz create template "$tmp/base.recipe"
pids=()
together() {
	vz "$@" >"$tmp/together.${#pids[@]}" 2>&1 </dev/null &
	pids+=($!)
}
together create template "$tmp/with-less.recipe"
together create template "$tmp/with-cron.recipe"
together create template "$tmp/with-less.recipe"
together update template base
for i in 1 2 3 4; do
	together create env same base
	together create env "own$i" base
done
made=0
for i in "${!pids[@]}"; do
	status=0
	wait "${pids[i]}" || status=$?
	case $i:$status in
	*:0) made=$((made + 1)) ;;
	*:6 | [4-9]:11 | 1[01]:11) ;;
	*) die "number $i ended with $status: $(cat "$tmp/together.$i")" ;;
	esac
done
# two templates, the update, one "same", four of their own; the second with-less is made or busy
[ $made -ge 8 ] || die "only $made of 12 were done"
for e in same own1 own2 own3 own4; do
	run 0 vz exec "$e" -- true
done
run 0 vz create env l with-less
run 0 vz exec l -- less --version
run 0 vz create env c with-cron
run 0 vz exec c -- dpkg --audit
[ ! -s "$out" ] || die "dpkg --audit is not silent"
done_ok
