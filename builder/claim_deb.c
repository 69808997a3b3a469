/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/claim.h"

#include <string.h>

#include "base/table.h"
#include "builder/content.h"
#include "builder/dpkg.h"
#include "builder/waiting.h"

struct diverted {
	size_t index;
	const struct vz_node *from;
	const char *to;
};

struct vz_claims {
	const struct vz_compose *c;
	struct vz_dpkg_diversions diversions;
	struct diverted *diverted;
	size_t n_diverted, cap_diverted;
	struct vz_dpkg_packages new;     /* by index; read at the first dispute */
	struct vz_dpkg_packages old;     /* the parent's */
	struct vz_table owners;          /* of the parent's paths: index into `old` + 1 */
	bool old_read;
	struct vz_table lost;            /* path of a file list -> struct vz_buf of paths, one a line */
	struct vz_waiting waiting;
};

static void deb_free(struct vz_claims *cl)
{
	if (!cl)
		return;
	for (size_t i = 0; i < cl->lost.n; i++) {
		vz_buf_release(cl->lost.items[i].value);
		free(cl->lost.items[i].value);
	}
	vz_table_release(&cl->lost);
	vz_waiting_release(&cl->waiting);
	vz_table_release(&cl->owners);
	vz_dpkg_packages_release(&cl->old);
	vz_dpkg_packages_release(&cl->new);
	vz_dpkg_diversions_release(&cl->diversions);
	free(cl->diverted);
	free(cl);
}

VZ_AUTO(struct vz_claims, deb_free)

/* Diversions are few and nodes are many, so each is looked up in each package once. */
static void find_diverted(struct vz_claims *cl)
{
	for (size_t d = 0; d < cl->diversions.n; d++) {
		const struct vz_dpkg_diversion *div = &cl->diversions.items[d];

		for (size_t i = 0; i < cl->c->n; i++) {
			const struct vz_compose_package *p = &cl->c->packages[i];
			const struct vz_node *n = vz_tree_find(p->record->tree, div->from);

			if (!n || vz_node_is_dir(n) || strcmp(p->name, div->owner) == 0)
				continue;
			vz_grow(cl->diverted, cl->n_diverted, cl->cap_diverted);
			cl->diverted[cl->n_diverted++] = (struct diverted){ i, n, div->to };
		}
	}
}

static bool ships_dir(const struct vz_compose *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct vz_node *n = vz_node_child(c->packages[i].record->tree->root, name, strlen(name));

		if (n && vz_node_is_dir(n))
			return true;
	}
	return false;
}

/* Every release from Debian 12 on is merged; its packages may still ship the
 * old paths, and the names are those that debootstrap knows. */
static void seed_merged_usr(const struct vz_compose *c)
{
	static const char *const names[] = { "bin", "lib", "lib32", "lib64", "libo32", "libx32", "sbin" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		auto_free char *target = vz_printf("usr/%s", names[i]);
		struct vz_node *link;

		if (vz_node_child(c->tree->root, names[i], strlen(names[i])) || !ships_dir(c, names[i]) ||
		    !vz_tree_make_dirs(c->tree, target, 0755, c->date))
			continue;
		link = vz_node_add(c->tree->root, names[i], S_IFLNK | 0777);
		link->mtime = c->date;
		vz_node_set_symlink(link, target);
	}
}

static struct vz_claims *deb_new(const struct vz_compose *c, struct vz_err *err)
{
	VZ_CLEANUP(deb_free) struct vz_claims *cl = vz_new(struct vz_claims);
	auto_buf struct vz_buf text = {0};

	cl->c = cl->waiting.c = c;
	if (vz_content_read(c->store, c->tree, VZ_DPKG_DIR "/diversions", &text, err) < 0 ||
	    vz_dpkg_diversions_read(text.data, text.len, &cl->diversions, err) < 0)
		return NULL;
	find_diverted(cl);
	seed_merged_usr(c);
	return steal(&cl);
}

