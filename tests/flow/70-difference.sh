#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What changed between two versions of a template: packages, files, bytes, and what their makers say of it.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# a package with a changelog and a file of its own: VERSION TEXT, of which the former entries stay
mkdir -p "$tmp/files/usr/share/doc/web"
: >"$tmp/changelog"
web() { # POOL VERSION TEXT
	local old
	old=$(cat "$tmp/changelog")
	printf 'web (%s) testing; urgency=medium\n\n  * %s\n\n -- Jane Doe <jane@example.org>  Sat, 11 Jul 2026 10:16:37 +0000\n\n%s\n' \
		"$2" "$3" "$old" >"$tmp/changelog"
	gzip -9nc "$tmp/changelog" >"$tmp/files/usr/share/doc/web/changelog.Debian.gz"
	printf '%-200s' "web $2" >"$tmp/files/usr/share/doc/web/page"
	rm -f "$1"/web_*
	repo_files=$tmp/files repo_deb "$1" web "$2" 'Depends: lib'
}

repo_key "$tmp/key"
main=$tmp/main sec=$tmp/sec
repo_deb "$main/pool/main" lib 1.0
repo_deb "$main/pool/main" old 1.0
web "$main/pool/main" 1.0 'First.'
repo_publish "$main" testing "$tmp/key"
repo_publish "$sec" testing-security "$tmp/key"
serve "$main"
main_url=$url
serve "$sec"
repository() { # ID URL SUITE
	printf '[repository %s]\ntype = deb\nurl = %s\nsuite = %s\ncomponents = main\nkey = %s\n' "$1" "$2" "$3" "$tmp/key/key.gpg"
}
template() { # INSTALL…
	recipe "$tmp/t.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt "$@"
	{
		repository own "$main_url" testing
		repository security "$url" testing-security
	} >>"$tmp/t.recipe"
	run 0 vz create template "$tmp/t.recipe"
}
template web old

repo_deb "$main/pool/main" extra 1.0
repo_deb "$sec/pool/main" lib 1.1
web "$main/pool/main" 1.1 'Second.'
web "$main/pool/main" 1.2 'Third, for CVE-2026-4711.'
repo_publish "$main" testing "$tmp/key"
repo_publish "$sec" testing-security "$tmp/key"
template web extra

run 0 vz diff t@1 t
same "$(sed -n '2,/packages;/{/packages;/!p}' "$out")" "  + extra 1.0
  * lib 1.0 -> 1.1 (security)
  - old 1.0
  * web 1.0 -> 1.2"
gave '^t@1 -> t@2$'
gave '^4 packages; [0-9]+ files added, [0-9]+ removed, [0-9]+ changed;'
! grep -q Third "$out" || die "a changelog that nobody asked for"
run 0 vz diff --changelog --files t@1 t@2
gave '^  \+ /usr/share/doc/extra/README$'
gave '^  - /usr/share/doc/old/README$'
gave '^  \* /usr/share/doc/web/page$'
gave '^    +\* Third, for CVE-2026-4711\.$'
gave '^  1\.1, '
! grep -q First "$out" || die "an entry of the old version"
run 0 vz --json diff t@1 t@2 --changelog --files
same "$(json '.packages[] | select(.name == "web") | "\(.old) \(.new) \(.security) \([.changelog[].version] | join(",")) \(.vulnerabilities[0])"')" \
	"1.0 1.2 false 1.2,1.1 CVE-2026-4711"
same "$(json '.packages[] | select(.name == "lib" or .name == "old") | "\(.old) \(.new) \(.security)"')" "1.0 1.1 true
1.0 null false"
same "$(json '.paths[] | select(.path == "/usr/share/doc/web/page").change')" changed
# only what is an object is counted as new: the page
[ "$(json .bytes.added)" -ge 200 ] || die "no new bytes"
same "$(json '.paths | length')" "$(json '.files | .added + .removed + .changed')"
# nothing between a version and itself, and the other way round
run 0 vz --json diff t@2 t@2
same "$(json '"\(.packages | length) \(.files.changed) \(.bytes.added)"')" "0 0 0"
run 0 vz diff t@2 t@1
gave '^  \* web 1\.2 -> 1\.0$'
gave '^  - extra 1\.0$'
# the record of the older package may be gone
run 0 vz info --lock t@1
rm "$root/packages/$(sed -n 's/^package web .* \([0-9a-f]\{64\}\) .*/\1/p' "$out")"
run 0 vz diff --changelog t@1 t@2
gave 'Third'
! grep -q First "$out" || die "an entry of the old version"
for try in '3 diff t@1 nowhere' '3 diff t@9 t' '2 diff t' '2 diff t t t'; do
	# shellcheck disable=SC2086
	run ${try%% *} vz ${try#* }
	one_error_line
done
done_ok
