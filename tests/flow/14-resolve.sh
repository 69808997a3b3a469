#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Plans from a small made repository; what cannot be resolved says why; -n changes nothing.
. "${top_srcdir:?}/tests/lib/flow.sh"

repo_key "$tmp/key"
pool=$tmp/debian/pool/main
repo_deb "$pool" core 1.0 'Essential: yes' 'Priority: required'
repo_deb "$pool" tool 1.0 'Depends: libtool1 (>= 1.2), core'
repo_deb "$pool" tool 2.0 'Depends: libtool1 (>= 1.2), core'
repo_deb "$pool" libtool1 1.3 'Recommends: extra'
repo_deb "$pool" extra 5
repo_deb "$pool" broken 1.0 'Depends: libtool1 (>= 9)'
repo_deb "$pool" dangling 1.0 'Depends: absent-library'
repo_deb "$pool" left 1.0 'Conflicts: right'
repo_deb "$pool" right 1.0
repo_publish "$tmp/debian" testing "$tmp/key"
serve "$tmp/debian"

plan() { # CODE INSTALL…
	local code=$1
	shift
	recipe "$tmp/t.recipe" "$url" testing "$tmp/key/key.gpg" "$@"
	run "$code" vz -n create template "$tmp/t.recipe"
	[ -z "$(ls "$root/templates" 2>/dev/null)" ] || die "-n made a template"
}

plan 0 tool
gave '^core 1\.0 '
gave '^tool 2\.0 '
gave '^libtool1 1\.3 '
! grep -q '^extra ' "$out" || die "a recommended package came unasked"
sed -i 's/^install/recommends = yes\ninstall/' "$tmp/t.recipe"
run 0 vz -n create template "$tmp/t.recipe"
gave '^extra 5 '
run 0 vz -n --json create template "$tmp/t.recipe"
same "$(json '[.packages[].name] | sort | join(" ")')" "core extra libtool1 tool"
same "$(json '.packages[] | select(.name == "tool") | .version + " " + .family + " " + .repository')" "2.0 deb main"

plan 4 nonesuch
one_error_line
said nonesuch
plan 4 tool broken
one_error_line
said 'broken.*libtool1'
plan 4 dangling
one_error_line
said 'dangling.*absent-library'
plan 4 left right
one_error_line
said 'left.*right|right.*left'
done_ok
