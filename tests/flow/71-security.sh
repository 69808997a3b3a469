#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --security takes what an advisory or a suite for security updates asks for, and nothing else; of several that update
# at once one builds.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

versions() { # NAME@V: own packages
	run 0 vz info "$1" --packages
	grep -E '^(lib|tool|web) ' "$out" | sort | cut -d' ' -f1-2
}

# --- deb
repo_key "$tmp/key"
main=$tmp/main/pool/main sec=$tmp/sec/pool/main
publish() {
	repo_publish "$tmp/main" testing "$tmp/key"
	repo_publish "$tmp/sec" testing-security "$tmp/key"
}
repo_deb "$main" lib 1.0
repo_deb "$main" tool 1.0
repo_deb "$main" web 1.0 'Depends: lib'
publish
serve "$tmp/main"
main_url=$url
serve "$tmp/sec"
recipe "$tmp/t.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt lib tool
for name in main sec; do
	[ $name = main ] && from=$main_url of=testing || from=$url of=testing-security
	printf '[repository own-%s]\ntype = deb\nurl = %s\nsuite = %s\ncomponents = main\nkey = %s\n' $name "$from" "$of" "$tmp/key/key.gpg"
done >>"$tmp/t.recipe"
printf '[template]\nname = site\nkind = app\n[packages]\ninstall = web\n' >"$tmp/site.recipe"
run 0 vz create template "$tmp/t.recipe"
run 0 vz create template "$tmp/site.recipe"
run 0 vz create env plain t
run 0 vz create env site t --app site
# nothing to be had
run 0 vz update template t --security
gave '^t@1: unchanged$'

repo_deb "$main" lib 1.1
repo_deb "$main" tool 1.1
repo_deb "$main" web 1.1 'Depends: lib'
repo_deb "$sec" lib 1.0+sec1
publish
run 0 vz -n update template t --security
gave '^  \* lib 1\.0 -> 1\.0\+sec1 \(security\)$'
! grep -q tool "$out" || die "tool is not vulnerable"
run 0 vz update template t --security
gave '^t: 1 -> 2$'
same "$(versions t)" "lib 1.0+sec1
tool 1.0"
run 0 vz update template t --security
gave '^t@2: unchanged$'
# an environment, alone and with an application; its OS is then newer than its template's version
run 0 vz --json update plain --security
same "$(json '"\(.generation) \(.template) \(.changed)"')" "2 t@1 true"
run 0 vz exec plain -- cat /usr/share/doc/lib/README /usr/share/doc/tool/README
same "$(cat "$out")" "lib 1.0+sec1
tool 1.0"
run 0 vz exec plain -- dpkg --audit
[ ! -s "$out" ] || die "dpkg --audit is not silent"
run 0 vz update plain --security
gave unchanged
repo_deb "$sec" web 1.0+sec1 'Depends: lib'
publish
run 0 vz update site --security
run 0 vz exec site -- cat /usr/share/doc/{lib,tool,web}/README
same "$(cat "$out")" "lib 1.0+sec1
tool 1.0
web 1.0+sec1"
run 0 vz update site --security
gave unchanged
# all of it
run 0 vz update plain site
run 0 vz exec site -- cat /usr/share/doc/lib/README
same "$(cat "$out")" "lib 1.0+sec1"
run 0 vz update template t
same "$(versions t)" "lib 1.1
tool 1.1"
run 0 vz update site
run 0 vz exec site -- cat /usr/share/doc/{lib,web}/README
same "$(cat "$out")" "lib 1.1
web 1.1"
# dates of repositories are nothing that changed
sleep 1
publish
run 0 vz update site
gave unchanged

# several at once: the first builds, the others see that it did
repo_deb "$main" tool 1.2
publish
together=()
for i in 1 2 3; do
	vz --json update template t >"$tmp/together.$i" 2>"$tmp/together.$i.err" </dev/null &
	together+=($!)
done
wait "${together[@]}"
for i in 1 2 3; do
	out=$tmp/together.$i
	same "$(json '.[0].new')" 4
done
out=$tmp/together.1
same "$(jq -s 'map(.[0] | select(.changed)) | length' "$tmp"/together.[123])" 1
out=$tmp/out
run 0 vz list --versions t
same "$(grep -c '^t ' "$out")" 4

# --- rpm
rpm_key "$tmp/rpmkey"
repo=$tmp/rpm
mkdir -p "$tmp/files/bin"
cp /bin/busybox "$tmp/files/bin/busybox"
ln -s busybox "$tmp/files/bin/sh"
rpm_target=$(uname -m) rpm_files=$tmp/files rpm_pkg "$repo" busybox 1-1 'AutoReqProv: no' 'Provides: /bin/sh'
rpm_pkg "$repo" lib 1-1
rpm_pkg "$repo" tool 1-1
rpm_addsign "$tmp/rpmkey" "$repo"/*.rpm
rpm_publish "$repo" "$tmp/rpmkey"
serve "$repo"
rpm_recipe "$tmp/r.recipe" "$url" "$tmp/rpmkey/key.asc" busybox lib tool
run 0 vz create template "$tmp/r.recipe"
for version in 1-2 1-3; do
	rpm_pkg "$repo" lib $version
	rpm_pkg "$repo" tool $version
done
rpm_addsign "$tmp/rpmkey" "$repo"/*-1-[23].noarch.rpm
rpm_publish "$repo" "$tmp/rpmkey"
# a repository without advisories
run 0 vz update template r --security
gave '^r@1: unchanged$'
rpm_modify "$repo" "$tmp/rpmkey" updateinfo <<-'END'
	<?xml version="1.0" encoding="UTF-8"?>
	<updates>
	<update from="x" status="stable" type="security" version="1"><id>SEC-1</id><title>A hole</title><severity>Important</severity>
	<pkglist><collection short="c"><name>c</name><package name="lib" version="1" release="2" epoch="0" arch="noarch">
	<filename>lib-1-2.noarch.rpm</filename></package></collection></pkglist></update>
	<update from="x" status="stable" type="bugfix" version="1"><id>BUG-1</id><title>A bug</title>
	<pkglist><collection short="c"><name>c</name><package name="tool" version="1" release="2" epoch="0" arch="noarch">
	<filename>tool-1-2.noarch.rpm</filename></package></collection></pkglist></update>
	</updates>
END
run 0 vz update template r --security
gave '^r: 1 -> 2$'
same "$(versions r)" "lib 1-2
tool 1-1"
# without the network, from what is cached
run 0 vz --offline update template r --security
gave '^r@2: unchanged$'
run 0 vz update template r
same "$(versions r)" "lib 1-3
tool 1-3"
done_ok
