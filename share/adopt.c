/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/adopt.h"

#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "resolver/plan.h"
#include "share/vet.h"
#include "store/image.h"

static int check_plan(const struct vz_manifest *m, uint64_t *ret_packages, struct vz_err *err)
{
	auto_plan struct vz_plan *plan = vz_plan_read(m->lock, strlen(m->lock), "lock", err);

	if (!plan) {
		err->code = VZ_UNTRUSTED;
		return -1;
	}
	if (strcmp(plan->kind, m->kind) || strcmp(plan->arch, m->arch) || strcmp(plan->family, m->family))
		return vz_err_set(err, VZ_UNTRUSTED, "the lock is of another kind, architecture or family than the manifest");
	*ret_packages = plan->n_packages;
	return 0;
}

static void describe(const struct vz_adopt *a, const struct vz_arrival *what, const char *name, struct vz_manifest *ret)
{
	const struct vz_manifest *m = &what->from;
	struct vz_tree_stats stats;

	vz_tree_stats(what->tree, &stats);
	*ret = (struct vz_manifest){
		.name = vz_strdup(name), .kind = vz_strdup(m->kind), .summary = vz_strdup(m->summary), .arch = vz_strdup(m->arch),
		.family = vz_strdup(m->family), .recipe = vz_strdup(m->recipe), .lock = vz_strdup(m->lock), .files = stats.files,
		.bytes = stats.bytes, .new_bytes = what->new_bytes, .seconds = a->seconds, .created = time(NULL),
		.source_date = m->source_date,
	};
	vz_sha256(m->lock, strlen(m->lock), &ret->lock_sum);
}

/* Is it what the current version shows? Then that one is read into `ret`. */
static int is_current(const struct vz_store *s, const struct vz_manifest *m, struct vz_manifest *ret, struct vz_err *err)
{
	auto_manifest struct vz_manifest now = {0};

	if (!vz_manifest_current(s, m->name))
		return 0;
	if (vz_manifest_read(s, m->name, &now, err) < 0)
		return -1;
	if (vz_digest_cmp(&now.image, &m->image) || vz_digest_cmp(&now.lock_sum, &m->lock_sum))
		return 0;
	*ret = now;
	now = (struct vz_manifest){0};
	return 1;
}

static int publish(const struct vz_adopt *a, const struct vz_arrival *what, struct vz_manifest *m, const struct vz_buf *image,
		   struct vz_err *err)
{
	auto_free char *log = vz_printf("%s\n", a->origin);

	return vz_store_put_image(a->store, image->data, image->len, &m->image, err) < 0
		       ? -1 : vz_manifest_publish(a->store, m, what->tree, log, err);
}

static int judge(const struct vz_store *s, const struct vz_arrival *what, struct vz_manifest *m, struct vz_buf *image,
		 struct vz_err *err)
{
	if (check_plan(&what->from, &m->packages, err) < 0 || vz_vet_tree(s, what->tree, VZ_VET_WHOLE, err) < 0 ||
	    vz_image_write(what->tree, NULL, image, err) < 0)
		return -1;
	vz_verity_bytes(image->data, image->len, &m->image);
	m->image_size = image->len;
	if (!what->foreign && vz_digest_cmp(&m->image, &what->from.image))
		return vz_err_set(err, VZ_UNTRUSTED, "what came is not the image that the manifest of '%s' names", what->from.name);
	return 0;
}

int vz_adopt(const struct vz_adopt *a, const struct vz_arrival *what, struct vz_manifest *ret, bool *ret_changed,
	     struct vz_err *err)
{
	const char *name = a->name ? a->name : what->from.name;
	auto_manifest struct vz_manifest m = {0};
	auto_buf struct vz_buf image = {0};
	auto_fd int lock = -1;
	int current;

	if (!vz_name_is_sane(name))
		return vz_err_set(err, VZ_USAGE, "'%s' cannot be the name of a template", name);
	describe(a, what, name, &m);
	if (judge(a->store, what, &m, &image, err) < 0)
		return -1;
	lock = vz_store_lock(a->store, "template", name, true, err);
	current = lock < 0 ? -1 : is_current(a->store, &m, ret, err);
	if (current < 0 || (!current && !a->dry_run && publish(a, what, &m, &image, err) < 0))
		return -1;
	*ret_changed = !current;
	if (!current) {
		*ret = m;
		m = (struct vz_manifest){0};
	}
	return 0;
}
