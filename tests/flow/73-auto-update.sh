#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Scheduled updates: templates and the environments that follow get what is good, and what fails its health check is
# taken back and never comes again; also when a run is killed at any point.
. "${top_srcdir:?}/tests/lib/flow.sh"

rpm_key "$tmp/key"
repo=$tmp/repo
mkdir -p "$tmp/busybox/bin"
cp /bin/busybox "$tmp/busybox/bin/busybox"
for applet in sh sleep cat; do
	ln -s busybox "$tmp/busybox/bin/$applet"
done
rpm_target=$(uname -m) rpm_files=$tmp/busybox rpm_pkg "$repo" busybox 1-1 'AutoReqProv: no' 'Provides: /bin/sh'

# service VERSION [STATUS]: what the check of health runs; it ends with STATUS
service() {
	mkdir -p "$tmp/service/usr/bin"
	printf '#!/bin/sh\n[ ! -e /ill ] || exit 9\nsleep 0.2\necho "this is %s"\n%s\n' "$1" "${2:-exit 0}" >"$tmp/service/usr/bin/healthy"
	chmod 755 "$tmp/service/usr/bin/healthy"
	rpm_files=$tmp/service rpm_pkg "$repo" service "$1" 'AutoReqProv: no'
	rpm_addsign "$tmp/key" "$repo/service-$1.noarch.rpm"
	rpm_publish "$repo" "$tmp/key"
}
service 1-1
rpm_addsign "$tmp/key" "$repo"/busybox*.rpm
rpm_publish "$repo" "$tmp/key"
serve "$repo"
rpm_recipe "$tmp/t.recipe" "$url" "$tmp/key/key.asc" busybox service
printf '[health]\ncheck = healthy now\ntimeout = 3\n' >>"$tmp/t.recipe"
run 0 vz create template "$tmp/t.recipe"
for e in a b c stays; do
	run 0 vz create env $e t
done
run 0 vz set stays --follow no

events() { # STATE: names of what got there
	json ".events[] | select(.state == \"$1\") | .name" | sort | xargs
}
shown() { # ENV: the service's version
	run 0 vz exec "$1" -- healthy
	sed -n 's/^this is //p' "$out"
}
all_show() {
	local e
	for e in a b c; do
		same "$(shown $e)" "$1" "environment '$e'"
	done
}
current() {
	run 0 vz --json list --versions t
	json '.[] | select(.current) | .version'
}

# nothing to do, then something
run 0 vz --json auto-update
same "$(json .same)" 3
same "$(events left)" stays
service 1-2
# told, and nothing of it done
everything() { find "$root" \( -path "$root/repos" -o -path "$root/locks" \) -prune -o -type f -printf '%P %s %T@\n' | sort; }
before=$(everything)
run 0 vz -n auto-update
same "$(cat "$out")" "template t: would be built as t@2
env stays: would be left alone
env a: would be tried with t@2
env b: would be moved to t@2
env c: would be moved to t@2
templates would be: 1 built, 0 as before
environments would be: 1 tried, 2 moved, 0 as before"
run 0 vz -n --json auto-update --canary 60
same "$(events tried), $(events moved), $(events left)" "a b, c, stays"
same "$(everything)" "$before" "after a dry run"
run 0 vz --json auto-update
same "$(json '.code, .same, (.events[] | select(.kind == "template") | "\(.name) \(.state) \(.from) \(.to)")' | xargs)" \
	"0 0 t built 1 2"
same "$(events moved)" "a b c"
all_show 1-2
same "$(shown stays)" 1-1

# a bad day: only the first is moved, and goes back; the day after, nobody is
service 1-3 'echo the disk is on fire; exit 7'
run 1 vz --json auto-update
same "$(events back)" a
same "$(events moved)" ""
same "$(events withdrawn)" t
json '.events[] | select(.state == "back") | .words' | grep -q "'healthy now' failed: it ended with 7: this is 1-3 the disk is on fire" ||
	die "it does not say why"
same "$(current)" 2
all_show 1-2
for verb in "update template t" "auto-update"; do
	# shellcheck disable=SC2086 # words
	run 0 vz $verb
	same "$(current)" 2 "after '$verb'"
done
for n in -n '--json'; do
	run 0 vz --json $n auto-update
	same "$(events held)" t
	same "$(json .same)" 3
done
# one that hangs is the same
service 1-4 'sleep 60'
run 1 vz --json auto-update --jobs 3 --canary 60
json '.events[] | select(.state == "back") | .words' | grep -q 'it did not end within 3 s' || die "it does not say why"
same "$(current)" 2
all_show 1-2
# good again
service 1-5
run 0 vz auto-update
gave '^environments: 3 moved, 0 as before$'
all_show 1-5

# who was not well before says nothing
run 0 vz exec a -- sh -c 'echo >/ill'
service 1-6
run 0 vz --json auto-update
same "$(events moved)" "a b c"
json '.events[] | select(.name == "a") | .words' | grep -q '^not judged' || die "it was judged"
run 0 vz exec a -- busybox rm /ill
all_show 1-6

