/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/waiting.h"

#include <stdio.h>
#include <string.h>

#include "builder/content.h"
#include "builder/dpkg.h"

void vz_waiting_release(struct vz_waiting *w)
{
	free(w->packages);
	vz_buf_release(&w->list);
}

static bool preinst_names(const struct vz_compose_package *p, const char *word)
{
	const struct vz_record_member *preinst = vz_record_member(p->record, "preinst");

	return preinst && memmem(preinst->data, preinst->len, word, strlen(word));
}

bool vz_waiting_may_divert(const struct vz_compose_package *p)
{
	return preinst_names(p, "dpkg-divert");
}

struct vz_node *vz_waiting_add(struct vz_waiting *w, size_t index, const char *path, const char *other,
			       char ret_name[16], struct vz_err *err)
{
	struct vz_node *dir = vz_tree_make_dirs(w->c->tree, VZ_WAITING_DIR, 0700, w->c->date);

	if (!dir) {
		vz_err_set(err, VZ_FAILED, "no directory can be made at '%s'", VZ_WAITING_DIR);
		return NULL;
	}
	if (!w->packages)
		w->packages = vz_alloc(w->c->n * sizeof *w->packages);
	w->packages[index] = true;
	snprintf(ret_name, 16, "%u", w->n++);
	vz_buf_printf(&w->list, "%s\n%s\n%s\n%s\n", ret_name, path, w->c->packages[index].name, other);
	return dir;
}

struct search {
	const struct vz_waiting *w;
	struct vz_node **found;
	size_t n, cap;
};

static int visit(struct vz_node *n, void *ctx)
{
	static const char info[] = VZ_DPKG_DIR "/info/";
	struct search *s = ctx;
	auto_free char *path = NULL;
	bool waits;

	if (vz_node_is_dir(n) || !n->owner || !s->w->packages[n->owner - 1])
		return 0;
	path = vz_node_path(n);
	if (strncmp(path, VZ_WAITING_DIR "/", strlen(VZ_WAITING_DIR "/")) == 0)
		return 0;
	if (strncmp(path, info, strlen(info)) == 0)
		waits = n->name_len > 5 && strcmp(n->name + n->name_len - 5, ".list") == 0;
	else
		waits = preinst_names(&s->w->c->packages[n->owner - 1], n->name);
	if (waits) {
		vz_grow(s->found, s->n, s->cap);
		s->found[s->n++] = n;
	}
	return 0;
}

static int put_aside(struct vz_waiting *w, struct vz_node *n, struct vz_err *err)
{
	auto_free char *path = vz_node_path(n);
	struct vz_node *dir;
	char name[16];

	dir = vz_waiting_add(w, n->owner - 1, path, w->c->packages[n->owner - 1].name, name, err);
	if (dir)
		vz_node_move(n, dir, name);
	return dir ? 0 : -1;
}

int vz_waiting_finish(struct vz_waiting *w, struct vz_err *err)
{
	struct vz_content_file list = { .path = VZ_WAITING_DIR "/list", .mode = 0600, .date = w->c->date };
	struct search s = { .w = w };
	int rc = 0;

	if (!w->n)
		return 0;
	vz_node_walk(w->c->tree->root, visit, &s);
	for (size_t i = 0; rc == 0 && i < s.n; i++)
		rc = put_aside(w, s.found[i], err);
	free(s.found);
	list.data = w->list.data;
	list.len = w->list.len;
	return rc < 0 ? -1 : vz_content_write(w->c->store, w->c->tree, &list, err);
}
