#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An RPM distribution built from real packages is one that rpm considers healthy.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_rpmdist

# the distribution itself: what it is made of is signed by its key
mkdir "$tmp/db"
rpmkeys --dbpath "$tmp/db" --import "$rpm_key"
rpmkeys --dbpath "$tmp/db" --define '_pkgverify_level all' -K "$rpm_repo"/Packages/*/*.rpm >"$out" ||
	die "a package is not signed"
done_ok
