/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/composition.h"

#include <string.h>

#include "base/fd.h"
#include "builder/package_file.h"
#include "builder/presence.h"
#include "resolver/join.h"
#include "store/outcome.h"
#include "store/plans.h"

struct making {
	struct vz_store *store;
	const struct vz_composition_request *r;
	const struct vz_build_options *o;
	struct vz_manifest os;
	struct vz_manifest *apps;
	size_t n_apps;
	struct vz_recording *recordings; /* of those that were captured */
	size_t n_recordings;
	struct vz_plan *os_plan, *from_plan;     /* from_plan: NULL where nothing is to stay besides the OS's */
	struct vz_presence present;
	struct vz_plan_package *files;   /* of r->files, in its order */
	char key[VZ_HEX_LEN + 1];
};

static void making_release(struct making *m)
{
	for (size_t i = 0; i < m->n_apps; i++)
		vz_manifest_release(&m->apps[i]);
	for (size_t i = 0; m->files && i < m->r->files.n; i++)
		vz_package_file_release(&m->files[i]);
	free(m->apps);
	free(m->recordings);
	vz_presence_release(&m->present);
	free(m->files);
	vz_plan_free(m->os_plan);
	vz_plan_free(m->from_plan);
	vz_manifest_release(&m->os);
}

void vz_composition_request_release(struct vz_composition_request *r)
{
	vz_texts_release(&r->apps);
	vz_texts_release(&r->packages);
	vz_texts_release(&r->files);
}

void vz_composition_request_of(const struct vz_composition *c, struct vz_composition_request *ret)
{
	*ret = (struct vz_composition_request){0};
	vz_texts_copy(&c->apps, &ret->apps);
	vz_texts_copy(&c->packages, &ret->packages);
	vz_texts_copy(&c->files, &ret->files);
}

/* ---- what is asked for ---- */

/* In whatever order they were asked for, they are put on in one. */
static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct vz_recording *)a)->name, ((const struct vz_recording *)b)->name);
}

static int read_templates(struct making *m, struct vz_err *err)
{
	if (vz_manifest_read(m->store, m->r->template, &m->os, err) < 0)
		return -1;
	if (strcmp(m->os.kind, "os") != 0) {
		vz_err_set(err, VZ_USAGE, "template '%s' is an application, not an operating system", m->r->template);
		return vz_err_hint(err, "applications are added to environments: 'vzpkg create env ENV TEMPLATE --app %s'", m->os.name);
	}
	m->apps = vz_alloc((m->r->apps.n + 1) * sizeof *m->apps);
	m->recordings = vz_alloc((m->r->apps.n + 1) * sizeof *m->recordings);
	for (; m->n_apps < m->r->apps.n; m->n_apps++) {
		struct vz_manifest *app = &m->apps[m->n_apps];

		if (vz_manifest_read(m->store, m->r->apps.v[m->n_apps], app, err) < 0)
			return vz_err_wrap(err, "application");
		if (strcmp(app->kind, "app") != 0) {
			vz_manifest_release(app);
			return vz_err_set(err, VZ_USAGE, "template '%s' is not an application", m->r->apps.v[m->n_apps]);
		}
		/* any other application has no files */
		if (app->files)
			m->recordings[m->n_recordings++] = (struct vz_recording){ app->name, app->image };
	}
	qsort(m->recordings, m->n_recordings, sizeof *m->recordings, by_name);
	return 0;
}

/* The composition as far as it is known before it is resolved. */
static void name_it(const struct making *m, struct vz_composition *ret)
{
	*ret = (struct vz_composition){ .template_name = vz_strdup(m->os.name), .template_version = m->os.version };
	for (size_t i = 0; i < m->n_apps; i++) {
		auto_free char *ref = vz_printf("%s@%u", m->apps[i].name, m->apps[i].version);

		vz_texts_add(&ret->apps, ref);
	}
	vz_texts_copy(&m->r->packages, &ret->packages);
	vz_texts_copy(&m->r->files, &ret->files);
	vz_texts_sort(&ret->apps);
	vz_texts_sort(&ret->packages);
	vz_texts_sort(&ret->files);
}

/* What stays besides the OS's matters only if there is something. */
static bool stays_as_it_is(const struct making *m)
{
	const struct vz_composition *from = m->r->from;

	return from && (from->apps.n || from->packages.n || from->files.n || m->r->security);
}

