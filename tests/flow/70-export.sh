#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What we export is what others take: skopeo, umoci, runc, tar, and the kernel as composefs asks it.
. "${top_srcdir:?}/tests/lib/flow.sh"
for tool in skopeo umoci runc; do
	command -v $tool >/dev/null || skip "needs $tool"
done
with_base

# everything about the files below a directory
list() {
	(cd "$1" && find . -mindepth 1 -path './proc/*' -prune -o -path './sys/*' -prune -o -path './dev/*' -prune -o \
		! -type d -printf '%p %y %m %U %G %s %l %T@ %n\n' -o -type d -printf '%p %y %m %U %G %T@\n' | sort)
}
same_files() {
	list "$1" >"$tmp/a"
	list "$2" >"$tmp/b"
	diff "$tmp/a" "$tmp/b" >"$tmp/diff" || die "'$1' and '$2' differ: $(head -n 6 "$tmp/diff")"
}

# an environment as its user left it
run 0 vz create env web base
run 0 vz exec web -- sh -c 'echo private >/etc/private && rm /etc/issue && chmod 4711 /usr/bin/env && ln /etc/private /srv/link &&
	mkdir -m 1770 /srv/d && chown 70000:3000000 /srv/d && printf %70s x >/srv/d/f && touch -d @1600000000.25 /srv/d/f'
run 0 vz mount web "$(mkdir "$tmp/web" && echo "$tmp/web")"

# what is the same however it is compressed: digests of the tars, and of all the texts
diffs() { skopeo inspect --config --raw "$1" | jq -c .rootfs.diff_ids; }

# OCI, as a directory and as an archive
run 0 vz --json export base --format oci "$tmp/base.oci"
digest=$(json .digest)
same "$(json .version)" 1
run 0 skopeo inspect --format '{{.Digest}} {{.Architecture}}' "oci:$tmp/base.oci"
case $(uname -m) in x86_64) gave "^sha256:$digest amd64$" ;; *) gave "^sha256:$digest " ;; esac
run 0 vz export base@1 --format oci --compress none "$tmp/base.tar"
run 0 skopeo inspect --format '{{.Digest}} {{.Labels}}' "oci-archive:$tmp/base.tar"
gave 'org.opencontainers.image.title:base'
same "$(diffs "oci-archive:$tmp/base.tar")" "$(diffs "oci:$tmp/base.oci")"
run 0 skopeo copy -q "oci:$tmp/base.oci" "oci:$tmp/copied"
cmp "$tmp/copied/blobs/sha256/$digest" "$tmp/base.oci/blobs/sha256/$digest" || die "skopeo changed the manifest"
run 0 umoci unpack --image "$tmp/base.oci:base:1" "$tmp/bundle"
run 0 vz create env plain base
run 0 vz mount plain "$(mkdir "$tmp/plain" && echo "$tmp/plain")"
# ... but for who it is, which an environment is told when it is first mounted
same "$(cat "$tmp/plain/etc/hostname")" plain
(cd "$tmp/plain/etc" && rm hostname hosts machine-id)
touch -r "$tmp/bundle/rootfs/etc" "$tmp/plain/etc"
same_files "$tmp/plain" "$tmp/bundle/rootfs"
run 0 vz umount plain

jq '.process.terminal = false | .process.args = ["/usr/bin/dpkg", "--audit"] | del(.linux.resources)' \
	"$tmp/bundle/config.json" >"$tmp/config" && mv "$tmp/config" "$tmp/bundle/config.json"
run 0 runc --root "$tmp/runc" run -b "$tmp/bundle" "vz-test-$$"
[ ! -s "$out" ] || die "dpkg has complaints in the container"

# what equal packages brought is equal: another template has the same first layer
recipe "$tmp/two.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt less
run 0 vz create template "$tmp/two.recipe"
run 0 vz export two --format oci --compress zstd "$tmp/two.oci"
same "$(diffs "oci:$tmp/two.oci" | jq '.[0]')" "$(diffs "oci:$tmp/base.oci" | jq '.[0]')" "first layers"
[ "$(diffs "oci:$tmp/two.oci" | jq '.[1]')" != "$(diffs "oci:$tmp/base.oci" | jq '.[1]')" ] || die "'less' is in no layer"
run 0 skopeo inspect "oci:$tmp/two.oci"

# an environment, twice the same
run 0 vz --json export web --format oci --compress none "$tmp/web.oci"
digest=$(json .digest)
same "$(json .name)" web
run 0 vz --json export web --format oci --compress none "$tmp/again.oci"
same "$(json .digest)" "$digest" "the same again"
same "$(diffs "oci:$tmp/web.oci" | jq -c '.[:3]')" "$(diffs "oci:$tmp/base.oci")" "layers of its template"
run 0 umoci unpack --image "$tmp/web.oci:web:1" "$tmp/web-bundle"
same_files "$tmp/web" "$tmp/web-bundle/rootfs"

# tar
run 0 vz export web --format tar "$tmp/web.tar.zst"
run 0 vz --json export web --format tar "$tmp/web.tar"
same "$(sha256sum "$tmp/web.tar" | cut -d' ' -f1)" "$(json .digest)"
zstd -dc "$tmp/web.tar.zst" | cmp - "$tmp/web.tar" || die "compressing changed the tar"
mkdir "$tmp/untarred"
tar --xattrs --xattrs-include='*' -xpf "$tmp/web.tar" -C "$tmp/untarred"
same_files "$tmp/web" "$tmp/untarred"

# composefs, put together as its mount helper does it
run 0 vz --json export web --format composefs "$tmp/web.cfs"
run 0 vz image --digest "$tmp/web.cfs/image"
same "$(cat "$out")" "$(jq -r .image.digest "$tmp/web.cfs/manifest")"
mkdir "$tmp/erofs" "$tmp/cfs"
mount -t erofs -o ro,loop "$tmp/web.cfs/image" "$tmp/erofs"
mount -t overlay -o "ro,metacopy=on,redirect_dir=on,lowerdir=$tmp/erofs::$tmp/web.cfs/objects" none "$tmp/cfs"
same_files "$tmp/web" "$tmp/cfs"
umount "$tmp/cfs" "$tmp/erofs"
[ -z "$(find "$tmp/web.cfs/objects" -type f -links +1)" ] || die "exported objects are the store's own files"
run 0 vz umount web

# nothing is replaced, nothing half made is left
# (the list itself must not be in the list: the shell may make the file before find looks, or after)
: >"$tmp/before"
find "$tmp" -maxdepth 1 | sort >"$tmp/before"
for format in oci tar composefs; do
	run 11 vz export base --format $format "$tmp/web.tar"
	one_error_line
	run 1 vz export base --format $format "$tmp/absent/x"
	one_error_line
done
run 3 vz export nobody --format tar "$tmp/x"
run 2 vz export base --format zip "$tmp/x"
run 2 vz export base --format tar --compress gzip "$tmp/x"
run 2 vz export base --format oci --compress xz "$tmp/x"
run 0 vz -n export base --format tar "$tmp/x"
object=$(find "$root/objects" -type f -size +100k -print -quit)
cp --remove-destination "$object" "$tmp/kept"
printf X | dd of="$tmp/kept" bs=1 seek=1000 conv=notrunc status=none
mv "$tmp/kept" "$object"
for format in oci tar composefs; do
	run 9 vz export base --format $format "$tmp/x"
	one_error_line
	said 'content that its name says'
done
find "$tmp" -maxdepth 1 | sort | diff "$tmp/before" - || die "something is left"
done_ok
