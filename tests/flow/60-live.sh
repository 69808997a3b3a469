#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A running environment moves to a new version of its template and back, without restart.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# versions of one template, that differ by what the recipe's script does
recipe "$tmp/os.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt
printf '[scripts]\npost-install = set-up.sh\n' >>"$tmp/os.recipe"
version() {
	printf '#!/bin/sh\necho %s >/etc/vz-version\nmkdir -p /srv/data\necho %s >/srv/data/version\n' "$1" "$1" >"$tmp/set-up.sh"
	# a program that each version has in another size
	printf 'cp /bin/sleep /usr/local/bin/waits\necho "%s" >>/usr/local/bin/waits\n' "$1${2-}" >>"$tmp/set-up.sh"
}
version one
run 0 vz create template "$tmp/os.recipe"
run 0 vz create env a os
run 0 vz create env b os
run 0 vz --json history a
same "$(json '.[] | "\(.generation) \(.template) \(.reason) \(.current)"')" "1 os@1 create true"
run 0 vz status
run 0 vz update --all
gave '^a: unchanged, os@1$'
run 3 vz rollback a
one_error_line

# something that runs: an open file, a working directory, a socket that answers
"$VZPKG" --root "$root" exec a -- bash -c 'waits 1000 & exec 5</etc/vz-version; cd /srv/data; echo mine >/etc/mine; echo $$ >/root/pid
	: >/root/ready; until [ -e /root/go ]; do sleep 0.05; done
	echo "$(cat <&5) $(cat version) $(cat /etc/vz-version) $(cat /etc/mine) $$" >/root/seen
	until [ -e /root/back ]; do sleep 0.05; done
	cat version >>/root/seen' >"$tmp/a.log" 2>&1 &
a=$!
servers+=("$a")
soon test -e "$root/envs/a/upper/root/ready"

version two ' and more'
run 0 vz update template os
gave '^os: 1 -> 2$'
run 10 vz --json status
same "$(json '.[] | "\(.env) \(.version) \(.latest) \(.outdated) \(.running)"')" "a 1 2 true true
b 1 2 true false"
run 0 vz -n update a
gave '^a: would go generation 1 -> 2, os@1 -> os@2$'
run 0 vz --json history a
same "$(json length)" 1
run 0 vz --json update a
same "$(json '. | "\(.env) \(.generation) \(.template) \(.changed) \(.restarted) \(.left_behind | length)"')" \
	"a 2 os@2 true false 0"
[ "$(json .processes)" -ge 2 ] || die "no process was moved"
same "$(json '.paused > 0 and .paused <= .seconds')" true
# bash and its libraries are the same in both
run 10 vz --json status
same "$(json '.[].stale[] | "\(.command) \(.files)"')" 'waits ["/usr/local/bin/waits"]'
run 0 vz exec a -- cat /etc/vz-version
gave '^two$'
run 0 vz exec a -- touch /root/go
soon test -s "$root/envs/a/upper/root/seen"
same "$(cat "$root/envs/a/upper/root/seen")" "one two two mine $(cat "$root/envs/a/upper/root/pid")"

# one that does not run, and one that is mounted
run 0 vz mount b
where=$(cat "$out")
same "$(cat "$where/etc/vz-version")" one
run 0 vz update --all
gave '^b: generation 1 -> 2, os@1 -> os@2'
same "$(cat "$where/etc/vz-version")" two
run 0 vz status
gave "^  waits \\([0-9]+\\) still uses the replaced file '/usr/local/bin/waits'; restart it$"

# back, without a network and while it runs; forward again under a new number
run 0 vz --offline rollback a
gave '^a: generation 2 -> 1, os@2 -> os@1'
run 0 vz exec a -- cat /etc/vz-version /etc/mine
same "$(cat "$out")" "one
mine"
run 10 vz --json status a
same "$(json '.[].stale | length')" 0
run 0 vz exec a -- touch /root/back
wait $a || die "what ran in the environment failed: $(cat "$tmp/a.log")"
same "$(tail -n 1 "$root/envs/a/upper/root/seen")" one
run 3 vz rollback a 7
one_error_line
run 2 vz rollback a seven
run 0 vz rollback a 2
run 0 vz --json history a
same "$(json '.[] | "\(.generation) \(.template) \(.reason) \(.current)"')" "1 os@1 create false
2 os@2 update true"
run 0 vz -n rollback --all
gave '^a: would go generation 2 -> 1'
run 0 vz --json rollback --all
same "$(json '.[] | "\(.env) \(.generation) \(.paused >= 0)"')" "a 1 true
b 1 true"
same "$(cat "$where/etc/vz-version")" one
run 0 vz rollback --all
same "$(cat "$out")" ""
# what cannot go back is named
cp "$root/envs/b/env.json" "$tmp/kept"
echo nonsense >"$root/envs/b/env.json"
run 9 vz rollback --all
one_error_line
said "environment 'b'"
run 9 vz --json rollback --all
same "$(json .error.code)" 9
cp "$tmp/kept" "$root/envs/b/env.json"
run 2 vz rollback --all a
run 2 vz rollback
run 0 vz umount b

# what a kept generation needs stays
run 6 vz remove template os@1
one_error_line
run 3 vz update nowhere
one_error_line
run 2 vz update
run 0 vz remove env a
run 0 vz remove env b
run 0 vz remove template os@1
done_ok
