#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Days of a repository, and what scheduled updates make of them on a host with environments that follow: all end at the
# newest good version, each bad day is survived and reported, and the store holds no more than it needs.
# 18 days and 5 environments, or VZ_YEAR_DAYS and VZ_YEAR_ENVS: `make check-year` takes a whole year with 20.
. "${top_srcdir:?}/tests/lib/flow.sh"
days=${VZ_YEAR_DAYS:-18} envs=${VZ_YEAR_ENVS:-5}

rpm_key "$tmp/key"
repo=$tmp/repo faults=$tmp/faults
mkdir -p "$tmp/busybox/bin"
cp /bin/busybox "$tmp/busybox/bin/busybox"
for applet in sh cat; do
	ln -s busybox "$tmp/busybox/bin/$applet"
done
rpm_target=$(uname -m) rpm_files=$tmp/busybox rpm_pkg "$repo" busybox 1-1 'AutoReqProv: no' 'Provides: /bin/sh'

# release NAME: its next version; of `service` with a check that ends with $status
n=0 status=0
release() {
	n=$((n + 1))
	rm -rf "$tmp/files"
	mkdir -p "$tmp/files/usr/bin" "$tmp/files/usr/share/$1"
	echo "$n" >"$tmp/files/usr/share/$1/version"
	head -c 20000 /dev/urandom >"$tmp/files/usr/share/$1/content"
	[ "$1" != service ] || printf '#!/bin/sh\nexit %s\n' "$status" >"$tmp/files/usr/bin/healthy"
	[ "$1" != service ] || chmod 755 "$tmp/files/usr/bin/healthy"
	# as repositories do, with the version before it
	find "$repo" -name "$1-1-*" | sort -V | head -n -1 | xargs -r rm
	rpm_files=$tmp/files rpm_pkg "$repo" "$1" 1-$n 'AutoReqProv: no'
	rpm_publish "$repo" "$tmp/key"
}
release extra
release service
good=$n
: >"$faults"
serve "$repo" --fault-file "$faults"
rpm_recipe "$tmp/t.recipe" "$url" "$tmp/key/key.asc" busybox service
sed -i 's/^kind = os/&\nkeep = 3/; s/^key = .*/&\ntrust = metadata/' "$tmp/t.recipe"
printf '[health]\ncheck = healthy\n' >>"$tmp/t.recipe"
run 0 vz create template "$tmp/t.recipe"
for i in $(seq "$envs"); do
	more=()
	[ $((i % 4)) != 0 ] || more=(--package extra)
	run 0 vz create env e"$i" t "${more[@]}"
done

# a day's state of the repository; what `auto-update` is to end with
kinds=(ill half unsigned older down)
bad=0
morning() { # DAY
	want=0
	rm -rf "$tmp/older"
	cp -a "$repo/repodata" "$tmp/older"
	kind=
	if [ $(($1 % 4)) = 2 ]; then
		kind=${kinds[bad % ${#kinds[@]}]}
		bad=$((bad + 1))
	elif [ $(($1 % 3)) = 0 ]; then
		release service
		good=$n
		[ $(($1 % 2)) != 0 ] || release extra
	else
		rpm_publish "$repo" "$tmp/key"
	fi
	case $kind in
	ill)
		status=1 want=1
		release service
		status=0
		;;
	half)
		release service
		mv "$repo/service-1-$n.noarch.rpm" "$tmp/held-back.rpm"
		want=7
		;;
	unsigned)
		release service
		rm "$repo/repodata/repomd.xml.asc"
		want='[57]'
		;;
	older)
		release service
		good=$n
		run 0 vz auto-update
		mv "$repo/repodata" "$tmp/newer"
		mv "$tmp/older" "$repo/repodata"
		want=5
		;;
	down)
		echo '/ reset' >"$faults"
		want=7
		;;
	esac
}
evening() {
	case $kind in
	half)
		mv "$tmp/held-back.rpm" "$repo/service-1-$n.noarch.rpm"
		good=$n
		;;
	unsigned)
		rpm_seal "$repo" "$tmp/key"
		good=$n
		;;
	older)
		rm -rf "$repo/repodata"
		mv "$tmp/newer" "$repo/repodata"
		;;
	down) : >"$faults" ;;
	esac
}
shows() { # ENV
	run 0 vz exec "$1" -- cat /usr/share/service/version
	same "$(cat "$out")" "$good" "'$1' on day $day"
}
used() {
	run 0 vz clean
	du -s --block-size=1K "$root" | cut -f1
}

begun=$SECONDS busy=0 early=0
for day in $(seq "$days"); do
	morning "$day"
	start=${EPOCHREALTIME/./}
	run "$want" vz --json auto-update
	busy=$((busy + ${EPOCHREALTIME/./} - start))
	if [ -n "$kind" ]; then
		same "$(json '[.events[] | select(.state == "failed" or .state == "back")] | length > 0')" true "day $day, $kind"
	else
		same "$(json '[.events[] | select(.state == "failed" or .state == "back")] | length')" 0 "day $day"
	fi
	shows e$((day % envs + 1))
	evening
	[ "$day" != 15 ] || early=$(used)
	[ $((day % 30)) != 0 ] || used >/dev/null
done
# the day after
release service
release extra
good=$((n - 1))
run 0 vz auto-update
for i in $(seq "$envs"); do
	shows e"$i"
done
run 0 vz exec e4 -- cat /usr/share/extra/version
same "$(cat "$out")" "$n"
late=$(used)
run 0 vz --json list --versions t
versions=$(json length)
printf '%d days, %d of them bad, in %d s, of which scheduled updates took %d s; %d releases\n' \
	"$days" "$bad" $((SECONDS - begun)) $((busy / 1000000)) "$n"
printf 'the store after 15 days: %d KiB; at the end: %d KiB, %d versions of the template\n' "$early" "$late" "$versions"
# those that `keep` says and the current one, and those of the generations that environments keep
[ "$versions" -le 14 ] || die "$versions versions are kept"
# runs' logs, a KiB or four each, are all that may be more
[ "$late" -le $((early + early / 4 + 8 * days)) ] || die "the store grew from $early to $late KiB"
run 0 vz verify --quick
run 0 vz --json history --auto
same "$(json "map(select(.code != 0 and .ended != null)) | length")" "$bad"
done_ok
