#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What mirrors, people on the path and hostile repositories try, as a table (the classes are those of the literature on
# software updates), for both families: each is refused with its code and one line, and no template comes of it. Every
# class has three variants at least. Details of what is refused: 16, 19, 50, 51, 55.
. "${top_srcdir:?}/tests/lib/flow.sh"

# ---- the table: family | class | variant: a state of the repository, then what is bent in it | code | what is said ----
# "seen" before a state: the store has seen the good one
table() {
	cat <<'END'
deb | arbitrary package | good; put evil/pool/main/core_1.0 as pool/main/core_1.0 | 5 | core
deb | arbitrary package | good; flip pool/main/core_1.0 | 5 | core
deb | arbitrary package | good; lengthen pool/main/core_1.0 10 | [57] | core
deb | endless data | good; lengthen dists/testing/InRelease 12M | [57] | InRelease
deb | endless data | good; lengthen pool/main/core_1.0 3G | [57] | core
deb | endless data | good; fault /dists/testing/InRelease endless | [57] | InRelease
deb | endless data | bomb | 5 | Packages
deb | extraneous dependencies | good; index s/^Package:_core/&\nDepends:_evil/ | 5 | binary-
deb | extraneous dependencies | good; index s/^Package:_evil/&\nEssential:_yes/ | 5 | binary-
deb | extraneous dependencies | good; index s/^Package:_evil/&\nProvides:_core/ | 5 | binary-
deb | fast-forward | future | 5 | future|date
deb | fast-forward | good; index s/^Version:_1.0/Version:_99999:1.0/ | 5 | binary-
deb | fast-forward | good; release s/^Date:.*/Date:_Sat,_01_Jan_2050_00:00:00_UTC/ | 5 | signature|InRelease
deb | freeze | expired | 5 | not valid any more
deb | freeze | seen expired | 5 | not valid any more|seen before
deb | freeze | expired; release s/^Valid-Until:.*/Valid-Until:_Sat,_01_Jan_2050_00:00:00_UTC/ | 5 | signature|InRelease
deb | key compromise | other-key | 5 | signature|key
deb | key compromise | good; put other-key/dists/testing/InRelease as dists/testing/InRelease | 5 | signature|key
deb | key compromise | other-key; signed-twice | 5 | sign
deb | mix and match | good; put newer/dists/testing/main as dists/testing/main | 5 | binary-
deb | mix and match | newer; put good/dists/testing/main as dists/testing/main | 5 | binary-
deb | mix and match | stable; put stable/dists/stable as dists/testing | 5 | stable
deb | rollback | seen older | 5 | seen before
deb | rollback | seen good; put older/dists/testing/InRelease as dists/testing/InRelease | 5 | seen before
deb | rollback | seen unsigned | 5 | sign
deb | slow retrieval | good; fault /dists/testing/InRelease drip 20 | 7 | InRelease
deb | slow retrieval | good; fault /pool/main/core_1.0_ARCH.deb drip 20 | 7 | core
deb | slow retrieval | good; fault /dists/testing/main/binary-ARCH/by-hash drip 20 | 7 | binary-
deb | wrong software | misnamed | [15] | core
deb | wrong software | other-version | [15] | core
deb | wrong software | climbing | 4 | core
rpm | arbitrary package | good; put evil/core-1.0-1.noarch.rpm as core-1.0-1.noarch.rpm | 5 | core
rpm | arbitrary package | good; flip core-1.0-1 | 5 | core
rpm | arbitrary package | wrong-key | 5 | core
rpm | endless data | good; lengthen repodata/repomd.xml 12M | [57] | repomd
rpm | endless data | good; fault /repodata/repomd.xml endless | [57] | repomd
rpm | endless data | bomb | [57] | primary
rpm | extraneous dependencies | good; primary s,<rpm:provides>,<rpm:requires><rpm:entry_name="evil"/></rpm:requires>&, | 5 | primary
rpm | extraneous dependencies | good; primary s,<name>evil</name>,<name>core</name>, | 5 | primary
rpm | extraneous dependencies | good; primary s,<rpm:provides>,&<rpm:entry_name="core"_flags="EQ"_epoch="9"_ver="1"/>, | 5 | primary
rpm | fast-forward | good; primary s,ver="1.0",ver="99999", | 5 | primary
rpm | fast-forward | good; repomd s,<revision>[0-9]*,<revision>99999999999, | 5 | signature|repomd
rpm | fast-forward | future | 5 | future|dated
rpm | freeze | seen older | 5 | seen before
rpm | freeze | seen good; put older/repodata/repomd.xml as repodata/repomd.xml | 5 | signature|repomd
rpm | freeze | seen older; repomd s,<revision>[0-9]*,<revision>1900000000, | 5 | signature|repomd
rpm | key compromise | other-key | 5 | key
rpm | key compromise | good; put other-key/repodata/repomd.xml.asc as repodata/repomd.xml.asc | 5 | key
rpm | key compromise | good; put other-key/repodata/repomd.xml as repodata/repomd.xml | 5 | signature|repomd
rpm | mix and match | good; put newer/repodata/repomd.xml as repodata/repomd.xml | 5 | signature|repomd
rpm | mix and match | newer; put good/repodata/repomd.xml.asc as repodata/repomd.xml.asc | 5 | signature|repomd
rpm | mix and match | good; primary-of newer | 5 | primary
rpm | rollback | seen older; put good/core-1.0-1.noarch.rpm as core-1.0-1.noarch.rpm | 5 | seen before
rpm | rollback | seen unsigned | 5 | sign
rpm | rollback | seen good; put older/repodata as repodata | 5 | seen before
rpm | slow retrieval | good; fault /repodata/repomd.xml drip 20 | 7 | repomd
rpm | slow retrieval | good; fault /core-1.0-1.noarch.rpm drip 20 | 7 | core
rpm | slow retrieval | good; fault /repodata/repomd.xml.asc drip 20 | 7 | repomd
rpm | wrong software | misnamed | [15] | core
rpm | wrong software | other-version | [15] | core
rpm | wrong software | climbing | 5 | location
END
}

