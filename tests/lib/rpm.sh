# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# An RPM repository of one's own: packages from lines of spec text, metadata, a throwaway key, signatures.
#
#   rpm_key DIR                         makes DIR/home (gpg) and DIR/key.asc (the public key)
#   rpm_pkg POOLDIR NAME VERSION-RELEASE [SPEC LINE]…
#                                       a small package, unsigned. Lines before the first that begins with '%' are
#                                       tags; a file tree to pack may stand in $rpm_files; a line '%files' replaces
#                                       the list of it. $rpm_target (noarch) is its architecture
#   rpm_addsign KEYDIR FILE…            signs packages
#   rpm_publish REPO KEYDIR             REPO/**.rpm → REPO/repodata, repomd.xml signed with KEYDIR's key
#   rpm_metadata REPO TYPE              the unpacked metadata of that type, on stdout
#   rpm_modify REPO KEYDIR TYPE         stdin becomes it; repomd.xml says so and is signed
#   rpm_seal REPO KEYDIR                signs repomd.xml, as $rpm_sign_repomd says
#
# What these make can be bent by variables:
#   rpm_compress=gz|xz|zst|bz2|plain    form of what rpm_modify puts there (default gz)
#   rpm_sign_repomd=yes|no              (default yes)
#   rpm_comps=FILE                      groups
#   rpm_revision=N                      the time that repomd.xml gives itself and its files (default: now)
# Of the host's and the user's configuration of rpm nothing is read. Needs repo.sh.

rpm_epoch=1700000000 # the time of all that is made here
rpm_macros='/usr/lib/rpm/macros:/usr/lib/rpm/platform/%{_target}/macros:/usr/lib/rpm/fileattrs/*.attr'

rpm_builds() { # TOPDIR ARGS…: rpmbuild, without anything but packing, and the same each time
	local top=$1
	shift
	SOURCE_DATE_EPOCH=$rpm_epoch rpmbuild --quiet --macros="$rpm_macros" \
		--define "_topdir $top" --define '_builddir %{_topdir}' --define "_tmppath $top" --define "_dbpath $top/db" \
		--define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
		--define '_buildhost localhost' --define 'use_source_date_epoch_as_buildtime 1' \
		--define 'clamp_mtime_to_source_date_epoch 1' --define '_build_id_links none' \
		--define 'debug_package %{nil}' --define '__os_install_post %{nil}' --define '__spec_install_post %{nil}' \
		--define '__check_files %{nil}' --define '_source_payload w1.gzdio' --define 'dist .vz1' \
		--define '_smp_ncpus_max 2' --define '_source_filedigest_algorithm 8' --define '_binary_filedigest_algorithm 8' "$@"
}

rpm_key() {
	mkdir -p "$1/home"
	chmod 700 "$1/home"
	repo_gpg "$1" --quick-generate-key 'vzpkg rpm test <rpm-test@invalid>' rsa2048 sign never
	repo_gpg "$1" --armor --export >"$1/key.asc"
	gpgconf --homedir "$1/home" --kill all
}