# an administrator knows better
service 1-7 'exit 1'
run 1 vz auto-update
bad=$(run 0 vz --json list --versions t; json 'map(.version) | max')
run 0 vz rollback template t "$bad"
run 0 vz update a
run 1 vz exec a -- healthy
run 0 vz rollback template t
run 0 vz update a

# how far a template goes
service 1-8
for auto in no download build; do
	sed -i "/^auto =/d; s/^kind = os/&\nauto = $auto/" "$tmp/t.recipe"
	run 0 vz --json auto-update
	same "$(events moved)" ""
	case $auto in
	no) same "$(json '.events[] | select(.kind == "template") | .state')" left ;;
	download)
		same "$(json '.events[] | select(.kind == "template") | .state')" fetched
		run 0 vz --json fetch t
		same "$(json '.[] | "\(.changed) \(.packages)"')" "true 0"
		# what came stays, and so does what is needed to know it without the network
		run 0 vz clean
		run 0 vz --offline --json fetch t
		same "$(json '.[] | "\(.changed) \(.packages)"')" "true 0"
		[ -f "$root/pending/t" ] || die "nothing is pending"
		;;
	build) same "$(json '.events[] | select(.kind == "template") | .state')" built ;;
	esac
	run 0 vz --json -n auto-update
	same "$(events moved)$(events tried)" ""
done
sed -i '/^auto =/d' "$tmp/t.recipe"
[ ! -f "$root/pending/t" ] || die "what was built is pending"
run 0 vz --json -n auto-update
same "$(events tried), $(events moved)" "a, b c"
# and an application
printf '[template]\nname = app\nkind = app\nauto = build\n[packages]\ninstall = service\n' >"$tmp/app.recipe"
run 0 vz create template "$tmp/app.recipe"
run 0 vz set stays --follow yes
run 0 vz install stays app
run 0 vz --json -n auto-update
same "$(events tried), $(events moved), $(events left)" "a, b c, stays"
sed -i 's/^auto = build/auto = apply/' "$tmp/app.recipe"
run 0 vz --json -n auto-update
same "$(events tried), $(events left)" "a stays, "
run 0 vz set stays --follow no
run 0 vz auto-update
all_show 1-8

# bad days of repositories
good=$(cat "$repo/repodata/repomd.xml.asc")
cp -a "$repo/repodata" "$tmp/older"
service 1-9
bad_day() { # CODE
	run "$1" vz --json auto-update
	same "$(events failed)" t
	same "$(json .same)" 3
	all_show 1-8
}
printf '%s\n' "$good" >"$repo/repodata/repomd.xml.asc"
bad_day 5
rm "$repo/repodata/repomd.xml.asc"
bad_day '[57]'
mv "$repo/repodata" "$tmp/newer"
bad_day 7
cp -a "$tmp/newer" "$repo/repodata"
rpm_seal "$repo" "$tmp/key"
mv "$repo/service-1-9.noarch.rpm" "$tmp/"
bad_day 7
mv "$tmp/service-1-9.noarch.rpm" "$repo/"
run 0 vz auto-update
all_show 1-9

# one at a time
run 6 flock "$root/locks/auto-update" "$VZPKG" --root "$root" auto-update
one_error_line

# killed at any point, the next run ends what it began
killed() { # LINES SECONDS
	local pid
	: >"$err"
	"$VZPKG" --root "$root" --no-progress auto-update >"$out" 2>"$err" </dev/null &
	pid=$!
	ran="auto-update, killed $2 s after line $1"
	for _ in $(seq 1000); do
		[ "$(wc -l <"$err")" -lt "$1" ] || break
		kill -0 $pid 2>/dev/null || break
		sleep 0.01
	done
	sleep "$2"
	status=0
	kill -KILL "$pid" 2>/dev/null || :
	{ wait $pid || status=$?; } 2>/dev/null
	[ "$status" != 137 ] || hit=$((hit + 1))
}
hit=0 n=10
for point in 1:0 3:0.3 4:0.2; do
	service 1-$n
	killed "${point%:*}" "${point#*:}"
	for e in a b c; do
		[[ $(shown $e) =~ ^1-($n|$((n - 1)))$ ]] || die "'$e' shows neither the old nor the new after its run was killed"
	done
	run 0 vz --json auto-update
	all_show 1-$n
	same "$(ls "$root/trials")" "" "trials after $ran"
	n=$((n + 1))
done
echo "$hit of 3 runs were killed before they ended"
[ $hit -ge 2 ] || die "the runs were too fast for this test, or say less than they did"
# killed while a bad one is tried: it does not stay
service 1-$n 'sleep 0.5; exit 1'
killed 3 0.6
run '[01]' vz --json auto-update
all_show "1-$((n - 1))"
run 0 vz --json history --auto
same "$(json 'map(select(.ended == null)) | length > 1')" true
same "$(json '.[-1].events | length > 0')" true
run 0 vz history --auto
gave '^  env a back '
done_ok
