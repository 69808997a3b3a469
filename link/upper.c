/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/upper.h"

#include <stdio.h>

void vz_upper_plan_release(struct vz_upper_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->changes[i].path);
	for (size_t i = 0; i < p->n_conflicts; i++) {
		free(p->conflicts[i].path);
		free(p->conflicts[i].what);
	}
	free(p->changes);
	free(p->conflicts);
	vz_tree_free(p->nodes);
	*p = (struct vz_upper_plan){0};
}

struct vz_upper_change *vz_upper_add(struct vz_upper_plan *p, enum vz_upper_kind kind, enum vz_upper_why why,
				     const char *path, const struct vz_node *like)
{
	struct vz_upper_change *c;
	char name[24];

	vz_grow(p->changes, p->n, p->cap);
	c = &p->changes[p->n];
	*c = (struct vz_upper_change){ .kind = kind, .why = why, .path = vz_strdup(path) };
	if (like) {
		if (!p->nodes)
			p->nodes = vz_tree_new();
		snprintf(name, sizeof name, "%012zu", p->n);
		c->node = vz_node_add(p->nodes->root, name, vz_node_inode(like)->mode);
		vz_node_copy_inode(c->node, like);
	}
	p->n++;
	return c;
}

void vz_upper_conflict(struct vz_upper_plan *p, const char *path, const char *fmt, ...)
{
	va_list ap;

	vz_grow(p->conflicts, p->n_conflicts, p->cap_conflicts);
	va_start(ap, fmt);
	p->conflicts[p->n_conflicts++] = (struct vz_upper_conflict){ vz_strdup(path), vz_vprintf(fmt, ap) };
	va_end(ap);
}
