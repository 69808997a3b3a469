/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/recording_place.h"

#include <stdio.h>

void vz_place_release(struct vz_place *p)
{
	vz_table_release(&p->inodes);
}

struct vz_node *vz_place_dir(struct vz_place *p, const struct vz_node *n)
{
	struct vz_node *above, *dir;

	if (!n->parent)
		return p->root;
	above = vz_place_dir(p, n->parent);
	dir = vz_node_child(above, n->name, n->name_len);
	if (!dir) {
		dir = vz_node_add(above, n->name, n->mode);
		vz_node_copy_inode(dir, n);
	}
	return dir;
}

static struct vz_node *put(struct vz_place *p, struct vz_node *dir, const struct vz_node *n)
{
	const struct vz_node *inode = vz_node_inode(n);
	struct vz_node *copy = vz_node_add(dir, n->name, inode->mode), *first;
	char key[32];

	snprintf(key, sizeof key, "%p", (const void *)inode);
	first = inode->n_links ? vz_table_get(&p->inodes, key) : NULL;
	if (first) {
		vz_node_set_link(copy, first);
		return copy;
	}
	vz_node_copy_inode(copy, inode);
	if (inode->n_links)
		vz_table_put(&p->inodes, key, copy);
	return copy;
}

struct vz_node *vz_place_file(struct vz_place *p, const struct vz_node *n)
{
	struct vz_node *dir = vz_place_dir(p, n->parent);
	struct vz_node *there = vz_node_child(dir, n->name, n->name_len);

	return there ? there : put(p, dir, n);
}

static void copy_below(struct vz_place *p, struct vz_node *to, const struct vz_node *from)
{
	for (uint32_t i = 0; i < from->n_children; i++) {
		const struct vz_node *n = from->children[i];
		struct vz_node *copy;

		if (!vz_node_is_dir(n)) {
			put(p, to, n);
			continue;
		}
		copy = vz_node_add(to, n->name, n->mode);
		vz_node_copy_inode(copy, n);
		copy_below(p, copy, n);
	}
}

void vz_place_below(struct vz_place *p, const struct vz_node *n)
{
	vz_node_copy_inode(p->root, n);
	copy_below(p, p->root, n);
}