static const char *deb_diverted(const struct vz_claims *cl, size_t index, const struct vz_node *from)
{
	for (size_t i = 0; i < cl->n_diverted; i++)
		if (cl->diverted[i].index == index && cl->diverted[i].from == from)
			return cl->diverted[i].to;
	return NULL;
}

static int read_new(struct vz_claims *cl, struct vz_err *err)
{
	for (size_t i = cl->new.n; i < cl->c->n; i++) {
		const struct vz_compose_package *p = &cl->c->packages[i];
		const struct vz_record_member *control = vz_record_member(p->record, "control");

		if (!control || vz_dpkg_packages_read(control->data, control->len, &cl->new, err) < 0 ||
		    cl->new.n != i + 1)
			return vz_err_set(err, VZ_FAILED, "package '%s': its control file is malformed", p->name);
	}
	return 0;
}

/* As dpkg's lists have paths as shipped, and the tree has them where they
 * landed: without the /usr of a merged directory the two are the same. */
static const char *plain_path(const char *path)
{
	static const char *const merged[] = { "bin/", "lib/", "lib32/", "lib64/", "libo32/", "libx32/", "sbin/" };

	if (strncmp(path, "/usr/", 5) != 0)
		return path;
	for (size_t i = 0; i < sizeof merged / sizeof *merged; i++)
		if (strncmp(path + 5, merged[i], strlen(merged[i])) == 0)
			return path + 4;
	return path;
}

static struct vz_node *list_of(const struct vz_claims *cl, const struct vz_dpkg_package *p)
{
	auto_free char *name = vz_dpkg_info_name(p);
	auto_free char *path = vz_printf(VZ_DPKG_DIR "/info/%s.list", name);

	return vz_tree_find(cl->c->tree, path);
}

