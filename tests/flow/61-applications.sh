#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Applications, single packages and package files come to an environment and go again, resolved with what it has.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# a repository of one's own beside the mirror of real packages
pool=$tmp/own/pool/main
repo_key "$tmp/key"
own_publish() { repo_publish "$tmp/own" "$suite" "$tmp/key"; }
repo_deb "$pool" lib 1.0
repo_deb "$pool" one 1.0 'Depends: lib (<< 2.0)'
repo_deb "$pool" tool 1.0 'Depends: tool-data'
repo_deb "$pool" tool-data 1.0
own_publish
serve "$tmp/own"
own_url=$url
own_repository() {
	printf '[repository own]\ntype = deb\nurl = %s\nsuite = %s\ncomponents = main\nkey = %s\n' "$own_url" "$suite" "$tmp/key/key.gpg"
}

mkdir "$tmp/recipes"
os() { # NAME INSTALL…
	{
		printf '[template]\nname = %s\nkind = os\n[repository main]\ntype = deb\nurl = %s\nsuite = %s\n' "$1" "$mirror_url" "$suite"
		printf 'components = main\nkey = %s\n' "$mirror/key/key.gpg"
		own_repository
		printf '[packages]\ninstall = %s\n' "${*:2}"
	} >"$tmp/recipes/$1.recipe"
}
os os apt lib
os os-pinned apt lib=1.0
app() { # NAME, the rest on stdin
	{ printf '[template]\nname = %s\nkind = app\n' "$1"; cat; } >"$tmp/recipes/$1.recipe"
}
app web <<-END
	[packages base*]
	install = nginx-light
	[packages os*]
	install = nginx-light
END
app tools <<-END
	$(own_repository)
	[packages]
	install = tool
	[scripts]
	post-install = tools.sh
END
printf '#!/bin/sh\necho configured >/etc/tools.conf\n' >"$tmp/recipes/tools.sh"
app one <<-END
	$(own_repository)
	[packages]
	install = one
END
app two <<-END
	$(own_repository)
	[packages]
	install = two
END
app foreign <<-END
	[packages fedora-*]
	install = nginx
END
vz() { "$VZPKG" --root "$root" --no-progress --recipes "$tmp/recipes" "$@"; }
healthy() { # ENV
	run 0 vz exec "$1" -- dpkg --audit
	[ ! -s "$out" ] || die "dpkg --audit is not silent in $1"
}
images() { find "$root/images" -type f | wc -l; }

# a template remembers where its repository is, and this test's server is another
run 0 vz create template "$tmp/base.recipe"
run 0 vz create template os
run 0 vz create env j os
run 0 vz create template os-pinned
run 0 vz create env pinned os-pinned
# an environment with an application; the next that asks for the same shares it
run 0 vz -n create env a base --app web
gave '^nginx-light '
run 0 vz --json create env a base --app web
same "$(json '.apps[0]')" web@1
image=$(json .image)
before=$(images)
run 0 vz exec a -- nginx -t
healthy a
run 0 vz --json create env b base --app web
same "$(json .image)" "$image"
same "$(images)" "$before"
run 0 vz list --app
gave '^web +1\* app '

# single packages; what is there stays as it is, and goes with the last who needs it
run 0 vz -n install a -p less
gave '^  \+ less '
run 0 vz --json install a -p less
same "$(json '"\(.generation) \(.apps[0]) \(.packages[0]) \(.changed)"')" "2 web@1 less true"
run 0 vz exec a -- less --version
run 0 vz exec a -- nginx -t
healthy a
run 0 vz --json install b -p less
with_less=$(json .image)
run 0 vz install a -p less
gave 'unchanged'
run 0 vz -n remove a web
gave '^  - nginx-light '
run 0 vz remove a web
run 1 vz exec a -- test -e /usr/sbin/nginx
run 0 vz exec a -- less --version
healthy a
run 0 vz remove a -p less
run 0 vz --json info base
plain=$(json .image.digest)
run 0 vz --json info a
same "$(json .image)" "$plain"
run 0 vz rollback a 2
run 0 vz --json info a
same "$(json .image)" "$with_less"
run 0 vz --json history a
same "$(json '.[] | "\(.generation) \(.reason)"')" "1 create
2 install less
3 remove web
4 remove less"

