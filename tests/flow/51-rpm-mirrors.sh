#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where RPM repositories are: metalinks and mirror lists as servers give them; dead, stale and lying mirrors are passed
# over, fast ones preferred and remembered; and each family's repositories, asked for as the recipes we ship do.
. "${top_srcdir:?}/tests/lib/flow.sh"

rpm_key "$tmp/key"
site=$tmp/site
mkdir -p "$site/good/Packages"
for package in core more; do rpm_pkg "$site/good/Packages" $package 1.0-1; done
rpm_addsign "$tmp/key" "$site"/good/Packages/*.rpm
rpm_publish "$site/good" "$tmp/key"
dead=http://127.0.0.1:9/repo
: >"$tmp/faults"
: >"$tmp/slow-faults"
serve "$site" --log "$tmp/slow-log" --fault-file "$tmp/slow-faults"
slow=$url
serve "$site" --log "$tmp/log" --fault-file "$tmp/faults"

# metalink REPO MIRROR…: on stdout, of repositories that have REPO's repomd.xml; $alternates are of older ones
entry() {
	printf '   <mm0:timestamp>%s</mm0:timestamp>\n   <size>%s</size>\n   <verification>\n' \
		"$(stat -c %Y "$1")" "$(stat -c %s "$1")"
	printf '    <hash type="md5">%.32s</hash>\n    <hash type="sha1">%.40s</hash>\n' "$(md5sum "$1")" "$(sha1sum "$1")"
	printf '    <hash type="sha256">%.64s</hash>\n    <hash type="sha512">%.128s</hash>\n   </verification>\n' \
		"$(sha256sum "$1")" "$(sha512sum "$1")"
}
metalink() {
	local repomd=$1/repodata/repomd.xml preference=100 mirror
	shift
	cat <<-'END'
		<?xml version="1.0" encoding="utf-8"?>
		<metalink version="3.0" xmlns="http://www.metalinker.org/" type="dynamic" pubdate="Fri, 16 May 2025 10:11:12 GMT" generator="mirrormanager" xmlns:mm0="http://fedorahosted.org/mirrormanager">
		 <files>
		  <file name="repomd.xml">
	END
	entry "$repomd"
	[ -z "${alternates-}" ] || printf '   <mm0:alternates>\n    <mm0:alternate>\n%s\n    </mm0:alternate>\n   </mm0:alternates>\n' \
		"$(entry "$alternates/repodata/repomd.xml")"
	printf '   <resources maxconnections="1">\n'
	printf '    <url protocol="rsync" type="rsync" location="DE" preference="100">rsync://127.0.0.1/x/repodata/repomd.xml</url>\n'
	for mirror; do
		printf '    <url protocol="http" type="http" location="DE" preference="%d">%s/repodata/repomd.xml</url>\n' \
			$((preference--)) "$mirror"
	done
	printf '   </resources>\n  </file>\n </files>\n</metalink>\n'
}
from() { rpm_recipe "$tmp/t.recipe" "$1" "$tmp/key/key.asc" core more; }
accepted() {
	run 0 vz -n create template "$tmp/t.recipe"
	gave '^core 1\.0-1 '
}
refused() { # CODE REGEX
	run "$1" vz create template "$tmp/t.recipe"
	one_error_line
	said "$2"
	[ -z "$(ls "$root/templates" 2>/dev/null)" ] || die "made a template"
	nothing_left
}
asked() { grep -qF -- "$1" "$tmp/log" || die "nobody asked for $1"; }

# ---- metalinks ----
from "metalink+$url/metalink"
cp -a "$site/good" "$site/stale"
sed -i 's,<revision>,&1,' "$site/stale/repodata/repomd.xml"
rpm_seal "$site/stale" "$tmp/key"
metalink "$site/good" "$dead" "$url/stale" "$url/empty" "$url/good" >"$site/metalink"
accepted
# the digest in the metalink is of no repomd.xml that there is
rm -rf "$root"
metalink "$site/good" "$dead" "$url/stale" >"$site/metalink"
refused 5 'repomd\.xml'
# most mirrors may be a little behind, as the metalink says itself
alternates=$site/stale metalink "$site/good" "$dead" "$url/stale" >"$site/metalink"
accepted
# no metalink, no digests, no mirrors
rm -rf "$root"
rm "$site/metalink"
refused 7 'metalink'
metalink "$site/good" "$url/good" | sed '/sha256\|sha512/d' >"$site/metalink"
refused 5 'no SHA-256'
echo '<html>Service unavailable</html>' >"$site/metalink"
refused 5 'metalink'
metalink "$site/good" >"$site/metalink"
refused 5 'names no http'

# ---- mirror lists ----
from "mirrorlist+$url/mirrorlist?repo=BaseOS&arch=x86_64"
printf '# repo = BaseOS arch = x86_64 country = DE\n%s/\n%s/empty/\n\n%s/good/\n' "$dead" "$url" "$url" \
	>"$site/mirrorlist?repo=BaseOS&arch=x86_64"
accepted
rm -rf "$root"
echo 'Bad Request: unknown release' >"$site/mirrorlist?repo=BaseOS&arch=x86_64"
refused 5 "begins 'Bad Request: unknown release'"
# what else the recipe names stands in for lists that are bad or not there
from "mirrorlist+$dead/mirrors mirrorlist+$url/mirrorlist?repo=BaseOS&arch=x86_64 $url/good"
accepted
rm "$site"/mirrorlist*
from "mirrorlist+$dead/mirrors"
rm -rf "$root"
refused 7 '127\.0\.0\.1'

# ---- which mirror ----
# the one that answers soonest is used, whatever the server prefers, and remembered
from "metalink+$url/metalink"
metalink "$site/good" "$slow/good" "$url/good" >"$site/metalink"
echo '/good slow-start 1.5' >"$tmp/slow-faults"
: >"$tmp/slow-log"
run 0 vz create template "$tmp/t.recipe"
run 0 vz update template t
! grep -qF Packages/ "$tmp/slow-log" || die "the slow mirror gave packages"
asked /good/Packages/core
grep -qE "^[0-9]+ [0-9]+ 0 [0-9]+ $url/good\$" "$root"/repos/*/mirrors || die "nothing is remembered of the fast mirror"
# its one answer in that race comes when nobody waits for it any more
for _ in $(seq 100); do [ ! -s "$tmp/slow-log" ] || break; sleep 0.1; done
: >"$tmp/slow-log"
rpm_pkg "$site/good/Packages" core 1.1-1
rpm_addsign "$tmp/key" "$site"/good/Packages/core-1.1*.rpm
rpm_publish "$site/good" "$tmp/key"
metalink "$site/good" "$slow/good" "$url/good" >"$site/metalink"
run 0 vz update template t
gave '1 -> 2'
[ ! -s "$tmp/slow-log" ] || die "the slow mirror was asked again"
# and given up when it fails: one that is dead by now, one that has other bytes under the right name
echo '/good reset' >"$tmp/faults"
: >"$tmp/slow-faults"
rm -rf "$root"/templates "$root"/packages "$root"/compositions
run 0 vz create template "$tmp/t.recipe"
gave 't@1'
grep -qF Packages/core "$tmp/slow-log" || die "the other mirror was not asked"
cp -a "$site/good" "$site/lies"
for f in "$site"/lies/Packages/*.rpm; do printf X | dd of="$f" bs=1 seek=2000 conv=notrunc status=none; done
: >"$tmp/faults"
rm -rf "$root"
metalink "$site/good" "$url/lies" "$url/good" >"$site/metalink"
echo '/good slow-start 0.3' >"$tmp/faults"
: >"$tmp/log"
run 0 vz create template "$tmp/t.recipe"
asked /lies/Packages/core
asked /good/Packages/core
: >"$tmp/faults"
# a lock is built from the mirrors of the day
run 0 vz info t --lock
cp "$out" "$tmp/t.lock"
metalink "$site/good" "$dead" "$url/good" >"$site/metalink"
run 0 "$VZPKG" --root "$tmp/root2" --no-progress create template "$tmp/t.recipe" --lock "$tmp/t.lock"

# ---- the families ----
# shipped RECIPE: a copy that asks our server instead, the way it asks its own, for less, by our key
shipped() {
	local file
	rm -rf "$tmp/recipes" "$root"
	mkdir "$tmp/recipes"
	for file in "$top_srcdir/recipes/$1.recipe" "$top_srcdir"/recipes/*.inc; do
		sed -E "s,https://[^/]+,$url,; /^(key|fingerprint|recommends) /d; /^ +[0-9A-F]{4} [0-9A-F]{4} /d
			s,^url .*,&\nkey = $tmp/key/key.asc,; s/^install .*/install = core/; /^install/,\$ { /^ +/d }" "$file" \
			>"$tmp/recipes/$(basename "$file")"
	done
	# openSUSE's two URLs follow each other
	sed -i -E "/^key = /{ N; s,(key = [^\n]*)\n( +http.*),\2\n\1,; }" "$tmp/recipes"/*
	: >"$tmp/log"
	run 0 vz --recipes "$tmp/recipes" -n create template "$1"
	gave '^core '
}
# repository DIR FORM: packages and metadata below DIR, in that form
repository() {
	local dir=$site/$1 kind
	mkdir -p "$dir"
	cp -r "$site/good/Packages" "$dir/"
	rpm_comps=$tmp/comps.xml rpm_publish "$dir" "$tmp/key"
	for kind in primary filelists; do
		rpm_metadata "$dir" $kind >"$tmp/text"
		rpm_compress=$2 rpm_modify "$dir" "$tmp/key" $kind <"$tmp/text"
	done
}
cp "$lib/rpmdist/comps.xml" "$tmp/comps.xml"
# more_in_repomd DIR ELEMENTS: what some have in repomd.xml besides
more_in_repomd() {
	local dir=$site/$1 text=$2
	sed -i "s,</repomd>,$text\n&," "$dir/repodata/repomd.xml"
	rpm_seal "$dir" "$tmp/key"
}
digest=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
zck="<data type=\"primary_zck\"><checksum type=\"sha256\">$digest</checksum><open-checksum type=\"sha256\">$digest</open-checksum>\
<header-checksum type=\"sha256\">$digest</header-checksum><location href=\"repodata/x-primary.xml.zck\"/>\
<timestamp>1700000000</timestamp><size>9</size><open-size>9</open-size><header-size>7</header-size></data>"
tags='<tags><content>pool</content><repo>obsproduct://build.opensuse.org/openSUSE:Factory/openSUSE/20250514/x86_64</repo>\
<distro cpeid="cpe:/o:opensuse:opensuse:20250514">openSUSE Tumbleweed</distro></tags>'
suse="<data type=\"susedata.de\"><checksum type=\"sha512\">$digest$digest</checksum><location href=\"repodata/x-susedata.de.xml.gz\"/>\
<timestamp>1700000000</timestamp><size>9</size></data><data type=\"license\"><checksum type=\"sha256\">$digest</checksum>\
<location href=\"repodata/x-license.tar.gz\"/><size>9</size></data>"

repository fedora/os zst
more_in_repomd fedora/os "$zck"
repository fedora/updates xz
for release in 44 45; do
	metalink "$site/fedora/os" "$dead" "$url/fedora/os" >"$site/metalink?repo=fedora-$release&arch=x86_64"
	metalink "$site/fedora/updates" "$url/fedora/updates" >"$site/metalink?repo=updates-released-f$release&arch=x86_64"
	shipped fedora-$release-x86_64
	asked "/metalink?repo=updates-released-f$release&arch=x86_64"
done
repository centos/BaseOS gz
repository centos/AppStream gz
printf 'document: modulemd\nversion: 2\ndata:\n  name: more\n  stream: "1"\n  artifacts:\n    rpms:\n    - more-0:1.0-1.noarch\n' |
	rpm_modify "$site/centos/AppStream" "$tmp/key" modules
for release in 9 10; do
	for part in BaseOS AppStream; do
		metalink "$site/centos/$part" "$url/centos/$part" \
			>"$site/metalink?repo=centos-${part,,}-$release-stream&arch=x86_64&protocol=https,http"
	done
	shipped centos-stream-$release-x86_64
	mkdir -p "$site/mirrorlist/$release"
	for part in BaseOS AppStream; do
		printf '# repo = %s\n%s/centos/%s/\n' "$part" "$url" "$part" >"$site/mirrorlist?arch=x86_64&repo=$part-$release"
		printf '%s/centos/%s/\n' "$url" "$part" >"$site/mirrorlist/$release/${part,,}"
	done
	shipped almalinux-$release-x86_64
	asked "/mirrorlist/$release/appstream"
	shipped rocky-$release-x86_64
	asked "/mirrorlist?arch=x86_64&repo=BaseOS-$release"
done
repository tumbleweed/repo/oss zst
more_in_repomd tumbleweed/repo/oss "$tags$suse"
shipped opensuse-tumbleweed-x86_64
for release in 16.0 16.1; do
	mkdir -p "$site/distribution/leap/$release/repo"
	ln -s ../../../../tumbleweed/repo/oss "$site/distribution/leap/$release/repo/oss"
	shipped opensuse-leap-$release-x86_64
done
# signed metadata is what openSUSE's recipes ask for
rm "$site/tumbleweed/repo/oss/repodata/repomd.xml.asc"
rm -rf "$root"
run 5 vz --recipes "$tmp/recipes" -n create template opensuse-leap-16.1-x86_64
one_error_line
said 'not signed'
done_ok
