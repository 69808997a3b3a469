#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Scripts of all kinds, in the order and with the arguments and input that rpm itself gives them: the same packages,
# installed by rpm and by a build, write the same log.
. "${top_srcdir:?}/tests/lib/flow.sh"

rpm_key "$tmp/key"
repo=$tmp/repo
mkdir -p "$tmp/shell/bin" "$tmp/shell/etc" "$tmp/shell/var/lib"
cp /bin/busybox "$tmp/shell/bin/busybox"
for command in sh cat echo id grep adduser addgroup; do ln -s busybox "$tmp/shell/bin/$command"; done
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tmp/shell/etc/passwd"
printf 'root:x:0:\n' >"$tmp/shell/etc/group"
# it belongs to what every build installs first, so that there are two transactions
rpm_target=$(uname -m) rpm_files=$tmp/shell rpm_pkg "$repo" filesystem 1-1 'AutoReqProv: no' 'Provides: /bin/sh' \
	"%pretrans -p <lua>" 'posix.mkdir("/tmp")' \
	'%transfiletriggerin -- /d' 'echo "filesystem transfiletriggerin $# $1 $2" >>/var/lib/log; cat >>/var/lib/log' \
	'%filetriggerin -- /d /e/in' 'echo "filesystem filetriggerin $# $1 $2" >>/var/lib/log; cat >>/var/lib/log' \
	'%triggerin -- two < 2' 'echo "filesystem triggerin $# $1 $2" >>/var/lib/log' \
	%files /bin /etc /var

says() { printf 'echo "%s $# $1 $2" >>/var/lib/log' "$1"; }
lua='local f = io.open("/var/lib/log", "a"); f:write("%s ", #arg - 1, " ", arg[2], "\\n"); f:close()'
scripts=()
all_scripts() { # NAME
	local moment
	scripts=()
	# shellcheck disable=SC2059
	scripts+=('%pretrans -p <lua>' "$(printf "$lua" "$1 pretrans")")
	for moment in pre post posttrans; do scripts+=("%$moment" "$(says "$1 $moment")"); done
}
# one NAME FILES… -- SPEC LINES…
one() {
	local name=$1 file
	shift
	rm -rf "$tmp/files"
	while [ "$1" != -- ]; do
		mkdir -p "$tmp/files/$(dirname "$1")"
		echo "$name" >"$tmp/files/$1"
		shift
	done
	all_scripts "$name"
	rpm_files=$tmp/files rpm_pkg "$repo" "$name" 1-1 "${@:2}" "${scripts[@]}"
}
# a chain, so that there is one order only; no directories are theirs, which rpm lists with the last that has them
one one d/a d/in/b e/in/c -- 'Requires: filesystem'
cat >"$tmp/two" <<'END'
%triggerin -- one
echo "two triggerin $# $1 $2" >>/var/lib/log
%triggerin -- three, four >= 1, absent
echo "two triggerin for three or four $# $1 $2" >>/var/lib/log
%triggerprein -- three
echo "two triggerprein $# $1 $2" >>/var/lib/log
%filetriggerin -P 20000 -- /d
echo "two early filetriggerin $# $1 $2" >>/var/lib/log; cat >>/var/lib/log
%filetriggerin -- /d/in /e
echo "two filetriggerin $# $1 $2" >>/var/lib/log; cat >>/var/lib/log
%filetriggerin -P 9 -p <lua> -- /d
local f = io.open("/var/lib/log", "a")
f:write("two late filetriggerin\n")
local file = rpm.next_file()
while file do f:write(file, "\n"); file = rpm.next_file() end
f:close()
%transfiletriggerin -P 30000 -- /e
echo "two early transfiletriggerin $# $1 $2" >>/var/lib/log; cat >>/var/lib/log
%transfiletriggerin -- /d/in
echo "two transfiletriggerin $# $1 $2" >>/var/lib/log; cat >>/var/lib/log
END
mapfile -t own <"$tmp/two"
all_scripts two
mkdir -p "$tmp/files2/d/in"
echo two | tee "$tmp/files2/d/c" >"$tmp/files2/d/in/d"
rpm_files=$tmp/files2 rpm_pkg "$repo" two 1-1 'Requires: one' "${scripts[@]}" "${own[@]}"
one three d/in/e f/f -- 'Requires: two'
one four e/g -- 'Requires: three'
rpm_addsign "$tmp/key" "$repo"/*.rpm
rpm_publish "$repo" "$tmp/key"
serve "$repo"

mkdir "$tmp/home" "$tmp/peer"
printf '%%_dbpath /usr/lib/sysimage/rpm\n' >"$tmp/home/.rpmmacros"
by_rpm() { HOME=$tmp/home rpm --root "$tmp/peer" "$@"; }
run 0 by_rpm -U --nosignature "$repo"/filesystem-*.rpm
run 0 by_rpm -U --nosignature "$repo"/{one,two,three,four}-*.rpm
rpm_recipe "$tmp/t.recipe" "$url" "$tmp/key/key.asc" filesystem four
run 0 vz create template "$tmp/t.recipe"
run 0 vz create env t t
run 0 vz exec t -- cat /var/lib/log
diff "$tmp/peer/var/lib/log" "$out" || die "rpm runs other scripts, or in another order"
[ "$(wc -l <"$out")" -gt 50 ] || die "too short a log: $(cat "$out")"
done_ok
