# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Two distributions that change from day to day: one of type rpm, one of type deb, each with packages that an
# environment's health depends on, with updates and security updates, and with bad days.
#
#   year_begin                   both, with their first packages, served; today is $now
#   year_recipe FAMILY FILE      a template of it: "service" and "tool", and the check of health
#   year_release FAMILY NAME     the next version of one of its packages: service, tool, extra
#   year_secure FAMILY           the next version of service, as a security update
#   year_publish FAMILY          what there is becomes its metadata, of $now
#   year_spoil FAMILY KIND       a bad day; $want is how a run of auto-update may end on it
#   year_mend FAMILY             the evening of it
#   year_end                     when nothing is signed any more
#
#   newest[FAMILY NAME]          the last version that was released; good[FAMILY], of service, that passes its check
#
# Needs flow.sh and what it reads, and with_base before.
# shellcheck disable=SC2154,SC2034 # theirs, and for them

declare -A newest good dir served faults

# agents of gpg stay all year; one whose directory is removed ends by itself
gpgconf() { :; }
year_end() {
	command gpgconf --homedir "$tmp/rpm.key/home" --kill all
	command gpgconf --homedir "$tmp/deb.key/home" --kill all
}

# ---- what differs between the two ----

year_rpm_package() { # NAME N
	find "${dir[rpm]}" -name "$1-1-*" | sort -V | head -n -1 | xargs -r rm
	rpm_files=$tmp/files rpm_pkg "${dir[rpm]}" "$1" "1-$2" 'AutoReqProv: no'
}
year_deb_package() { # NAME N [REPOSITORY]
	local pool=${dir[deb]}/${3:-main}/pool/main
	mkdir -p "$pool"
	# as repositories do, with the version before it
	find "$pool" -name "$1_1.*" | sort -V | head -n -1 | xargs -r rm
	repo_files=$tmp/files repo_deb "$pool" "$1" "1.$2"
}
year_rpm_secure() { # N
	year_rpm_package service "$1"
	cat >"$tmp/advisory" <<-END
		<?xml version="1.0" encoding="UTF-8"?>
		<updates><update from="x" status="stable" type="security" version="1"><id>SEC-$1</id><title>A hole</title>
		<severity>Important</severity><pkglist><collection short="c"><name>c</name>
		<package name="service" version="1" release="$1" epoch="0" arch="noarch"><filename>service-1-$1.noarch.rpm</filename></package>
		</collection></pkglist></update></updates>
	END
}
year_deb_secure() { # N
	year_deb_package service "$1" security
}
year_rpm_publish() {
	rpm_revision=$now rpm_publish "${dir[rpm]}" "$tmp/rpm.key"
	[ ! -f "$tmp/advisory" ] || rpm_modify "${dir[rpm]}" "$tmp/rpm.key" updateinfo <"$tmp/advisory"
}
year_deb_publish() {
	repo_date=@$now repo_publish "${dir[deb]}/main" year "$tmp/deb.key"
	repo_date=@$now repo_publish "${dir[deb]}/security" year-security "$tmp/deb.key"
}
year_rpm_recipe() { # FILE
	rpm_recipe "$1" "${served[rpm]}" "$tmp/rpm.key/key.asc" busybox service tool
	sed -i 's/^key = .*/&\ntrust = metadata/' "$1"
}
year_deb_recipe() { # FILE
	local repository
	recipe "$1" "$mirror_url" "$suite" "$mirror/key/key.gpg" service tool
	for repository in main security; do
		printf '[repository own-%s]\ntype = deb\nurl = %s\nsuite = %s\ncomponents = main\nkey = %s\n' "$repository" \
			"${served[deb]}/$repository" "$([ $repository = main ] && echo year || echo year-security)" "$tmp/deb.key/key.gpg"
	done >>"$1"
}
declare -A metadata=([rpm]=repodata [deb]=main/dists)
year_rpm_file() { echo "${dir[rpm]}/service-1-$1.noarch.rpm"; }
year_deb_file() { echo "${dir[deb]}/main/pool/main/service_1.$1_$repo_arch.deb"; }
year_rpm_unsign() { rm "${dir[rpm]}/repodata/repomd.xml.asc"; }
year_deb_unsign() {
	local dists=${dir[deb]}/main/dists/year
	sed -e '1,/^$/d' -e '/^-----BEGIN PGP SIGNATURE/,$d' "$dists/InRelease" >"$dists/Release"
	rm "$dists/InRelease"
}
# half of it is still as it was the day before: the signed file is new, the indices are not there yet
year_rpm_tear() { find "${dir[rpm]}/repodata" -name '*-primary.xml*' -delete; }
year_deb_tear() {
	local binary=main/binary-$repo_arch
	rm -r "${dir[deb]}/main/dists/year/$binary"
	cp -a "$tmp/yesterday/year/$binary" "${dir[deb]}/main/dists/year/$binary"
}