static void make_key(struct making *m, const struct vz_composition *c)
{
	auto_buf struct vz_buf b = {0};
	char lock[VZ_HEX_LEN + 1], image[VZ_HEX_LEN + 1], from[VZ_HEX_LEN + 1] = "-";
	struct vz_digest d;

	vz_digest_hex(&m->os.lock_sum, lock);
	vz_digest_hex(&m->os.image, image);
	if (stays_as_it_is(m))
		vz_digest_hex(&m->r->from->plan, from);
	vz_buf_printf(&b, "vzpkg-joint 1\nos %s %s\nfrom %s\n", lock, image, from);
	for (size_t i = 0; i < m->n_apps; i++)
		vz_buf_printf(&b, "app %zu\n%s\n", strlen(m->apps[i].recipe), m->apps[i].recipe);
	for (size_t i = 0; i < m->n_recordings; i++) {
		vz_digest_hex(&m->recordings[i].image, image);
		vz_buf_printf(&b, "recording %s\n", image);
	}
	if (m->r->security)
		vz_buf_puts(&b, "security\n");
	for (size_t i = 0; i < c->packages.n; i++)
		vz_buf_printf(&b, "package %s\n", c->packages.v[i]);
	for (size_t i = 0; i < c->files.n; i++)
		vz_buf_printf(&b, "file %s\n", c->files.v[i]);
	for (size_t i = 0; m->r->ids && i < m->r->ids->n; i++)
		vz_buf_printf(&b, "id %d %s %u\n", m->r->ids->v[i].kind, m->r->ids->v[i].name, m->r->ids->v[i].id);
	vz_sha256(b.data, b.len, &d);
	vz_digest_hex(&d, m->key);
}

/* ---- what is known ---- */

/* An outcome that cannot be read, or whose image is gone, is as good as none. */
static bool find_known(const struct making *m, struct vz_composition *c)
{
	auto_buf struct vz_buf plan = {0};
	struct vz_outcome found;
	auto_fd int fd = -1;
	struct vz_err ignored;

	if (vz_outcome_read(m->store, m->key, &found, &ignored) < 0)
		return false;
	fd = vz_store_open_image(m->store, &found.image, &ignored);
	if (fd < 0 || vz_plans_get(m->store, &found.plan, &plan, &ignored) < 0)
		return false;
	c->image = found.image;
	c->plan = found.plan;
	return true;
}

static int keep_known(const struct making *m, const struct vz_composition *c, struct vz_err *err)
{
	const struct vz_outcome o = { .image = c->image, .plan = c->plan };

	return vz_outcome_write(m->store, m->key, &o, err);
}

static int read_plan(const struct vz_store *s, const struct vz_digest *sum, struct vz_plan **ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_plans_get(s, sum, &text, err) < 0)
		return -1;
	*ret = vz_plan_read(text.data, text.len, "plan", err);
	return *ret ? 0 : -1;
}

/* ---- what is there ---- */

static int add_file(struct making *m, size_t i, struct vz_err *err)
{
	const char *digest = m->r->files.v[i];
	auto_record struct vz_record *r = vz_record_read(m->store, digest, err);

	if (!r) {
		vz_err_wrap(err, "a package that came from a file");
		return err->code == VZ_NOTFOUND ? vz_err_hint(err, "give the file again, or remove the package") : -1;
	}
	if (strcmp(r->family, m->os.family) != 0)
		return vz_err_set(err, VZ_UNRESOLVED, "a package file of family '%s' does not fit template '%s', which is of '%s'",
				  r->family, m->os.name, m->os.family);
	if (vz_package_file_identify(r, digest, &m->files[i], err) < 0)
		return -1;
	return vz_presence_add(&m->present, m->store, &m->files[i], VZ_PRESENT_FILE, err);
}

static bool is_file(const struct making *m, const char *digest)
{
	return vz_texts_has(&m->r->files, digest);
}

/* A package that was added is there as long as something needs it; one from a file, as long as that is asked for. */
static int gather_added(struct making *m, struct vz_err *err)
{
	for (size_t i = 0; m->from_plan && i < m->from_plan->n_packages; i++) {
		const struct vz_plan_package *p = &m->from_plan->packages[i];

		if (p->flags & VZ_PLAN_ADDED && !is_file(m, p->digest) && vz_record_has(m->store, p->digest) &&
		    strcmp(p->repo, VZ_PRESENT_FILES) != 0 &&
		    vz_presence_add(&m->present, m->store, p, VZ_PRESENT_ADDED, err) < 0)
			return -1;
	}
	return 0;
}

