/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/ingest.h"

#include <string.h>
#include <sys/stat.h>

#include "store/package.h"

#define MAX_RATIO 200            /* unpacked : packed … */
#define FREE_BYTES (1 << 20)     /* … above this size unpacked */

static const struct vz_package_ops *const families[] = { &vz_package_deb, &vz_package_rpm };

static const struct vz_package_ops *find_family(const char *family)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strcmp(families[i]->family, family) == 0)
			return families[i];
	return NULL;
}

/* Reads the package into the record. */
static int fill_record(struct vz_store *s, const struct vz_package_ops *ops, int fd, struct vz_record *r,
		       uint64_t *ret_new_bytes, struct vz_err *err)
{
	auto_sink struct vz_sink *k = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return vz_err_sys(err, "stat the package");
	r->size = (uint64_t)st.st_size;
	r->tree = vz_tree_new();
	k = vz_sink_new(s, r->tree, r->size > FREE_BYTES / MAX_RATIO ? r->size * MAX_RATIO : FREE_BYTES);
	if (ops->read(fd, k, r, err) < 0 || vz_sink_end(k, err) < 0)
		return -1;
	*ret_new_bytes = vz_sink_new_bytes(k);
	return 0;
}

int vz_ingest(struct vz_store *s, const char *family, int fd, const char *digest, struct vz_ingest_result *ret,
	      struct vz_err *err)
{
	const struct vz_package_ops *ops = find_family(family);
	auto_record struct vz_record *record = NULL;
	struct vz_ingest_result result = {0};
	struct vz_tree_stats stats;

	if (!ops)
		return vz_err_set(err, VZ_FAILED, "no reader for packages of the family '%s'", family);
	if (vz_record_has(s, digest)) {
		*ret = result;
		return 0;
	}
	record = vz_record_new(family);
	if (fill_record(s, ops, fd, record, &result.new_bytes, err) < 0 || vz_record_put(s, digest, record, err) < 0)
		return -1;
	vz_tree_stats(record->tree, &stats);
	result.files = stats.files;
	result.bytes = stats.bytes;
	*ret = result;
	return 0;
}
