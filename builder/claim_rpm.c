/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/claim.h"

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "builder/rpmdb.h"
#include "shim/rpm.h"

#define WIDE 2                   /* color of a file for 64 bits, which rpm prefers where both may be (%_prefer_color) */

/* A package with the list of files in its header. */
struct shipper {
	struct vz_rpm *rpm;
	size_t n_files;
};

struct vz_claims {
	const struct vz_compose *c;
	struct shipper *new;             /* by index, opened when disputed */
	struct vz_table *implied;        /* by index: directories that are not the package's own */
	struct vz_table *owned;          /* by index: paths whose owner is not root */
	struct shipper *old;             /* of the parent */
	size_t n_old;
	bool old_read;
};

static void rpm_free(struct vz_claims *cl)
{
	if (!cl)
		return;
	for (size_t i = 0; i < cl->c->n; i++) {
		vz_rpm_close(cl->new[i].rpm);
		vz_table_release(&cl->implied[i]);
		vz_table_release(&cl->owned[i]);
	}
	for (size_t i = 0; i < cl->n_old; i++)
		vz_rpm_close(cl->old[i].rpm);
	free(cl->new);
	free(cl->implied);
	free(cl->owned);
	free(cl->old);
	free(cl);
}

/* The lines of a record's member, without their first `skip` words. */
static void read_paths(const struct vz_record *r, const char *member, int skip, struct vz_table *ret)
{
	const struct vz_record_member *m = vz_record_member(r, member);
	auto_free char *text = m ? vz_strndup(m->data, m->len) : NULL;
	char *save = NULL;

	for (char *line = m ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		for (int i = 0; i < skip && line; i++)
			line = strchr(line, ' ') ? strchr(line, ' ') + 1 : NULL;
		if (line)
			vz_table_put(ret, line, NULL);
	}
}

/*
 * Links to directories, before anything is put where they lead.
 */

static bool is_dir_elsewhere(const struct vz_compose *c, size_t index, const char *path)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct vz_node *n = i == index ? NULL : vz_tree_find(c->packages[i].record->tree, path);

		if (n && vz_node_is_dir(n))
			return true;
	}
	return false;
}

static void seed_link(const struct vz_compose *c, size_t index, const struct vz_node *from)
{
	auto_free char *path = vz_node_path(from), *up = vz_node_path(from->parent), *to = NULL;
	struct vz_node *dir, *n;

	if (vz_tree_lookup(c->tree, path, false) || !is_dir_elsewhere(c, index, path))
		return;
	dir = vz_tree_make_dirs(c->tree, up, 0755, c->date);
	to = *from->payload == '/' ? vz_strdup(from->payload) : vz_printf("%s/%s", up, from->payload);
	if (!dir || vz_node_child(dir, from->name, from->name_len) || !vz_tree_make_dirs(c->tree, to, 0755, c->date))
		return;
	n = vz_node_add(dir, from->name, from->mode);
	vz_node_copy_inode(n, from);
	n->mtime = n->mtime > c->date ? c->date : n->mtime;
	n->owner = (uint32_t)index + 1;
}

/* Those of the root and of its directories: /bin, /usr/sbin, /var/run. Deeper ones do not hold what others ship. */
static void seed_links(const struct vz_compose *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct vz_node *root = c->packages[i].record->tree->root;

		for (uint32_t k = 0; k < root->n_children; k++)
			if (vz_node_is_symlink(root->children[k]))
				seed_link(c, i, root->children[k]);
	}
	for (size_t i = 0; i < c->n; i++) {
		const struct vz_node *root = c->packages[i].record->tree->root;

		for (uint32_t k = 0; k < root->n_children; k++)
			for (uint32_t l = 0; l < root->children[k]->n_children; l++)
				if (vz_node_is_symlink(root->children[k]->children[l]))
					seed_link(c, i, root->children[k]->children[l]);
	}
}

static struct vz_claims *rpm_new(const struct vz_compose *c, struct vz_err *err)
{
	struct vz_claims *cl = vz_new(struct vz_claims);

	(void)err;
	cl->c = c;
	cl->new = vz_alloc((c->n + 1) * sizeof *cl->new);
	cl->implied = vz_alloc((c->n + 1) * sizeof *cl->implied);
	cl->owned = vz_alloc((c->n + 1) * sizeof *cl->owned);
	for (size_t i = 0; i < c->n; i++) {
		read_paths(c->packages[i].record, "implied", 0, &cl->implied[i]);
		read_paths(c->packages[i].record, "owners", 2, &cl->owned[i]);
	}
	seed_links(c);
	return cl;
}

/*
 * Who ships what, by the headers.
 */

