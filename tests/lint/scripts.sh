#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every shell script is clean, every script and source file says its licence, no C file is over-long.
set -euo pipefail
cd "${top_srcdir:?}"
command -v shellcheck >/dev/null || {
	echo "shellcheck is not installed"
	exit $((${VZ_MUST_WORK:-0} ? 1 : 77))
}
status=0
# SC2016: programs for the shell inside an environment are quoted on purpose
mapfile -t scripts < <(find setup .ci/run tests bench doc -type f \( -name '*.sh' -o -name setup -o -name run \
	-o -name '*.bash-completion' \) -not -path '*/tmp/*' -not -path '*/fixtures/*' | sort)
shellcheck -x -S style -e SC2016 "${scripts[@]}" || status=1

rooms=(base shim store resolver link builder share vzpkg tests/unit tests/fuzz tests/fault)
mapfile -t sources < <(find "${rooms[@]}" -type f \( -name '*.[ch]' -o -name '*.cc' \) | sort)
unsaid=$(grep -L 'SPDX-License-Identifier: GPL-3.0-or-later' "${scripts[@]}" "${sources[@]}" || :)
[ -z "$unsaid" ] || { printf 'no licence line: %s\n' "$unsaid"; status=1; }

for f in "${sources[@]}"; do
	lines=$(wc -l <"$f")
	[ "$lines" -le 500 ] || [[ $f == tests/* ]] || { printf '%s: %d lines, over 500\n' "$f" "$lines"; status=1; }
done
banned=$(grep -nE '\b(system|popen|strcpy|strcat|sprintf|gets|mktemp|tmpnam)\(' "${sources[@]}" | grep -v '_system(' || :)
[ -z "$banned" ] || { printf 'calls that the house style bans:\n%s\n' "$banned"; status=1; }
unfinished=$(grep -nwE 'TODO|FIXME|XXX' "${sources[@]}" || :)
[ -z "$unfinished" ] || { printf 'unfinished:\n%s\n' "$unfinished"; status=1; }
exit $status