# ---- the states ----
repo_key "$tmp/key"
repo_key "$tmp/other"
rpm_key "$tmp/rpm-key"
rpm_key "$tmp/rpm-other"

deb_states() {
	local d=$tmp/deb state
	repo_deb "$d/good/pool/main" core 1.0 'Essential: yes' 'Priority: required'
	repo_deb "$d/good/pool/main" evil 1.0
	repo_deb "$d/evil/pool/main" core 1.0 'Essential: yes' 'Priority: required' 'Homepage: http://evil.invalid'
	for state in newer older expired other-key future unsigned stable bomb misnamed other-version climbing; do
		cp -a "$d/good" "$d/$state"
	done
	repo_deb "$d/newer/pool/main" core 1.1 'Essential: yes' 'Priority: required'
	repo_publish "$d/newer" testing "$tmp/key"
	repo_date='1 hour ago' repo_publish "$d/good" testing "$tmp/key"
	repo_date='2 days ago' repo_publish "$d/older" testing "$tmp/key"
	repo_date='3 weeks ago' repo_valid_until='1 week ago' repo_publish "$d/expired" testing "$tmp/key"
	repo_publish "$d/other-key" testing "$tmp/other"
	repo_date='3 years' repo_publish "$d/future" testing "$tmp/key"
	repo_sign='' repo_publish "$d/unsigned" testing "$tmp/key"
	repo_publish "$d/stable" stable "$tmp/key"
	# what the repository itself says wrongly, signed
	xz -dc "$d/good/dists/testing/main/binary-$repo_arch/Packages.xz" >"$tmp/Packages"
	{ cat "$tmp/Packages" && printf 'Package: bomb\nVersion: 1\nArchitecture: all\nDescription: ' && head -c 8000000 /dev/zero | tr '\0' x; } >"$tmp/bomb"
	repo_index=$tmp/bomb repo_publish "$d/bomb" testing "$tmp/key"
	deb_lie misnamed "$d/good/pool/main/evil_1.0_$repo_arch.deb" evil_1.0
	deb_lie other-version "$d/newer/pool/main/core_1.1_$repo_arch.deb" core_1.1
	sed 's,^Filename: .*,Filename: ../../../etc/passwd,' "$tmp/Packages" >"$tmp/lie"
	repo_index=$tmp/lie repo_publish "$d/climbing" testing "$tmp/key"
}
# STATE FILE NAME: the index says of this file that it is core 1.0
deb_lie() {
	cp "$2" "$tmp/deb/$1/pool/main/"
	sed -e "/^Package: evil/,\$d" -e "s,^Filename: .*,Filename: pool/main/$3_$repo_arch.deb," \
		-e "s,^Size: .*,Size: $(stat -c %s "$2")," -e "s,^SHA256: .*,SHA256: $(sha256sum "$2" | cut -d' ' -f1)," \
		-e '/^\(MD5sum\|SHA1\|SHA512\):/d' "$tmp/Packages" >"$tmp/lie"
	repo_index=$tmp/lie repo_publish "$tmp/deb/$1" testing "$tmp/key"
}
rpm_states() {
	local d=$tmp/rpm state now
	now=$(date +%s)
	rpm_pkg "$d/good" core 1.0-1
	rpm_pkg "$d/good" evil 1.0-1
	cp -a "$d/good" "$d/wrong-key"
	rpm_addsign "$tmp/rpm-key" "$d/good"/*.rpm
	rpm_addsign "$tmp/rpm-other" "$d/wrong-key"/*.rpm
	rpm_pkg "$d/evil" core 1.0-1 'URL: http://evil.invalid'
	rpm_pkg "$d/new" core 1.1-1
	rpm_addsign "$tmp/rpm-key" "$d"/new/*.rpm
	for state in newer older other-key future unsigned misnamed other-version climbing bomb; do
		cp -a "$d/good" "$d/$state"
	done
	cp "$d"/new/*.rpm "$d/newer/"
	rpm_dated good $((now - 3600)) rpm-key
	rpm_dated wrong-key $((now - 3600)) rpm-key
	rpm_dated newer $((now - 1800)) rpm-key
	rpm_dated older $((now - 864000)) rpm-key
	rpm_dated other-key $((now - 1200)) rpm-other
	rpm_dated future $((now + 99999999)) rpm-key
	rpm_sign_repomd=no rpm_dated unsigned $((now - 3600)) rpm-key
	cp "$d/good/evil-1.0-1.noarch.rpm" "$d/misnamed/core-1.0-1.noarch.rpm"
	cp "$d/new/core-1.1-1.noarch.rpm" "$d/other-version/core-1.0-1.noarch.rpm"
	for state in misnamed other-version climbing bomb; do
		cp -a "$d/good/repodata" "$d/$state/"
	done
	rpm_lie misnamed
	rpm_lie other-version
	rpm_metadata "$d/good" primary | sed 's,href="core,href="../core,' | rpm_modify "$d/climbing" "$tmp/rpm-key" primary
	{ rpm_metadata "$d/good" primary && head -c 8000000 /dev/zero | tr '\0' ' '; } | rpm_modify "$d/bomb" "$tmp/rpm-key" primary
}
rpm_dated() { # STATE TIME KEY
	rpm_sign_repomd=no rpm_publish "$tmp/rpm/$1" "$tmp/$3"
	sed -i "s,<revision>.*</,<revision>$2</,; s,<timestamp>.*</,<timestamp>$2</," "$tmp/rpm/$1/repodata/repomd.xml"
	rpm_seal "$tmp/rpm/$1" "$tmp/$3"
}
# STATE: the metadata of the good one is right about the file that is in place of core 1.0-1
rpm_lie() {
	local was is file=$tmp/rpm/$1/core-1.0-1.noarch.rpm
	was=$(sha256sum "$tmp/rpm/good/core-1.0-1.noarch.rpm" | cut -d' ' -f1)
	is=$(sha256sum "$file" | cut -d' ' -f1)
	rpm_metadata "$tmp/rpm/good" primary |
		sed -e "s,$was,$is," -e "s,<size package=\"[0-9]*\",<size package=\"$(stat -c %s "$file")\"," |
		rpm_modify "$tmp/rpm/$1" "$tmp/rpm-key" primary
}

# ---- what is bent: in $site, which is a state's copy ----
file_of() { # NAME: the one file that begins so
	local all=("$site/$1"*)
	[ -f "${all[0]}" ] || die "no file '$1'"
	echo "${all[0]}"
}
bend_put() { # STATE/FILE as FILE
	local from=("$tmp/$family/$1"*) to=$site/$3
	# a package's name is cut before what belongs to the machine
	[ ! -f "${from[0]}" ] || [ -e "$to" ] || to=$(dirname "$to")/$(basename "${from[0]}")
	rm -rf "$to"
	cp -a "${from[0]}" "$to"
}
bend_flip() { printf '\377' | dd of="$(file_of "$1")" bs=1 seek=700 conv=notrunc status=none; }
bend_lengthen() { truncate -s "+$2" "$(file_of "$1")"; }
bend_fault() {
	echo "${*//ARCH/$repo_arch}" >"$faults"
	# who waits for less finds out sooner; for anything else a slow machine has all the time it wants
	[[ $* != *drip* ]] || printf '[network]\nstall-timeout = 1\n' >"$VZPKG_CONF"
}
bend_index() { # SED SCRIPT, with _ for blanks; in each form under each name
	local file
	xz -dc "$site/dists/testing/main/binary-$repo_arch/Packages.xz" | sed "${1//_/ }" >"$work/index"
	xz -k "$work/index"
	for file in "$site/dists/testing/main/binary-$repo_arch"/{Packages.xz,by-hash/SHA256/*}; do
		rm "$file"
		cp "$work/index.xz" "$file"
	done
	rm "$work"/index*
}
bend_release() { sed -i "${1//_/ }" "$site/dists/testing/InRelease"; }
bend_signed-twice() { cat "$tmp/deb/good/dists/testing/InRelease" >>"$site/dists/testing/InRelease"; }
bend_primary() {
	local file
	file=$(ls "$site"/repodata/*-primary.xml.*)
	rpm_metadata "$site" primary | sed "${1//_/ }" | case $file in *.gz) gzip -n ;; *.zst) zstd -q ;; *.xz) xz ;; esac >"$work/primary"
	mv "$work/primary" "$file"
}
bend_primary-of() { cat "$tmp/rpm/$1"/repodata/*-primary.xml.* >"$(ls "$site"/repodata/*-primary.xml.*)"; }
bend_repomd() { sed -i "${1//_/ }" "$site/repodata/repomd.xml"; }

# ---- each of them ----
create() { # CODE
	run "$1" vz create template "$work/t.recipe"
}
attack() { # VARIANT CODE TEXT
	local state=${1%%;*} bent=${1#*; } words seen=
	[[ $state != seen\ * ]] || seen=yes state=${state#seen }
	rm -rf "$site" "$root"
	[ -z "$seen" ] || cp -a "$work/seen" "$root"
	cp -a "$tmp/$family/$state" "$site"
	: >"$faults"
	rm -f "$VZPKG_CONF"
	[ "$bent" = "$1" ] || {
		read -ra words <<<"$bent"
		"bend_${words[0]}" "${words[@]:1}"
	}
	# what is asked for is whether it is newer than what was seen, by a clock of seconds
	find "$site" -type f -name 'repomd.xml' -exec touch -d "$ticks hours" {} +
	ran=$1
	create "$2"
	one_error_line
	said "$3"
	[ -z "$(find "$root"/{templates,staging,trash} -mindepth 1 2>/dev/null || :)" ] || die "'$1' left something"
}
family() { # FAMILY URL
	local class variant code text
	family=$1 work=$tmp/work-$1
	site=$work/site root=$work/root faults=$work/faults out=$work/out err=$work/err ticks=0
	export VZPKG_CONF=$work/vzpkg.conf
	"$1_states"
	rmdir "$site"
	cp -a "$tmp/$1/good" "$site"
	if [ "$1" = deb ]; then
		recipe "$work/t.recipe" "$2" testing "$tmp/key/key.gpg" core
	else
		rpm_recipe "$work/t.recipe" "$2" "$tmp/rpm-key/key.asc" core
		sed -i 's/^key = .*/&\ntrust = both/' "$work/t.recipe"
	fi
	run 0 vz -n create template "$work/t.recipe"
	cp -a "$root" "$work/seen"
	while IFS='~' read -r _ class variant code text; do
		ticks=$((ticks + 1))
		(attack "$variant" "$code" "$text") || {
			echo "$class: $variant"
			tail -n 3 "$err"
		}
		echo "$class" >>"$work/done"
	done < <(table | grep "^$1 " | sed 's/ | /~/g')
	# so that a case is refused for what was bent
	ran='good' && rm -rf "$site" "$root" && cp -a "$tmp/$1/good" "$site" && : >"$faults"
	rm -f "$VZPKG_CONF"
	run 0 vz -n create template "$work/t.recipe"
	[ "$(sort "$work/done" | uniq -c | awk '$1 >= 3' | wc -l)" = 10 ] || die "not three of each class"
}
families=()
for each in deb rpm; do
	mkdir -p "$tmp/work-$each/site"
	: >"$tmp/work-$each/faults"
	serve "$tmp/work-$each/site" --fault-file "$tmp/work-$each/faults"
	(family $each "$url") >"$tmp/log-$each" 2>&1 &
	families+=($!)
done
wait "${families[@]}" || :
if [ -s "$tmp/log-deb" ] || [ -s "$tmp/log-rpm" ]; then
	cat "$tmp"/log-* "$tmp"/work-*/err
	die "an attack is not refused as it should be"
fi
echo "$(cat "$tmp"/work-*/done | wc -l) attacks refused"
done_ok