/* The OS is the template's, or for the sake of security what the environment has of it. */
static int gather_present(struct making *m, struct vz_err *err)
{
	const struct vz_plan *os = m->r->security ? m->from_plan : m->os_plan;

	m->files = vz_alloc((m->r->files.n + 1) * sizeof *m->files);
	for (size_t i = 0; i < os->n_packages; i++)
		if (!(os->packages[i].flags & VZ_PLAN_ADDED) &&
		    vz_presence_add(&m->present, m->store, &os->packages[i], VZ_PRESENT_TEMPLATE, err) < 0)
			return -1;
	if (gather_added(m, err) < 0)
		return -1;
	for (size_t i = 0; i < m->r->files.n; i++)
		if (add_file(m, i, err) < 0)
			return -1;
	m->present.list.fixes = m->r->security;
	return 0;
}

/* ---- making it ---- */

/* The recipe that a version was made from. Of the OS's the scripts have run already, and are needed again only if it
 * cannot stay; the files they were read from may be gone. */
static struct vz_recipe *recipe_of(const struct vz_manifest *m, struct vz_err *err)
{
	const char *path = m->recipe_path ? m->recipe_path : m->name;
	struct vz_recipe *r = vz_recipe_parse(m->recipe, strlen(m->recipe), path, err);

	if (!r)
		vz_err_wrap(err, "the recipe of template '%s@%u'", m->name, m->version);
	return r;
}

static struct vz_recipe *join(const struct making *m, struct vz_err *err)
{
	auto_recipe struct vz_recipe *os = recipe_of(&m->os, err);
	struct vz_recipe **apps = vz_alloc((m->n_apps + 1) * sizeof *apps), *joined = NULL;
	size_t n = 0;

	while (os && n < m->n_apps && (apps[n] = recipe_of(&m->apps[n], err)))
		n++;
	if (os && n == m->n_apps)
		joined = vz_recipe_join(os, apps, n, &m->r->packages, err);
	for (size_t i = 0; i < n; i++)
		vz_recipe_free(apps[i]);
	free(apps);
	return joined;
}

/* Captured applications have no packages to be resolved. */
static bool is_settled(const struct making *m)
{
	return m->n_recordings == m->n_apps && !m->r->packages.n && !m->r->files.n && !m->r->security;
}

/* What was not built now may have been before. */
static void name_known(const struct making *m, struct vz_composition *c, const struct vz_plan *plan)
{
	auto_composition struct vz_composition known = {0};
	auto_plan struct vz_plan *its = NULL;
	struct vz_err ignored;

	if (find_known(m, &known) && read_plan(m->store, &known.plan, &its, &ignored) == 0 && vz_plan_same(its, plan)) {
		c->image = known.image;
		c->plan = known.plan;
	}
}

static int build(struct making *m, struct vz_composition *c, struct vz_plan **ret_plan, struct vz_err *err)
{
	auto_recipe struct vz_recipe *joined = join(m, err);
	const struct vz_build_base base = {
		.os = &m->os, .plan = m->os_plan, .present = &m->present.list, .settled = is_settled(m),
		.recordings = m->recordings, .n_recordings = m->n_recordings, .ids = m->r->ids,
	};
	auto_buf struct vz_buf text = {0};
	struct vz_built built = {0};

	if (!joined || gather_present(m, err) < 0 || vz_build_on(m->store, joined, &base, m->o, &built, err) < 0)
		return -1;
	*ret_plan = built.plan;
	if (m->o->dry_run) {
		name_known(m, c, built.plan);
		return 0;
	}
	vz_plan_write(built.plan, &text);
	c->image = built.image;
	if (vz_plans_put(m->store, text.data, text.len, &c->plan, err) < 0)
		return -1;
	return keep_known(m, c, err);
}

static int make(struct making *m, struct vz_composition *c, struct vz_plan **ret_plan, struct vz_err *err)
{
	auto_fd int lock = -1;

	if (!m->r->fresh && find_known(m, c))
		return 0;
	m->os_plan = vz_plan_read(m->os.lock, strlen(m->os.lock), "lock", err);
	if (!m->os_plan || (stays_as_it_is(m) && read_plan(m->store, &m->r->from->plan, &m->from_plan, err) < 0))
		return -1;
	lock = vz_store_lock(m->store, "composition", m->key, true, err);
	if (lock < 0)
		return -1;
	if (!m->r->fresh && find_known(m, c))    /* somebody else may just have made it */
		return 0;
	return build(m, c, ret_plan, err);
}

