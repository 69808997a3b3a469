/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/restore_read.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/upper_file.h"
#include "share/supply.h"
#include "share/vet.h"
#include "store/image.h"
#include "store/object.h"
#include "store/plans.h"

#define RATIO 200
#define LEAST_MAX ((uint64_t)256 << 20)

struct restoring {
	struct vz_restore *r;
	struct vz_restore_read read;
	struct vz_digest layer;
	struct vz_table seen;            /* dry: contents that came */
	struct vz_err *err;
};

void vz_restore_release(struct vz_restore *r)
{
	vz_env_release(&r->env);
}

/*
 * Contents.
 */

static int is_missing(struct vz_node *n, void *ctx)
{
	const struct restoring *g = ctx;
	char hex[VZ_HEX_LEN + 1];

	if (n->link || !vz_node_is_file(n) || !n->has_digest || !n->size || n->content || vz_object_has(g->r->store, &n->digest))
		return 0;
	vz_digest_hex(&n->digest, hex);
	return !vz_table_has(&g->seen, hex);
}

static bool lacks_any(struct restoring *g)
{
	const struct vz_restore_read *r = &g->read;

	for (size_t i = 0; i < r->n_parts; i++)
		if (vz_node_walk(r->parts[i].arrival.tree->root, is_missing, g))
			return true;
	return (r->composition && vz_node_walk(r->composition->root, is_missing, g)) ||
	       (r->private && vz_node_walk(r->private->root, is_missing, g));
}

static int supply_plan(struct vz_supply *s, const char *lock, struct vz_err *err)
{
	auto_plan struct vz_plan *plan = vz_plan_read(lock, strlen(lock), "lock", err);

	if (!plan) {
		err->code = VZ_UNTRUSTED;
		return -1;
	}
	return vz_supply(s, plan, err);
}

/* How many packages are not here, each once. */
static int count_missing(struct restoring *g, const char *lock, struct vz_table *counted)
{
	auto_plan struct vz_plan *plan = vz_plan_read(lock, strlen(lock), "lock", g->err);

	if (!plan) {
		g->err->code = VZ_UNTRUSTED;
		return -1;
	}
	for (size_t i = 0; i < plan->n_packages; i++)
		if (!vz_record_has(g->r->store, plan->packages[i].digest))
			vz_table_put(counted, plan->packages[i].digest, NULL);
	return 0;
}

/* Which contents they have is not known before they are here. */
static int foresee(struct restoring *g)
{
	auto_table struct vz_table missing = {0};
	int rc = 0;

	if (!lacks_any(g))
		return 0;
	rc = count_missing(g, g->read.plan.data, &missing);
	for (size_t i = 0; rc == 0 && i < g->read.n_parts; i++)
		rc = count_missing(g, g->read.parts[i].lock.data, &missing);
	g->r->packages = missing.n;
	if (rc == 0 && !missing.n)
		return vz_err_set(g->err, VZ_UNTRUSTED, "it has files with a content that did not come with it");
	return rc;
}

/* What did not come, and is not here, packages have: those that it shows, and those of the template that others have
 * replaced. */
static int supply(struct restoring *g)
{
	auto_free const struct vz_manifest **templates = vz_alloc(g->read.n_parts * sizeof *templates);
	struct vz_supply s = {
		.store = g->r->store, .templates = templates, .n_templates = g->read.n_parts, .mirror_dirs = g->r->mirror_dirs,
		.recipe_dirs = g->r->recipe_dirs, .offline = g->r->offline, .network = g->r->network, .report = g->r->report,
	};
	int rc = 0;

	for (size_t i = 0; i < g->read.n_parts; i++)
		templates[i] = &g->read.parts[i].arrival.from;
	if (lacks_any(g))
		rc = supply_plan(&s, g->read.plan.data, g->err);
	for (size_t i = 0; rc == 0 && i < g->read.n_parts && lacks_any(g); i++)
		rc = supply_plan(&s, g->read.parts[i].lock.data, g->err);
	g->r->packages = s.packages;
	return rc;
}

/*
 * Images and templates.
 */

/* The image of a tree, which must be the one that was named. */
static int put_image(struct restoring *g, const struct vz_tree *t, const struct vz_digest *named, const char *what)
{
	auto_buf struct vz_buf image = {0};
	struct vz_digest d;

	if (vz_vet_tree(g->r->dry_run ? NULL : g->r->store, t, VZ_VET_WHOLE, g->err) < 0 || vz_image_write(t, NULL, &image, g->err) < 0)
		return -1;
	vz_verity_bytes(image.data, image.len, &d);
	if (vz_digest_cmp(&d, named))
		return vz_err_set(g->err, VZ_UNTRUSTED, "what came is not the image that %s names", what);
	return g->r->dry_run ? 0 : vz_store_put_image(g->r->store, image.data, image.len, &d, g->err);
}

