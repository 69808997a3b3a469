/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/outcome.h"

#include <string.h>

#include "base/fd.h"
#include "store/document.h"

#define MAX_TEXT 4096

struct file {
	char *key;
	struct vz_outcome is;
};
#define MEMBER(name) offsetof(struct file, name)

static const struct vz_member members[] = {
	{ "key", VZ_MEMBER_NAME, MEMBER(key), false },
	{ "image", VZ_MEMBER_DIGEST, MEMBER(is.image), false },
	{ "parent", VZ_MEMBER_DIGEST, MEMBER(is.parent), true },
	{ "plan", VZ_MEMBER_DIGEST, MEMBER(is.plan), true },
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

	if (vz_read_file(vz_store_fd(s), path, MAX_TEXT, &text, err) < 0)
		return -1;
	if (vz_document_parse(&kind, text.data, text.len, &f, err) < 0)
		return vz_err_wrap(err, "'%s'", path);
	if (strcmp(f.key, key))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is not what its name says", path);
	*ret = f.is;
	return 0;
}

int vz_outcome_write(struct vz_store *s, const char *key, const struct vz_outcome *o, struct vz_err *err)
{
	auto_free char *path = vz_printf("compositions/%s", key);
	const struct file f = { (char *)key, *o };
	auto_buf struct vz_buf text = {0};

	if (vz_document_format(&kind, &f, &text, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}

int vz_outcome_keys(const struct vz_store *s, struct vz_texts *ret, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};
	struct vz_digest d;

	if (vz_list_dir(vz_store_fd(s), "compositions", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (vz_digest_parse(names.v[i], &d))
			vz_texts_add(ret, names.v[i]);
	return 0;
}