rpm_pkg() {
	local pool=$1 name=$2 version=${3%-*} release=${3##*-} dir line epoch='' tags=''
	shift 3
	dir=$(mktemp -d)
	[[ $version != *:* ]] || epoch=${version%%:*} version=${version#*:}
	mkdir -p "$pool" "$dir/root"
	if [ -n "${rpm_files-}" ]; then
		cp -a "$rpm_files/." "$dir/root/"
	else
		mkdir -p "$dir/root/usr/share/doc/$name"
		printf '%s %s\n' "$name" "$version" >"$dir/root/usr/share/doc/$name/README"
		find "$dir/root" -exec touch -d "@$rpm_epoch" {} +
	fi
	{
		printf 'Name: %s\nVersion: %s\nRelease: %s\n' "$name" "$version" "$release"
		[ -z "$epoch" ] || printf 'Epoch: %s\n' "$epoch"
		printf 'Summary: Made by a test\nLicense: GPLv3+\n'
		[ "${rpm_target:-noarch}" != noarch ] || printf 'BuildArch: noarch\n'
		while [ $# != 0 ] && [[ $1 != %* ]]; do
			printf '%s\n' "$1"
			shift
		done
		# shellcheck disable=SC2016 # for the spec
		printf '%%description\nMade by a test.\n%%install\nmkdir -p $RPM_BUILD_ROOT\ncp -a %s/. $RPM_BUILD_ROOT/\n' \
			"$dir/root"
		for line; do
			printf '%s\n' "$line"
			[[ $line != %files* ]] || tags=files
		done
		[ -n "$tags" ] || {
			printf '%%files\n%%defattr(-,root,root)\n'
			(
				cd "$dir/root" || exit
				find . ! -type d -printf '"/%P"\n'
				[ ! -d usr/share/doc ] || find usr/share/doc -mindepth 1 -type d -printf '%%dir "/%p"\n'
			) | LC_ALL=C sort
		}
	} >"$dir/$name.spec"
	rpm_builds "$dir" --target "${rpm_target:-noarch}" --define "_rpmdir $pool" --buildroot "$dir/broot" \
		-bb "$dir/$name.spec" >"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		return 1
	}
	rm -rf "$dir"
}

rpm_addsign() {
	local key=$1
	shift
	# stdout only counts files
	GPG_TTY=- rpmsign --macros="$rpm_macros" --define "_gpg_path $key/home" --define '_gpg_name rpm-test@invalid' \
		--define '__gpg /usr/bin/gpg' --define '_gpg_digest_algo sha256' \
		--define '_gpg_sign_cmd_extra_args --batch --no-tty --pinentry-mode loopback --passphrase ""' \
		--addsign "$@" >/dev/null
	gpgconf --homedir "$key/home" --kill all
}

rpm_publish() {
	local repo=$1 key=$2 args=(--quiet --workers 2 --no-database)
	[ -z "${rpm_comps-}" ] || args+=(--groupfile "$rpm_comps")
	[ -z "${rpm_revision-}" ] || args+=(--revision "$rpm_revision" --set-timestamp-to-revision)
	createrepo_c "${args[@]}" "$repo" || return 1
	rpm_seal "$repo" "$key"
}

rpm_seal() {
	local repo=$1 key=$2
	rm -f "$repo/repodata/repomd.xml.asc"
	[ "${rpm_sign_repomd-yes}" = no ] || {
		repo_gpg "$key" --armor --detach-sign -o "$repo/repodata/repomd.xml.asc" "$repo/repodata/repomd.xml"
		gpgconf --homedir "$key/home" --kill all
	}
}

# the lines of that type's element in repomd.xml
rpm_element() { sed -n "/<data type=\"$2\">/,/<\/data>/p" "$1/repodata/repomd.xml"; }

rpm_metadata() {
	local place
	place=$(rpm_element "$1" "$2" | sed -n 's/.*<location href="\([^"]*\)".*/\1/p')
	case $place in
	*.gz) gzip -dc ;;
	*.xz) xz -dc ;;
	*.zst) zstd -dcq ;;
	*.bz2) bzip2 -dc ;;
	*) cat ;;
	esac <"$1/$place"
}

rpm_modify() {
	local repo=$1 key=$2 type=$3 form=${rpm_compress:-gz} dir place name=$3.xml
	dir=$(mktemp -d)
	cat >"$dir/open"
	case $form in
	gz) gzip -n9 ;;
	xz) xz ;;
	zst) zstd -q19 ;;
	bz2) bzip2 ;;
	plain) cat ;;
	esac <"$dir/open" >"$dir/packed"
	[ "$type" != modules ] || name=modules.yaml
	[ "$form" = plain ] || name+=.$form
	place=repodata/$(sha256sum "$dir/packed" | cut -d' ' -f1)-$name
	{
		printf '  <data type="%s">\n    <checksum type="sha256">%.64s</checksum>\n' "$type" "${place#repodata/}"
		printf '    <open-checksum type="sha256">%.64s</open-checksum>\n' "$(sha256sum "$dir/open")"
		printf '    <location href="%s"/>\n    <timestamp>%s</timestamp>\n' "$place" "$rpm_epoch"
		printf '    <size>%s</size>\n    <open-size>%s</open-size>\n  </data>\n' \
			"$(stat -c %s "$dir/packed")" "$(stat -c %s "$dir/open")"
	} >"$dir/data"
	mv "$dir/packed" "$repo/$place"
	{
		sed -e "/<data type=\"$type\">/,/<\/data>/d" -e '/<\/repomd>/d' "$repo/repodata/repomd.xml"
		cat "$dir/data"
		echo '</repomd>'
	} >"$dir/repomd.xml"
	mv "$dir/repomd.xml" "$repo/repodata/repomd.xml"
	rm -rf "$dir"
	rpm_seal "$repo" "$key"
}
