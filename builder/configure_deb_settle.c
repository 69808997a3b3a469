/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "builder/content.h"
#include "builder/sweep.h"
#include "shim/apt.h"

/* What dpkg, apt and debconf leave; the rest is builder/sweep.h's. */
static const struct vz_sweep_rule rules[] = {
	{ "/var/cache/apt", NULL, VZ_SWEEP_DROP }, { "/var/lib/apt/lists", NULL, VZ_SWEEP_DROP },
	{ "/var/cache/debconf", "*-old", VZ_SWEEP_DROP }, { "/var/lib/urandom", "random-seed", VZ_SWEEP_DROP },
	{ VZ_DPKG_DIR, "*-old", VZ_SWEEP_DROP }, { VZ_DPKG_DIR, "lock*", VZ_SWEEP_DROP },
	{ VZ_DPKG_DIR "/updates", NULL, VZ_SWEEP_DROP }, { VZ_DPKG_DIR "/triggers", "Lock", VZ_SWEEP_DROP },
};

static void drop_policy(const struct vz_configure *c, struct vz_tree *t)
{
	struct vz_node *n = vz_tree_lookup(t, VZ_POLICY_RC_PATH, false);

	if (n && !n->owner && n->content && n->size == strlen(VZ_POLICY_RC) &&
	    memcmp(n->content, VZ_POLICY_RC, n->size) == 0 &&
	    !(c->parent && vz_tree_lookup(c->parent, VZ_POLICY_RC_PATH, false)))
		vz_tree_remove(t, n);
}

static void drop_tools(struct vz_tree *t)
{
	struct vz_node *n = vz_tree_find(t, VZ_BUILD_BIN);

	if (n)
		vz_tree_remove(t, n);
}

static int check_field(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err)
{
	char *package = ctx;

	(void)stanza;
	if (strcasecmp(name, "Package") == 0)
		snprintf(package, 256, "%s", value);
	else if (strcasecmp(name, "Status") == 0 && strcmp(value, "install ok installed") != 0)
		return vz_err_set(err, VZ_SCRIPT, "package '%s' was left in state '%s'", package, value);
	return 0;
}

/* dpkg's exit status says nothing of packages that it did not get to. */
static int check_installed(const struct vz_configure *c, const struct vz_tree *t, struct vz_err *err)
{
	auto_buf struct vz_buf status = {0};
	char package[256] = "";

	if (vz_content_read(c->store, t, VZ_DPKG_DIR "/status", &status, err) < 0)
		return -1;
	if (!status.len)
		return vz_err_set(err, VZ_SCRIPT, "the scripts removed the package database");
	return vz_apt_control_read(status.data, status.len, check_field, package, err);
}

int vz_deb_settle(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	drop_policy(c, t);
	drop_tools(t);
	if (vz_sweep(c, rules, sizeof rules / sizeof *rules, t, err) < 0)
		return -1;
	return check_installed(c, t, err);
}
