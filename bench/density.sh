#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What many environments of one template cost: disk for 1, 100 and 1,000 of them, memory for 1 and 50 in which nginx
# runs; and how long moving them takes, against what is promised. All from one run, on packages from loopback.
#
# BENCH_QUICK=1 makes 100 environments, and runs nginx in 5. On a busy machine the start of a command is most of what
# it takes; how long it takes alone is shown beside.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_base
# contents that nobody else has open or in memory
cp -a "$root" "$tmp/own"
rm -rf "$root"
root=$tmp/own

steps=(1 100 1000) running=(1 2 50) runs=9
[ -z "${BENCH_QUICK-}" ] || steps=(1 10 100) running=(1 2 5) runs=5

limit() { # WHAT VALUE UNIT PROMISED
	awk -v what="$1" -v v="$2" -v unit="$3" -v want="$4" 'BEGIN {
		printf "%-46s %10.1f %-3s promised under %s: %s\n", what, v, unit, want, (v < want ? "kept" : "MISSED")
	}'
}
in_ms() { # the median of lines of which one millisecond is UNIT
	sort -n | awk -v unit="$1" '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] / unit }'
}
quietly() { "$@" >"$out" 2>"$err" </dev/null || die "'$*' failed: $(tail -n 3 "$err")"; }
since() { echo $(((${EPOCHREALTIME/./} - ${1/./}) / 1000)); }

printf 'vzpkg %s, packages of %s, %s cores, kernel %s, load %s\n\n' "$("$VZPKG" --version | cut -d' ' -f2)" \
	"$suite" "$(nproc)" "$(uname -r)" "$(cut -d' ' -f1 /proc/loadavg)"

# an OS template, and an application with nginx
mkdir "$tmp/recipes"
vz() { "$VZPKG" --root "$root" --no-progress --recipes "$tmp/recipes" "$@"; }
recipe "$tmp/recipes/os.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt
printf '[scripts]\npost-install = os.sh\n' >>"$tmp/recipes/os.recipe"
version() { printf '#!/bin/sh\necho %s >/etc/vz-version\n' "$1" >"$tmp/recipes/os.sh"; }
cat >"$tmp/recipes/web.recipe" <<-END
	[template]
	name = web
	kind = app
	[packages]
	install = nginx-light
	[scripts]
	post-install = web.sh
END
# a socket inside: all of them share the host's network
cat >"$tmp/recipes/web.sh" <<'END'
#!/bin/sh
set -e
cat >/etc/nginx/sites-available/default <<'SITE'
server { listen unix:/run/web.sock; root /srv; }
SITE
sed -i 's/^worker_processes .*/worker_processes 2;/' /etc/nginx/nginx.conf
echo a page >/srv/page.html
END
version one
quietly vz create template os
quietly vz create env web0 os --app web

quietly vz create env shown os --app web

echo "disk"
content=$(du -sk "$root/objects" | cut -f1)
empty=$(du -sk "$root" | cut -f1)
made=0
for n in "${steps[@]}"; do
	for ((; made < n; made++)); do vz -q create env "e$made" os >"$out" 2>"$err" || die "create env failed"; done
	took=$(($(du -sk "$root" | cut -f1) - empty))
	awk -v n="$n" -v took="$took" -v copy="$content" 'BEGIN {
		printf "  %5d environments  %10d KiB  %6.1f KiB each   (a copy each: %d KiB)\n", n, took, took / n, n * copy
	}'
done
printf '  %-18s %11s KiB\n' "the store below" "$empty"

# what is asked for was built for another one already
echo
many=${running[-1]}
for ((i = 0; i < many; i++)); do
	start=$EPOCHREALTIME
	quietly vz --json install "e$i" web
	echo $((${EPOCHREALTIME/./} - ${start/./})) >>"$tmp/installs"
	json .seconds >>"$tmp/installs.inside"
done
limit "install of what was built already" "$(in_ms 1000 <"$tmp/installs")" ms 50
limit "  the same, without the start of the command" "$(in_ms 0.001 <"$tmp/installs.inside")" ms 50
for ((i = 0; i < runs; i++)); do
	start=$EPOCHREALTIME
	quietly "$VZPKG" --version
	echo $((${EPOCHREALTIME/./} - ${start/./})) >>"$tmp/starts"
done
printf '  the start alone %37.1f ms\n' "$(in_ms 1000 <"$tmp/starts")"

echo
echo "memory: nginx with two workers in each"
cached() { # bytes of contents and images that are in memory
	find "$root/objects" "$root/images" -type f -print0 | xargs -0 fincore -b -n -o RES | awk '{ n += $1 } END { print n }'
}
forget() { # they are on disk: what nobody has mapped can leave the memory
	find "$root/objects" "$root/images" -type f -print0 | xargs -0 python3 -c 'import os, sys
for name in sys.argv[1:]:
    fd = os.open(name, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)'
}
children() { xargs <"/proc/$1/task/$1/children"; }
pids=()
started=0
forget
before=$(cached)
for n in "${running[@]}"; do
	for ((; started < n; started++)); do
		quietly vz --json start "e$started" -- nginx -g 'daemon off;'
		init=$(json .pid)
		for _ in $(seq 100); do
			master=$(children "$init")
			workers=$([ -z "$master" ] || children "$master")
			[ "$(wc -w <<<"$workers")" != 2 ] || break
			sleep 0.05
		done
		[ "$(wc -w <<<"$workers")" = 2 ] || die "nginx does not run in e$started"
		# shellcheck disable=SC2206 # two numbers
		pids+=($master $workers)
	done
	pages=$((($(cached) - before) / 1024))
	[ "$n" != 1 ] || first=$pages
	for pid in "${pids[@]}"; do cat "/proc/$pid/smaps_rollup"; done | awk -v n="$n" -v pages="$pages" -v first="$first" '
		{ kib[$1] += $2 }
		END {
			printf "  %3d environments  PSS %8.0f KiB, %7.1f each (of files %7.1f)   RSS %8.1f each", n,
				kib["Pss:"], kib["Pss:"] / n, kib["Pss_File:"] / n, kib["Rss:"] / n
			printf "   cached %7d KiB  (a copy each: %d KiB)\n", pages, n * first
		}'
done

# another version of the template below them, and back and forth while all of them run
echo
version two
quietly vz update template os
quietly vz update e0
for ((i = 0; i < runs; i++)); do
	for generation in 2 3; do
		quietly vz --json rollback e0 "$generation"
		json .paused >>"$tmp/paused"
	done
done
limit "pause of one that runs, while it moves" "$(in_ms 0.001 <"$tmp/paused")" ms 20
limit "  the longest of $((2 * runs))" "$(sort -n "$tmp/paused" | tail -n 1 | in_ms 0.001)" ms 20
start=$EPOCHREALTIME
quietly vz stop --all
echo "stop of all $many: $(since "$start") ms"

quietly vz update --all
start=$EPOCHREALTIME
quietly vz --offline rollback --all
limit "rollback of $made that are stopped" "$(since "$start")" ms $((made * 10))
run 0 vz exec e$((made - 1)) -- cat /etc/vz-version
same "$(cat "$out")" one
done_ok >/dev/null
