/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/manifest.h"

#include "store/document.h"

#define MEMBER(name) offsetof(struct vz_manifest, name)

static const struct vz_member members[] = {
	{ "name", VZ_MEMBER_NAME, MEMBER(name), false },
	{ "kind", VZ_MEMBER_TEXT, MEMBER(kind), false },
	{ "summary", VZ_MEMBER_TEXT, MEMBER(summary), true },
	{ "arch", VZ_MEMBER_TEXT, MEMBER(arch), false },
	{ "family", VZ_MEMBER_TEXT, MEMBER(family), false },
	{ "version", VZ_MEMBER_ORDINAL, MEMBER(version), false },
	{ "parent", VZ_MEMBER_TEXT, MEMBER(parent), true },
	{ "recipe", VZ_MEMBER_TEXT, MEMBER(recipe), false },
	{ "recipe_path", VZ_MEMBER_TEXT, MEMBER(recipe_path), true },
	{ "lock", VZ_MEMBER_DIGEST, MEMBER(lock_sum), false },
	{ "tree", VZ_MEMBER_DIGEST, MEMBER(tree_sum), false },
	{ "image.digest", VZ_MEMBER_DIGEST, MEMBER(image), false },
	{ "image.size", VZ_MEMBER_COUNT, MEMBER(image_size), false },
	{ "packages", VZ_MEMBER_COUNT, MEMBER(packages), false },
	{ "files", VZ_MEMBER_COUNT, MEMBER(files), false },
	{ "bytes", VZ_MEMBER_COUNT, MEMBER(bytes), false },
	{ "new_bytes", VZ_MEMBER_COUNT, MEMBER(new_bytes), false },
	{ "seconds", VZ_MEMBER_REAL, MEMBER(seconds), false },
	{ "created", VZ_MEMBER_TIME, MEMBER(created), false },
	{ "source_date", VZ_MEMBER_TIME, MEMBER(source_date), false },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-manifest 1", "manifest", members };

void vz_manifest_release(struct vz_manifest *m)
{
	vz_document_release(&kind, m);
	free(m->lock);
	*m = (struct vz_manifest){0};
}

int vz_manifest_format(const struct vz_manifest *m, struct vz_buf *ret, struct vz_err *err)
{
	return vz_document_format(&kind, m, ret, err);
}

int vz_manifest_parse(const char *text, size_t len, struct vz_manifest *ret, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};

	if (vz_document_parse(&kind, text, len, &m, err) < 0)
		return -1;
	*ret = m;
	m = (struct vz_manifest){0};
	return 0;
}
