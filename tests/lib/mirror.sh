# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A small mirror of real packages: what a minimal Debian of this host's suite needs, and some more,
# fetched once from the host's own mirror, indexed and signed with a throwaway key.
#
#   mirror_make DIR      DIR/debian (repository), DIR/key/key.gpg; does nothing if it is there
#   mirror_suite         its suite: the host's codename
#
# Needs repo.sh.

# beyond Essential and Priority: required; with users, alternatives, diversions, triggers, conffiles
mirror_more=(apt ca-certificates iproute2 less nginx-light python3-minimal cron dbus-daemon)

mirror_suite=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")

mirror_make() {
	local dir=$1 apt deb name
	[ ! -f "$dir/done" ] || return 0
	rm -rf "$dir/debian" "$dir/key"
	mkdir -p "$dir/debian/pool/main" "$dir/archives/partial"
	: >"$dir/status"
	# the host's sources and lists, an empty system, a cache of our own
	apt=(apt-get -q -y -o "Dir::State::status=$dir/status" -o "Dir::Cache::archives=$dir/archives"
		-o APT::Install-Recommends=0 -o Debug::NoLocking=1 -o APT::Sandbox::User=root
		-o "APT::Default-Release=$mirror_suite")
	[ -n "$(find /var/lib/apt/lists -name '*_Packages*' -print -quit)" ] || apt-get -q update
	"${apt[@]}" --download-only install '?or(?essential,?priority(required))' \
		"${mirror_more[@]}" >"$dir/log" 2>&1 </dev/null || {
		tail -n 20 "$dir/log" >&2
		return 1
	}
	# the other choice of "usrmerge | usr-is-merged", which debootstrap takes
	(cd "$dir/archives" && apt-get -q -o APT::Sandbox::User=root download usr-is-merged >>"$dir/log" 2>&1)
	# named as in an archive: without the epoch
	for deb in "$dir"/archives/*.deb; do
		name=$(basename "$deb")
		ln "$deb" "$dir/debian/pool/main/${name/_*%3a/_}"
	done
	repo_key "$dir/key"
	# debootstrap wants the plain index whenever Release lists it
	repo_compress="xz plain" repo_publish "$dir/debian" "$mirror_suite" "$dir/key"
	: >"$dir/done"
}
