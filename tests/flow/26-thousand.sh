#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A thousand environments of one template: the last costs what the first did.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# the median of a hundred, in microseconds; process start included
hundred() { # FROM
	local i start
	for i in $(seq "$1" $(($1 + 99))); do
		start=$EPOCHREALTIME
		vz -q create env "e$i" base >/dev/null
		echo $((${EPOCHREALTIME/./} - ${start/./}))
	done | sort -n | sed -n 50p
}
first=$(hundred 1)
for from in 101 201 301 401 501 601 701 801; do
	hundred "$from" >/dev/null
done
last=$(hundred 901)
echo "creating one environment: $first us among the first hundred, $last us among the last"
[ "$last" -lt $((2 * first)) ] || die "creating slowed down from $first to $last us"
run 0 vz --json list --envs
same "$(json length)" 1000
start=$EPOCHREALTIME
run 0 vz list --envs
took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
echo "listing a thousand: $took ms"
[ "$took" -lt 1000 ] || die "listing took $took ms"
run 0 vz exec e1000 -- true
done_ok
