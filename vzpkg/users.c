/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/users.h"

#include <string.h>

#include "base/digests.h"
#include "base/fd.h"
#include "link/env.h"
#include "resolver/plan.h"
#include "store/manifest.h"
#include "store/outcome.h"
#include "store/plans.h"
#include "store/record.h"
#include "store/verify.h"

void vz_users_release(struct vz_users *u)
{
	for (size_t i = 0; i < u->by.n; i++) {
		vz_texts_release(u->by.items[i].value);
		free(u->by.items[i].value);
	}
	vz_table_release(&u->by);
}

const struct vz_texts *vz_users_of(const struct vz_users *u, const char *path)
{
	return vz_table_get(&u->by, path);
}

/* ---- reading ---- */

static void add(struct vz_users *u, const char *path, const char *user)
{
	struct vz_texts *t = vz_table_get(&u->by, path);

	if (!t)
		vz_table_put(&u->by, path, t = vz_new(struct vz_texts));
	if (!t->n || strcmp(t->v[t->n - 1], user))
		vz_texts_add(t, user);
}

static void add_digest(struct vz_users *u, const char *format, const struct vz_digest *d, const char *user)
{
	char hex[VZ_HEX_LEN + 1];
	auto_free char *path = NULL;

	vz_digest_hex(d, hex);
	path = vz_printf("%s/%s%s", format, hex, strcmp(format, "images") ? "" : ".erofs");
	add(u, path, user);
}

static void add_packages(struct vz_users *u, const char *lock, const char *user)
{
	struct vz_err unread;
	auto_plan struct vz_plan *plan = vz_plan_read(lock, strlen(lock), "plan", &unread);

	for (size_t i = 0; plan && i < plan->n_packages; i++) {
		auto_free char *path = vz_printf("packages/%s", plan->packages[i].digest);

		add(u, path, user);
	}
}

static void add_ref(struct vz_users *u, const char *ref, const char *user)
{
	const char *at = strchr(ref, '@');
	auto_free char *path = at ? vz_printf("templates/%.*s/%s", (int)(at - ref), ref, at + 1) : NULL;

	if (path)
		add(u, path, user);
}

static void read_version(const struct vz_store *s, struct vz_users *u, const char *name, unsigned version)
{
	auto_free char *ref = vz_printf("%s@%u", name, version), *user = vz_printf(VZ_USER_TEMPLATE "%s", ref);
	auto_manifest struct vz_manifest m = {0};
	struct vz_err unread;

	add_ref(u, ref, user);
	if (vz_manifest_read(s, ref, &m, &unread) < 0)
		return;
	add_digest(u, "images", &m.image, user);
	add_packages(u, m.lock, user);
}

static void read_generation(const struct vz_store *s, struct vz_users *u, const struct vz_env *e, const char *user)
{
	const struct vz_composition *c = &e->shows;
	auto_free char *ref = vz_printf("%s@%u", c->template_name, c->template_version);
	auto_buf struct vz_buf plan = {0};
	const struct vz_digest none = {0};
	struct vz_err unread;

	add_ref(u, ref, user);
	for (size_t i = 0; i < c->apps.n; i++)
		add_ref(u, c->apps.v[i], user);
	for (size_t i = 0; i < c->files.n; i++) {
		auto_free char *path = vz_printf("packages/%s", c->files.v[i]);

		add(u, path, user);
	}
	add_digest(u, "images", &c->image, user);
	if (vz_digest_cmp(&e->layer, &none))
		add_digest(u, "images", &e->layer, user);
	add_digest(u, "plans", &c->plan, user);
	if (vz_plans_get(s, &c->plan, &plan, &unread) == 0)
		add_packages(u, plan.data, user);
}

static void read_env(const struct vz_store *s, struct vz_users *u, const char *name)
{
	auto_free char *user = vz_printf(VZ_USER_ENV "%s", name);
	struct vz_err unread;
	size_t n = 0;
	auto_free unsigned *list = vz_env_generations(s, name, &n, &unread);

	for (size_t i = 0; list && i < n; i++) {
		auto_env struct vz_env e = {0};

		if (vz_env_generation(s, name, list[i], &e, &unread) == 0)
			read_generation(s, u, &e, user);
	}
}

/* True if `d` gets a user that it did not have. */
static bool add_parent(struct vz_users *u, const struct vz_digest *d, const struct vz_texts *users)
{
	char hex[VZ_HEX_LEN + 1];
	auto_free char *path = NULL;
	const struct vz_texts *has;
	bool more = false;

	vz_digest_hex(d, hex);
	path = vz_printf("images/%s.erofs", hex);
	for (size_t i = 0; i < users->n; i++) {
		has = vz_users_of(u, path);
		if (has && vz_texts_has(has, users->v[i]))
			continue;
		add(u, path, users->v[i]);
		more = true;
	}
	return more;
}

/* Who needs what building gave needs what it was built on: it is what building goes on from. */
static void read_outcomes(const struct vz_store *s, struct vz_users *u)
{
	auto_texts struct vz_texts keys = {0};
	const struct vz_digest none = {0};
	struct vz_err unread;
	bool more = vz_outcome_keys(s, &keys, &unread) == 0;

	while (more) {
		more = false;
		for (size_t i = 0; i < keys.n; i++) {
			char hex[VZ_HEX_LEN + 1];
			auto_free char *path = NULL;
			const struct vz_texts *users;
			struct vz_outcome o;

			if (vz_outcome_read(s, keys.v[i], &o, &unread) < 0 || !vz_digest_cmp(&o.parent, &none) ||
			    !vz_digest_cmp(&o.parent, &o.image))
				continue;
			vz_digest_hex(&o.image, hex);
			path = vz_printf("images/%s.erofs", hex);
			users = vz_users_of(u, path);
			more |= users && add_parent(u, &o.parent, users);
		}
	}
}

