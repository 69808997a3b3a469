# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A Debian repository of one's own: packages from a line of text, indices, a throwaway key, signatures.
#
#   repo_key DIR                        makes DIR/home (gpg) and DIR/key.gpg (public keyring)
#   repo_deb POOLDIR NAME VERSION [FIELD: VALUE]…
#                                       a small .deb; a file tree to pack may stand in $repo_files
#   repo_publish REPO SUITE KEYDIR      REPO/pool/main → REPO/dists/SUITE, signed with KEYDIR's key
#
# What repo_publish makes can be bent by variables:
#   repo_compress="xz gz zst plain"     forms of Packages that exist (default xz)
#   repo_sign="inline detached"         InRelease and/or Release.gpg (default inline); "" for none
#   repo_by_hash=yes|no                 (default yes)
#   repo_date, repo_valid_until         as date(1) takes them (default now, and no Valid-Until)
#   repo_index=FILE                     this index in place of that of the pool

repo_arch=$(dpkg --print-architecture)

repo_gpg() { # KEYDIR ARGS…
	local home=$1/home
	shift
	gpg --homedir "$home" --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' "$@" 2>>"$home/log"
}

repo_key() {
	mkdir -p "$1/home"
	chmod 700 "$1/home"
	repo_gpg "$1" --quick-generate-key 'vzpkg test <test@invalid>' ed25519 sign never
	repo_gpg "$1" --export >"$1/key.gpg"
	gpgconf --homedir "$1/home" --kill all
}

repo_deb() {
	local pool=$1 name=$2 version=$3 dir field arch=$repo_arch
	shift 3
	dir=$(mktemp -d)
	mkdir -p "$pool" "$dir/DEBIAN"
	if [ -n "${repo_files-}" ]; then
		cp -a "$repo_files/." "$dir/"
	else
		mkdir -p "$dir/usr/share/doc/$name"
		printf '%s %s\n' "$name" "$version" >"$dir/usr/share/doc/$name/README"
	fi
	for field; do
		[[ $field != Architecture:* ]] || arch=${field#*: }
	done
	{
		printf 'Package: %s\nVersion: %s\n' "$name" "$version"
		printf 'Maintainer: vzpkg test <test@invalid>\n'
		[[ " $* " == *Architecture:* ]] || printf 'Architecture: %s\n' "$arch"
		[[ " $* " == *Priority:* ]] || printf 'Priority: optional\n'
		[ $# = 0 ] || printf '%s\n' "$@"
		printf 'Description: made by a test\n'
	} >"$dir/DEBIAN/control"
	chmod 755 "$dir" "$dir/DEBIAN"
	dpkg-deb --root-owner-group -Zgzip -b "$dir" "$pool/${name}_${version#*:}_$arch.deb" >/dev/null
	rm -rf "$dir"
}

repo_publish() {
	local repo=$1 suite=$2 key=$3 form dists bin
	local compress=${repo_compress-xz} sign=${repo_sign-inline}
	dists=$repo/dists/$suite
	bin=$dists/main/binary-$repo_arch
	rm -rf "$dists"
	mkdir -p "$bin" "$repo/pool/main"
	if [ -n "${repo_index-}" ]; then
		cp "$repo_index" "$bin/Packages"
	else
		(cd "$repo" && apt-ftparchive --db "$repo/.cache.db" packages pool/main) >"$bin/Packages"
	fi
	for form in $compress; do
		case $form in
		xz) xz -k -T0 "$bin/Packages" ;;
		gz) gzip -kn "$bin/Packages" ;;
		zst) zstd -q -k "$bin/Packages" ;;
		esac
	done
	{
		printf 'Origin: vzpkg-test\nLabel: vzpkg-test\nSuite: %s\nCodename: %s\n' "$suite" "$suite"
		printf 'Date: %s\n' "$(LC_ALL=C date -u -d "${repo_date:-now}" '+%a, %d %b %Y %H:%M:%S UTC')"
		[ -z "${repo_valid_until-}" ] || printf 'Valid-Until: %s\n' \
			"$(LC_ALL=C date -u -d "$repo_valid_until" '+%a, %d %b %Y %H:%M:%S UTC')"
		[ "${repo_by_hash-yes}" = no ] || printf 'Acquire-By-Hash: yes\n'
		printf 'Architectures: %s\nComponents: main\nSHA256:\n' "$repo_arch"
		(cd "$dists" && find main -type f -printf '%s %p\n' | sort -k2 | while read -r size path; do
			printf ' %s %s %s\n' "$(sha256sum "$path" | cut -d' ' -f1)" "$size" "$path"
		done)
	} >"$dists/Release"
	# what Release lists and what the server has are two things: the plain index often is listed only
	[[ " $compress " == *" plain "* ]] || rm "$bin/Packages"
	[ "${repo_by_hash-yes}" = no ] || {
		mkdir -p "$bin/by-hash/SHA256"
		for form in "$bin"/Packages*; do
			ln "$form" "$bin/by-hash/SHA256/$(sha256sum "$form" | cut -d' ' -f1)"
		done
	}
	repo_sign_release "$dists" "$key" "$sign"
}

repo_sign_release() { # DISTSDIR KEYDIR KINDS
	local dists=$1 key=$2 kinds=$3
	rm -f "$dists/InRelease" "$dists/Release.gpg"
	[[ " $kinds " != *" inline "* ]] || repo_gpg "$key" --clearsign -o "$dists/InRelease" "$dists/Release"
	[[ " $kinds " != *" detached "* ]] || repo_gpg "$key" -abs -o "$dists/Release.gpg" "$dists/Release"
	[ "$kinds" != inline ] || rm "$dists/Release"
	gpgconf --homedir "$key/home" --kill all
}
