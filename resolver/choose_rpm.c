/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `dnf install` would choose in an empty root: what libsolv chooses, with
 * the settings that libdnf gives it (universe.c).  An OS template has nothing
 * that was not asked for; a recipe names a group or a few packages.
 */
#include "resolver/choose.h"

/* What the scripts of other packages take for granted, as Fedora, its relatives and openSUSE call it: directories, users,
 * a shell, commands, certificates, rpm. What is not in the plan does not count. */
static const char *const bootstrap[] = {
	"filesystem", "setup", "basesystem", "glibc", "libc6", "bash", "coreutils", "grep", "sed", "gawk", "findutils",
	"shadow-utils", "shadow", "util-linux", "systemd", "ca-certificates", "ca-certificates-mozilla", "rpm", NULL };

const struct vz_policy vz_policy_rpm = { "rpm", vz_find_rpm, NULL, NULL, NULL, bootstrap, vz_order_rpm };