/* The version here that is the same, or 0. */
static int find_version(struct restoring *g, const struct vz_manifest *m, unsigned *ret)
{
	struct vz_err unused = {0};
	size_t n = 0;
	auto_free unsigned *versions = vz_manifest_versions(g->r->store, m->name, &n, &unused);

	*ret = 0;
	for (size_t i = versions ? n : 0; i-- > 0 && !*ret;) {
		auto_free char *ref = vz_printf("%s@%u", m->name, versions[i]);
		auto_manifest struct vz_manifest there = {0};

		if (vz_manifest_read(g->r->store, ref, &there, g->err) < 0)
			return -1;
		if (!vz_digest_cmp(&there.image, &m->image) && !vz_digest_cmp(&there.lock_sum, &m->lock_sum))
			*ret = versions[i];
	}
	return 0;
}

/* Becomes a version here unless it is one; what is current stays so. */
static int put_template(struct restoring *g, struct vz_restore_part *p, unsigned *ret_version)
{
	struct vz_manifest *m = &p->arrival.from;
	auto_free char *what = vz_printf("the manifest of '%s'", m->name);
	auto_fd int lock = -1;
	unsigned current;

	if (put_image(g, p->arrival.tree, &m->image, what) < 0)
		return -1;
	if (g->r->dry_run) {
		*ret_version = m->version;
		return 0;
	}
	lock = vz_store_lock(g->r->store, "template", m->name, true, g->err);
	if (lock < 0 || find_version(g, m, ret_version) < 0 || *ret_version)
		return lock < 0 || !*ret_version ? -1 : 0;
	current = vz_manifest_current(g->r->store, m->name);
	m->created = time(NULL);
	free(steal(&m->recipe_path));
	if (vz_manifest_publish(g->r->store, m, p->arrival.tree, "restored from a backup\n", g->err) < 0)
		return -1;
	*ret_version = m->version;
	return current ? vz_manifest_set_current(g->r->store, m->name, current, g->err) : 0;
}

static int put_templates(struct restoring *g)
{
	struct vz_composition *c = &g->read.env.shows;
	const struct vz_digest *os = &g->read.parts[0].arrival.from.image;

	if (put_template(g, &g->read.parts[0], &c->template_version) < 0)
		return -1;
	for (size_t i = 0; i < c->apps.n; i++) {
		unsigned version;

		if (put_template(g, &g->read.parts[i + 1], &version) < 0)
			return -1;
		free(c->apps.v[i]);
		c->apps.v[i] = vz_printf("%s@%u", g->read.parts[i + 1].arrival.from.name, version);
	}
	if (g->read.composition)
		return put_image(g, g->read.composition, &c->image, "the record");
	return vz_digest_cmp(os, &c->image) ? vz_err_set(g->err, VZ_UNTRUSTED, "it does not have the image that the record names") : 0;
}

/*
 * What is private: files become the layer, whiteouts the private area.
 */

static bool is_whiteout(const struct vz_node *n)
{
	return S_ISCHR(n->mode) && !n->rdev && !n->link;
}

static bool has_whiteouts(const struct vz_node *dir)
{
	for (uint32_t i = 0; i < dir->n_children; i++)
		if (is_whiteout(dir->children[i]) || has_whiteouts(dir->children[i]))
			return true;
	return false;
}

static void drop_whiteouts(struct vz_tree *t, struct vz_node *dir)
{
	for (uint32_t i = dir->n_children; i-- > 0;)
		if (is_whiteout(dir->children[i]))
			vz_tree_remove(t, dir->children[i]);
		else
			drop_whiteouts(t, dir->children[i]);
}

static int put_layer(struct restoring *g)
{
	auto_tree struct vz_tree *layer = NULL;
	auto_buf struct vz_buf image = {0};

	if (!g->read.private)
		return 0;
	if (vz_vet_tree(g->r->dry_run ? NULL : g->r->store, g->read.private, VZ_VET_PRIVATE, g->err) < 0)
		return -1;
	layer = vz_tree_copy(g->read.private);
	drop_whiteouts(layer, layer->root);
	vz_tree_count_links(layer);
	if (vz_image_write(layer, NULL, &image, g->err) < 0)
		return -1;
	return g->r->dry_run ? 0 : vz_store_put_image(g->r->store, image.data, image.len, &g->layer, g->err);
}