static struct shipper *new_shipper(struct vz_claims *cl, size_t index, struct vz_err *err)
{
	const struct vz_compose_package *p = &cl->c->packages[index];
	const struct vz_record_member *m = vz_record_member(p->record, "header");
	struct shipper *s = &cl->new[index];

	if (s->rpm)
		return s;
	if (!m) {
		vz_err_set(err, VZ_DAMAGED, "package '%s': its record has no header", p->name);
		return NULL;
	}
	s->rpm = vz_rpm_parse(m->data, m->len, err);
	if (!s->rpm || vz_rpm_files(s->rpm, &s->n_files, err) < 0) {
		vz_err_wrap(err, "package '%s'", p->name);
		return NULL;
	}
	return s;
}

static int read_old(struct vz_claims *cl, struct vz_err *err)
{
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0};
	struct vz_rpmdb_place place;

	if (cl->old_read)
		return 0;
	cl->old_read = true;
	if (vz_rpmdb_find(cl->c->store, cl->c->tree, &place, err) < 0 ||
	    vz_rpmdb_read(cl->c->store, cl->c->tree, &place, &e, err) < 0)
		return vz_err_wrap(err, "the parent's package database");
	cl->old = vz_alloc((e.n + 1) * sizeof *cl->old);
	for (; cl->n_old < e.n; cl->n_old++) {
		struct shipper *s = &cl->old[cl->n_old];

		s->rpm = vz_rpm_parse_entry(e.items[cl->n_old].data, e.items[cl->n_old].len, err);
		if (!s->rpm || vz_rpm_files(s->rpm, &s->n_files, err) < 0) {
			vz_rpm_close(s->rpm);
			return vz_err_wrap(err, "the parent's package database");
		}
	}
	return 0;
}

/* The number of the file that is `have` in the tree, or -1: its path in the package can lead there through links. */
static ptrdiff_t find_file(const struct vz_claims *cl, const struct shipper *s, const struct vz_node *have)
{
	auto_free char *path = vz_node_path(have);
	ptrdiff_t found = vz_rpm_find(s->rpm, path);

	for (size_t i = 0; found < 0 && i < s->n_files; i++) {
		struct vz_rpm_file f;

		vz_rpm_file(s->rpm, i, &f);
		if (strcmp(strrchr(f.path, '/') + 1, have->name) == 0 && vz_tree_lookup(cl->c->tree, f.path, false) == have)
			found = (ptrdiff_t)i;
		free(f.path);
	}
	return found;
}

/* A file of a package, or none. */
struct claim {
	const struct shipper *by;
	size_t i;
};

static int owner_of(struct vz_claims *cl, const struct vz_node *have, struct claim *ret, struct vz_err *err)
{
	const struct shipper *s = have->owner ? new_shipper(cl, have->owner - 1, err) : cl->old;
	size_t n = have->owner ? 1 : cl->n_old;
	ptrdiff_t found;

	if (have->owner && !s)
		return -1;
	if (!have->owner) {
		if (read_old(cl, err) < 0)
			return -1;
		s = cl->old;
		n = cl->n_old;
	}
	*ret = (struct claim){0};
	for (; n && !ret->by; n--, s++)
		if ((found = find_file(cl, s, have)) >= 0)
			*ret = (struct claim){ s, (size_t)found };
	return 0;
}

static int claim_of(struct vz_claims *cl, size_t index, const struct vz_node *from, struct claim *ret, struct vz_err *err)
{
	auto_free char *path = vz_node_path(from);
	ptrdiff_t found;

	ret->by = new_shipper(cl, index, err);
	if (!ret->by)
		return -1;
	found = vz_rpm_find(ret->by->rpm, path);
	if (found < 0)
		return vz_err_set(err, VZ_DAMAGED, "package '%s': its header does not list '%s'", cl->c->packages[index].name, path);
	ret->i = (size_t)found;
	return 0;
}

static struct vz_rpm_file file_of(const struct claim *c)
{
	struct vz_rpm_file f;

	vz_rpm_file(c->by->rpm, c->i, &f);
	free(f.path);
	f.path = NULL;
	return f;
}

/*
 * The rules.
 */

static const char *word(const struct claim *c, int tag)
{
	const char *s = vz_rpm_string(c->by->rpm, VZ_RPM_HEADER, tag, 0);

	return s ? s : "?";
}

static int conflict(const struct claim *old, const struct claim *new, const struct vz_node *have, struct vz_err *err)
{
	auto_free char *path = vz_node_path(have);

	vz_err_set(err, VZ_FAILED, "packages '%s' (%s-%s) and '%s' (%s-%s) both ship '%s', and differ in it", word(old, VZ_RPM_NAME),
		   word(old, VZ_RPM_VERSION), word(old, VZ_RPM_RELEASE), word(new, VZ_RPM_NAME), word(new, VZ_RPM_VERSION),
		   word(new, VZ_RPM_RELEASE), path);
	return vz_err_hint(err, "they cannot be installed together; leave one of them out");
}

