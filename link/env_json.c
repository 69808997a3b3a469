/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/env.h"

#include "store/document.h"

#define MEMBER(name) offsetof(struct vz_env, name)

static const struct vz_member members[] = {
	{ "name", VZ_MEMBER_NAME, MEMBER(name), false },
	{ "template.name", VZ_MEMBER_NAME, MEMBER(shows.template_name), false },
	{ "template.version", VZ_MEMBER_ORDINAL, MEMBER(shows.template_version), false },
	{ "image", VZ_MEMBER_DIGEST, MEMBER(shows.image), false },
	{ "plan", VZ_MEMBER_DIGEST, MEMBER(shows.plan), false },
	{ "apps", VZ_MEMBER_TEXTS, MEMBER(shows.apps), true },
	{ "packages", VZ_MEMBER_TEXTS, MEMBER(shows.packages), true },
	{ "files", VZ_MEMBER_TEXTS, MEMBER(shows.files), true },
	{ "layer", VZ_MEMBER_DIGEST, MEMBER(layer), true },
	{ "generation", VZ_MEMBER_ORDINAL, MEMBER(generation), false },
	{ "from", VZ_MEMBER_ORDINAL, MEMBER(from), true },
	{ "created", VZ_MEMBER_TIME, MEMBER(created), false },
	{ "since", VZ_MEMBER_TIME, MEMBER(since), false },
	{ "reason", VZ_MEMBER_TEXT, MEMBER(reason), false },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-env 2", "record", members };

void vz_env_release(struct vz_env *e)
{
	vz_document_release(&kind, e);
	*e = (struct vz_env){0};
}

int vz_env_format(const struct vz_env *e, struct vz_buf *ret, struct vz_err *err)
{
	return vz_document_format(&kind, e, ret, err) < 0 ? vz_err_wrap(err, "environment '%s'", e->name) : 0;
}

int vz_env_parse(const char *text, size_t len, struct vz_env *ret, struct vz_err *err)
{
	auto_env struct vz_env e = {0};

	if (vz_document_parse(&kind, text, len, &e, err) < 0)
		return -1;
	*ret = e;
	e = (struct vz_env){0};
	return 0;
}
