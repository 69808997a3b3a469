#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is not signed by the recipe's key, not what was signed, or not of its time, is refused with code 5,
# and nothing of it stays. All forms that apt reads are read.
. "${top_srcdir:?}/tests/lib/flow.sh"

repo_key "$tmp/key"
repo_key "$tmp/other-key"
repo=$tmp/debian
bin=$repo/dists/testing/main/binary-$repo_arch
repo_deb "$repo/pool/main" core 1.0 'Essential: yes' 'Priority: required'
publish() { repo_publish "$repo" testing "$tmp/key"; }
publish
serve "$repo"
recipe "$tmp/t.recipe" "$url" testing "$tmp/key/key.gpg" core

accepted() {
	rm -rf "$root"
	run 0 vz -n create template "$tmp/t.recipe"
	gave '^core 1\.0 '
}
refused() { # REGEX
	run 5 vz -n create template "$tmp/t.recipe"
	one_error_line
	said "$1"
	[ -z "$(ls "$root/templates" 2>/dev/null)" ] || die "made a template"
}

for forms in xz gz zst plain "xz gz plain"; do
	repo_compress=$forms publish
	accepted
done
repo_by_hash=no publish
accepted
repo_sign=detached publish
accepted
repo_sign="inline detached" publish
accepted

# from here on each bad state meets an empty store, so that no cache helps
rm -rf "$root"
publish
sed -i 's/^Origin: vzpkg-test$/Origin: vzpkg-text/' "$repo/dists/testing/InRelease"
refused 'InRelease|signature'
repo_publish "$repo" testing "$tmp/other-key"
refused 'InRelease|signature|key'
repo_sign="" publish
refused 'sign'
repo_sign=detached publish
repo_sign_release "$repo/dists/testing" "$tmp/other-key" detached
refused 'Release|signature|key'

# text before and after the signed block is not what was signed
publish
{ printf 'Suite: testing\n\n'; cat "$repo/dists/testing/InRelease"; } >"$tmp/in"
cp "$tmp/in" "$repo/dists/testing/InRelease"
refused 'InRelease|sign'
publish
cat "$repo/dists/testing/InRelease" >>"$repo/dists/testing/InRelease.2"
cat "$repo/dists/testing/InRelease" >>"$repo/dists/testing/InRelease.2"
mv "$repo/dists/testing/InRelease.2" "$repo/dists/testing/InRelease"
refused 'InRelease|sign'

# the index is not the one that was signed
publish
cp "$bin/Packages.xz" "$tmp/good.xz"
xz -dc "$tmp/good.xz" | sed 's/^Version: 1\.0$/Version: 6.6/' | xz >"$tmp/bad.xz"
for f in "$bin"/Packages.xz "$bin"/by-hash/SHA256/*; do
	rm "$f"
	cp "$tmp/bad.xz" "$f"
done
refused 'binary-'
for f in "$bin"/Packages.xz "$bin"/by-hash/SHA256/*; do
	head -c 100 "$tmp/good.xz" >"$f"
done
refused 'binary-'

# dates; the newest that was seen is remembered, whatever came of it
rm -rf "$root"
repo_date='3 weeks ago' repo_valid_until='1 week ago' publish
refused 'not valid any more'
rm -rf "$root"
publish
accepted
repo_date='1 week ago' publish
refused 'older|back|date'
rm -rf "$root"
repo_publish "$repo" stable "$tmp/key"
mkdir -p "$repo/dists/testing"
rm -rf "$repo/dists/testing"
cp -a "$repo/dists/stable" "$repo/dists/testing"
refused 'stable|suite|Suite'

# without a signature only with the explicit word
repo_sign="" publish
sed -i 's/^key = .*/trust = unsigned/' "$tmp/t.recipe"
accepted
done_ok