static int read_list(struct vz_claims *cl, size_t index, struct vz_err *err)
{
	const struct vz_node *list = list_of(cl, &cl->old.items[index]);
	auto_buf struct vz_buf text = {0};
	char *save = NULL;

	if (!list || !vz_node_is_file(list))
		return 0;
	if (vz_content_get(cl->c->store, list, &text, err) < 0)
		return -1;
	for (char *line = text.len ? strtok_r(text.data, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		vz_table_put(&cl->owners, plain_path(line), (void *)(index + 1));
	return 0;
}

static int read_old(struct vz_claims *cl, struct vz_err *err)
{
	auto_buf struct vz_buf status = {0};

	if (cl->old_read)
		return 0;
	cl->old_read = true;
	if (vz_content_read(cl->c->store, cl->c->tree, VZ_DPKG_DIR "/status", &status, err) < 0)
		return -1;
	if (status.len && vz_dpkg_packages_read(status.data, status.len, &cl->old, err) < 0)
		return vz_err_wrap(err, "the parent's package database");
	for (size_t i = 0; i < cl->old.n; i++)
		if (read_list(cl, i, err) < 0)
			return -1;
	return 0;
}

/* Who ships `have`: NULL in `ret` if nobody does. */
static int owner_of(struct vz_claims *cl, const struct vz_node *have, const struct vz_dpkg_package **ret,
		    struct vz_err *err)
{
	auto_free char *path = NULL;
	size_t index;

	if (have->owner) {
		*ret = &cl->new.items[have->owner - 1];
		return 0;
	}
	if (read_old(cl, err) < 0)
		return -1;
	path = vz_node_path(have);
	index = (size_t)vz_table_get(&cl->owners, plain_path(path));
	*ret = index ? &cl->old.items[index - 1] : NULL;
	return 0;
}

static void lose(struct vz_claims *cl, const struct vz_dpkg_package *loser, const struct vz_node *have)
{
	auto_free char *path = vz_node_path(have), *name = vz_dpkg_info_name(loser);
	auto_free char *list = vz_printf(VZ_DPKG_DIR "/info/%s.list", name);
	struct vz_buf *lost = vz_table_get(&cl->lost, list);

	if (!lost) {
		lost = vz_new(struct vz_buf);
		vz_table_put(&cl->lost, list, lost);
	}
	vz_buf_printf(lost, "%s\n", plain_path(path));
}

static bool replaces(const struct vz_dpkg_package *a, const struct vz_dpkg_package *b)
{
	return vz_dpkg_relation_has(a->replaces, b->name, b->version);
}

/* Neither replaces the other. */
static int contest(struct vz_claims *cl, const struct vz_node *have, size_t index, const struct vz_dpkg_package *old,
		   struct vz_verdict *ret, struct vz_err *err)
{
	const struct vz_dpkg_package *new = &cl->new.items[index];
	auto_free char *path = vz_node_path(have);

	if (vz_waiting_may_divert(&cl->c->packages[index])) {
		ret->claim = VZ_CLAIM_NEW_ASIDE;
		ret->aside = vz_waiting_add(&cl->waiting, index, path, old->name, ret->name, err);
		return ret->aside ? 0 : -1;
	}
	if (have->owner && vz_waiting_may_divert(&cl->c->packages[have->owner - 1])) {
		ret->claim = VZ_CLAIM_OLD_ASIDE;
		ret->aside = vz_waiting_add(&cl->waiting, have->owner - 1, path, new->name, ret->name, err);
		return ret->aside ? 0 : -1;
	}
	vz_err_set(err, VZ_FAILED, "packages '%s' (%s) and '%s' (%s) both ship '%s'", old->name, old->version,
		   new->name, new->version, path);
	return vz_err_hint(err, "they cannot be installed together; leave one of them out");
}

static int deb_decide(struct vz_claims *cl, const struct vz_node *have, size_t index, const struct vz_node *from,
		      struct vz_verdict *ret, struct vz_err *err)
{
	const struct vz_dpkg_package *old, *new;

	if (read_new(cl, err) < 0 || owner_of(cl, have, &old, err) < 0)
		return -1;
	new = &cl->new.items[index];
	if (!old) {
		ret->claim = VZ_CLAIM_NEW;
	} else if (old == new || (strcmp(old->name, new->name) == 0 && new->multi_arch_same &&
				  vz_node_same(have, from, false))) {
		ret->claim = VZ_CLAIM_OLD;
	} else if (replaces(new, old)) {
		ret->claim = VZ_CLAIM_NEW;
		lose(cl, old, have);
	} else if (replaces(old, new)) {
		ret->claim = VZ_CLAIM_OLD;
		lose(cl, new, have);
	} else {
		return contest(cl, have, index, old, ret, err);
	}
	return 0;
}

/* `lost` has lines in the form of plain_path(). */
static bool has_line(const struct vz_buf *lost, const char *path)
{
	size_t len = strlen(path);

	for (const char *p = lost->data; *p; p = strchr(p, '\n') + 1)
		if (strncmp(p, path, len) == 0 && p[len] == '\n')
			return true;
	return false;
}

static int forget_lost(struct vz_claims *cl, struct vz_node *list, const struct vz_buf *lost, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0}, kept = {0};
	char *save = NULL;

	if (vz_content_get(cl->c->store, list, &text, err) < 0)
		return -1;
	for (char *line = text.len ? strtok_r(text.data, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (!has_line(lost, plain_path(line)))
			vz_buf_printf(&kept, "%s\n", line);
	return vz_content_set(cl->c->store, list, kept.data, kept.len, err);
}

static int deb_finish(struct vz_claims *cl, struct vz_err *err)
{
	for (size_t i = 0; i < cl->lost.n; i++) {
		struct vz_node *list = vz_tree_find(cl->c->tree, cl->lost.items[i].key);

		if (list && vz_node_is_file(list) &&
		    forget_lost(cl, vz_node_inode(list), cl->lost.items[i].value, err) < 0)
			return vz_err_wrap(err, "'%s'", cl->lost.items[i].key);
	}
	return vz_waiting_finish(&cl->waiting, err);
}

const struct vz_claims_ops vz_claims_deb = {
	.family = "deb", .new = deb_new, .free = deb_free, .diverted = deb_diverted, .decide = deb_decide, .finish = deb_finish,
};