void vz_users_read(const struct vz_store *s, struct vz_users *ret)
{
	struct vz_err unread;
	size_t n = 0, n_versions;
	char **names = vz_manifest_all_names(s, &n, &unread);

	for (size_t i = 0; names && i < n; i++) {
		auto_free unsigned *versions = vz_manifest_versions(s, names[i], &n_versions, &unread);

		for (size_t k = 0; versions && k < n_versions; k++)
			read_version(s, ret, names[i], versions[k]);
	}
	vz_names_free(names, n);
	n = 0;
	names = vz_env_names(s, &n, &unread);
	for (size_t i = 0; names && i < n; i++)
		read_env(s, ret, names[i]);
	vz_names_free(names, n);
	read_outcomes(s, ret);
}

/* ---- naming ---- */

static void add_all(struct vz_finding *f, const struct vz_texts *users)
{
	for (size_t i = 0; users && i < users->n; i++)
		vz_texts_add(&f->users, users->v[i]);
}

struct search {
	struct vz_findings *findings;
	struct vz_digests numbers;       /* of bad objects: index of the finding + 1 */
	const struct vz_texts *users;    /* of the tree at hand */
	const char *package;             /* its record, or NULL */
};

static int search_node(struct vz_node *n, void *ctx)
{
	const struct search *search = ctx;
	uint32_t number = n->has_digest && !n->link ? vz_digests_get(&search->numbers, &n->digest) : 0;
	struct vz_finding *f;

	if (!number)
		return 0;
	f = &search->findings->v[number - 1];
	add_all(f, search->users);
	if (search->package)
		vz_texts_add(&f->users, search->package);
	return 0;
}

static void search_images(const struct vz_store *s, const struct vz_users *u, struct search *search)
{
	for (size_t i = 0; i < u->by.n; i++) {
		auto_tree struct vz_tree *t = NULL;
		struct vz_digest d;
		struct vz_err unread;

		if (strncmp(u->by.items[i].key, "images/", 7) || !vz_verify_digest(u->by.items[i].key, &d))
			continue;
		t = vz_store_image_tree(s, &d, &unread);
		search->users = u->by.items[i].value;
		if (t)
			vz_node_walk(t->root, search_node, search);
	}
}

/* Records matter whoever uses them: a later build trusts that all they name is there. */
static void search_records(const struct vz_store *s, struct search *search)
{
	auto_texts struct vz_texts names = {0};
	struct vz_err unread;

	search->users = NULL;
	vz_list_dir(vz_store_fd(s), "packages", &names, &unread);
	for (size_t i = 0; i < names.n; i++) {
		auto_record struct vz_record *r = vz_record_read(s, names.v[i], &unread);
		auto_free char *package = vz_printf(VZ_USER_PACKAGE "%s", names.v[i]);

		search->package = package;
		if (r)
			vz_node_walk(r->tree->root, search_node, search);
	}
}

static void name_objects(const struct vz_store *s, const struct vz_users *u, struct vz_findings *f)
{
	struct search search = { .findings = f };

	for (size_t i = 0; i < f->n; i++) {
		struct vz_digest d;

		if (f->v[i].kind == VZ_FINDING_OBJECT && vz_verify_digest(f->v[i].path, &d))
			*vz_digests_put(&search.numbers, &d) = (uint32_t)i + 1;
	}
	if (search.numbers.n) {
		search_images(s, u, &search);
		search_records(s, &search);
	}
	vz_digests_release(&search.numbers);
}

/* A file of a template or environment: the path says whose it is. */
static void name_by_path(const struct vz_users *u, struct vz_finding *f)
{
	const char *first = strchr(f->path, '/'), *last = strrchr(f->path, '/'), *slash = first ? strchr(first + 1, '/') : NULL;
	auto_free char *dir = last ? vz_strndup(f->path, (size_t)(last - f->path)) : vz_strdup(f->path);
	auto_free char *user = NULL;

	switch (f->kind) {
	case VZ_FINDING_MANIFEST: case VZ_FINDING_LOCK: case VZ_FINDING_TREE:
		add_all(f, vz_users_of(u, dir));
		return;
	case VZ_FINDING_REFERENCE: case VZ_FINDING_LEDGER: case VZ_FINDING_ENV: case VZ_FINDING_GENERATION:
	case VZ_FINDING_SETTINGS: case VZ_FINDING_JOURNAL:
		if (slash)
			user = vz_printf("%s%.*s", strncmp(f->path, "templates/", 10) ? VZ_USER_ENV : VZ_USER_TEMPLATE,
					 (int)(slash - first - 1), first + 1);
		if (user)
			vz_texts_add(&f->users, user);
		return;
	default:
		add_all(f, vz_users_of(u, f->path));
	}
}

void vz_users_name(const struct vz_store *s, const struct vz_users *u, struct vz_findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		vz_texts_release(&f->v[i].users);
		name_by_path(u, &f->v[i]);
	}
	name_objects(s, u, f);
	for (size_t i = 0; i < f->n; i++)
		vz_texts_sort(&f->v[i].users);
}

void vz_users_drop_unused(struct vz_findings *f)
{
	for (size_t i = f->n; i--;)
		if (f->v[i].missing && !f->v[i].users.n)
			vz_findings_drop(f, i);
}
