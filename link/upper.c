/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/upper.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/path.h"

const char *vz_upper_why_name(enum vz_upper_why why)
{
	static const char *const names[] = {
		[VZ_UPPER_PARENT] = "parent", [VZ_UPPER_MERGED] = "merged", [VZ_UPPER_TAKEN] = "taken",
		[VZ_UPPER_BESIDE] = "beside", [VZ_UPPER_MADE_ANEW] = "made-anew", [VZ_UPPER_KEPT] = "kept",
		[VZ_UPPER_BACK] = "back", [VZ_UPPER_GUARD] = "guard",
	};

	return names[why];
}

bool vz_upper_is_told(const struct vz_upper_change *c)
{
	return c->why != VZ_UPPER_PARENT && c->why != VZ_UPPER_GUARD;
}

int vz_upper_look(int upper_fd, const char *path, struct vz_upper_seen *ret, struct vz_err *err)
{
	auto_fd int fd = vz_path_open_beneath(upper_fd, path, O_PATH | O_NOFOLLOW, err);
	struct stat st;

	if (fd < 0 && err->code != VZ_NOTFOUND)
		return -1;
	if (fd >= 0 && fstat(fd, &st) < 0)
		return vz_err_sys(err, "stat '%s'", path);
	*ret = (struct vz_upper_seen){0};
	if (fd >= 0)
		*ret = (struct vz_upper_seen){
			.there = true, .ino = st.st_ino, .size = (uint64_t)st.st_size, .changed = st.st_ctim,
		};
	return 0;
}

bool vz_upper_seen_same(const struct vz_upper_seen *a, const struct vz_upper_seen *b)
{
	return a->there == b->there && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

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
