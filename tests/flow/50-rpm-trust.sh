#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Metadata and packages of RPM repositories that are not what the recipe's key signed, not of their time, or hostile,
# are refused with code 5 and one line, and nothing of them stays.
. "${top_srcdir:?}/tests/lib/flow.sh"

rpm_key "$tmp/key"
rpm_key "$tmp/other-key"
repo=$tmp/repo
rpm_pkg "$tmp/good" core 1.0-1
rpm_addsign "$tmp/key" "$tmp/good"/*.rpm
rpm_pkg "$tmp/unsigned" core 1.0-1
cp -r "$tmp/unsigned" "$tmp/wrong-key"
rpm_addsign "$tmp/other-key" "$tmp"/wrong-key/*.rpm
package=core-1.0-1.noarch.rpm

for kind in good unsigned wrong-key; do rpm_publish "$tmp/$kind" "$tmp/key"; done

# publish [KIND]: a repository of those packages; the store forgets what it saw
publish() {
	rm -rf "$repo" "$root"
	cp -a "$tmp/${1:-good}" "$repo"
	# however slow this is: what is new is asked for as a whole, not whether it is newer
	touch -d '1 hour' "$repo/repodata/repomd.xml"
}
publish
serve "$repo"
wants() { # [TRUST LINE]
	rpm_recipe "$tmp/t.recipe" "$url" "$tmp/key/key.asc" core
	[ $# = 0 ] || sed -i "s,^key = .*,$1," "$tmp/t.recipe"
}
key="key = $tmp/key/key.asc"
wants
accepted() {
	run 0 vz -n create template "$tmp/t.recipe"
	gave '^core 1\.0-1 '
}
refused() { # REGEX
	run 5 vz create template "$tmp/t.recipe"
	one_error_line
	said "$1"
	local left
	left=$(find "$root"/{templates,packages,objects,staging,trash} -mindepth 1 ! -path '*/objects/??' 2>/dev/null || :)
	[ -z "$left" ] || die "left something of what it refused: $left"
}

# ---- packages ----
run 0 vz create template "$tmp/t.recipe"
publish unsigned
refused "package 'core': it is not signed"
publish wrong-key
refused "package 'core': not signed as the recipe's key demands"
# the recipe may say that signed metadata is enough; a signature by somebody else is none
publish unsigned
wants "$key\ntrust = metadata"
run 0 vz create template "$tmp/t.recipe"
publish wrong-key
refused "package 'core': not signed as the recipe's key demands"
wants

