/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/ids.h"

#include <string.h>

#include "base/fd.h"
#include "builder/content.h"
#include "store/ledger.h"
#include "store/manifest.h"

#define LINES_MAX 65536          /* of a record file; a tenant's may be anything */

static const char *const files[VZ_ID_KINDS] = { "/etc/passwd", "/etc/group" };

/* ---- what there is ---- */

static bool number(const char *p, size_t len, uint32_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9' || i == 10)
			return false;
		n = 10 * n + (uint64_t)(p[i] - '0');
	}
	*ret = (uint32_t)n;
	return len && n <= VZ_ID_MAX;
}

/* The field `index` of a line; its length, or -1. */
static ptrdiff_t field(const char *line, const char *stop, unsigned index, const char **ret)
{
	const char *colon;

	for (; index; index--) {
		colon = memchr(line, ':', (size_t)(stop - line));
		if (!colon)
			return -1;
		line = colon + 1;
	}
	colon = memchr(line, ':', (size_t)(stop - line));
	*ret = line;
	return (colon ? colon : stop) - line;
}

void vz_ids_of_text(enum vz_id_kind kind, const char *text, size_t len, struct vz_ids *ret)
{
	const char *end = text + len;

	for (size_t lines = 0; text < end && lines < LINES_MAX; lines++) {
		const char *nl = memchr(text, '\n', (size_t)(end - text)), *stop = nl ? nl : end, *name, *digits;
		ptrdiff_t name_len = field(text, stop, 0, &name), digits_len = field(text, stop, 2, &digits);
		uint32_t id;

		if (name_len > 0 && digits_len > 0 && !strchr("#+-", *name) && number(digits, (size_t)digits_len, &id)) {
			auto_free char *copy = vz_strndup(name, (size_t)name_len);

			vz_ids_add(ret, kind, copy, id);
		}
		text = nl ? nl + 1 : end;
	}
	vz_ids_sort(ret);
}

int vz_ids_of_tree(const struct vz_store *s, const struct vz_tree *t, struct vz_ids *ret, struct vz_err *err)
{
	for (enum vz_id_kind k = VZ_ID_USER; k < VZ_ID_KINDS; k++) {
		auto_buf struct vz_buf text = {0};

		if (vz_content_read(s, t, files[k], &text, err) < 0)
			return -1;
		if (text.len)
			vz_ids_of_text(k, text.data, text.len, ret);
	}
	return 0;
}

/* ---- what has to change ---- */

#define IDS_MAX 65536            /* among these a free one is looked for */

struct used {
	bool ids[VZ_ID_KINDS][IDS_MAX];
};

static void use(struct used *u, enum vz_id_kind kind, uint32_t id)
{
	if (id < IDS_MAX)
		u->ids[kind][id] = true;
}

static int use_owner(struct vz_node *n, void *ctx)
{
	if (!n->link) {
		use(ctx, VZ_ID_USER, n->uid);
		use(ctx, VZ_ID_GROUP, n->gid);
	}
	return 0;
}

static void use_all(struct used *u, const struct vz_ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		use(u, ids->v[i].kind, ids->v[i].id);
}

/* The next free id, for a user and its group if `both`; 0: there is none. */
static uint32_t next_free(const struct used *u, enum vz_id_kind kind, bool both, uint32_t id)
{
	uint32_t first = id < 1000 ? 100 : 1000, last = id < 1000 ? 999 : 59999;

	if (id < first || id > last)
		id = last;
	for (uint32_t i = first; i <= last; i++) {
		id = id == last ? first : id + 1;
		if (!u->ids[kind][id] && !(both && u->ids[VZ_ID_GROUP][id]))
			return id;
	}
	return 0;
}

/* Several names for one id: the files do not tell whose they are. */
static bool is_shared(const struct vz_ids *have, const struct vz_id *one)
{
	size_t n = 0;

	for (size_t i = 0; i < have->n; i++)
		n += have->v[i].kind == one->kind && have->v[i].id == one->id;
	return n > 1;
}