int vz_composition_make(struct vz_store *s, const struct vz_composition_request *r, const struct vz_build_options *o,
			struct vz_composition *ret, struct vz_plan **ret_plan, struct vz_err *err)
{
	__attribute__((cleanup(making_release))) struct making m = { .store = s, .r = r, .o = o };
	auto_composition struct vz_composition c = {0};
	auto_plan struct vz_plan *plan = NULL;

	if (read_templates(&m, err) < 0)
		return -1;
	name_it(&m, &c);
	if (!c.apps.n && !c.packages.n && !c.files.n && !r->security && !(r->ids && r->ids->n)) {
		vz_composition_release(&c);
		if (vz_composition_of(s, &m.os, &c, err) < 0)
			return -1;
	} else {
		make_key(&m, &c);
		if (make(&m, &c, &plan, err) < 0)
			return -1;
	}
	if (ret_plan && !plan && read_plan(s, &c.plan, &plan, err) < 0)
		return -1;
	*ret = c;
	c = (struct vz_composition){0};
	if (ret_plan)
		*ret_plan = steal(&plan);
	return 0;
}

int vz_composition_settle(const struct vz_store *s, const struct vz_composition *shown, struct vz_composition *c, struct vz_err *err)
{
	auto_plan struct vz_plan *before = NULL, *now = NULL;

	if (vz_digest_cmp(&shown->image, &c->image) != 0 || vz_digest_cmp(&shown->plan, &c->plan) == 0)
		return 0;
	if (read_plan(s, &shown->plan, &before, err) < 0 || read_plan(s, &c->plan, &now, err) < 0)
		return -1;
	if (vz_plan_same(before, now))
		c->plan = shown->plan;
	return 0;
}

/* ---- one that was made ---- */

/* What it was asked to be, with templates read; to be released with `ret` and `ret_r`. */
static int begin_again(struct vz_store *s, const struct vz_composition *c, const struct vz_build_options *o, const char *template,
		       struct vz_composition_request *r, struct making *ret, struct vz_err *err)
{
	vz_composition_request_of(c, r);
	r->template = template;
	*ret = (struct making){ .store = s, .r = r, .o = o };
	return read_templates(ret, err);
}

struct vz_recipe *vz_composition_recipe(struct vz_store *s, const struct vz_composition *c, struct vz_err *err)
{
	auto_free char *template = vz_printf("%s@%u", c->template_name, c->template_version);
	__attribute__((cleanup(vz_composition_request_release))) struct vz_composition_request r = {0};
	__attribute__((cleanup(making_release))) struct making m = {0};

	return begin_again(s, c, NULL, template, &r, &m, err) < 0 ? NULL : join(&m, err);
}

int vz_composition_again(struct vz_store *s, const struct vz_composition *c, const struct vz_build_options *o,
			 struct vz_digest *ret_image, struct vz_err *err)
{
	auto_free char *template = vz_printf("%s@%u", c->template_name, c->template_version);
	__attribute__((cleanup(vz_composition_request_release))) struct vz_composition_request r = {0};
	__attribute__((cleanup(making_release))) struct making m = {0};
	struct vz_build_options exactly = *o;
	auto_recipe struct vz_recipe *joined = NULL;
	auto_buf struct vz_buf plan = {0};
	struct vz_built built = {0};
	struct vz_build_base base;

	if (begin_again(s, c, o, template, &r, &m, err) < 0 || vz_plans_get(s, &c->plan, &plan, err) < 0)
		return -1;
	m.os_plan = vz_plan_read(m.os.lock, strlen(m.os.lock), "lock", err);
	joined = m.os_plan ? join(&m, err) : NULL;
	if (!joined)
		return -1;
	/* the plan says what was there and which ids were wanted */
	exactly.lock_text = plan.data;
	exactly.lock_name = "plan";
	base = (struct vz_build_base){
		.os = &m.os, .plan = m.os_plan, .recordings = m.recordings, .n_recordings = m.n_recordings,
	};
	if (vz_build_on(s, joined, &base, &exactly, &built, err) < 0)
		return -1;
	*ret_image = built.image;
	vz_plan_free(built.plan);
	return 0;
}
