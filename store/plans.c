/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/plans.h"

#include "base/fd.h"

#define PLAN_LIMIT (64 << 20)

static char *path_of(const struct vz_digest *d)
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(d, hex);
	return vz_printf("plans/%s", hex);
}

int vz_plans_put(struct vz_store *s, const char *text, size_t len, struct vz_digest *ret, struct vz_err *err)
{
	auto_free char *path = NULL;

	vz_sha256(text, len, ret);
	path = path_of(ret);
	if (faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (vz_make_dirs(vz_store_fd(s), "plans", 0700, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text, len, 0600, err);
}

int vz_plans_get(const struct vz_store *s, const struct vz_digest *plan, struct vz_buf *ret, struct vz_err *err)
{
	auto_free char *path = path_of(plan);
	auto_buf struct vz_buf text = {0};
	struct vz_digest sum;

	if (vz_read_file(vz_store_fd(s), path, PLAN_LIMIT, &text, err) < 0) {
		if (err->code == VZ_NOTFOUND)
			err->code = VZ_DAMAGED;
		return -1;
	}
	vz_sha256(text.data, text.len, &sum);
	if (vz_digest_cmp(&sum, plan) != 0)
		return vz_err_set(err, VZ_DAMAGED, "'%s' is not what its name says", path);
	vz_buf_add(ret, text.data, text.len);
	return 0;
}
