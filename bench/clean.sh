#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Garbage collection of a million objects, half of which are in use: time and memory. `make bench-clean`, as
# root; needs 5 GB of disk, and some minutes to make the store. BENCH_OBJECTS=N makes another number.
. "${top_srcdir:?}/tests/lib/flow.sh"

objects=${BENCH_OBJECTS:-1000000}
[ -x /usr/bin/time ] || die "'/usr/bin/time' is missing: ./setup deps --bench"
"$top_builddir/bench/clean" "$root" "$objects" || die "the store could not be made"
[ "$(find "$root/objects" -type f | wc -l)" = "$objects" ] || die "not $objects objects"
sync -f "$root"

measure() { # WHAT LIMITED ARGS…
	local what=$1 limited=$2
	shift 2
	/usr/bin/time -f '%e %M' -o "$tmp/time" "$VZPKG" --root "$root" --no-progress "$@" >"$out" 2>"$err" || die "$(cat "$err")"
	awk -v what="$what" -v limited="$limited" '{
		printf "%-24s %6.1f s  %6.1f MiB", what, $1, $2 / 1024
		if (limited) printf "   promised under 20 s, 300 MiB: %s", ($1 < 20 && $2 / 1024 < 300 ? "kept" : "MISSED")
		print ""
	}' "$tmp/time"
}
printf '%s objects, of which every other one is garbage, %s cores, kernel %s\n' "$objects" "$(nproc)" "$(uname -r)"
measure "clean --dry-run" '' --json clean --dry-run
[ "$(json .removed.objects.n)" = $((objects / 2)) ] || die "not half of them are garbage"
measure "clean" yes --json clean
measure "clean, nothing to do" '' clean
measure "df" '' df
[ "$(find "$root/objects" -type f | wc -l)" = $((objects / 2)) ] || die "not half of them are left"
done_ok >/dev/null
