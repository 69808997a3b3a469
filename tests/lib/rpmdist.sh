# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A small RPM distribution of real binaries: this host's Debian packages, fetched once from the host's own mirror and
# repackaged with rpmbuild as the table rpmdist/ says, signed with a throwaway key.
#
#   rpmdist_make DIR     DIR/repo (repository), DIR/key/key.asc; does nothing if it is there
#   with_rpmdist         $rpmdist (directory), $rpm_repo, $rpm_key, $rpm_url: it, on loopback
#   rpm_recipe FILE URL KEY INSTALL…    writes an `os` recipe named as the file
#
# Needs flow.sh, repo.sh, rpm.sh.
# shellcheck disable=SC2154,SC2034 # theirs, and for them

rpmdist_one() { # DIR NAME ARCH TIME
	local dir=$1 name=$2 arch=$3 at=$1/build/$2 to=$1/repo/Packages/${2:0:1}
	ulimit -Sn 1024 # rpm closes as many as there may be, before each program
	mkdir -p "$to"  # two rpmbuilds that both find it absent would both make it, and one of them fail
	rpm_epoch=$4 rpm_builds "$at" --target "$arch" --define "_rpmdir $to" \
		--buildroot "$at/root" -bb "$at/$name.spec" >"$at/log" 2>&1 && rm -rf "$at/root" "$at/tree" && return 0
	cat "$at/log" >&2
	return 1
}

rpmdist_make() {
	local dir=$1 debs
	[ ! -f "$dir/done" ] || return 0
	rm -rf "$dir/build" "$dir/repo" "$dir/key"
	mkdir -p "$dir/debs"
	[ -n "$(find /var/lib/apt/lists -name '*_Packages*' -print -quit)" ] || apt-get -q update >"$dir/log" 2>&1
	read -ra debs < <(python3 "$lib/rpmdist.py" debs "$lib/rpmdist")
	(cd "$dir/debs" && apt-get -q -o APT::Sandbox::User=root -o "APT::Default-Release=$mirror_suite" \
		download "${debs[@]}") >>"$dir/log" 2>&1 </dev/null || {
		tail -n 20 "$dir/log" >&2
		return 1
	}
	python3 "$lib/rpmdist.py" specs "$lib/rpmdist" "$dir/debs" "$dir/build" >"$dir/specs"
	# two at a time; xargs wants a program
	export -f rpmdist_one rpm_builds rpm_addsign
	export rpm_macros
	sed "s,^,$dir ," "$dir/specs" | xargs -L 1 -P 2 bash -c 'rpmdist_one "$@"' _
	rpm_key "$dir/key"
	find "$dir/repo" -name '*.rpm' -print0 | xargs -0 bash -c 'rpm_addsign "$@"' _ "$dir/key"
	rpm_comps=$lib/rpmdist/comps.xml rpm_publish "$dir/repo" "$dir/key"
	python3 "$lib/rpmdist.py" check "$dir/repo"
	rm -rf "$dir/build"
	: >"$dir/done"
}

with_rpmdist() {
	local made
	# another table is another distribution
	made=rpmdist-$(cat "$lib"/rpm.sh "$lib"/rpmdist.* "$lib"/rpmdist/* | sha256sum | cut -c1-12)
	once "$made" rpmdist_make
	rpmdist=$keep/$made
	rpm_repo=$rpmdist/repo
	rpm_key=$rpmdist/key/key.asc
	serve "$rpm_repo"
	rpm_url=$url
}

rpm_recipe() {
	local file=$1 from=$2 key=$3 template
	shift 3
	template=$(basename "$file" .recipe)
	cat >"$file" <<-END
		[template]
		name = $template
		kind = os
		[repository main]
		type = rpm
		url = $from
		key = $key
		[packages]
		install = $*
	END
}
