#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A recipe that does not parse names file, line and what was expected, and nothing happens.
. "${top_srcdir:?}/tests/lib/flow.sh"

bad() { # LINE REGEX, the recipe on stdin
	cat >"$tmp/bad.recipe"
	run 2 vz create template "$tmp/bad.recipe" </dev/null
	one_error_line
	said "bad\.recipe:$1: .*$2"
	[ ! -e "$root/templates/bad" ] || die "a bad recipe left something"
}
good_head='[template]
name = bad
kind = os
[repository main]
type = deb
url = http://127.0.0.1:9/debian
suite = stable
components = main
key = /dev/null'

bad 4 frobnicate <<-'END'
	[template]
	name = bad
	kind = os
	frobnicate = yes
END
bad 3 surprise <<-'END'
	[template]
	name = bad
	[surprise]
	x = 1
END
bad 3 'circus' <<-'END'
	[template]
	name = bad
	kind = circus
END
bad 2 '\.\./bad' <<-'END'
	[template]
	name = ../bad
	kind = os
END
printf '%s\n[packages]\ninstall = apt\nrecommends = perhaps\n' "$good_head" | bad 12 perhaps
printf '%s\n[packages]\ninstall = apt $(reboot)\n' "$good_head" | bad 11 reboot
printf '%s\ncolour = blue\n[packages]\ninstall = apt\n' "$good_head" | bad 10 colour

# every recipe that we ship reads well; where it comes from is another matter
for shipped in "$top_srcdir"/recipes/*.recipe; do
	# an application's are resolved for each environment: it alone needs none
	! "$VZPKG" --root "$root" --offline -n create template "$shipped" >"$out" 2>"$err" || grep -q '^kind *= *app' "$shipped" ||
		die "resolved without metadata"
	! grep -q "$shipped:[0-9]" "$err" || die "$shipped does not parse"
done
# mirror lists: those of --recipes come before those beside the recipe
mkdir -p "$tmp/r/mirrors" "$tmp/mine/mirrors"
cat >"$tmp/r/listed.recipe" <<-'END'
	[template]
	name = listed
	kind = os
	[repository main]
	type = deb
	url = mirror:somewhere
	suite = stable
	components = main
	trust = unsigned
	[packages]
	install = apt
END
run 3 vz --recipes "$tmp/r" create template listed
one_error_line
said 'somewhere'
echo http://127.0.0.1:9/beside >"$tmp/r/mirrors/somewhere"
run 7 vz create template "$tmp/r/listed.recipe"
said '127\.0\.0\.1:9/beside'
echo http://127.0.0.1:9/mine >"$tmp/mine/mirrors/somewhere"
run 7 vz --recipes "$tmp/mine" --recipes "$tmp/r" create template listed
said '127\.0\.0\.1:9/mine'
done_ok
