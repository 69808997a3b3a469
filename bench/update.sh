#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What an update costs in which 5 of some 300 packages change, against the cold build of the same template; and what it
# costs to bring it to 1,000 environments, against `apt-get upgrade` in one of them times 1,000. All from one run.
#
# BENCH_QUICK=1 makes 100 environments.
. "${top_srcdir:?}/tests/lib/flow.sh"
with_mirror
many=1000
[ -z "${BENCH_QUICK-}" ] || many=100

quietly() { "$@" >"$out" 2>"$err" </dev/null || die "'$*' failed: $(tail -n 3 "$err")"; }
since() { echo $(((${EPOCHREALTIME/./} - ${1/./}) / 1000)); }
row() { # WHAT OURS-MS PEER PEER-MS PROMISED-RATIO
	awk -v what="$1" -v ours="$2" -v peer="$3" -v theirs="$4" -v want="$5" 'BEGIN {
		ratio = theirs / (ours > 0 ? ours : 0.1)
		printf "%-34s %10d ms   %-28s %10d ms   %8.1f x", what, ours, peer, theirs, ratio
		if (want) printf "   promised %s x: %s", want, (ratio >= want ? "kept" : "MISSED")
		print ""
	}'
}

# real packages, and small ones of ours, of which five change
repo_key "$tmp/key"
repo=$tmp/own
names=()
for i in $(seq 200); do
	names+=("small$i")
	repo_deb "$repo/pool/main" "small$i" 1.0
done
repo_publish "$repo" testing "$tmp/key"
serve "$repo" --log "$tmp/log"
recipe "$tmp/t.recipe" "$mirror_url" "$suite" "$mirror/key/key.gpg" apt "${names[@]}"
printf '[repository own]\ntype = deb\nurl = %s\nsuite = testing\ncomponents = main\nkey = %s\n' "$url" "$tmp/key/key.gpg" \
	>>"$tmp/t.recipe"
printf 'vzpkg %s, %s cores, kernel %s, load %s\n\n' "$("$VZPKG" --version | cut -d' ' -f2)" "$(nproc)" "$(uname -r)" \
	"$(cut -d' ' -f1 /proc/loadavg)"
start=$EPOCHREALTIME
quietly vz --json create template "$tmp/t.recipe"
cold=$(since "$start")
packages=$(json '.packages | length')
quietly vz create env alone t

for i in 3 50 100 150 199; do
	rm "$repo/pool/main/small${i}_1.0_"*
	repo_deb "$repo/pool/main" "small$i" 1.1
done
repo_publish "$repo" testing "$tmp/key"
: >"$tmp/log"
for ((i = 0; i < many; i++)); do
	vz -q create env "e$i" t >"$out" 2>"$err" || die "create env failed: $(cat "$err")"
done
start=$EPOCHREALTIME
quietly vz update template t
warm=$(since "$start")
fetched=$(grep -c '\.deb' "$tmp/log")
row "update, 5 of $packages packages changed" "$warm" "cold build" "$cold" 5
printf '  packages downloaded: %d\n' "$fetched"
[ "$fetched" = 5 ] || die "more or less than the five came"

echo
quietly vz set alone --follow no
before=$(du -sk "$root" | cut -f1)
start=$EPOCHREALTIME
quietly vz --json auto-update
moved=$(since "$start")
same "$(json '[.events[] | select(.state == "moved")] | length')" "$many"
bytes=$(($(du -sk "$root" | cut -f1) - before))
run 0 vz exec "e$((many - 1))" -- cat /usr/share/doc/small50/README
same "$(cat "$out")" "small50 1.1"

dir=$(vz mount alone)
mkdir -p "$dir/etc/apt/keyrings"
cp "$tmp/key/key.gpg" "$dir/etc/apt/keyrings/own.gpg"
rm -f "$dir"/etc/apt/sources.list.d/* "$dir/etc/apt/sources.list"
echo "deb [signed-by=/etc/apt/keyrings/own.gpg] $url testing main" >"$dir/etc/apt/sources.list"
vz umount alone
upper=$(du -sk "$root/envs/alone" | cut -f1)
start=$EPOCHREALTIME
quietly vz exec alone -- apt-get -q update
quietly vz exec alone -- apt-get -qy upgrade
peer=$(since "$start")
run 0 vz exec alone -- cat /usr/share/doc/small50/README
same "$(cat "$out")" "small50 1.1" "after apt-get upgrade"
row "$many environments moved" "$moved" "apt-get upgrade, times $many" $((peer * many)) 0
printf '  disk: %d KiB, of apt-get %d KiB\n' "$bytes" $((($(du -sk "$root/envs/alone" | cut -f1) - upper) * many))
done_ok >/dev/null
