#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The manual pages format without a complaint.
set -euo pipefail
cd "${top_srcdir:?}"
command -v groff >/dev/null || {
	echo "groff is not installed"
	exit $((${VZ_MUST_WORK:-0} ? 1 : 77))
}
status=0
for page in doc/*.[1-8]; do
	said=$(groff -t -man -ww -z -Tutf8 "$page" 2>&1)
	[ -z "$said" ] || { printf '%s\n' "$said"; status=1; }
done
exit $status
