/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "builder/content.h"
#include "shim/apt.h"

enum what {
	DROP,                    /* the file goes */
	DROP_FILLED,             /* it goes unless it is empty */
	EMPTY,                   /* it stays, without its content */
};

/* What is bound to one machine, to one moment, or is made again when missing.
 * Only files that no package ships, and that are not as the parent has them. */
static const struct rule {
	const char *dir, *name;          /* a glob; NULL: everything below */
	enum what what;
} rules[] = {
	{ "/etc", "machine-id", EMPTY },                 /* systemd fills an empty one in */
	{ "/var/lib/dbus", "machine-id", DROP },
	{ "/etc", "passwd-", DROP }, { "/etc", "group-", DROP }, { "/etc", "shadow-", DROP },
	{ "/etc", "gshadow-", DROP }, { "/etc", "subuid-", DROP }, { "/etc", "subgid-", DROP },
	{ "/etc", ".pwd.lock", DROP },
	{ "/etc/ssh", "ssh_host_*", DROP },
	{ "/root", ".*_history", DROP }, { "/root", ".lesshst", DROP },
	{ "/run", NULL, DROP }, { "/tmp", NULL, DROP }, { "/var/tmp", NULL, DROP }, { "/dev", NULL, DROP },
	{ "/var/log", NULL, DROP_FILLED },
	{ "/var/cache/apt", NULL, DROP }, { "/var/lib/apt/lists", NULL, DROP },
	{ "/var/cache/debconf", "*-old", DROP }, { "/var/cache/ldconfig", "aux-cache", DROP },
	{ VZ_DPKG_DIR, "*-old", DROP }, { VZ_DPKG_DIR, "lock*", DROP },
	{ VZ_DPKG_DIR "/updates", NULL, DROP }, { VZ_DPKG_DIR "/triggers", "Lock", DROP },
	{ "/var/lib/systemd", "random-seed", DROP }, { "/var/lib/urandom", "random-seed", DROP },
};

struct sweep {
	const struct vz_configure *c;
	enum what what;
	struct vz_node **gone;           /* removed after the walk */
	size_t n, cap;
};

/* Does a package or the parent answer for it as it is? */
static bool is_answered_for(const struct sweep *s, const struct vz_node *n)
{
	auto_free char *path = NULL;
	const struct vz_node *before;

	if (n->owner || !s->c->parent)
		return n->owner;
	path = vz_node_path(n);
	before = vz_tree_find(s->c->parent, path);
	return before && vz_node_same(before, n, false);
}

static int sweep_node(struct vz_node *n, void *ctx)
{
	struct sweep *s = ctx;

	if (vz_node_is_dir(n) || is_answered_for(s, n))
		return 0;
	if (s->what == EMPTY) {
		if (vz_node_is_file(n))
			vz_node_set_content(vz_node_inode(n), "", 0);
	} else if (s->what == DROP || !vz_node_is_file(n) || vz_node_inode(n)->size) {
		vz_grow(s->gone, s->n, s->cap);
		s->gone[s->n++] = n;
	}
	return 0;
}

static void sweep(const struct vz_configure *c, const struct rule *r, struct vz_tree *t)
{
	struct sweep s = { .c = c, .what = r->what };
	struct vz_node *dir = vz_tree_find(t, r->dir);

	if (!dir)
		return;
	if (!r->name)
		vz_node_walk(dir, sweep_node, &s);
	for (uint32_t i = 0; r->name && i < dir->n_children; i++)
		if (fnmatch(r->name, dir->children[i]->name, 0) == 0)
			sweep_node(dir->children[i], &s);
	for (size_t i = 0; i < s.n; i++)
		vz_tree_remove(t, s.gone[i]);
	free(s.gone);
}

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

/* Something for link/view.h to show the host's over: an environment has none of its own. */
static int add_resolv_conf(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	const struct vz_content_file f = { .path = "/etc/resolv.conf", .mode = 0644, .date = c->date, .data = "" };

	return vz_tree_lookup(t, f.path, false) ? 0 : vz_content_write(c->store, t, &f, err);
}

int vz_deb_settle(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		sweep(c, &rules[i], t);
	drop_policy(c, t);
	drop_tools(t);
	if (add_resolv_conf(c, t, err) < 0)
		return -1;
	return check_installed(c, t, err);
}
