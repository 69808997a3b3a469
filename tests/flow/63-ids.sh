#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Users and groups keep their ids from version to version, and in environments with applications, whatever scripts
# give them; what is changed for that stands in the lock.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base

# a package with a user of its own, who owns a directory
pool=$tmp/own/pool/main
user_deb() {
	local dir=$tmp/$1
	mkdir -p "$dir/DEBIAN" "$dir/usr/share/$1"
	printf '#!/bin/sh\nset -e\nuseradd --system --user-group --home-dir /var/lib/%s %s\ninstall -d -o %s -g %s /var/lib/%s\n' \
		"$1" "$1" "$1" "$1" "$1" >"$dir/DEBIAN/postinst"
	chmod 755 "$dir/DEBIAN/postinst"
	repo_files=$dir repo_deb "$pool" "$1" 1.0 "${@:2}"
}
user_deb first
user_deb second
user_deb before-second 'Priority: optional'
repo_key "$tmp/key"
repo_publish "$tmp/own" "$suite" "$tmp/key"
serve "$tmp/own"
own="
[repository own]
type = deb
url = $url
suite = $suite
components = main
key = $tmp/key/key.gpg"
mkdir "$tmp/recipes"
os() { # INSTALL…
	{
		printf '[template]\nname = ids\nkind = os\n[repository main]\ntype = deb\nurl = %s\nsuite = %s\n' "$mirror_url" "$suite"
		printf 'components = main\nkey = %s\n%s\n[packages]\ninstall = %s\n' "$mirror/key/key.gpg" "$own" "apt $*"
	} >"$tmp/recipes/ids.recipe"
}
vz() { "$VZPKG" --root "$root" --no-progress --recipes "$tmp/recipes" "$@"; }
id_of() { # ENV NAME
	run 0 vz exec "$1" -- id -u "$2"
	cat "$out"
}
owner_of() { # ENV PATH
	run 0 vz exec "$1" -- stat -c '%U:%G %u:%g' "$2"
	cat "$out"
}

os second
run 0 vz create template ids
run 0 vz info ids --lock
! grep -q '^id ' "$out" || die "a first version gives ids"
run 0 vz create env e ids
second=$(id_of e second)
run 0 vz exec e -- sh -c 'touch /srv/private && chown second:second /srv/private'

# the next version makes another user first, which gets the id that second had
os before-second second
run 0 vz update template ids
run 0 vz info ids --lock
cp "$out" "$tmp/two.lock"
grep -q "^id user second $second\$" "$tmp/two.lock" || die "the lock does not give second its id back"
grep -q '^id user before-second ' "$tmp/two.lock" || die "the lock gives before-second no other id"
run 0 vz update e
same "$(id_of e second)" "$second"
same "$(owner_of e /srv/private)" "second:second $second:$second"
same "$(owner_of e /var/lib/second)" "second:second $second:$second"
before=$(id_of e before-second)
same "$(owner_of e /var/lib/before-second)" "before-second:before-second $before:$before"
[ "$before" != "$second" ] || die "two users have one id"

# the same lock gives the same image where nothing was before
run 0 vz --json info ids
image=$(json .image.digest)
run 0 "$VZPKG" --root "$tmp/other" --no-progress --recipes "$tmp/recipes" --json create template ids --lock "$tmp/two.lock"
same "$(json .image.digest)" "$image" "image of the same lock in another store"
run 0 vz --json update template ids
same "$(json '.[0].changed')" false

# a name that is gone keeps its id, and nobody gets it
os first
run 0 vz update template ids
run 0 vz create env f ids
first=$(id_of f first)
[ "$first" != "$second" ] || die "first got the id of second, which is gone"
[ "$first" != "$before" ] || die "first got the id of before-second, which is gone"
os second first
run 0 vz update template ids
run 0 vz create env g ids
same "$(id_of g second)" "$second"
same "$(id_of g first)" "$first"

# compositions on the template agree with it, and with each other
os apt
run 0 vz update template ids
run 0 vz create env h ids -p first
same "$(id_of h first)" "$first"
run 0 vz install h -p second
same "$(id_of h first)" "$first"
same "$(id_of h second)" "$second"
run 0 vz exec h -- sh -c 'touch /srv/private && chown second /srv/private'
run 0 vz remove h -p first
same "$(owner_of h /srv/private)" "second:root $second:0"

# a user that was made inside has the id that the composition would give to another: that one gets a free one
run 0 vz create env i ids
run 0 vz exec i -- sh -c "useradd -u $first tenant && touch /srv/private && chown tenant /srv/private"
run 0 vz -n install i -p first
run 0 vz install i -p first
same "$(owner_of i /srv/private)" "tenant:root $first:0"
moved=$(id_of i first)
[ "$moved" != "$first" ] || die "tenant and first have one id"
same "$(owner_of i /var/lib/first)" "first:first $moved:$first"
run 0 vz install i -p second
same "$(owner_of i /var/lib/first)" "first:first $moved:$first"
same "$(owner_of i /srv/private)" "tenant:root $first:0"
# in a generation of before there is no other
run 0 vz rollback i 1
same "$(owner_of i /srv/private)" "tenant:root $first:0"
run 0 vz create env j ids -p first
run 0 vz remove j -p first
run 0 vz exec j -- useradd -u "$first" tenant
run 11 vz rollback j
one_error_line
said "user 'first' has the id $first in the new composition"
run 0 vz history j
done_ok
