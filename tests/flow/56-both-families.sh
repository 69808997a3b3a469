#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Templates of both families in one store: a file that both have is one object. Applications and packages come to an
# environment of the RPM family, and go, as they do elsewhere.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base
with_rpmdist

# the same packages as the base, from where the mirror is now
recipe "$tmp/debian.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt
run 0 vz create template "$tmp/debian.recipe"
shown() { run 0 vz --json df; json '"\(.objects) \(.bytes) \(.logical_bytes)"'; }
read -r objects bytes logical < <(shown)
rpm_recipe "$tmp/core.recipe" "$rpm_url" "$rpm_key" @core
run 0 vz --json create template "$tmp/core.recipe"
new=$(json .new_bytes) all=$(json .bytes)
[ $((new * 2)) -lt "$all" ] || die "$new of $all bytes were new, though most files are those of Debian"

# each content that is an object, and its size: "OBJECT SIZE"
objects() { run 0 vz dump "$1"; awk '$3 ~ /^10/ && $9 ~ /\// { print $9, $2 }' "$out" | sort -u; }
objects debian >"$tmp/deb"
objects core >"$tmp/rpm"
comm -12 "$tmp/deb" "$tmp/rpm" >"$tmp/both"
[ "$(wc -l <"$tmp/both")" -gt 400 ] || die "only $(wc -l <"$tmp/both") objects are in both"
bash_of() { run 0 vz dump "$1"; awk '$1 ~ /^(\/usr)?\/bin\/bash$/ { print $9 }' "$out"; }
same "$(bash_of core)" "$(bash_of debian)" "the object of bash"
grep -q "^$(bash_of core) " "$tmp/both" || die "bash is not in both"
# what is stored is what both need together, each once
sort -u "$tmp/deb" "$tmp/rpm" >"$tmp/all"
(cd "$root/objects" && find . -type f -printf '%P %s\n') | sort >"$tmp/stored"
same "$(comm -13 "$tmp/stored" "$tmp/all" | head -n 3)" '' 'objects that are missing, or of another size'

# as df shows it: what came with the second is what only it has
read -r objects_now bytes_now logical_now < <(shown)
came=$((objects_now - objects)) only=$(comm -13 "$tmp/both" "$tmp/rpm" | wc -l)
[ "$came" -ge "$only" ] || die "df tells of $came new objects, $only are"
# some contents were another stage's
[ "$came" -le $((only + 10)) ] || die "df tells of $came new objects, not $only"
[ $((2 * (bytes_now - bytes))) -lt $((logical_now - logical)) ] ||
	die "df tells of $((bytes_now - bytes)) new bytes of $((logical_now - logical))"

# an application for both: the same recipe, what its OS template's family calls it
printf '[template]\nname = web\nkind = app\n[packages]\n[packages debian*]\ninstall = nginx-light\n[packages core*]\ninstall = nginx\n' \
	>"$tmp/web.recipe"
run 0 vz create template "$tmp/web.recipe"
run 0 vz create env d debian --app web
run 0 vz create env r core --app web
for env in d r; do
	run 0 vz exec $env -- nginx -v
	said '^nginx version: nginx/1'
done
installed() { run 0 vz exec r -- rpm -qa --qf '%{name}\n'; sort "$out"; }
installed >"$tmp/with-nginx"
run 0 vz install r -p python3
run 0 vz exec r -- python3 -c 'print(6 * 7)'
gave '^42$'
installed | comm -13 "$tmp/with-nginx" - >"$tmp/came"
grep -qx python3-libs "$tmp/came" || die "python3 came alone"
run 0 vz remove r -p python3
installed | diff "$tmp/with-nginx" - || die "something stayed of python3"
run 0 vz remove r web
installed | grep -x nginx && die "nginx is still there"
run 0 vz rollback r
installed | diff "$tmp/with-nginx" - || die "rollback made something else"
run 1 vz exec r -- rpm -Va
same "$(cat "$out")" '.....UG..  g /var/lib/nginx/conf.list' 'what rpm -Va reports'

# what rpm and somebody else installed in one becomes an application for others
run 0 vz create env from core
run 0 vz mount from
cp "$rpm_repo"/Packages/n/nginx-doc-*.rpm "$root/envs/from/root/opt/doc.rpm"
run 0 vz umount from
run 0 vz exec from -- sh -ec 'rpm -i --nosignature /opt/doc.rpm && rm /opt/doc.rpm && useradd -r tool && seq 9 >/usr/local/share/numbers
	chown tool /usr/local/share/numbers'
run 0 vz --json capture from doc
same "$(json '[.packages[].name] | join(" ")')" nginx-doc
json '.users[]' | grep -qx 'user tool' || die "the user is not told of"
run 0 vz install r doc
run 0 vz exec r -- sh -ec 'rpm -V nginx-doc && test "$(stat -c %U /usr/local/share/numbers)" = tool && rpm -q nginx'
{ cat "$tmp/with-nginx" && echo nginx-doc; } | sort >"$tmp/with-doc"
installed | diff "$tmp/with-doc" - || die "the database has other packages"
run 4 vz install d doc
one_error_line
said 'family'

run 0 vz remove env d
run 0 vz remove env r
done_ok