# from a repository of its own, with a script; a newer version there comes with an update only
run 0 vz create env t base
run 0 vz install t tools
run 0 vz exec t -- cat /etc/tools.conf /usr/share/doc/tool/README
same "$(cat "$out")" "configured
tool 1.0"
repo_deb "$pool" lib 2.0
repo_deb "$pool" two 1.0 'Depends: lib (>= 2.0)'
rm "$pool"/tool*
repo_deb "$pool" tool 2.0 'Depends: tool-data (>= 2.0)'
repo_deb "$pool" tool-data 2.0
own_publish
run 0 vz install t -p cron
run 0 vz exec t -- cat /usr/share/doc/tool/README /usr/share/doc/tool-data/README
same "$(cat "$out")" "tool 1.0
tool-data 1.0"
healthy t
run 0 vz -n update t
gave '^  \* tool 1.0 -> 2.0$'
run 0 vz update t
run 0 vz exec t -- cat /usr/share/doc/tool/README /usr/share/doc/tool-data/README
same "$(cat "$out")" "tool 2.0
tool-data 2.0"
healthy t
run 0 vz update t
gave 'unchanged'
run 0 vz --offline rollback t
run 0 vz exec t -- cat /usr/share/doc/tool/README
same "$(cat "$out")" "tool 1.0"

# an application that needs a newer package than the OS template has: all is built anew, and goes back as it was
run 0 vz -n install j two
gave '^  \* lib 1.0 -> 2.0$'
run 0 vz install j two
run 0 vz exec j -- cat /usr/share/doc/lib/README
same "$(cat "$out")" "lib 2.0"
healthy j
run 0 vz --offline rollback j
run 0 vz exec j -- cat /usr/share/doc/lib/README
same "$(cat "$out")" "lib 1.0"
run 4 vz install j one two
one_error_line
said "'one 1.0' .*needs 'lib \(<< 2.0\)'"
run 4 vz install pinned two
one_error_line
said "'two 1.0' .*needs 'lib \(>= 2.0\)'"
run 0 vz --json info pinned
same "$(json .generation)" 1

# a package file
repo_deb "$tmp/files" mine 1.0 'Depends: less'
run 0 vz --json install b "$tmp/files/mine_1.0_$repo_arch.deb"
run 0 vz exec b -- cat /usr/share/doc/mine/README
same "$(cat "$out")" "mine 1.0"
healthy b
run 0 vz remove b -p mine
run 1 vz exec b -- test -e /usr/share/doc/mine
run 0 vz --json info b
same "$(json .image)" "$with_less"

# what cannot be: one line, the right code, nothing changed
for try in '3 install nowhere -p less' '3 install a nonesuch' '3 install a web@9' '4 install a -p nonesuch' '4 install a foreign' \
	'2 install a -p /etc/passwd' '2 install a base' '2 install a' '2 remove a' '3 remove a nonesuch' '3 remove a -p apt' \
	'3 remove a -p libc6' '3 upgrade a nonesuch' '2 upgrade a web' '2 create env x web' '4 create env x base --app foreign' \
	'3 create env x base --app nonesuch' '3 install a /nowhere/x.deb' '2 create env x/y base --app web'; do
	# shellcheck disable=SC2086
	run ${try%% *} vz ${try#* }
	one_error_line
done
printf 'no package' >"$tmp/files/bad.deb"
run 1 vz install a "$tmp/files/bad.deb"
one_error_line
run 0 vz --json info a
same "$(json '"\(.generation) \(.image)"')" "2 $with_less"
done_ok
