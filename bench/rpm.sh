# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The RPM part of run.sh: the same repository of real packages on loopback, the same requests, for vzpkg and for
# dnf, which reads nothing of the host's configuration and checks signatures as we do.
# shellcheck disable=SC2154 # run.sh and what it reads
command -v dnf >/dev/null || die "'dnf' is missing: ./setup deps --bench"
with_rpmdist

dnf_make() { # DIRECTORY: a configuration and a cache of dnf's own
	mkdir -p "$1/repos" "$1/cache"
	printf '%%_dbpath /usr/lib/sysimage/rpm\n' >"$1/.rpmmacros"
	cat >"$1/dnf.conf" <<-END
		[main]
		gpgcheck = 1
		reposdir = $1/repos
		cachedir = $1/cache
		logdir = $1
		plugins = 0
		install_weak_deps = 0
		[main-repository]
		name = main
		baseurl = $rpm_url
		gpgkey = file://$rpm_key
		repo_gpgcheck = 1
	END
}
with_dnf() { HOME=$tmp/dnf dnf -y -q -c "$tmp/dnf/dnf.conf" --installroot "$tmp/peer" --releasever 12 "$@"; }
# nothing of an earlier run: neither the tree nor metadata, packages or imported keys
dnf_anew() {
	gone
	rm -rf "$tmp/dnf"
	dnf_make "$tmp/dnf"
}
rpm_same() { # TEMPLATE: the comparison holds only if both made the same system
	run 0 vz info "$1" --packages
	awk '{ print $1, $2 }' "$out" | sort >"$tmp/ours"
	HOME=$tmp/dnf rpm --root "$tmp/peer" -qa --qf '%{name} %|epoch?{%{epoch}:}|%{version}-%{release}\n' |
		grep -v '^gpg-pubkey ' | sort >"$tmp/theirs"
	cmp -s "$tmp/ours" "$tmp/theirs" || die "not the same packages: $(diff "$tmp/ours" "$tmp/theirs")"
}

# an RPM system from nothing
rpm_recipe "$tmp/core.recipe" "$rpm_url" "$rpm_key" @core
ours=$(median fresh vz create template "$tmp/core.recipe")
theirs=$(median dnf_anew with_dnf install @core)
# what median measured was in a shell of its own; this store stays
fresh
run 0 vz create template "$tmp/core.recipe"
rpm_same core
row "RPM: @core from nothing" "$ours" "dnf --installroot" "$theirs" 3

# a second one that shares the base
rpm_recipe "$tmp/python.recipe" "$rpm_url" "$rpm_key" @core less python3
first=$root
restore_rpm() { fresh; cp -al "$first" "$root"; rm -rf "$root/locks"; }
ours=$(median restore_rpm vz create template "$tmp/python.recipe")
theirs=$(median dnf_anew with_dnf install @core less python3)
restore_rpm
run 0 vz create template "$tmp/python.recipe"
rpm_same python
row "RPM: a second one on the same base" "$ours" "dnf --installroot" "$theirs" 10
gone

ours=$(median : vz update template core)
limit "RPM: update with nothing new" "$ours" ms 300
