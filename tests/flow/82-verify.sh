#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A flipped bit, a missing file, one cut short: told, with what depends on it; also while others work.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# the file is no link to another store's any more, and its first byte is another
rot() {
	cp --preserve=mode "$root/$1" "$tmp/copy"
	printf '\377' | dd of="$tmp/copy" bs=1 seek="${2:-0}" conv=notrunc status=none
	! cmp -s "$tmp/copy" "$root/$1" || printf '\0' | dd of="$tmp/copy" bs=1 seek="${2:-0}" conv=notrunc status=none
	mv -f "$tmp/copy" "$root/$1"
}
gone() { rm -f "$root/$1"; }
short() { # all but the last byte
	cp --preserve=mode "$root/$1" "$tmp/copy"
	truncate -s -1 "$tmp/copy"
	mv -f "$tmp/copy" "$root/$1"
}
# hurts a file; what verify says must be that alone, of KIND, and USER must depend on it; then puts the file back
hurt() { # HOW FILE KIND USER [--quick]
	local word=damaged
	[ "$1" != gone ] || word=missing
	cp -l "$root/$2" "$tmp/whole"
	"$1" "$2"
	run 9 vz --json verify "${@:5}"
	same "$(json ".$word | length")$(json ".${word}[0].kind")" "1$3" "$1 $2"
	same "$(json ".${word}[0].path")" "$2"
	[[ " $(json ".${word}[0].used_by | join(\" \")") " == *" $4 "* ]] || die "'$4' does not depend on '$2'"
	mv -f "$tmp/whole" "$root/$2"
}

run 0 vz create env e base
run 0 vz verify
gave ': all is as it should be$'
run 0 vz --json verify
[ "$(json .checked)" -gt 5000 ] || die "hardly anything was checked"
[ "$(json .bytes)" -gt 100000000 ] || die "hardly anything was read"
run 0 vz verify --quick

run 0 vz dump base
object=objects/$(awk '$1 == "/usr/bin/dpkg" { print $9 }' "$out")
run 0 vz --json info base
image=images/$(json .image.digest).erofs
package=packages/$(json '.packages[] | select(.name == "dpkg") | .digest')
hurt rot "$object" object 'environment e'
for how in gone short; do
	hurt $how "$object" object 'environment e' --quick
	hurt $how "$object" object 'template base@1' --quick
done
for how in rot gone short; do
	hurt $how "$image" image 'environment e' --quick
done
hurt rot "$package" package 'template base@1' --quick
hurt rot templates/base/1/manifest manifest 'template base@1' --quick
hurt rot templates/base/1/lock lock 'environment e' --quick
hurt gone templates/base/1/tree tree 'template base@1' --quick
hurt rot templates/base/current reference 'template base' --quick
hurt rot envs/e/env.json environment 'environment e' --quick
hurt rot "plans/$(ls "$root/plans")" plan 'environment e' --quick

# what nobody depends on
state=$(cd "$root" && echo repos/*/state)
for file in "compositions/$(find "$root/compositions" -type f -printf '%f\n' -quit)" "$state"; do
	cp -l "$root/$file" "$tmp/whole"
	rot "$file" 20
	run 9 vz --json verify --quick
	same "$(json '.damaged[].path')" "$file"
	mv -f "$tmp/whole" "$root/$file"
done
run 0 vz verify --quick

# a bit that only reading shows
rot "$object" "$(($(stat -c %s "$root/$object") - 1))"
run 0 vz verify --quick
run 9 vz verify
gave '^damaged object: '
gave 'used by environment e$'

# others build, run, remove and clean meanwhile
rm -rf "${root:?}"
cp -al "$keep/$base/root" "$root"
rm -rf "$root/locks"
recipe "$tmp/with-less.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt less
(
	for _ in 1 2; do
		vz create template "$tmp/with-less.recipe"
		vz create env l with-less
		vz exec l -- less --version
		vz remove env l
		vz remove template with-less
		vz clean
	done
) >"$tmp/others" 2>&1 &
others=$!
checks=0
while kill -0 $others 2>/dev/null; do
	run 0 vz verify --quick
	checks=$((checks + 1))
done
wait $others || die "$(tail -n 3 "$tmp/others")"
[ $checks -ge 3 ] || die "only $checks checks"
done_ok