# ---- the same for both ----

# what `service` brings is a check that ends with $ill
year_files() { # NAME N
	rm -rf "$tmp/files"
	mkdir -p "$tmp/files/usr/bin" "$tmp/files/usr/share/$1"
	echo "$2" >"$tmp/files/usr/share/$1/version"
	head -c 20000 /dev/urandom >"$tmp/files/usr/share/$1/content"
	[ "$1" = service ] || return 0
	printf '#!/bin/sh\nexit %s\n' "${ill:-0}" >"$tmp/files/usr/bin/healthy"
	chmod 755 "$tmp/files/usr/bin/healthy"
}
year_next() { # FAMILY NAME
	newest[$1 $2]=$((${newest[$1 $2]:-0} + 1))
	year_files "$2" "${newest[$1 $2]}"
	[ "$2" != service ] || [ -n "${ill-}" ] || good[$1]=${newest[$1 service]}
}
year_release() {
	year_next "$1" "$2"
	"year_$1_package" "$2" "${newest[$1 $2]}"
}
year_secure() {
	year_next "$1" service
	"year_$1_secure" "${newest[$1 service]}"
}
year_publish() { "year_$1_publish"; }

year_recipe() {
	"year_$1_recipe" "$2"
	sed -i 's/^kind = os/&\nkeep = 3/' "$2"
	printf '[health]\ncheck = healthy\n' >>"$2"
}

year_begin() {
	local family name
	rpm_key "$tmp/rpm.key"
	repo_key "$tmp/deb.key"
	for family in rpm deb; do
		dir[$family]=$tmp/$family faults[$family]=$tmp/$family.faults
		mkdir -p "${dir[$family]}"
		: >"${faults[$family]}"
	done
	mkdir -p "$tmp/busybox/bin" "${dir[deb]}/security"
	cp /bin/busybox "$tmp/busybox/bin/busybox"
	for name in sh cat; do
		ln -s busybox "$tmp/busybox/bin/$name"
	done
	rpm_target=$(uname -m) rpm_files=$tmp/busybox rpm_pkg "${dir[rpm]}" busybox 1-1 'AutoReqProv: no' 'Provides: /bin/sh'
	for family in rpm deb; do
		for name in extra tool service; do
			year_release "$family" "$name"
		done
		year_publish "$family"
		serve "${dir[$family]}" --fault-file "${faults[$family]}"
		served[$family]=$url
	done
}

# yesterday's metadata is kept all day
year_spoil() {
	local family=$1 before=${good[$1]} place=${dir[$1]}/${metadata[$1]}
	rm -rf "$tmp/yesterday"
	cp -a "$place" "$tmp/yesterday"
	spoiled=$2
	if [ "$spoiled" = ill ]; then
		ill=1 year_release "$family" service
	elif [ "$spoiled" != down ]; then
		year_release "$family" service
	fi
	year_publish "$family"
	case $spoiled in
	ill) want=1 ;;
	half) # the package is not there yet
		mv "$("year_${family}_file" "${newest[$family service]}")" "$tmp/held-back"
		want=7
		;;
	torn)
		cp -a "$place" "$tmp/whole"
		"year_${family}_tear"
		want='[57]'
		;;
	unsigned)
		cp -a "$place" "$tmp/whole"
		"year_${family}_unsign"
		want='[57]'
		;;
	older) # after somebody saw the new
		run 0 vz auto-update
		before=${good[$family]}
		mv "$place" "$tmp/whole"
		mv "$tmp/yesterday" "$place"
		want=5
		;;
	down)
		echo '/ reset' >"${faults[$family]}"
		want=7
		;;
	esac
	released=${good[$family]} good[$family]=$before
}
year_mend() {
	local family=$1 place=${dir[$1]}/${metadata[$1]}
	case $spoiled in
	half) mv "$tmp/held-back" "$("year_${family}_file" "${newest[$family service]}")" ;;
	torn | unsigned | older)
		rm -rf "$place"
		mv "$tmp/whole" "$place"
		;;
	down) : >"${faults[$family]}" ;;
	esac
	good[$family]=$released
}
