#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What RPM repositories say of their packages: every form of metadata, lists of files only where they are needed, groups,
# streams of modules; and what recipes ask for, from two repositories.
. "${top_srcdir:?}/tests/lib/flow.sh"

rpm_key "$tmp/key"
repo=$tmp/site/main
rpm_pkg "$repo" core 1.0-1
rpm_pkg "$repo" tool 1.0-1 'Requires: (libt >= 2 with libt < 3)' 'Requires: (extra if core)' 'Recommends: nice'
rpm_pkg "$repo" tool 1.2-1 'Requires: (libt >= 2 with libt < 3)' 'Requires: (extra if core)' 'Recommends: nice'
rpm_pkg "$repo" tool 2:0.9-3 'Requires: missing-library'
rpm_pkg "$repo" libt 2.5-1
rpm_pkg "$repo" libt 3.0-1
rpm_pkg "$repo" extra 1-1
rpm_pkg "$repo" nice 1-1
rpm_pkg "$repo" newname 2-1 'Obsoletes: oldname < 2' 'Provides: oldname = 2-1'
rpm_pkg "$repo" oldname 1-1
mkdir -p "$tmp/files/opt/far"
echo far >"$tmp/files/opt/far/away"
rpm_files=$tmp/files rpm_pkg "$repo" faraway 1-1
rpm_pkg "$repo" needs-far 1-1 'Requires: /opt/far/away'
rpm_pkg "$repo" node 16-1
rpm_pkg "$repo" node 18-1
rpm_target=i686 rpm_pkg "$repo" libt 2.9-1
rpm_addsign "$tmp/key" "$repo"/*.rpm
cat >"$tmp/comps.xml" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps><group><id>work</id><name>Work</name><packagelist>
<packagereq type="mandatory">core</packagereq><packagereq type="default">extra</packagereq>
<packagereq type="optional">nice</packagereq><packagereq type="mandatory">of-another-architecture</packagereq>
</packagelist></group></comps>
END
modules() {
	printf -- '---\ndocument: modulemd\nversion: 2\ndata:\n  name: nodejs\n  stream: "%s"\n  artifacts:\n    rpms:\n    - node-0:%s-1.noarch\n...\n' \
		16 16 18 18
	printf -- '---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: nodejs\n  stream: "18"\n...\n'
}
publish() {
	rm -rf "$repo/repodata"
	rpm_publish "$repo" "$tmp/key"
	rpm_modify "$repo" "$tmp/key" group <"$tmp/comps.xml"
	modules | rpm_modify "$repo" "$tmp/key" modules
}
publish
: >"$tmp/log"
serve "$tmp/site" --log "$tmp/log"

# plan CODE [REPOSITORY LINE…] -- INSTALL…: a dry run; the packages it prints are in $planned
plan() {
	local code=$1 lines=()
	shift
	while [ "$1" != -- ]; do lines+=("$1"); shift; done
	shift
	rpm_recipe "$tmp/t.recipe" "$url/main" "$tmp/key/key.asc" "$@"
	for line in "${lines[@]}"; do sed -i "/^\[packages\]/i $line" "$tmp/t.recipe"; done
	run "$code" vz -n create template "$tmp/t.recipe"
	planned=$(sed -n '$d; s/ [^ ]* [^ ]*$//p' "$out" | sort | paste -sd' ')
	[ "$code" = 0 ] || one_error_line
}
asked() { grep -qE -- "$1" "$tmp/log"; }

# ---- forms ----
for rpm_compress in gz xz zst bz2 plain; do
	for kind in primary filelists group modules; do
		rpm_metadata "$repo" $kind >"$tmp/text"
		rpm_sign_repomd=no rpm_modify "$repo" "$tmp/key" $kind <"$tmp/text"
	done
	rm -rf "$root"
	: >"$tmp/log"
	plan 0 'modules = nodejs:16' -- @work needs-far node
	same "$planned" 'core 1.0-1 extra 1-1 faraway 1-1 needs-far 1-1 node 16-1' "$rpm_compress"
	for kind in primary filelists group modules; do
		asked "-$kind\." || die "$kind was not asked for"
	done
done
unset rpm_compress
rpm_seal "$repo" "$tmp/key"

# ---- lists of files only where something needs them; nothing twice ----
rm -rf "$root"
: >"$tmp/log"
plan 0 -- core tool
! asked filelists || die "lists of files were read, and nothing needed them"
: >"$tmp/log"
plan 0 -- needs-far
asked filelists || die "where did the file come from?"
! asked 'primary|modules|group' || die "what had not changed came again"
: >"$tmp/log"
plan 0 -- /opt/far/away
same "$planned" 'faraway 1-1'
same "$(cut -d' ' -f3 "$tmp/log" | sort -u | paste -sd' ')" '/main/repodata/repomd.xml /main/repodata/repomd.xml.asc' 'what was asked for'
run 0 vz --offline -n create template "$tmp/t.recipe"
rm -rf "$root"
run 7 vz --offline -n create template "$tmp/t.recipe"
one_error_line

# ---- what recipes ask for ----
plan 0 -- 'tool = 1.2' core
same "$planned" 'core 1.0-1 extra 1-1 libt 2.5-1 tool 1.2-1'
plan 0 -- 'tool-1.0*'
same "$planned" 'libt 2.5-1 tool 1.0-1'
plan 0 -- 'tool < 2:0'
same "$planned" 'libt 2.5-1 tool 1.2-1'
sed -i 's/^install/recommends = yes\ninstall/' "$tmp/t.recipe"
run 0 vz -n create template "$tmp/t.recipe"
gave '^nice 1-1 '
# the newest that can be had
plan 0 -- tool
same "$planned" 'libt 2.5-1 tool 1.2-1'
plan 4 -- 'tool = 2:0.9'
said 'tool.*missing-library'
plan 0 -- oldname
same "$planned" 'newname 2-1'
plan 0 -- 'oldname = 1'
same "$planned" 'oldname 1-1'
plan 4 -- libt.i686
said "'libt.i686'.*architecture"
plan 4 -- nonesuch
said nonesuch
plan 4 -- @nonesuch
said '^hint: there is: work'
plan 0 -- 'tool = 1.2' core
sed -i 's/^install/exclude = ext*\ninstall/' "$tmp/t.recipe"
run 4 vz -n create template "$tmp/t.recipe"
one_error_line
said 'extra'

# ---- streams of modules: never by accident ----
plan 4 -- node
said "'node' is only in streams of modules that the recipe does not enable"
said '^hint: .*modules = nodejs:16, nodejs:18|^hint: .*modules = nodejs:18, nodejs:16'
plan 0 'modules = default' -- node
same "$planned" 'node 18-1'
plan 0 'modules = default nodejs:16' -- node
same "$planned" 'node 16-1'
printf 'a: &a [x, x]\nb: [*a, *a]\n' | rpm_modify "$repo" "$tmp/key" modules
plan 5 -- core
said 'modules.*alias'
modules | rpm_modify "$repo" "$tmp/key" modules
sed 's/"comps.dtd">/"comps.dtd" [<!ENTITY a "b">]>/' "$tmp/comps.xml" |
	rpm_modify "$repo" "$tmp/key" group
plan 5 -- core
said 'declares a document type or entities'
publish

# ---- a second repository: priority before version ----
cp -r "$repo" "$tmp/site/second"
rm -r "$tmp/site/second/repodata"
rpm_pkg "$tmp/site/second" core 0.9-1
rpm_addsign "$tmp/key" "$tmp"/site/second/core-0.9*.rpm
rm "$tmp"/site/second/core-1.0*.rpm
rpm_publish "$tmp/site/second" "$tmp/key"
second() { # PRIORITY
	rpm_recipe "$tmp/t.recipe" "$url/main" "$tmp/key/key.asc" core
	printf '[repository second]\ntype = rpm\nurl = %s/second\nkey = %s\npriority = %s\n' "$url" "$tmp/key/key.asc" "$1" \
		>>"$tmp/t.recipe"
	run 0 vz -n create template "$tmp/t.recipe"
}
second 50
gave '^core 1\.0-1 noarch main$'
second 10
gave '^core 0\.9-1 noarch second$'
done_ok
