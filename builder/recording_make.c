/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder/content.h"
#include "builder/ids.h"
#include "builder/inventory.h"
#include "builder/recording.h"
#include "builder/recording_place.h"
#include "builder/units.h"

#define KEY_MAX ((uint64_t)64 << 10)     /* of a file that may be a private key */

/* `owner` of a node of the environment's tree */
enum { NOBODYS, PACKAGES };

struct making {
	struct vz_recording_make *m;
	struct vz_place files, before, removed;
	struct vz_err *err;
};

void vz_recording_make_release(struct vz_recording_make *m)
{
	vz_texts_release(&m->include);
	vz_texts_release(&m->exclude);
	vz_recording_about_release(&m->about);
	vz_texts_release(&m->users);
	vz_texts_release(&m->left_out);
}

/* ---- what is left out ---- */

static bool is_below(const struct vz_texts *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++) {
		size_t len = strlen(list->v[i]);

		while (len && list->v[i][len - 1] == '/')
			len--;
		if (strncmp(path, list->v[i], len) == 0 && (!path[len] || path[len] == '/'))
			return true;
	}
	return false;
}

/* Is something that was asked for below it? Then it is entered, whatever the rules say. */
static bool leads_to(const struct vz_texts *list, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < list->n; i++)
		if (strncmp(list->v[i], path, len) == 0 && list->v[i][len] == '/')
			return true;
	return false;
}

/* A key in PEM form that no package brought is somebody's own. */
static int is_private_key(const struct making *k, const struct vz_node *n, bool *ret)
{
	auto_buf struct vz_buf text = {0};

	*ret = false;
	if (!vz_node_is_file(n) || n->owner == PACKAGES || n->size > KEY_MAX)
		return 0;
	if (vz_content_get(k->m->store, n, &text, k->err) < 0)
		return -1;
	*ret = text.len && memmem(text.data, text.len, "-----BEGIN ", 11) && memmem(text.data, text.len, "PRIVATE KEY-----", 16);
	return 0;
}

static int judge(struct making *k, const struct vz_node *n, const char *path, bool *ret_take)
{
	const struct vz_node *inode = vz_node_inode(n);
	enum vz_recording_rule rule;
	bool is_key;

	*ret_take = false;
	if (is_below(&k->m->exclude, path))
		return 0;
	*ret_take = is_below(&k->m->include, path) || (vz_node_is_dir(n) && leads_to(&k->m->include, path));
	if (*ret_take)
		return 0;
	rule = vz_recording_rule(path, vz_node_is_dir(n), inode->owner == PACKAGES);
	if (rule == VZ_RECORDING_TAKE) {
		if (is_private_key(k, inode, &is_key) < 0)
			return -1;
		rule = is_key ? VZ_RECORDING_SECRET : rule;
	}
	if (rule == VZ_RECORDING_SECRET)
		vz_texts_add(&k->m->left_out, path);
	*ret_take = rule == VZ_RECORDING_TAKE;
	return 0;
}

/* ---- what is different ---- */

static struct vz_node *child_of(const struct vz_node *dir, const struct vz_node *like)
{
	return dir ? vz_node_child(dir, like->name, like->name_len) : NULL;
}

static void take(struct making *k, const struct vz_node *old, const struct vz_node *now)
{
	if (vz_node_is_dir(now)) {
		vz_place_dir(&k->files, now);
	} else {
		if (child_of(vz_place_dir(&k->files, now->parent), now))
			return;
		vz_place_file(&k->files, now);
		k->m->files++;
		k->m->bytes += vz_node_is_file(vz_node_inode(now)) ? vz_node_inode(now)->size : 0;
		k->m->loose += vz_node_inode(now)->owner != PACKAGES;
	}
	if (old && vz_node_is_dir(old))
		vz_place_dir(&k->before, old);
	else if (old)
		vz_place_file(&k->before, old);
}

/* It was there, with all below it, and is gone. */
static int take_away(struct making *k, const struct vz_node *old)
{
	auto_free char *path = vz_node_path(old);
	struct vz_node *dir;

	if (is_below(&k->m->exclude, path) || vz_recording_rule(path, vz_node_is_dir(old), false) != VZ_RECORDING_TAKE)
		return 0;
	if (!vz_node_is_dir(old)) {
		dir = vz_place_dir(&k->removed, old->parent);
		vz_node_add(dir, old->name, S_IFREG);
		vz_place_file(&k->before, old);
		k->m->removed++;
		return 0;
	}
	dir = vz_place_dir(&k->removed, old);
	dir->mode = S_IFDIR;
	for (uint32_t i = 0; i < old->n_children; i++)
		if (take_away(k, old->children[i]) < 0)
			return -1;
	return 0;
}

