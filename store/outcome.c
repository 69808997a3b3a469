/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/outcome.h"

#include <string.h>

#include "base/fd.h"
#include "store/document.h"

#define MAX_TEXT 4096

struct file {
	char *key, *parent;
	struct vz_digest image;
};
#define MEMBER(name) offsetof(struct file, name)

static const struct vz_member members[] = {
	{ "key", VZ_MEMBER_NAME, MEMBER(key), false },
	{ "image", VZ_MEMBER_DIGEST, MEMBER(image), false },
	{ "parent", VZ_MEMBER_TEXT, MEMBER(parent), true },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-composition 2", "composition", members };

static void release(struct file *f)
{
	vz_document_release(&kind, f);
}

int vz_outcome_read(const struct vz_store *s, const char *key, struct vz_outcome *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("compositions/%s", key);
	__attribute__((cleanup(release))) struct file f = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_outcome c = {0};

	if (vz_read_file(vz_store_fd(s), path, MAX_TEXT, &text, err) < 0)
		return -1;
	if (vz_document_parse(&kind, text.data, text.len, &f, err) < 0)
		return vz_err_wrap(err, "'%s'", path);
	c.has_parent = f.parent != NULL;
	if (strcmp(f.key, key) || (f.parent && !vz_digest_parse(f.parent, &c.parent)))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is not what its name says", path);
	c.image = f.image;
	*ret = c;
	return 0;
}

int vz_outcome_write(struct vz_store *s, const char *key, const struct vz_outcome *c, struct vz_err *err)
{
	auto_free char *path = vz_printf("compositions/%s", key);
	char parent[VZ_HEX_LEN + 1];
	const struct file f = { (char *)key, c->has_parent ? parent : NULL, c->image };
	auto_buf struct vz_buf text = {0};

	vz_digest_hex(&c->parent, parent);
	if (vz_document_format(&kind, &f, &text, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}

int vz_outcome_keys(const struct vz_store *s, struct vz_texts *ret, struct vz_err *err)
{
	return vz_list_dir(vz_store_fd(s), "compositions", ret, err);
}
