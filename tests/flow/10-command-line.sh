#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage errors, help, what is not there, and who may not: one clear line and the right exit code.
. "${top_srcdir:?}/tests/lib/flow.sh"

run 0 vz --version
gave '^vzpkg [0-9]'
run 0 vz --help
# the manual and the completion know every verb that --help lists
sed -n 's/^  vzpkg \([a-z]*\).*/\1/p' "$out" | sort -u >"$tmp/verbs"
[ -s "$tmp/verbs" ] || die "--help lists no verbs"
while read -r verb; do
	grep -qE "^\.(B|BR) $verb" "$top_srcdir/doc/vzpkg.8" || die "vzpkg(8) does not have '$verb'"
	grep -qw "$verb" "$top_srcdir/doc/vzpkg.bash-completion" || die "the completion does not have '$verb'"
done <"$tmp/verbs"
run 0 vz create --help
gave 'vzpkg create template'

run 2 vz
one_error_line
run 2 vz conjure
one_error_line
said "unknown verb 'conjure'"
run 2 vz create
one_error_line
run 2 vz list --nonsense
one_error_line
said "'--nonsense'"
run 2 vz --root
one_error_line
run 2 vz create env only-a-name
one_error_line
run 2 vz --json list --os --envs
one_error_line
same "$(json .error.code)" 2
[ ! -e "$root" ] || die "a usage error made the store"

run 3 vz list
one_error_line
run 3 vz create env e nothing
one_error_line
run 3 vz info nobody
one_error_line
said "nobody"
run 3 vz exec e -- true
one_error_line
run 3 vz create template no-such-recipe
one_error_line
run 3 vz remove env e
run 3 vz remove template nothing
run 3 vz --json info nobody
same "$(json .error.code)" 3
[ "$(json .error.message)" != null ] || die "no message"

# not root
chmod 755 "$tmp"
run 1 setpriv --reuid=65534 --regid=65534 --clear-groups "$VZPKG" --root "$tmp/other" create env e t
one_error_line
said root
said '^hint: '
run 1 setpriv --reuid=65534 --regid=65534 --clear-groups "$VZPKG" --root "$tmp/other" list
one_error_line
[ ! -e "$tmp/other" ] || die "made a store without being root"
done_ok