static int compare(struct making *k, const struct vz_node *old, const struct vz_node *now);

static int compare_entry(struct making *k, const struct vz_node *old, const struct vz_node *now)
{
	auto_free char *path = NULL;
	bool wanted;

	if (!vz_node_is_dir(now) && old && vz_node_same(old, now, false))
		return 0;
	path = vz_node_path(now);
	if (judge(k, now, path, &wanted) < 0)
		return -1;
	if (!wanted)
		return 0;
	if (!vz_node_is_dir(now)) {
		take(k, old, now);
		return 0;
	}
	if (!old || !vz_node_is_dir(old) || !vz_node_same_attributes(old, now))
		take(k, old, now);
	return compare(k, old && vz_node_is_dir(old) ? old : NULL, now);
}

static int compare(struct making *k, const struct vz_node *old, const struct vz_node *now)
{
	for (uint32_t i = 0; i < now->n_children; i++)
		if (compare_entry(k, child_of(old, now->children[i]), now->children[i]) < 0)
			return -1;
	for (uint32_t i = 0; old && i < old->n_children; i++)
		if (!child_of(now, old->children[i]) && take_away(k, old->children[i]) < 0)
			return -1;
	return 0;
}

/* ---- packages ---- */

static int unmark(struct vz_node *n, void *ctx)
{
	(void)ctx;
	n->owner = NOBODYS;
	return 0;
}

static void mark_owned(const struct making *k, const struct vz_inventory *now)
{
	vz_node_walk(k->m->to->root, unmark, NULL);
	for (size_t i = 0; i < now->n; i++)
		for (size_t f = 0; f < now->items[i].files.n; f++) {
			struct vz_node *n = vz_tree_lookup(k->m->to, now->items[i].files.v[f], false);

			if (n)
				vz_node_inode(n)->owner = PACKAGES;
		}
}

static bool is_new(const struct vz_inventory *before, const struct vz_inventory_package *p)
{
	const struct vz_inventory_package *old = vz_inventory_find(before, p->name, p->arch);
	const struct vz_inventory_package *end = before->items + before->n;

	for (; old && old < end && strcmp(old->name, p->name) == 0 && strcmp(old->arch, p->arch) == 0; old++)
		if (strcmp(old->version, p->version) == 0)
			return false;
	return true;
}

/* All of a package that came or changed, also what is as the composition has it: another one may have it otherwise. */
static int take_package(struct making *k, const struct vz_inventory_package *p)
{
	for (size_t i = 0; i < p->files.n; i++) {
		const struct vz_node *n = vz_tree_lookup(k->m->to, p->files.v[i], false);
		auto_free char *path = n && !vz_node_is_dir(n) ? vz_node_path(n) : NULL;
		bool wanted;

		if (!path)
			continue;
		if (judge(k, n, path, &wanted) < 0)
			return -1;
		if (wanted)
			take(k, vz_tree_find(k->m->from, path), n);
	}
	return 0;
}

static int take_packages(struct making *k, const struct vz_inventory *before, const struct vz_inventory *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct vz_inventory_package *p = &now->items[i];
		auto_free char *line = vz_printf("%s %s %s %s", p->name, p->version, p->arch, p->automatic ? "needed" : "asked");

		if (!is_new(before, p))
			continue;
		vz_texts_add(&k->m->about.packages, line);
		if (take_package(k, p) < 0)
			return -1;
	}
	vz_texts_sort(&k->m->about.packages);
	return 0;
}

/* ---- users ---- */

/* Says who files belong to, so it is in it as it is, changed or not. */
static void take_always(struct making *k, const char *path)
{
	const struct vz_node *now = vz_tree_find(k->m->to, path), *old = vz_tree_find(k->m->from, path);

	if (now && vz_node_is_file(vz_node_inode(now)))
		vz_place_file(&k->files, now);
	if (now && old && !vz_node_is_dir(old))
		vz_place_file(&k->before, old);
}

/* Of shadow and its like: accounts that were there stay as they were, and nobody gets into those that came. */
static void lock_line(const struct vz_units *old, const struct vz_unit *u, struct vz_buf *ret)
{
	const struct vz_unit *was = vz_units_find(old, u);
	const char *first = memchr(u->text, ':', u->len), *end = u->text + u->len;
	const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;

	if (was) {
		vz_buf_add(ret, was->text, was->len);
	} else if (second) {
		vz_buf_add(ret, u->text, (size_t)(first + 1 - u->text));
		vz_buf_puts(ret, first[1] == '*' ? "*" : "!");
		vz_buf_add(ret, second, (size_t)(end - second));
	} else {
		return;
	}
	if (ret->len && ret->data[ret->len - 1] != '\n')
		vz_buf_putc(ret, '\n');
}