/* One whiteout, or one directory that has some below it, as it looks in the layer. */
static int make_hidden(const struct vz_store *s, int dir, const struct vz_node *n, const char *name, struct vz_err *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { (time_t)n->mtime, (long)n->mtime_nsec } };
	struct vz_upper_change c = {
		.kind = is_whiteout(n) ? VZ_UPPER_HIDE : VZ_UPPER_DIR, .path = (char *)name, .node = (struct vz_node *)n,
	};
	auto_fd int sub = -1;

	if (vz_upper_make(s, dir, name, &c, err) < 0)
		return -1;
	if (is_whiteout(n))
		return 0;
	sub = vz_open_dir(dir, name, err);
	for (uint32_t i = 0; sub >= 0 && i < n->n_children; i++) {
		const struct vz_node *child = n->children[i];

		if ((is_whiteout(child) || has_whiteouts(child)) && make_hidden(s, sub, child, child->name, err) < 0)
			return -1;
	}
	if (sub < 0)
		return -1;
	return utimensat(dir, name, times, 0) < 0 ? vz_err_sys(err, "set the times of '%s'", name) : 0;
}

static int make_area(void *ctx, int dir, struct vz_err *err)
{
	const struct restoring *g = ctx;

	return g->read.private ? make_hidden(g->r->store, dir, g->read.private->root, "upper", err) : 0;
}

static int put_env(struct restoring *g)
{
	struct vz_env *e = &g->read.env;
	const struct vz_env_parts parts = { .env = e, .settings = &g->read.settings, .area = make_area, .ctx = g };

	if (g->r->name) {
		free(e->name);
		e->name = vz_strdup(g->r->name);
	}
	free(e->reason);
	e->reason = vz_strdup("restore");
	e->since = time(NULL);
	e->from = 0;
	e->layer = g->layer;
	g->read.settings.started = false;
	if (!g->r->dry_run && vz_env_put(g->r->store, &parts, g->err) < 0)
		return -1;
	g->r->env = *e;
	*e = (struct vz_env){0};
	return 0;
}

/*
 * All of it.
 */

static int take(struct vz_restore *r, struct vz_parcel_take *t, struct vz_err *err)
{
	uint64_t most = r->size > LEAST_MAX / RATIO ? r->size * RATIO : LEAST_MAX;
	auto_blob_reader struct vz_blob_reader *blob = vz_blob_reader_new(r->fd, 0, r->size, most);
	int rc = vz_parcel_take(t, blob, err);

	r->new_bytes = t->new_bytes;
	return rc;
}

static int no_item(void *ctx, struct vz_parcel_reader *from, const struct vz_parcel_item *item, struct vz_err *err)
{
	(void)ctx, (void)from;
	return vz_err_set(err, VZ_UNTRUSTED, "'%s %s' has no place in it", item->kind, item->name);
}

int vz_restore_contents(struct vz_restore *r, struct vz_err *err)
{
	struct vz_parcel_take t = { .store = r->store, .other = no_item };

	return take(r, &t, err) < 0 ? -1 : vz_store_sync(r->store, err);
}

/* The packages that came as files, their records are of nobody's repository. */
static int check_files(const struct restoring *g)
{
	const struct vz_texts *files = &g->read.env.shows.files;

	for (size_t i = 0; i < files->n; i++)
		if (!vz_hash_algo(files->v[i]) || !vz_record_has(g->r->store, files->v[i])) {
			vz_err_set(g->err, VZ_NOTFOUND, "it has a package from a file, with the digest '%s', that is not known here",
				   files->v[i]);
			return vz_err_hint(g->err, "install that file into any environment here first");
		}
	return 0;
}

static int restore(struct restoring *g)
{
	const char *name = g->r->name ? g->r->name : g->read.env.name;
	struct vz_digest unused;
	auto_env struct vz_env there = {0};

	if (vz_restore_complete(&g->read, g->err) < 0 || check_files(g) < 0)
		return -1;
	/* before the work; what comes meanwhile is found out at its end */
	if (vz_name_is_sane(name) && vz_env_read(g->r->store, name, &there, g->err) == 0)
		return vz_err_set(g->err, VZ_EXISTS, "environment '%s' exists already", name);
	if ((g->r->dry_run ? foresee(g) : supply(g)) < 0 || put_templates(g) < 0 || put_layer(g) < 0)
		return -1;
	if (!g->r->dry_run && vz_plans_put(g->r->store, g->read.plan.data, g->read.plan.len, &unused, g->err) < 0)
		return -1;
	return put_env(g);
}

int vz_restore(struct vz_restore *r, struct vz_err *err)
{
	struct restoring g = { .r = r, .err = err };
	struct vz_parcel_take t = { .store = r->store, .other = vz_restore_item, .ctx = &g.read };
	int rc;

	if (r->dry_run)
		t.seen = &g.seen;
	vz_report_stage(r->report, "reading the backup");
	rc = take(r, &t, err) < 0 ? -1 : restore(&g);
	vz_restore_read_release(&g.read);
	vz_table_release(&g.seen);
	return rc;
}