static bool same_content(const struct vz_node *a, const struct vz_node *b)
{
	a = vz_node_inode(a);
	b = vz_node_inode(b);
	if (a->size != b->size || a->has_digest != b->has_digest)
		return false;
	if (a->has_digest)
		return vz_digest_cmp(&a->digest, &b->digest) == 0;
	return !a->size || memcmp(a->content, b->content, a->size) == 0;
}

/* Nobody ships `have`. */
static int unowned(struct vz_claims *cl, const struct vz_node *have, const struct claim *new, const struct vz_node *from,
		   struct vz_verdict *ret, struct vz_err *err)
{
	struct vz_rpm_file f = file_of(new);
	bool noreplace = f.flags & VZ_RPM_NOREPLACE;
	struct vz_node *old;

	ret->claim = VZ_CLAIM_NEW;
	if (!(f.flags & VZ_RPM_CONFIG) || !vz_node_is_file(have) || !vz_node_is_file(from) || same_content(have, from))
		return 0;
	if (snprintf(ret->name, sizeof ret->name, "%s.%s", have->name, noreplace ? "rpmnew" : "rpmorig") >= (int)sizeof ret->name)
		return vz_err_set(err, VZ_FAILED, "the name of '%s' is too long to keep it beside another", have->name);
	ret->claim = noreplace ? VZ_CLAIM_NEW_ASIDE : VZ_CLAIM_OLD_ASIDE;
	ret->aside = have->parent;
	old = vz_node_child(have->parent, ret->name, strlen(ret->name));
	if (old && vz_node_is_dir(old))
		return vz_err_set(err, VZ_FAILED, "'%s' is a directory", ret->name);
	if (old)
		vz_tree_remove(cl->c->tree, old);
	return 0;
}

static int rpm_decide(struct vz_claims *cl, const struct vz_node *have, size_t index, const struct vz_node *from,
		      struct vz_verdict *ret, struct vz_err *err)
{
	struct vz_rpm_file old_file, new_file;
	struct claim old, new;

	ret->claim = VZ_CLAIM_OLD;
	if (have->owner == index + 1)
		return 0;
	if (owner_of(cl, have, &old, err) < 0 || claim_of(cl, index, from, &new, err) < 0)
		return -1;
	if (!old.by)
		return unowned(cl, have, &new, from, ret, err);
	old_file = file_of(&old);
	new_file = file_of(&new);
	if (old_file.flags & VZ_RPM_GHOST) {
		ret->claim = VZ_CLAIM_NEW;
		return 0;
	}
	if (!vz_rpm_differ(old.by->rpm, old.i, new.by->rpm, new.i))
		return 0;
	if (old_file.color && new_file.color && old_file.color != new_file.color && (old_file.color | new_file.color) & WIDE) {
		ret->claim = old_file.color & WIDE ? VZ_CLAIM_OLD : VZ_CLAIM_NEW;
		return 0;
	}
	return conflict(&old, &new, have, err);
}

static int rpm_share(struct vz_claims *cl, struct vz_node *have, size_t index, const struct vz_node *from, struct vz_err *err)
{
	auto_free char *path = vz_node_path(from), *place = vz_node_path(have);
	const struct vz_table *old_owned = have->owner ? &cl->owned[have->owner - 1] : NULL;
	struct claim old, new;

	if (have->owner == index + 1 || vz_table_has(&cl->implied[index], path))
		return 0;
	/* most are root's and alike, and need no look at the headers */
	if (have->mode == from->mode && !have->uid && !have->gid && !vz_table_has(&cl->owned[index], path) &&
	    !(old_owned && vz_table_has(old_owned, place)))
		return 0;
	if (owner_of(cl, have, &old, err) < 0 || claim_of(cl, index, from, &new, err) < 0)
		return -1;
	if (old.by && !(file_of(&old).flags & VZ_RPM_GHOST))
		return vz_rpm_differ(old.by->rpm, old.i, new.by->rpm, new.i) ? conflict(&old, &new, have, err) : 0;
	if (!vz_node_is_dir(have))
		return 0;
	/* a directory on the way to a file until now, or one that a script made */
	vz_node_copy_inode(have, from);
	have->mtime = have->mtime > cl->c->date ? cl->c->date : have->mtime;
	have->owner = (uint32_t)index + 1;
	return 0;
}

const struct vz_claims_ops vz_claims_rpm = {
	.family = "rpm", .no_link_over_dir = true, .new = rpm_new, .free = rpm_free, .decide = rpm_decide, .share = rpm_share,
};