static int lock_accounts(struct making *k, const struct vz_tree *recording, const char *path)
{
	auto_free char *inside = vz_printf("/files%s", path);
	struct vz_node *n = vz_tree_find(recording, inside);
	auto_buf struct vz_buf old = {0}, now = {0}, text = {0};
	auto_units struct vz_units was = {0}, is = {0};

	if (!n || !vz_node_is_file(vz_node_inode(n)))
		return 0;
	if (vz_content_read(k->m->store, k->m->from, path, &old, k->err) < 0 || vz_content_get(k->m->store, n, &now, k->err) < 0)
		return -1;
	if (!vz_units_add_lines(&was, old.data, old.len, ':') || !vz_units_add_lines(&is, now.data, now.len, ':'))
		return vz_err_set(k->err, VZ_FAILED, "'%s' has too many lines", path);
	vz_units_index(&was);
	vz_units_index(&is);
	for (size_t i = 0; i < is.n; i++)
		lock_line(&was, &is.items[i], &text);
	return vz_content_set(k->m->store, vz_node_inode(n), text.data ? text.data : "", text.len, k->err);
}

static int note_users(struct making *k)
{
	auto_ids struct vz_ids before = {0}, now = {0};

	if (vz_ids_of_tree(k->m->store, k->m->from, &before, k->err) < 0 || vz_ids_of_tree(k->m->store, k->m->to, &now, k->err) < 0)
		return -1;
	for (size_t i = 0; i < now.n; i++) {
		auto_free char *line = vz_printf("%s %s", now.v[i].kind == VZ_ID_USER ? "user" : "group", now.v[i].name);
		uint32_t unused;

		if (!vz_ids_get(&before, now.v[i].kind, now.v[i].name, &unused))
			vz_texts_add(&k->m->users, line);
	}
	return 0;
}

/* ---- the whole ---- */

static int put_about(struct making *k, struct vz_tree *t)
{
	auto_buf struct vz_buf text = {0};

	k->m->about.family = vz_strdup(k->m->family);
	k->m->about.template = vz_strdup(k->m->template);
	if (vz_document_format(&vz_recording_kind, &k->m->about, &text, k->err) < 0)
		return -1;
	return vz_content_set(k->m->store, vz_node_add(t->root, "about", S_IFREG | 0644), text.data, text.len, k->err);
}

/* rpm's own settings say where its database was. */
static void take_settings(struct making *k, const char *path)
{
	const struct vz_node *n = vz_tree_find(k->m->from, path);

	if (n && !vz_node_is_dir(n))
		vz_place_file(&k->before, n);
	for (uint32_t i = 0; n && i < n->n_children; i++)
		if (!vz_node_is_dir(n->children[i]))
			vz_place_file(&k->before, n->children[i]);
}

static int fill(struct making *k, struct vz_tree *t)
{
	static const char *const shadows[] = { "/etc/shadow", "/etc/gshadow" };
	static const char *const settings[] = { "/usr/lib/rpm/macros", "/usr/lib/rpm/macros.d", "/etc/rpm" };
	auto_inventory struct vz_inventory before = {0}, now = {0};

	if (vz_inventory_read(k->m->store, k->m->family, k->m->from, &before, k->err) < 0 ||
	    vz_inventory_read(k->m->store, k->m->family, k->m->to, &now, k->err) < 0)
		return -1;
	mark_owned(k, &now);
	if (compare(k, k->m->from->root, k->m->to->root) < 0 || take_packages(k, &before, &now) < 0)
		return -1;
	if (!k->m->files && !k->m->removed)
		return vz_err_set(k->err, VZ_NOTFOUND, "nothing was installed in it since it was made");
	take_always(k, "/etc/passwd");
	take_always(k, "/etc/group");
	for (size_t i = 0; i < sizeof shadows / sizeof *shadows; i++)
		if (lock_accounts(k, t, shadows[i]) < 0)
			return -1;
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		take_settings(k, settings[i]);
	vz_texts_sort(&k->m->left_out);
	return note_users(k) < 0 ? -1 : put_about(k, t);
}

struct vz_tree *vz_recording_make(struct vz_recording_make *m, struct vz_err *err)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct making k = { .m = m, .err = err };
	int rc;

	k.before.root = vz_node_add(t->root, "before", S_IFDIR | 0755);
	k.files.root = vz_node_add(t->root, "files", S_IFDIR | 0755);
	k.removed.root = vz_node_add(t->root, "removed", S_IFDIR | 0755);
	rc = fill(&k, t);
	vz_place_release(&k.before);
	vz_place_release(&k.files);
	vz_place_release(&k.removed);
	if (rc == 0)
		vz_tree_count_links(t);
	return rc < 0 ? NULL : steal(&t);
}