# what is in place of a package after the metadata was made, and what was bad when it was made: `bend FILE`
# changes it, and the metadata promises the one or the other
both() { # REGEX BEND ARGS…
	local regex=$1
	shift
	publish
	"$@" "$repo/$package"
	refused "package 'core'|core-1.0-1.noarch.rpm"
	publish
	"$@" "$repo/$package"
	rpm_publish "$repo" "$tmp/key"
	refused "$regex"
}
at_name() { LC_ALL=C grep -obUaP 'Made by a test' "$1" | head -n 1 | cut -d: -f1; }
flip_header() { printf 'm' | dd of="$1" bs=1 seek="$(at_name "$1")" conv=notrunc status=none; }
flip_payload() { printf 'X' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") - 40)) conv=notrunc status=none; }
cut_payload() { truncate -s -30 "$1"; }
both 'signature is wrong' flip_header
both "payload does not have the digest" flip_payload
both "payload does not have the digest" cut_payload
# that one package shows the key to be good helps no other
rpm_pkg "$tmp/second" second 1.0-1 'Requires: core'
second() { # REGEX BEND
	publish
	cp "$tmp"/second/*.rpm "$repo/"
	"$2" "$repo"/second-*.rpm
	rpm_publish "$repo" "$tmp/key"
	run 5 vz create template "$tmp/t.recipe"
	one_error_line
	said "package 'second': .*$1"
	[ -z "$(ls "$root/templates" 2>/dev/null)" ] || die "made a template"
}
sed -i 's/^install = core$/install = core second/' "$tmp/t.recipe"
second 'it is not signed' :
rpm_addsign "$tmp/key" "$tmp"/second/*.rpm
second 'signature is wrong' flip_header
rpm_addsign "$tmp/other-key" "$tmp"/second/*.rpm
second "not signed as the recipe's key demands" :
wants
# also where nobody asked for signatures
for bend in flip_header flip_payload cut_payload; do
	publish
	$bend "$repo/$package"
	rpm_publish "$repo" "$tmp/key"
	wants 'trust = unsigned'
	run '[15]' vz create template "$tmp/t.recipe"
	one_error_line
	said "package 'core': .*digest"
done
wants

# ---- the signature of repomd.xml ----
publish
for trust in metadata both; do
	wants "$key\ntrust = $trust"
	rm -rf "$root"
	accepted
	rm -rf "$root"
	rm "$repo/repodata/repomd.xml.asc"
	refused 'repomd\.xml. is not signed'
	rpm_seal "$repo" "$tmp/other-key"
	refused "not signed as the recipe's key demands"
	rpm_seal "$repo" "$tmp/key"
	sed -i 's/<revision>/&1/' "$repo/repodata/repomd.xml"
	refused 'signature is wrong'
	publish
done
# where packages are signed, metadata need not be; but a bad signature is none, and what was signed stays so
wants
rm -rf "$root"
rm "$repo/repodata/repomd.xml.asc"
accepted
rpm_seal "$repo" "$tmp/other-key"
refused "not signed as the recipe's key demands"
rpm_seal "$repo" "$tmp/key"
accepted
rm "$repo/repodata/repomd.xml.asc"
refused 'not signed, but was when it was last seen'
wants 'trust = unsigned'
refused 'was signed when it was last seen'
wants

# ---- dates ----
publish
sed -i 's,<revision>.*</revision>,<revision>1750000000</revision>,; s,<timestamp>.*</timestamp>,<timestamp>1750000000</timestamp>,' "$repo/repodata/repomd.xml"
rpm_seal "$repo" "$tmp/key"
accepted
sed -i 's,1750000000,1740000000,' "$repo/repodata/repomd.xml"
rpm_seal "$repo" "$tmp/key"
refused 'dated 2025-02-19 .*, but 2025-06-15 .* was seen before'

# ---- metadata that leads elsewhere, or grows ----
# primary SED-SCRIPT: publishes with that change
primary() {
	publish
	rpm_metadata "$repo" primary | sed "$1" | rpm_modify "$repo" "$tmp/key" primary
}
primary 's,href="core-,href="../core-,'
refused "location '\.\./core"
primary 's,href="core-,href="/etc/core-,'
refused "location '/etc/core"
primary 's,href="core-,href="http://127.0.0.1:9/core-,'
refused "location 'http://127"
primary 's,<location href=,<location xml:base="http://127.0.0.1:9/" href=,'
refused 'xml:base'
publish
sed -i 's,href="repodata/,href="repodata/../../,' "$repo/repodata/repomd.xml"
rpm_seal "$repo" "$tmp/key"
refused "location 'repodata/\.\./"
publish
sed -i 's,<location href=,<location xml:base="http://127.0.0.1:9/" href=,' "$repo/repodata/repomd.xml"
rpm_seal "$repo" "$tmp/key"
refused 'xml:base'

laughs='<!DOCTYPE a [<!ENTITY a0 "ha">'
for i in 1 2 3 4 5 6 7 8 9; do laughs+="<!ENTITY a$i \"$(printf "&a$((i - 1));%.0s" 1 2 3 4 5 6 7 8 9 10)\">"; done
laughs+=']>'
primary "s,^<metadata,$laughs&,; s,Made by a test,\\&a9;,"
refused 'primary.xml.*document type or entities'
primary 's,^<metadata,<!DOCTYPE metadata SYSTEM "file:///etc/passwd">&,'
refused 'primary.xml.*document type or entities'
publish
rpm_metadata "$repo" filelists | sed "1d; s,^<filelists,$laughs&," >"$tmp/repomd.xml"
cp "$tmp/repomd.xml" "$repo/repodata/repomd.xml"
rpm_seal "$repo" "$tmp/key"
refused 'repomd.xml: .*document type or entities'

# a file of nothing but spaces is packed more than 200 times smaller, in each form
for rpm_compress in gz xz zst bz2; do
	publish
	{ rpm_metadata "$repo" primary | sed '$d'; head -c 4M /dev/zero | tr '\0' ' '; echo '</metadata>'; } |
		rpm_modify "$repo" "$tmp/key" primary
	refused 'primary.xml.*more than is allowed|primary.xml.*more than 200|primary.xml.*would have'
	# nobody says how large it will be
	sed -i '/<open-size>/d' "$repo/repodata/repomd.xml"
	rpm_seal "$repo" "$tmp/key"
	refused 'primary.xml'
done
unset rpm_compress
# not what repomd.xml says, packed or unpacked
publish
for f in "$repo"/repodata/*primary.xml.gz; do cp "$(echo "$repo"/repodata/*filelists.xml.gz)" "$f"; done
refused 'primary.xml'
publish
sed -i 's,<open-checksum type="sha256">.,&0,; s,\(<open-checksum type="sha256">.\{64\}\).,\1,' "$repo/repodata/repomd.xml"
rpm_seal "$repo" "$tmp/key"
refused 'does not decompress to what'
done_ok
