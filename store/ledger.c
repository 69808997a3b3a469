/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/ledger.h"

#include <string.h>

#include "base/fd.h"
#include "store/document.h"

#define LIMIT (16u << 20)

struct ledger {
	struct vz_texts kinds[VZ_ID_KINDS];
};

static const struct vz_member members[] = {
	{ "groups", VZ_MEMBER_TEXTS, offsetof(struct ledger, kinds[VZ_ID_GROUP]), true },
	{ "users", VZ_MEMBER_TEXTS, offsetof(struct ledger, kinds[VZ_ID_USER]), true },
	{0}
};
static const struct vz_document_kind kind = { "vzpkg-ids 1", "ledger of ids", members };

int vz_ledger_format(const struct vz_ids *ids, struct vz_buf *ret, struct vz_err *err)
{
	struct ledger l = {0};
	int rc;

	for (size_t i = 0; i < ids->n; i++) {
		auto_free char *text = vz_printf("%s %u", ids->v[i].name, ids->v[i].id);

		vz_texts_add(&l.kinds[ids->v[i].kind], text);
	}
	rc = vz_document_format(&kind, &l, ret, err);
	vz_document_release(&kind, &l);
	return rc;
}

/* "NAME ID", the id without leading zeros. */
static int read_text(struct vz_ids *ids, enum vz_id_kind k, char *text, struct vz_err *err)
{
	char *space = strrchr(text, ' ');
	uint64_t id = 0;
	uint32_t before;

	for (const char *p = space ? space + 1 : ""; *p && id <= VZ_ID_MAX; p++)
		id = *p >= '0' && *p <= '9' ? 10 * id + (uint64_t)(*p - '0') : VZ_ID_MAX + UINT64_C(1);
	if (!space || !space[1] || (space[1] == '0' && space[2]) || id > VZ_ID_MAX)
		return vz_err_set(err, VZ_DAMAGED, "'%s' in a ledger of ids is not a name and an id", text);
	*space = 0;
	if (!vz_id_name_is_sane(text) || vz_ids_get(ids, k, text, &before) ||
	    (ids->n && ids->v[ids->n - 1].kind == k && strcmp(ids->v[ids->n - 1].name, text) > 0))
		return vz_err_set(err, VZ_DAMAGED, "the name '%s' in a ledger of ids is there twice, out of order, or none", text);
	vz_ids_put(ids, k, text, (uint32_t)id);
	return 0;
}

int vz_ledger_parse(const char *text, size_t len, struct vz_ids *ret, struct vz_err *err)
{
	struct ledger l = {0};
	auto_ids struct vz_ids ids = {0};
	int rc = vz_document_parse(&kind, text, len, &l, err);

	for (enum vz_id_kind k = VZ_ID_USER; k < VZ_ID_KINDS; k++)
		for (size_t i = 0; rc == 0 && i < l.kinds[k].n; i++)
			rc = read_text(&ids, k, l.kinds[k].v[i], err);
	vz_document_release(&kind, &l);
	if (rc < 0)
		return -1;
	*ret = ids;
	ids = (struct vz_ids){0};
	return 0;
}

int vz_ledger_read(const struct vz_store *s, const char *template_name, struct vz_ids *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s/ids", template_name);
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(vz_store_fd(s), path, LIMIT, &text, err) < 0)
		return -1;
	return vz_ledger_parse(text.data, text.len, ret, err) < 0 ? vz_err_wrap(err, "'%s'", path) : 0;
}

int vz_ledger_write(struct vz_store *s, const char *template_name, const struct vz_ids *ids, struct vz_err *err)
{
	auto_free char *home = vz_printf("templates/%s", template_name), *path = vz_printf("%s/ids", home);
	auto_buf struct vz_buf text = {0};

	if (vz_ledger_format(ids, &text, err) < 0 || vz_make_dirs(vz_store_fd(s), home, 0700, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}
