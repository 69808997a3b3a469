#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The promises about speed, measured in one run on one machine: the same packages, from the same loopback
# mirror of real packages, for vzpkg and for its peers. Compare the ratios, not the seconds.
#
# BENCH_QUICK=1 does each thing once. The median of BENCH_RUNS (3) is shown otherwise. BENCH_ONLY=deb or rpm
# does that part alone.
. "${top_srcdir:?}/tests/lib/flow.sh"

runs=${BENCH_RUNS:-3}
[ -z "${BENCH_QUICK-}" ] || runs=1
# median BEFORE CMD…: the median of the runs' milliseconds; BEFORE each, not measured, something else. What that, or
# an earlier run, has left to be written is none of CMD's business: whoever syncs would pay for it
median() {
	local i start times=() before=$1
	shift
	for ((i = 0; i < runs; i++)); do
		$before
		sync
		start=$EPOCHREALTIME
		"$@" >"$out" 2>"$err" </dev/null || die "'$*' failed: $(tail -n 3 "$err")"
		times+=($(((${EPOCHREALTIME/./} - ${start/./}) / 100)))
	done
	printf '%s\n' "${times[@]}" | sort -n | awk '{ t[NR] = $1 } END { printf "%.1f", t[int((NR + 1) / 2)] / 10 }'
}

row() { # WHAT OURS-MS PEER PEER-MS PROMISED-RATIO
	awk -v what="$1" -v ours="$2" -v peer="$3" -v theirs="$4" -v want="$5" 'BEGIN {
		ratio = theirs / (ours > 0 ? ours : 0.1)
		printf "%-34s %10.1f ms   %-24s %10.1f ms   %8.1f x", what, ours, peer, theirs, ratio
		if (want) printf "   promised %s x: %s", want, (ratio >= want ? "kept" : "MISSED")
		print ""
	}'
}
limit() { # WHAT VALUE UNIT PROMISED
	awk -v what="$1" -v v="$2" -v unit="$3" -v want="$4" 'BEGIN {
		printf "%-34s %10.1f %-4s promised under %s: %s\n", what, v, unit, want, (v < want ? "kept" : "MISSED")
	}'
}

# each run gets a new directory: just after a large removal ext4 is slow at making files (it skips inodes
# that were freed in the last seconds), for us as for the peers
fresh() { root=$tmp/root$EPOCHREALTIME; }
gone() { [ ! -e "$tmp/peer" ] || mv "$tmp/peer" "$tmp/old$EPOCHREALTIME"; }

printf 'vzpkg %s, %s, %s cores, kernel %s, median of %s\n\n' "$("$VZPKG" --version | cut -d' ' -f2)" \
	"packages of $mirror_suite from loopback" "$(nproc)" "$(uname -r)" "$runs"

if [ "${BENCH_ONLY-}" != deb ]; then
	# shellcheck source=bench/rpm.sh
	. "$top_srcdir/bench/rpm.sh"
	[ "${BENCH_ONLY-}" != rpm ] || {
		done_ok >/dev/null
		exit
	}
	fresh
fi

for tool in mmdebstrap debootstrap /usr/bin/time fsck.erofs; do
	command -v "$tool" >/dev/null || die "'$tool' is missing: ./setup deps --bench"
done
with_mirror
key=$mirror/key/key.gpg
source_line="deb [signed-by=$key] $mirror_url $suite main"

# a minimal system from nothing
# the set that our recipe and debootstrap choose: /usr is merged from the start, so without usrmerge and its
# perl, which convert an older system and which apt would otherwise take as the first alternative
minimal() { # FILE INSTALL…
	recipe "$1" "$mirror_url" "$suite" "$key" "${@:2}"
	echo 'exclude = usrmerge' >>"$1"
}
printf 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' >"$tmp/pin"
peer=(mmdebstrap -q --variant=minbase --mode=root --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr
	"--setup-hook=mkdir -p \"\$1/etc/apt/preferences.d\" && cp '$tmp/pin' \"\$1/etc/apt/preferences.d/pin\"")
minimal "$tmp/base.recipe" apt
ours=$(median fresh vz create template "$tmp/base.recipe")
fresh
/usr/bin/time -f %M -o "$tmp/peak" "$VZPKG" --root "$root" --no-progress create template "$tmp/base.recipe" \
	>"$out" 2>"$err" </dev/null || die "the build failed"
peak=$(tail -n 1 "$tmp/peak")
theirs=$(median gone "${peer[@]}" --include=apt "$suite" "$tmp/peer" "$source_line")
row "minimal system from nothing" "$ours" mmdebstrap "$theirs" 4
mv "$tmp/peer" "$tmp/minbase"
# the comparison holds only if both made the same system
run 0 vz info base --packages
cut -d' ' -f1,2 "$out" | sort >"$tmp/ours"
dpkg-query "--root=$tmp/minbase" -W -f '${Package} ${Version}\n' | sort >"$tmp/theirs"
cmp -s "$tmp/ours" "$tmp/theirs" || die "not the same packages: $(diff "$tmp/ours" "$tmp/theirs")"
theirs=$(median gone debootstrap --variant=minbase "--keyring=$key" "$suite" "$tmp/peer" "$mirror_url")
row "" "$ours" debootstrap "$theirs" ""
gone

