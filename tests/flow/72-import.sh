#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What was exported comes back as what it was, on a host that has nothing; what others made comes in as well; and what
# somebody forged, cut or spoiled leaves one line and nothing else.
. "${top_srcdir:?}/tests/lib/flow.sh"
command -v umoci >/dev/null || skip "needs umoci"
with_base

layout() { python3 "$lib/ocilayout.py" "$@"; }
other() { "$VZPKG" --root "$tmp/other" --no-progress "$@"; }
blob_of() { # LAYOUT JQ-FILTER-OF-THE-MANIFEST
	printf '%s/blobs/sha256/%s' "$1" "$(jq -r "$2.digest[7:]" \
		"$1/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$1/index.json")")"
}

run 0 vz --json info base
want=$(json '[.name, .image, .files, .bytes] | tostring')
run 0 vz info base --lock
cp "$out" "$tmp/lock"

# each form, into a store that has nothing
run 0 vz export base --format oci --compress zstd "$tmp/base.oci"
run 0 vz export base --format oci --compress none "$tmp/base.tar"
run 0 vz export base --format composefs "$tmp/base.cfs"
for form in oci tar cfs; do
	rm -rf "$tmp/other"
	run 0 other --json import "$tmp/base.$form"
	same "$(json '[.changed, .version] | tostring')" '[true,1]'
	run 0 other --json info base
	same "$(json '[.name, .image, .files, .bytes] | tostring')" "$want" "$form"
	run 0 other info base --lock
	cmp "$out" "$tmp/lock" || die "another lock ($form)"
done
run 0 other create env e base
run 0 other exec e -- sh -c 'dpkg --audit && dpkg-query -W | wc -l'
gave '^[0-9]+$'
[ ! -s "$err" ] || die "the imported system complains"
run 0 other remove env e
run 0 other import "$tmp/base.oci"
gave '^base@1: is that already$'
run 0 other import --name copy "$tmp/base.oci"
gave '^copy@1: '
run 0 other -n import --name third "$tmp/base.oci"
run 3 other info third

# an environment with what its user did
run 0 vz create env web base
run 0 vz exec web -- sh -c 'rm /etc/issue && echo mine >/etc/mine && chmod 4711 /usr/bin/env'
run 0 vz export web --format oci --compress none "$tmp/web.oci"
run 0 other import "$tmp/web.oci"
run 0 other dump web
grep -q '^/etc/mine 5 100644 ' "$out" || die "a private file is missing"
grep -q '^/usr/bin/env [0-9]* 104711 ' "$out" || die "a mode is missing"
! grep -q '^/etc/issue ' "$out" || die "a deleted file came back"

# what another tool made, with a layer that deletes
umoci --log error init --layout "$tmp/foreign"
umoci --log error new --image "$tmp/foreign:x"
umoci --log error unpack --image "$tmp/foreign:x" "$tmp/b1"
mkdir -p "$tmp/b1/rootfs/"{bin,dev,etc,proc,sys,tmp,var/lib/dpkg}
cp /bin/busybox "$tmp/b1/rootfs/bin/"
ln -s busybox "$tmp/b1/rootfs/bin/sh"
echo one >"$tmp/b1/rootfs/etc/one"
: >"$tmp/b1/rootfs/var/lib/dpkg/status"
umoci --log error repack --image "$tmp/foreign:x" "$tmp/b1"
umoci --log error unpack --image "$tmp/foreign:x" "$tmp/b2"
rm "$tmp/b2/rootfs/etc/one"
echo two >"$tmp/b2/rootfs/etc/two"
umoci --log error repack --image "$tmp/foreign:x" "$tmp/b2"
run 2 other import "$tmp/foreign"
said 'was not made by vzpkg'
said 'hint: .*--name'
run 0 other --json import --name foreign "$tmp/foreign"
run 0 other create env f foreign
run 0 other exec f -- sh -c 'busybox ls /etc'
same "$(grep -v hostname "$out" | grep -E 'one|two' | tr '\n' ' ')" 'two '
run 0 other remove env f

# bad ones: CODE REGEX PATH
refused() {
	rm -rf "$tmp/other"
	run "$1" other import --name x "$3"
	one_error_line
	said "$2"
	[ -z "$(find "$tmp/other/templates" "$tmp/other/images" -mindepth 1 2>/dev/null)" ] || die "'$3' left something"
	[ -z "$(find "$tmp/other/staging" -mindepth 1)" ] || die "'$3' left a stage"
}
cp -a "$tmp/base.oci" "$tmp/bad"
layer=$(blob_of "$tmp/bad" '.layers[1]')
printf X | dd of="$layer" bs=1 seek=1000 conv=notrunc status=none
refused 5 'does not have that digest' "$tmp/bad"
truncate -s -1 "$layer"
refused 5 'bytes, not' "$tmp/bad"
rm "$layer"
refused 5 'open .*/blobs/sha256/' "$tmp/bad"
ln -s /etc/passwd "$layer"
refused '[15]' 'layer|blob|passwd|open' "$tmp/bad"
head -c 20000000 "$tmp/base.tar" >"$tmp/cut.tar"
refused 1 'breaks off|without an end' "$tmp/cut.tar"
rm -rf "$tmp/bad"
layout "$tmp/bad" --like "$tmp/base.oci" 'etc/evil=x'
refused 5 'not the image that the manifest' "$tmp/bad"
rm -rf "$tmp/bad"
sed 's/ amd64 / arm64 /' "$tmp/lock" >"$tmp/lock2"
layout "$tmp/bad" --like "$tmp/base.oci" --annotation "vzpkg.lock=$tmp/lock2"
refused 5 'the lock is not the one' "$tmp/bad"
for try in '../../evil=x|not a sane path|1' 'd@/etc;d/passwd=x|not a directory|1' 'a=x;a=y|there twice|1' \
	'a#trusted.overlay.redirect=/etc|forged|5' 'a#user.overlay.opaque=y|forged|5' 'a/.wh...=|deletes nothing|5'; do
	rm -rf "$tmp/bad"
	IFS='|' read -r layer what code <<<"$try"
	layout "$tmp/bad" "$layer"
	refused "$code" "$what" "$tmp/bad"
done
echo nonsense >"$tmp/bad/index.json"
refused 5 'not a document of the OCI image format' "$tmp/bad"
rm "$tmp/bad/oci-layout"
refused 1 'oci-layout' "$tmp/bad"
refused 3 'absent' "$tmp/absent"
refused 1 'without an end mark|checksum' /bin/busybox

# composefs: a bit of the image, an object, one that is not there, another manifest
spoil() { cp -a --reflink=auto "$tmp/base.cfs" "$tmp/bad"; }
rm -rf "$tmp/bad"; spoil
printf X | dd of="$tmp/bad/image" bs=1 seek=5000 conv=notrunc status=none
refused 5 "'image'|image" "$tmp/bad"
rm -rf "$tmp/bad"; spoil
object=$(find "$tmp/bad/objects" -type f -size +100k -print -quit)
printf X | dd of="$object" bs=1 seek=1000 conv=notrunc status=none
refused 5 'has another content' "$tmp/bad"
rm "$object"
refused 5 'open' "$tmp/bad"
rm -rf "$tmp/bad"; spoil
cp "$tmp/lock2" "$tmp/bad/lock"
refused 5 'the lock is not the one' "$tmp/bad"
done_ok
