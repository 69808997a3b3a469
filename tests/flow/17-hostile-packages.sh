#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hostile packages (tests/unit/debattacks.h, rpmattacks.h) under a watcher, which sees each name that is given to the
# kernel. No file of the host is made, changed or read for them that is not for a plain package. All of them as the unit
# test takes them in, some with the real command, which says what is wrong and leaves nothing behind.
. "${top_srcdir:?}/tests/lib/flow.sh"
[ "$(uname -m)" = x86_64 ] || skip "the watcher is for x86_64"
watch=$top_builddir/tests/fault/watch
hostile=$top_builddir/tests/unit/test-hostile

# the names that were seen, except of what is ours alone, and of descriptors, which had names before
seen() {
	[ -s "$tmp/names" ] || die "nothing was seen"
	! grep -E '/\.\.(/|$)' "$tmp/names" || die "a name climbs"
	grep -vE "^[rw] ($tmp/in/|$root(/|$)|/tmp/check_|/proc/self/fd/[0-9]+$)" "$tmp/names" | sort -u
}
outside() { # WHAT: $tmp/names against $tmp/plain
	local more
	more=$(seen | comm -13 "$tmp/plain" -)
	[ -z "$more" ] || die "$1 has to do with $more"
}

mkdir "$tmp/in" "$tmp/packages"
export CK_FORK=no
CK_RUN_CASE=plain TMPDIR=$tmp/in run 0 "$watch" -o "$tmp/names" "$hostile"
seen >"$tmp/plain"
grep -q "^w $tmp/in$" "$tmp/plain" || die "the watcher does not see the store made"
CK_RUN_CASE=hostile VZ_KEEP_PACKAGES=$tmp/in TMPDIR=$tmp/in run 0 "$watch" -o "$tmp/names" "$hostile"
outside "ingesting hostile packages"
mv "$tmp"/in/*.deb "$tmp"/in/*.rpm "$tmp/packages"

# the watcher sees what it is for
printf '%s\n' "r /etc/shadow" >>"$tmp/names"
! (outside "this" 2>/dev/null) || die "a name more is not noticed"

# ---- the command itself ----

mkdir -p "$tmp/files/etc"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tmp/files/etc/passwd"
printf 'root:x:0:\n' >"$tmp/files/etc/group"
rpm_key "$tmp/key"
rpm_files=$tmp/files rpm_pkg "$tmp/site" core 1-1
rpm_addsign "$tmp/key" "$tmp/site"/*.rpm
rpm_publish "$tmp/site" "$tmp/key"
serve "$tmp/site"
rpm_recipe "$tmp/t.recipe" "$url" "$tmp/key/key.asc" core
run 0 vz create template "$tmp/t.recipe"
run 0 vz create env e t

: >"$tmp/plain"
install() { # CODE FILE
	file=$tmp/in/it.${2##*.}
	cp "$2" "$file"
	run "$1" "$watch" -o "$tmp/names" "$VZPKG" --root "$root" --no-progress --offline install e "$file"
}
for package in "$tmp"/packages/harmless-000.*; do
	install '*' "$package"
	seen | sort -u - "$tmp/plain" -o "$tmp/plain"
done
run 0 vz history e
before=$(cat "$out")
tried=0
for package in $(find "$tmp/packages" -name 'refused-?[02468]5.*' | sort); do
	install 1 "$package"
	one_error_line
	said "package file '$file': "
	! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$err" || die "control bytes reach the terminal from $package"
	outside "'$package'"
	tried=$((tried + 1))
done
[ $tried -ge 15 ] || die "only $tried were tried"
run 0 vz history e
same "$(cat "$out")" "$before"
run 0 vz verify
done_ok
