/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/verify.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/proc.h"
#include "store/image.h"
#include "store/outcome.h"
#include "store/plans.h"
#include "store/record.h"
#include "store/verdict.h"
#include "store/verify_parts.h"

void vz_verify_release(struct vz_verify *v)
{
	vz_digests_release(&v->needed);
	free(v->sizes);
	v->sizes = NULL;
}

bool vz_verify_digest(const char *path, struct vz_digest *ret)
{
	char hex[VZ_HEX_LEN + 1] = "";
	size_t n = 0;

	if (!strncmp(path, "objects/", 8))
		path += 8;
	else if (!strncmp(path, "images/", 7))
		path += 7;
	else
		return false;
	for (; *path && *path != '.' && n < VZ_HEX_LEN; path++)
		if (*path != '/')
			hex[n++] = *path;
	return (!*path || !strcmp(path, ".erofs")) && vz_digest_parse(hex, ret);
}

bool vz_verify_is_temporary(const char *name)
{
	return strstr(name, ".tmp.") != NULL;
}

static uint64_t size_of(const struct vz_store *s, const char *path)
{
	struct stat st;

	return fstatat(vz_store_fd(s), path, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : (uint64_t)st.st_size;
}

/* ---- one of each kind ---- */

/* What a tree needs, and that no two need one content in two sizes. */
struct needing {
	struct vz_verify *verify;
	struct vz_err *err;
};

static int need_node(struct vz_node *n, void *ctx)
{
	const struct needing *need = ctx;
	struct vz_verify *v = need->verify;
	uint32_t *number;

	if (n->link || !n->has_digest)
		return 0;
	number = vz_digests_put(&v->needed, &n->digest);
	if (!*number) {
		*number = (uint32_t)v->needed.n;
		vz_grow(v->sizes, *number, v->cap_sizes);
		v->sizes[*number - 1] = n->size;
	} else if (v->sizes[*number - 1] != n->size) {
		auto_free char *path = vz_node_path(n);

		return vz_err_set(need->err, VZ_DAMAGED, "'%s' has %llu bytes in it, and %llu elsewhere", path,
				  (unsigned long long)n->size, (unsigned long long)v->sizes[*number - 1]);
	}
	return 0;
}

/* `v` NULL: what it needs is of no interest. */
static int check_image(const struct vz_store *s, struct vz_verify *v, const char *path, struct vz_err *err)
{
	struct needing need = { v, err };
	auto_tree struct vz_tree *t = NULL;
	struct vz_digest d;

	if (!vz_verify_digest(path, &d))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is no name of an image", path);
	t = vz_store_image_tree(s, &d, err);
	if (!t)
		return -1;
	return v ? vz_node_walk(t->root, need_node, &need) : 0;
}

static int check_record(const struct vz_store *s, struct vz_verify *v, const char *path, struct vz_err *err)
{
	struct needing need = { v, err };
	auto_record struct vz_record *r = vz_record_read(s, path + strlen("packages/"), err);

	if (!r)
		return -1;
	return v ? vz_node_walk(r->tree->root, need_node, &need) : 0;
}

/* Its image and its plan are there. */
static int check_outcome(const struct vz_store *s, struct vz_verify *v, const char *path, struct vz_err *err)
{
	const struct vz_digest none = {0};
	auto_buf struct vz_buf plan = {0};
	struct vz_outcome o;
	auto_fd int image = -1;

	(void)v;
	if (vz_outcome_read(s, path + strlen("compositions/"), &o, err) < 0)
		return -1;
	image = vz_store_open_image(s, &o.image, err);
	if (image < 0 || (vz_digest_cmp(&o.plan, &none) && vz_plans_get(s, &o.plan, &plan, err) < 0))
		return vz_err_wrap(err, "'%s'", path);
	return 0;
}

static int check_plan(const struct vz_store *s, struct vz_verify *v, const char *path, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	struct vz_digest d;

	(void)v;
	if (!vz_digest_parse(path + strlen("plans/"), &d))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is no name of a plan", path);
	return vz_plans_get(s, &d, &text, err);
}

static int check_verdict(const struct vz_store *s, struct vz_verify *v, const char *path, struct vz_err *err)
{
	auto_verdict struct vz_verdict verdict = {0};
	struct vz_digest d;

	(void)v;
	if (!vz_digest_parse(path + strlen("verdicts/"), &d))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is no name of a verdict", path);
	return vz_verdict_read(s, &d, &verdict, err);
}

struct kind {
	const char *dir;
	enum vz_finding_kind kind;
	int (*check)(const struct vz_store *s, struct vz_verify *v, const char *path, struct vz_err *err);
};
static const struct kind kinds[] = {
	{ "images", VZ_FINDING_IMAGE, check_image },
	{ "packages", VZ_FINDING_RECORD, check_record },
	{ "compositions", VZ_FINDING_OUTCOME, check_outcome },
	{ "plans", VZ_FINDING_PLAN, check_plan },
	{ "verdicts", VZ_FINDING_VERDICT, check_verdict },
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

void vz_verify_image_is_there(const struct vz_store *s, const struct vz_digest *d, struct vz_findings *f)
{
	char hex[VZ_HEX_LEN + 1];
	auto_free char *path = NULL;
	struct vz_err why;

	vz_digest_hex(d, hex);
	path = vz_printf("images/%s.erofs", hex);
	if (faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	vz_err_set(&why, VZ_NOTFOUND, "'%s' is not there", path);
	vz_findings_add(f, VZ_FINDING_IMAGE, path, &why);
}

/* ---- all of one kind ---- */

/* What vanished meanwhile is no finding. */
static bool is_there(const struct vz_store *s, const char *path)
{
	return faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int verify_kind(struct vz_verify *v, const struct kind *k, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};

	if (vz_list_dir(vz_store_fd(v->store), k->dir, &names, err) < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	for (size_t i = 0; i < names.n; i++) {
		auto_free char *path = vz_printf("%s/%s", k->dir, names.v[i]);
		struct vz_err why = {0};

		if (vz_interrupted(err) < 0)
			return -1;
		if (vz_verify_is_temporary(names.v[i]))
			continue;
		if (k->check(v->store, v, path, &why) < 0 && is_there(v->store, path)) {
			why.code = VZ_DAMAGED;
			vz_findings_add(v->findings, k->kind, path, &why);
		}
		vz_findings_checked(v->findings, size_of(v->store, path));
		vz_report_progress(v->report, k->dir, i + 1, names.n);
	}
	return 0;
}

int vz_verify_run(struct vz_verify *v, struct vz_err *err)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (verify_kind(v, &kinds[i], err) < 0)
			return -1;
	if (vz_verify_templates(v, err) < 0)
		return -1;
	return vz_verify_objects(v, err);
}

int vz_verify_path(const struct vz_store *s, enum vz_finding_kind kind, const char *path, struct vz_err *err)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].kind == kind)
			return kinds[i].check(s, NULL, path, err);
	return kind == VZ_FINDING_OBJECT ? vz_verify_object(s, path, err) : vz_verify_template_file(s, kind, path, err);
}