# a second one that shares the base
minimal "$tmp/second.recipe" apt less python3-minimal
cp -al "$root" "$tmp/first-root"
restore() { fresh; cp -al "$tmp/first-root" "$root"; rm -rf "$root/locks"; }
ours=$(median restore vz create template "$tmp/second.recipe")
theirs=$(median gone "${peer[@]}" --include=apt,less,python3-minimal "$suite" \
	"$tmp/peer" "$source_line")
row "a second one on the same base" "$ours" mmdebstrap "$theirs" 10
gone

ours=$(median : vz update template base)
limit "update with nothing new" "$ours" ms 300
limit "peak memory of a build" "$(awk -v k="$peak" 'BEGIN { print k / 1024 }')" MiB 400

# environments
in_process=()
for ((i = 0; i < 20; i++)); do
	run 0 vz --json create env "in$i" base
	in_process+=("$(json .seconds)")
done
ms=$(printf '%s\n' "${in_process[@]}" | sort -n | awk '{ t[NR] = $1 } END { print 1000 * t[int((NR + 1) / 2)] }')
limit "create env, inside the process" "$ms" ms 5
create_env() { vz create env "e${EPOCHREALTIME/./}" base; }
ours=$(median : create_env)
theirs=$(median gone cp -a "$tmp/minbase" "$tmp/peer")
row "create env, process included" "$ours" "cp -a" "$theirs" ""
limit "bytes of an environment" "$(du -sk "$root/envs/in0" | cut -f1)" KiB 32.1
printf '%-34s %10s KiB  (cp -a: %s KiB)\n' "" "$(du -sk "$root/envs/in0" | cut -f1)" "$(du -sk "$tmp/peer" | cut -f1)"
gone
theirs=$(median : chroot "$tmp/minbase" /bin/true)
ours=$(median : vz exec in0 -- true)
row "exec of /bin/true" "$ours" chroot "$theirs" ""

# images
run 0 vz dump base
cp "$out" "$tmp/base.dump"
ours=$(median : vz image --from-dump "$tmp/base.dump" "$tmp/base.erofs")
if command -v mkcomposefs >/dev/null; then
	theirs=$(median : mkcomposefs --from-file "$tmp/base.dump" "$tmp/peer.erofs")
	row "image of $(wc -l <"$tmp/base.dump") entries" "$ours" mkcomposefs "$theirs" 2
else
	printf '%-34s %10.1f ms\n' "image of $(wc -l <"$tmp/base.dump") entries" "$ours"
fi

# refresh with nothing new, then solve, on an index of the size of Debian's own
index=$(apt-get indextargets --format '$(FILENAME)' "Created-By: Packages" "Codename: $suite" "Component: main" |
	grep -v 'security\|updates' | head -n 1)
[ -n "$index" ] || die "the host's apt has no list of $suite main; apt-get update"
/usr/lib/apt/apt-helper cat-file "$index" >"$tmp/index"
repo_compress=gz repo_index=$tmp/index repo_publish "$tmp/big" "$suite" "$mirror/key"
serve "$tmp/big"
recipe "$tmp/big.recipe" "$url" "$suite" "$key" apt nginx postgresql python3 openssh-server
mkdir -p "$tmp/apt"/{etc/apt/preferences.d,var/lib/dpkg,state/lists/partial,cache/archives/partial}
: >"$tmp/apt/var/lib/dpkg/status"
echo "deb [signed-by=$key] $url $suite main" >"$tmp/apt/etc/apt/sources.list"
apt=(apt-get -q -y -o "Dir=$tmp/apt" -o "Dir::Etc=$tmp/apt/etc/apt" -o "Dir::State=$tmp/apt/state"
	-o "Dir::State::status=$tmp/apt/var/lib/dpkg/status" -o "Dir::Cache=$tmp/apt/cache" -o APT::Sandbox::User=root)
with_apt() {
	"${apt[@]}" update && "${apt[@]}" -s install --no-install-recommends '?or(?essential,?priority(required))' apt nginx \
		postgresql python3 openssh-server
}
with_apt >/dev/null 2>"$err" || die "apt-get: $(tail -n 3 "$err")"
run 0 vz -n create template "$tmp/big.recipe"
ours=$(median : vz -n create template "$tmp/big.recipe")
theirs=$(median : with_apt)
row "refresh, nothing new, then solve" "$ours" "apt-get update, -s install" "$theirs" 4

# a thousand environments
count=1000
[ -z "${BENCH_QUICK-}" ] || count=200
hundred() {
	local start=$EPOCHREALTIME
	for _ in $(seq 100); do create_env >"$out" 2>"$err" || die "create env failed"; done
	awk -v t=$((${EPOCHREALTIME/./} - ${start/./})) 'BEGIN { print t / 100000 }'
}
first=$(hundred)
for _ in $(seq $((count / 100 - 2))); do hundred >/dev/null; done
last=$(hundred)
printf '%-34s %10.1f ms   %-24s %10.1f ms   promised at most 2 x\n' "create env, last hundred of $count" "$last" "first hundred" "$first"
ours=$(median : vz list --envs)
printf '%-34s %10.1f ms\n' "list of them" "$ours"
done_ok >/dev/null
