/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/waiting.h"

#include <stdio.h>
#include <string.h>

#include "builder/content.h"
#include "builder/dpkg.h"

struct vz_waiting_list {
	struct vz_buf text;
	unsigned n;
};

void vz_waiting_release(struct vz_waiting *w)
{
	for (size_t i = 0; w->lists && i < w->c->n; i++)
		vz_buf_release(&w->lists[i].text);
	free(w->lists);
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

static char *dir_of(const struct vz_compose_package *p)
{
	return vz_printf(VZ_WAITING_DIR "/%s:%s", p->name, p->arch);
}

/* As the package has it: what landed in a merged directory may have been shipped without the /usr. */
static const char *shipped_path(const struct vz_compose_package *p, const char *path)
{
	if (!vz_tree_find(p->record->tree, path) && strncmp(path, "/usr/", 5) == 0 &&
	    vz_tree_find(p->record->tree, path + 4))
		return path + 4;
	return path;
}

struct vz_node *vz_waiting_add(struct vz_waiting *w, size_t index, const char *path, const char *other,
			       char ret_name[16], struct vz_err *err)
{
	const struct vz_compose_package *p = &w->c->packages[index];
	auto_free char *dir = dir_of(p);
	struct vz_node *n = vz_tree_make_dirs(w->c->tree, dir, 0700, w->c->date);
	struct vz_waiting_list *list;

	if (!n) {
		vz_err_set(err, VZ_FAILED, "no directory can be made at '%s'", dir);
		return NULL;
	}
	if (!w->lists)
		w->lists = vz_alloc(w->c->n * sizeof *w->lists);
	list = &w->lists[index];
	snprintf(ret_name, 16, "%u", list->n++);
	vz_buf_printf(&list->text, "%s\n%s\n%s\n%s\n", ret_name, path, shipped_path(p, path), other);
	return n;
}

struct search {
	const struct vz_waiting *w;
	const bool *may_divert;          /* by package index */
	struct vz_node **found;
	size_t n, cap;
};

static int visit(struct vz_node *n, void *ctx)
{
	static const char info[] = VZ_DPKG_DIR "/info/";
	struct search *s = ctx;
	auto_free char *path = NULL;
	bool waits;

	if (vz_node_is_dir(n) || !n->owner || !s->may_divert[n->owner - 1])
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

static int put_all_aside(struct vz_waiting *w, const bool *may_divert, struct vz_err *err)
{
	struct search s = { .w = w, .may_divert = may_divert };
	int rc = 0;

	vz_node_walk(w->c->tree->root, visit, &s);
	for (size_t i = 0; rc == 0 && i < s.n; i++)
		rc = put_aside(w, s.found[i], err);
	free(s.found);
	return rc;
}

static int write_list(const struct vz_waiting *w, size_t index, struct vz_err *err)
{
	const struct vz_waiting_list *list = &w->lists[index];
	auto_free char *dir = dir_of(&w->c->packages[index]), *path = vz_printf("%s/list", dir);
	const struct vz_content_file f = { path, 0600, w->c->date, list->text.data, list->text.len };

	return list->n ? vz_content_write(w->c->store, w->c->tree, &f, err) : 0;
}

int vz_waiting_finish(struct vz_waiting *w, struct vz_err *err)
{
	auto_free bool *may_divert = vz_alloc(w->c->n + 1);
	bool any = false;

	for (size_t i = 0; i < w->c->n; i++)
		any |= may_divert[i] = vz_waiting_may_divert(&w->c->packages[i]);
	if (any && put_all_aside(w, may_divert, err) < 0)
		return -1;
	for (size_t i = 0; w->lists && i < w->c->n; i++)
		if (write_list(w, i, err) < 0)
			return -1;
	return 0;
}