static bool may_change(const struct vz_ids *have, const struct vz_id *one)
{
	return one->id && vz_id_name_is_sane(one->name) && !is_shared(have, one);
}

/* A new name whose id is somebody else's. */
static bool has_to_move(const struct vz_ids *ledger, const struct vz_ids *have, const struct vz_id *one)
{
	uint32_t known;

	return may_change(have, one) && !vz_ids_get(ledger, one->kind, one->name, &known) &&
	       vz_ids_holder(ledger, one->kind, one->id);
}

/* A user and its group of the same name and id move together. */
static uint32_t choose_free(const struct used *u, const struct vz_ids *ledger, const struct vz_ids *have,
			    const struct vz_ids *chosen, const struct vz_id *one)
{
	struct vz_id other = { .kind = one->kind == VZ_ID_USER ? VZ_ID_GROUP : VZ_ID_USER, .name = one->name };
	bool both = vz_ids_get(have, other.kind, other.name, &other.id) && other.id == one->id &&
		    has_to_move(ledger, have, &other);
	uint32_t id;

	if (both && one->kind == VZ_ID_GROUP && vz_ids_get(chosen, VZ_ID_USER, one->name, &id))
		return id;
	return next_free(u, one->kind, both && one->kind == VZ_ID_USER, one->id);
}

void vz_ids_choose(const struct vz_ids *ledger, const struct vz_ids *have, const struct vz_tree *t, struct vz_ids *ret)
{
	struct used *u = vz_new(struct used);
	uint32_t id;

	use_all(u, ledger);
	use_all(u, have);
	vz_node_walk(t->root, use_owner, u);
	for (size_t i = 0; i < have->n; i++) {
		const struct vz_id *one = &have->v[i];

		if (has_to_move(ledger, have, one)) {
			id = choose_free(u, ledger, have, ret, one);
			use(u, one->kind, id);
		} else if (!may_change(have, one) || !vz_ids_get(ledger, one->kind, one->name, &id)) {
			continue;
		}
		if (id && id != one->id)
			vz_ids_put(ret, one->kind, one->name, id);
	}
	free(u);
}

/* A template that came from elsewhere has versions, but no ledger. */
static int read_version(const struct vz_store *s, const char *name, struct vz_ids *ret, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_tree struct vz_tree *t = NULL;
	auto_free char *ref = NULL;
	struct vz_err none;
	size_t n = 0;
	auto_free unsigned *all = vz_manifest_versions(s, name, &n, &none);

	if (!all || !n)
		return 0;
	ref = vz_printf("%s@%u", name, all[n - 1]);
	if (vz_manifest_read(s, ref, &m, err) < 0)
		return -1;
	t = vz_manifest_tree(s, &m, err);
	return t ? vz_ids_of_tree(s, t, ret, err) : -1;
}

static int read_ledger(const struct vz_store *s, const char *name, struct vz_ids *ret, struct vz_err *err)
{
	if (vz_ledger_read(s, name, ret, err) == 0)
		return 0;
	return err->code == VZ_NOTFOUND ? read_version(s, name, ret, err) : -1;
}

int vz_ids_enter(struct vz_store *s, const char *template_name, const struct vz_tree *t, struct vz_ids *ret,
		 struct vz_err *err)
{
	auto_ids struct vz_ids ledger = {0}, have = {0};
	auto_fd int lock = vz_store_lock(s, "ids", template_name, true, err);
	size_t n;

	if (lock < 0 || read_ledger(s, template_name, &ledger, err) < 0 || vz_ids_of_tree(s, t, &have, err) < 0)
		return -1;
	vz_ids_choose(&ledger, &have, t, ret);
	vz_ids_merge(&have, ret);
	n = ledger.n;
	for (size_t i = 0; i < have.n; i++) {
		uint32_t known;

		if (vz_id_name_is_sane(have.v[i].name) && !vz_ids_get(&ledger, have.v[i].kind, have.v[i].name, &known))
			vz_ids_put(&ledger, have.v[i].kind, have.v[i].name, have.v[i].id);
	}
	return ledger.n == n ? 0 : vz_ledger_write(s, template_name, &ledger, err);
}
