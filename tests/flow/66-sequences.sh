#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Random sequences of install, remove, update, upgrade, rollback and of what a tenant does inside, on both families. After each
# step the package database is what the files are, what the tenant changed is kept, and what was gone back to is, to the
# byte, what it was. $VZ_SEQUENCES of them for each family, from $VZ_SEED; $VZ_FIRST: the number of the first.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base
with_rpmdist
n=${VZ_SEQUENCES:-6} seed=${VZ_SEED:-3} first=${VZ_FIRST:-1}
export VZPKG

# the files that sequences.py knows of
tree() { # DIR NAME VERSION
	local top=$1/usr/share/vz/$2 path

	mkdir -p "$top/dir" "$1/etc/vz"
	for path in a b dir/c "only-$3"; do
		printf '%s %s %s\n' "$2" "$3" "$path" >"$top/$path"
	done
	case $2 in
	core | app) printf '%s %s conf\n' "$2" "$3" >"$1/etc/vz/$2.conf" ;;
	*) rmdir "$1/etc/vz" "$1/etc" ;;
	esac
	find "$1" -exec touch -d @1700000000 {} +
}
add_user='getent passwd vzd >/dev/null || useradd --system --user-group vzd'
deb_one() { # POOL NAME VERSION [FIELD]…
	local dir=$tmp/deb-$2-$3

	tree "$dir" "$2" "$3"
	mkdir "$dir/DEBIAN"
	[ ! -d "$dir/etc" ] || (cd "$dir" && find etc -type f -printf '/%p\n' >DEBIAN/conffiles)
	[ "$2" != daemon ] || {
		printf '#!/bin/sh\nset -e\n%s\n' "$add_user" >"$dir/DEBIAN/postinst"
		chmod 755 "$dir/DEBIAN/postinst"
	}
	repo_files=$dir repo_deb "$@"
}
rpm_one() { # POOL NAME VERSION [LINE]…
	local pool=$1 name=$2 version=$3 dir=$tmp/rpm-$2-$3 lines=()

	shift 3
	tree "$dir" "$name" "$version"
	[ "$name" != daemon ] || lines=('Requires(pre): shadow-utils' '%pre' "$add_user")
	rpm_files=$dir rpm_pkg "$pool" "$name" "$version-1" "$@" "${lines[@]}" '%files' '%defattr(-,root,root)' "/usr/share/vz/$name" \
		"$([ ! -d "$dir/etc" ] || echo '%config(noreplace) /etc/vz/*.conf')"
}
world() { # VERSION
	local name

	for name in core lib daemon; do
		deb_one "$tmp/deb/pool/main" $name "$1"
		rpm_one "$tmp/rpm" $name "$1"
	done
	for name in app tool; do
		deb_one "$tmp/deb/pool/main" $name "$1" 'Depends: lib'
		rpm_one "$tmp/rpm" $name "$1" 'Requires: lib'
	done
	repo_publish "$tmp/deb" "$suite" "$tmp/key"
	rpm_addsign "$tmp/rpmkey" "$tmp"/rpm/*-"$1"-1.noarch.rpm
	rpm_publish "$tmp/rpm" "$tmp/rpmkey"
}
for pair in mine:1 tool:9; do
	deb_one "$tmp/private" "${pair%:*}" "${pair#*:}"
	rpm_one "$tmp/private" "${pair%:*}" "${pair#*:}"
done

repo_key "$tmp/key"
rpm_key "$tmp/rpmkey"
world 1
mkdir "$tmp/of-deb" "$tmp/of-rpm"
serve "$tmp/deb"
recipe "$tmp/of-deb/os.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt core
printf '[repository own]\ntype = deb\nurl = %s\nsuite = %s\ncomponents = main\nkey = %s\n' "$url" "$suite" "$tmp/key/key.gpg" \
	>>"$tmp/of-deb/os.recipe"
serve "$tmp/rpm"
rpm_recipe "$tmp/of-rpm/os.recipe" "$rpm_url" "$rpm_key" @core core
printf '[repository own]\ntype = rpm\nurl = %s\nkey = %s\n' "$url" "$tmp/rpmkey/key.asc" >>"$tmp/of-rpm/os.recipe"

root_of() { [ "$1" = deb ] && echo "$root" || echo "$tmp/root-rpm"; }
# what one family does: its own store, its own process
family() { # FAMILY WORLD
	root=$(root_of "$1") # of this process
	if [ "$2" = 1 ]; then
		vz create template "$tmp/of-$1/os.recipe" >"$tmp/$1.log" 2>&1 || { cat "$tmp/$1.log"; return 1; }
	else
		vz update template os >"$tmp/$1.log" 2>&1 || { cat "$tmp/$1.log"; return 1; }
	fi
	python3 "$lib/sequences.py" "$1" "$root" "$tmp/private" "$tmp/$1.state" "$2" "$first" "$n" "$seed"
}
both() { # WORLD
	local deb rpm status=0

	family deb "$1" >"$tmp/said.deb" 2>&1 &
	deb=$!
	family rpm "$1" >"$tmp/said.rpm" 2>&1 &
	rpm=$!
	wait $deb || status=1
	wait $rpm || status=1
	for one in deb rpm; do
		sed "s/^/$one: /" "$tmp/said.$one"
	done
	return $status
}
both 1 || die "a sequence failed"
world 2
both 2 || die "a sequence failed"
same "$(find "$root/envs" "$tmp/root-rpm/envs" -mindepth 1 | head -n 3)" ''
done_ok
