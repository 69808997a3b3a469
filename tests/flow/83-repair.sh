#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is damaged or missing comes back, byte for byte, while its package is available; else it is said what is missing.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# another byte in the middle, of a file that is no link to another store's any more
rot() {
	local at
	at=$(($(stat -c %s "$root/$1") / 2))
	cp --preserve=mode "$root/$1" "$tmp/copy"
	printf '\377' | dd of="$tmp/copy" bs=1 seek="$at" conv=notrunc status=none
	! cmp -s "$tmp/copy" "$root/$1" || printf '\0' | dd of="$tmp/copy" bs=1 seek="$at" conv=notrunc status=none
	mv -f "$tmp/copy" "$root/$1"
}
# hurts the files that come on stdin, and wants all of them back as they were
mends() { # HOW
	local file n=0
	while read -r file; do
		mkdir -p "$tmp/whole/${file%/*}"
		ln -f "$root/$file" "$tmp/whole/$file"
		"$1" "$file"
		n=$((n + 1))
	done
	[ $n -gt 0 ] || die "nothing to hurt"
	run 0 vz -v --json verify --repair
	same "$(json '.damaged + .missing | length')" 0 "left of $n"
	[ "$(json '.repaired | length')" -gt 0 ] || die "none of $n is told of"
	diff -r "$tmp/whole" "$root" | grep -v "^Only in $root" >"$tmp/differ" || :
	[ ! -s "$tmp/differ" ] || die "not as before: $(head -n 3 "$tmp/differ")"
	rm -rf "$tmp/whole"
}
# a record that is not there is no record that is missing
gone_or_rot() {
	case $1 in
	packages/*) rot "$1" ;;
	*) rm -f "$root/$1" ;;
	esac
}

# with the mirror's address of today
run 0 vz create template "$tmp/base.recipe"
run 0 vz remove template base@1
run 0 vz create env e base -p less
run 0 vz create env plain base
run 0 vz clean

# one file of each kind
run 0 vz --json info base
image=images/$(json .image.digest).erofs
packaged=objects/$(run 0 vz dump base && awk '$1 == "/usr/bin/dpkg" { print $9 }' "$out")
made=objects/$(awk '$1 == "/var/lib/dpkg/status" { print $9 }' "$out")
record=packages/$(run 0 vz --json info base && json '.packages[] | select(.name == "dpkg") | .digest')
printf '%s\n' "$packaged" "$made" "$image" "$record" templates/base/2/lock templates/base/2/tree | mends rot
mends rot <<<templates/base/current
# results of builds are only put aside; what was built is built again when it is needed
rot "compositions/$(find "$root/compositions" -type f -printf '%f\n' -quit)"
run 0 vz verify --quick --repair
run 0 vz verify --quick

# much at once: contents, both images that show, each record
run 0 vz dump base
awk '$3 ~ /^10/ && $9 ~ /\// { print "objects/" $9 }' "$out" | sort -u | awk 'NR % 50 == 0' >"$tmp/list"
run 0 vz --json history e
printf '%s\nimages/%s.erofs\n' "$image" "$(json '.[0].image')" >>"$tmp/list"
(cd "$root" && find packages -type f) >>"$tmp/list"
mends gone_or_rot <"$tmp/list"
run 0 vz exec e -- dpkg --audit
[ ! -s "$out" ] || die "dpkg --audit is not silent after a repair"
run 0 vz exec e -- less --version

# what nobody has any more stays away, and is told of; what is there twice needs no network
rot "$packaged"
rot templates/base/2/tree
kill -STOP "${servers[@]}"
run 9 vz --offline --json verify --repair
same "$(json '.repaired[].path')" templates/base/2/tree
[[ $(json '.damaged[], .missing[] | .path') == *"$packaged"* ]] || die "the content is not told of"
kill -CONT "${servers[@]}"
run 0 vz verify --repair
run 0 vz verify
run 2 vz --dry-run verify --repair
run 0 vz clean
done_ok
