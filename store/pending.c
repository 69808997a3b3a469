/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "store/document.h"

#define NOTE_LIMIT 65536

/* As it is written. */
struct form {
	char *template;
	struct vz_digest plan;
	int64_t since;
};
#define MEMBER(name) offsetof(struct form, name)

static const struct vz_member members[] = {
	{ "template", VZ_MEMBER_NAME, MEMBER(template), false },
	{ "plan", VZ_MEMBER_DIGEST, MEMBER(plan), false },
	{ "since", VZ_MEMBER_TIME, MEMBER(since), false },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-pending 1", "note of a pending update", members };

int vz_pending_read(const struct vz_store *s, const char *template, struct vz_pending *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("pending/%s", template);
	auto_buf struct vz_buf text = {0};
	struct form f = {0};
	int rc = 0;

	if (vz_read_file(vz_store_fd(s), path, NOTE_LIMIT, &text, err) < 0)
		return -1;
	if (vz_document_parse(&kind, text.data, text.len, &f, err) < 0)
		rc = vz_err_wrap(err, "'%s'", path);
	else if (strcmp(f.template, template) != 0)
		rc = vz_err_set(err, VZ_DAMAGED, "'%s' is the note of another template", path);
	else
		*ret = (struct vz_pending){ f.plan, f.since };
	vz_document_release(&kind, &f);
	return rc;
}

int vz_pending_write(struct vz_store *s, const char *template, const struct vz_pending *p, struct vz_err *err)
{
	const struct form f = { (char *)template, p->plan, p->since };
	auto_free char *path = vz_printf("pending/%s", template);
	auto_buf struct vz_buf text = {0};

	if (vz_make_dirs(vz_store_fd(s), "pending", 0700, err) < 0 || vz_document_format(&kind, &f, &text, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}

int vz_pending_forget(struct vz_store *s, const char *template, struct vz_err *err)
{
	auto_free char *path = vz_printf("pending/%s", template);

	if (unlinkat(vz_store_fd(s), path, 0) < 0 && errno != ENOENT)
		return vz_err_sys(err, "remove '%s'", path);
	return 0;
}
