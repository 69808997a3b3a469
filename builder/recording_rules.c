/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fnmatch.h>
#include <stddef.h>

#include "builder/recording.h"

enum {
	PACKAGES_TOO = 1,                /* also what a package brought */
	DIRS_STAY = 2,                   /* directories may be needed by what writes there */
};

/* "*" stands for slashes, too. The first that matches counts. */
static const struct rule {
	const char *glob;
	enum vz_recording_rule what;
	unsigned flags;
} rules[] = {
	/* of one host */
	{ "/etc/machine-id", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/var/lib/dbus/machine-id", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/hostname", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/hosts", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/resolv.conf", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/mailname", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/adjtime", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/mtab", VZ_RECORDING_SKIP, 0 },
	{ "/etc/iscsi/initiatorname.iscsi", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/nvme/host*", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/var/lib/systemd/random-seed", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/var/lib/cloud/*", VZ_RECORDING_SKIP, DIRS_STAY },
	{ "/.dockerenv", VZ_RECORDING_SKIP, 0 },

	/* secrets */
	{ "/etc/ssh/ssh_host_*", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/etc/ssl/private/*", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/etc/pki/tls/private/*", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/etc/letsencrypt/*", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/etc/NetworkManager/system-connections/*", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/etc/krb5.keytab", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/var/lib/sss/secrets/*", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/var/lib/systemd/credential.secret", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/var/cache/debconf/passwords.dat", VZ_RECORDING_SECRET, PACKAGES_TOO },
	{ "/root/*", VZ_RECORDING_SECRET, 0 },
	{ "/home/*", VZ_RECORDING_SECRET, 0 },
	{ "/var/spool/cron/crontabs/*", VZ_RECORDING_SECRET, 0 },
	{ "/var/mail/*", VZ_RECORDING_SECRET, 0 },
	{ "/var/spool/mail/*", VZ_RECORDING_SECRET, 0 },

	/* of one moment */
	{ "/tmp/*", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/var/tmp/*", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/run/*", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/dev/*", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/proc/*", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/sys/*", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/var/log/*", VZ_RECORDING_SKIP, DIRS_STAY },
	{ "/var/cache/*", VZ_RECORDING_SKIP, DIRS_STAY },
	{ "/var/lib/apt/lists/*", VZ_RECORDING_SKIP, DIRS_STAY },
	{ "/var/lib/apt/daily_lock", VZ_RECORDING_SKIP, 0 },
	{ "/var/lib/apt/periodic/*", VZ_RECORDING_SKIP, 0 },
	{ "/var/lib/dpkg/*-old", VZ_RECORDING_SKIP, 0 },
	{ "/var/lib/dpkg/lock*", VZ_RECORDING_SKIP, 0 },
	{ "/var/lib/dpkg/triggers/Lock", VZ_RECORDING_SKIP, 0 },
	{ "/var/lib/dnf/*", VZ_RECORDING_SKIP, DIRS_STAY },
	{ "/var/lib/zypp/*", VZ_RECORDING_SKIP, DIRS_STAY },
	{ "*/.rpm.lock", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "*/rpmdb.sqlite-shm", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/var/lib/systemd/timers/*", VZ_RECORDING_SKIP, 0 },
	{ "/etc/ld.so.cache", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/.pwd.lock", VZ_RECORDING_SKIP, 0 },
	{ "/etc/passwd-", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/group-", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/shadow-", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/gshadow-", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/subuid-", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "/etc/subgid-", VZ_RECORDING_SKIP, PACKAGES_TOO },
	{ "*.vzpkg-new", VZ_RECORDING_SKIP, 0 },
	{ "*/__pycache__", VZ_RECORDING_SKIP, 0 },
	{ "*/__pycache__/*", VZ_RECORDING_SKIP, 0 },
};

enum vz_recording_rule vz_recording_rule(const char *path, bool is_dir, bool owned)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *r = &rules[i];

		if (fnmatch(r->glob, path, 0) != 0)
			continue;
		return (owned && !(r->flags & PACKAGES_TOO)) || (is_dir && r->flags & DIRS_STAY) ? VZ_RECORDING_TAKE : r->what;
	}
	return VZ_RECORDING_TAKE;
}
