#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What vzpkg chooses against what dnf chooses: 100 random requests over the tests' RPM distribution, and as many over
# a repository of some thousand packages with the dependencies of this host's Debian archive; each with and without weak
# dependencies. RESOLVE_REQUESTS and RESOLVE_SEED change the numbers.
. "${top_srcdir:?}/tests/lib/flow.sh"

here=$top_srcdir/bench
differences=${RESOLVE_DIFFERENCES:-$PWD/resolve-rpm-differences.txt}
: >"$differences"
/usr/bin/python3 -c 'import dnf' 2>/dev/null || die "dnf's Python module is missing: ./setup deps --bench"
compare() {
	/usr/bin/python3 "$here/resolve-vs-dnf.py" --requests "${RESOLVE_REQUESTS:-100}" --seed "${RESOLVE_SEED:-1}" \
		--vzpkg "$VZPKG" --differences "$differences" "$@" || failed=1
}
failed=

with_rpmdist
compare "$rpm_url" --key "$rpm_key" --what 'the test distribution'

# shellcheck disable=SC2016 # they are apt's
index=$(apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' "Codename: $mirror_suite" 'Component: main' | head -n 1)
[ -n "$index" ] || die "apt has no index of $mirror_suite main: apt-get update"
mkdir "$tmp/large"
/usr/lib/apt/apt-helper cat-file "$index" | /usr/bin/python3 "$here/rpmmd_from_deb.py" "$tmp/large" >"$out"
serve "$tmp/large"
compare "$url" --what "made from $mirror_suite"
[ -z "$failed" ] || die "not what was promised; see $differences"
