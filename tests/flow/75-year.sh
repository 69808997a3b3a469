#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Days of two distributions, and what scheduled updates make of them on a host with environments that follow: all end at
# the newest good version, each bad day is survived and reported, and the store holds no more than it needs.
# 8 days and 6 environments, or VZ_YEAR_DAYS and VZ_YEAR_ENVS: `make check-year` takes a whole year with 20.
. "${top_srcdir:?}/tests/lib/flow.sh"
# shellcheck source=tests/lib/year.sh
. "$lib/year.sh"
days=${VZ_YEAR_DAYS:-8} envs=${VZ_YEAR_ENVS:-6}

with_base
# a day is a day for what is signed, too
now=$(($(date +%s) - (days + 2) * 86400))
year_begin
for family in rpm deb; do
	year_recipe $family "$tmp/$family.recipe"
	run 0 vz create template "$tmp/$family.recipe"
	for i in $(seq $((envs / 2))); do
		more=()
		[ $((i % 3)) != 0 ] || more=(--package extra)
		run 0 vz create env $family-"$i" $family "${more[@]}"
	done
done

shows() { # ENV
	run 0 vz exec "$1" -- cat /usr/share/service/version
	same "$(cat "$out")" "${good[${1%-*}]}" "'$1' on day $day"
}
package() { # TEMPLATE NAME: its version
	run 0 vz --json info "$1"
	json ".packages[] | select(.name == \"$2\") | .version" | sed 's/.*[.-]//'
}
used() {
	run 0 vz clean
	du -s --block-size=1K "$root" | cut -f1
}
versions() { # TEMPLATE
	run 0 vz --json list --versions "$1"
	json length
}

# a good day: nothing new, updates, or a security update that an administrator takes alone before the rest comes
declare -A turn=([rpm]=0 [deb]=0)
good_day() { # FAMILY
	local tool how=$((turn[$1]++ % 3))
	case $how in
	1)
		year_release "$1" service
		year_release "$1" extra
		;;
	2)
		tool=$(package "$1" tool)
		year_release "$1" tool
		year_secure "$1"
		;;
	esac
	year_publish "$1"
	[ $how = 2 ] || return 0
	run 0 vz update template "$1" --security
	same "$(package "$1" service) $(package "$1" tool)" "${good[$1]} $tool" "$1 on day $day"
}
# every other day is a bad one for one of the two
kinds=(ill half torn unsigned older down)
bad=0
morning() {
	want=0 kind='' spoils=''
	if [ $((day % 2)) = 0 ]; then
		kind=${kinds[bad % ${#kinds[@]}]}
		spoils=deb
		[ $(((bad + bad / ${#kinds[@]}) % 2)) != 0 ] || spoils=rpm
		bad=$((bad + 1))
	fi
	for family in rpm deb; do
		if [ $family = "$spoils" ]; then
			year_spoil $family "$kind"
		else
			good_day $family
		fi
	done
}

run 0 vz remove template base
born=$(used) begun=$SECONDS busy=0 early=0
for day in $(seq "$days"); do
	now=$((now + 86400))
	morning
	start=${EPOCHREALTIME/./}
	run "$want" vz --json auto-update
	busy=$((busy + ${EPOCHREALTIME/./} - start))
	troubles=$(json '[.events[] | select(.state == "failed" or .state == "back") | .name] | map(sub("-.*"; "")) | unique | join(" ")')
	same "$troubles" "$spoils" "day $day, $kind"
	for family in rpm deb; do
		shows $family-$((day % (envs / 2) + 1))
	done
	[ -z "$kind" ] || year_mend "$spoils"
	[ $((day % 30)) != 0 ] || late=$(used)
	[ "$day" != 30 ] || early=$late
done
day='the last'
for family in rpm deb; do
	year_release $family service
	year_release $family extra
	year_publish $family
done
run 0 vz auto-update
for family in rpm deb; do
	for i in $(seq $((envs / 2))); do
		shows $family-"$i"
	done
	run 0 vz exec $family-3 -- cat /usr/share/extra/version
	same "$(cat "$out")" "${newest[$family extra]}"
done
late=$(used)
kept="$(versions rpm) $(versions deb)"
printf '%d days, %d of them bad, in %d s, of which scheduled updates took %d s; %d and %d releases of a service\n' \
	"$days" "$bad" $((SECONDS - begun)) $((busy / 1000000)) "${newest[rpm service]}" "${newest[deb service]}"
printf 'the store at the beginning: %d KiB; at the end: %d KiB, %s versions of the templates\n' "$born" "$late" "${kept/ / and }"
[ "$early" = 0 ] || printf 'and after a month: %d KiB\n' "$early"
# those that `keep` says and the current one, and those of the generations that environments keep
for n in $kept; do
	[ "$n" -le 14 ] || die "$n versions of a template are kept"
done
# after a month an environment has as many generations as it keeps: then runs' logs, a KiB or four each, are all that
# may be more
[ "$days" -lt 60 ] || [ $((late - born)) -le $(((early - born) * 5 / 4 + 8 * days)) ] || die "the store grew from $early to $late KiB"
run 0 vz verify --quick
run 0 vz --json history --auto
same "$(json "map(select(.code != 0 and .ended != null)) | length")" "$bad"
year_end
done_ok
