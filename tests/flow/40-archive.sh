#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Debian's own archive, through this host's apt configuration, checked with Debian's own key.
. "${top_srcdir:?}/tests/lib/flow.sh"

run 0 vz --recipes "$top_srcdir/recipes" --json create template debian-12-minbase-x86_64
[ "$(json '.packages | length')" -gt 70 ] || die "too few packages"
json '.packages[].name' | grep -qx dpkg || die "no dpkg"
# mirror lists beside the recipe are found again without being told
run 0 vz --json update template debian-12-minbase-x86_64
same "$(json '.[0].changed')" false
run 0 vz create env real debian-12-minbase-x86_64
run 0 vz exec real -- cat /etc/os-release
gave '^VERSION_ID="12"$'
run 0 vz exec real -- dpkg --audit
[ ! -s "$out" ] || die "dpkg --audit is not silent"
run 0 vz exec real -- dpkg --verify
[ ! -s "$out" ] || die "dpkg --verify is not silent"
done_ok
