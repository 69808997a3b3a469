/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/sweep.h"

#include <fnmatch.h>

#include "builder/content.h"

static const struct vz_sweep_rule common[] = {
	{ "/etc", "machine-id", VZ_SWEEP_EMPTY },        /* systemd fills an empty one in */
	{ "/var/lib/dbus", "machine-id", VZ_SWEEP_DROP },
	{ "/etc", "passwd-", VZ_SWEEP_DROP }, { "/etc", "group-", VZ_SWEEP_DROP }, { "/etc", "shadow-", VZ_SWEEP_DROP },
	{ "/etc", "gshadow-", VZ_SWEEP_DROP }, { "/etc", "subuid-", VZ_SWEEP_DROP },
	{ "/etc", "subgid-", VZ_SWEEP_DROP }, { "/etc", ".pwd.lock", VZ_SWEEP_DROP },
	{ "/etc/ssh", "ssh_host_*", VZ_SWEEP_DROP },
	{ "/root", ".*_history", VZ_SWEEP_DROP }, { "/root", ".lesshst", VZ_SWEEP_DROP },
	{ "/run", NULL, VZ_SWEEP_DROP }, { "/tmp", NULL, VZ_SWEEP_DROP }, { "/var/tmp", NULL, VZ_SWEEP_DROP },
	{ "/dev", NULL, VZ_SWEEP_DROP }, { "/var/log", NULL, VZ_SWEEP_FILLED },
	{ "/var/cache/ldconfig", "aux-cache", VZ_SWEEP_DROP },
	{ "/var/lib/systemd", "random-seed", VZ_SWEEP_DROP },
};

struct sweep {
	const struct vz_configure *c;
	enum vz_sweep_what what;
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
	if (s->what == VZ_SWEEP_EMPTY) {
		if (vz_node_is_file(n))
			vz_node_set_content(vz_node_inode(n), "", 0);
	} else if (s->what == VZ_SWEEP_DROP || (vz_node_is_file(n) && vz_node_inode(n)->size)) {
		vz_grow(s->gone, s->n, s->cap);
		s->gone[s->n++] = n;
	}
	return 0;
}

static void sweep(const struct vz_configure *c, const struct vz_sweep_rule *r, struct vz_tree *t)
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

static int add_resolv_conf(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	const struct vz_content_file f = { .path = "/etc/resolv.conf", .mode = 0644, .date = c->date, .data = "" };

	return vz_tree_lookup(t, f.path, false) ? 0 : vz_content_write(c->store, t, &f, err);
}

int vz_sweep(const struct vz_configure *c, const struct vz_sweep_rule *rules, size_t n, struct vz_tree *t,
	     struct vz_err *err)
{
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		sweep(c, &common[i], t);
	for (size_t i = 0; i < n; i++)
		sweep(c, &rules[i], t);
	return add_resolv_conf(c, t, err);
}
