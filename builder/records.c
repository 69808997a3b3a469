/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/records.h"

#include <string.h>

#include "base/alloc.h"
#include "builder/units.h"

/* passwd(5), group(5), shadow(5), gshadow(5), subuid(5), subgid(5), shells(5) */
const struct vz_record_file vz_record_files[] = {
	{ "/etc/passwd", { .separator = ':', .fields = 7, .id = 2, .ids = 1 << 2 | 1 << 3 } },
	{ "/etc/group", { .separator = ':', .fields = 4, .id = 2, .ids = 1 << 2, .lists = 1 << 3 } },
	{ "/etc/shadow", { .separator = ':', .fields = 9 } },
	{ "/etc/gshadow", { .separator = ':', .fields = 4, .lists = 1 << 2 | 1 << 3 } },
	{ "/etc/subuid", { .separator = ':', .fields = 3, .id = 1, .range = 2 } },
	{ "/etc/subgid", { .separator = ':', .fields = 3, .id = 1, .range = 2 } },
	{ "/etc/shells", {0} },
	{0}
};

struct field {
	const char *text;
	size_t len;
};

struct merge {
	struct vz_records *r;
	struct vz_units base, theirs, new;
	struct vz_units ids;             /* the tenant's records again, by id */
};

void vz_records_release(struct vz_records *r)
{
	for (size_t i = 0; i < r->n_clashes; i++) {
		free(r->clashes[i].name);
		free(r->clashes[i].other);
		free(r->clashes[i].id);
	}
	free(r->clashes);
	r->clashes = NULL;
	r->n_clashes = r->cap_clashes = 0;
	vz_buf_release(&r->text);
}

/* Cuts a record into its fields; false if it has not as many as it should. */
static bool split(const struct vz_records_rule *rule, const struct vz_unit *u, struct field *ret)
{
	const char *p = u ? u->text : NULL, *end = u ? u->text + u->len : NULL;
	size_t n = 0;

	if (!u || !rule->separator)
		return false;
	for (;;) {
		const char *sep = memchr(p, rule->separator, (size_t)(end - p)), *stop = sep ? sep : end;

		if (n == rule->fields)
			return false;
		ret[n++] = (struct field){ p, (size_t)(stop - p) };
		if (!sep)
			return n == rule->fields;
		p = sep + 1;
	}
}

static bool field_same(const struct field *a, const struct field *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* The next item of a list; false at its end. */
static bool next_item(struct field *rest, struct field *ret)
{
	while (rest->len) {
		const char *comma = memchr(rest->text, ',', rest->len);
		size_t len = comma ? (size_t)(comma - rest->text) : rest->len;

		*ret = (struct field){ rest->text, len };
		rest->text += len + (comma != NULL);
		rest->len -= len + (comma != NULL);
		if (len)
			return true;
	}
	return false;
}

static bool has_item(struct field list, const struct field *item)
{
	struct field f;

	while (next_item(&list, &f))
		if (field_same(&f, item))
			return true;
	return false;
}

static void add_item(struct vz_buf *to, size_t start, const struct field *item)
{
	if (to->len > start)
		vz_buf_putc(to, ',');
	vz_buf_add(to, item->text, item->len);
}

/* The tenant's list, without what the new composition took away, and with what it added. */
static void merge_list(const struct field *base, struct field theirs, struct field new, struct vz_buf *to)
{
	const struct field all_theirs = theirs, all_new = new;
	size_t start = to->len;
	struct field f;

	while (next_item(&theirs, &f))
		if (!has_item(*base, &f) || has_item(all_new, &f))
			add_item(to, start, &f);
	while (next_item(&new, &f))
		if (!has_item(*base, &f) && !has_item(all_theirs, &f))
			add_item(to, start, &f);
}

static void merge_fields(const struct vz_records_rule *rule, const struct field *base, const struct field *theirs,
			 const struct field *new, struct vz_buf *to)
{
	for (size_t i = 0; i < rule->fields; i++) {
		bool theirs_changed = !field_same(&theirs[i], &base[i]);

		if (i)
			vz_buf_putc(to, rule->separator);
		if (rule->lists >> i & 1)
			merge_list(&base[i], theirs[i], new[i], to);
		else if (theirs_changed || rule->ids >> i & 1)
			vz_buf_add(to, theirs[i].text, theirs[i].len);
		else
			vz_buf_add(to, new[i].text, new[i].len);
	}
}

static void put_line(struct vz_buf *to, const char *text, size_t len)
{
	vz_buf_add(to, text, len);
	vz_buf_putc(to, '\n');
}

/* A record that both sides added has what they agree on as its base, which is nothing in lists. */
static void merge_record(struct merge *m, const struct vz_unit *theirs)
{
	const struct vz_records_rule *rule = m->r->rule;
	const struct vz_unit *base = vz_units_find(&m->base, theirs), *new = vz_units_find(&m->new, theirs);
	struct field b[VZ_RECORDS_FIELDS] = {0}, t[VZ_RECORDS_FIELDS], n[VZ_RECORDS_FIELDS];
	struct vz_buf *to = &m->r->text;

	if (base && !new && vz_unit_same(theirs, base))
		return;
	if (!new || vz_unit_same(theirs, new) || vz_unit_same(base, new) || !split(rule, theirs, t) ||
	    !split(rule, new, n) || (base && !split(rule, base, b))) {
		put_line(to, theirs->text, theirs->len);
		return;
	}
	for (size_t i = 0; !base && i < rule->fields; i++)
		b[i] = (struct field){ "", 0 };
	merge_fields(rule, b, t, n, to);
	vz_buf_putc(to, '\n');
}

/* ---- ids ---- */

static bool number(const struct field *f, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < f->len; i++) {
		if (f->text[i] < '0' || f->text[i] > '9' || i == 18)
			return false;
		*ret = 10 * *ret + (uint64_t)(f->text[i] - '0');
	}
	return f->len > 0;
}

static bool ranges_meet(const struct vz_records_rule *rule, const struct field *a, const struct field *b)
{
	uint64_t a_first, a_len, b_first, b_len;

	if (!number(&a[rule->id], &a_first) || !number(&a[rule->range], &a_len) || !number(&b[rule->id], &b_first) ||
	    !number(&b[rule->range], &b_len))
		return false;
	return a_first < b_first + b_len && b_first < a_first + a_len;
}

/* Whose the id of the new record is in the tenant's text; NULL: nobody's. For a range, who has a part of it. */
static const char *holder(const struct merge *m, const struct field *new)
{
	const struct vz_records_rule *rule = m->r->rule;
	const struct vz_unit *by_id;

	if (!rule->range) {
		by_id = vz_units_get(&m->ids, new[rule->id].text, new[rule->id].len);
		return by_id ? by_id->text : NULL;
	}
	for (size_t i = 0; i < m->theirs.n; i++) {
		struct field t[VZ_RECORDS_FIELDS];

		if (m->theirs.items[i].key && split(rule, &m->theirs.items[i], t) && ranges_meet(rule, new, t))
			return m->theirs.items[i].text;
	}
	return NULL;
}

/* Does the new composition itself have this id under the other name, too? Then they share it on purpose. */
static bool shared_by_new(const struct merge *m, const char *other, size_t len, const struct field *id)
{
	const struct vz_unit *same_name = vz_units_get(&m->new, other, len);
	struct field f[VZ_RECORDS_FIELDS];

	return same_name && split(m->r->rule, same_name, f) && field_same(&f[m->r->rule->id], id);
}

static bool clashes(struct merge *m, const struct vz_unit *new)
{
	const struct vz_records_rule *rule = m->r->rule;
	struct field n[VZ_RECORDS_FIELDS];
	const char *other;
	struct vz_records_clash *c;
	size_t len;

	if (!rule->id || !split(rule, new, n))
		return false;
	other = holder(m, n);
	len = other ? (size_t)(strchr(other, rule->separator) - other) : 0;
	if (!other || shared_by_new(m, other, len, &n[rule->id]))
		return false;
	vz_grow(m->r->clashes, m->r->n_clashes, m->r->cap_clashes);
	c = &m->r->clashes[m->r->n_clashes++];
	c->name = vz_strndup(new->key, new->key_len);
	c->other = vz_strndup(other, len);
	c->id = vz_strndup(n[rule->id].text, n[rule->id].len);
	return true;
}

static void index_ids(struct merge *m)
{
	for (size_t i = 0; m->r->rule->id && i < m->theirs.n; i++) {
		const struct vz_unit *u = &m->theirs.items[i];
		struct field f[VZ_RECORDS_FIELDS];

		if (u->key && split(m->r->rule, u, f))
			vz_units_add(&m->ids, u->text, u->len, f[m->r->rule->id].text, f[m->r->rule->id].len);
	}
	vz_units_index(&m->ids);
}

/* ---- the whole ---- */

static int parse(const struct vz_records *r, const struct vz_buf *text, struct vz_units *ret, struct vz_err *err)
{
	if (!text->len)
		return 0;
	if (memchr(text->data, 0, text->len))
		return vz_err_set(err, VZ_FAILED, "it has NUL bytes");
	if (!vz_units_add_lines(ret, text->data, text->len, r->rule->separator))
		return vz_err_set(err, VZ_FAILED, "it has more than %d lines", VZ_UNITS_MAX);
	vz_units_index(ret);
	return 0;
}

static void add_new(struct merge *m)
{
	for (size_t i = 0; i < m->new.n; i++) {
		const struct vz_unit *u = &m->new.items[i];

		if (u->key && !vz_units_find(&m->theirs, u) && !vz_units_find(&m->base, u) && !clashes(m, u))
			put_line(&m->r->text, u->text, u->len);
	}
}

static int merge(struct merge *m, struct vz_err *err)
{
	struct vz_records *r = m->r;
	bool new_added = false;

	if (parse(r, r->base, &m->base, err) < 0 || parse(r, r->theirs, &m->theirs, err) < 0 ||
	    parse(r, r->new, &m->new, err) < 0)
		return -1;
	index_ids(m);
	for (size_t i = 0; i < m->theirs.n; i++) {
		const struct vz_unit *u = &m->theirs.items[i];

		/* what NIS has counts only behind all others */
		if (!new_added && !u->key && u->len && strchr("+-", *u->text)) {
			add_new(m);
			new_added = true;
		}
		if (u->key)
			merge_record(m, u);
		else
			put_line(&r->text, u->text, u->len);
	}
	if (!new_added)
		add_new(m);
	return 0;
}

static bool same_text(const struct vz_buf *a, const struct vz_buf *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

int vz_records_merge(struct vz_records *r, struct vz_err *err)
{
	struct merge m = { .r = r };
	int rc = 0;

	if (same_text(r->theirs, r->base) || same_text(r->theirs, r->new))
		vz_buf_add(&r->text, r->new->data, r->new->len);
	else if (same_text(r->base, r->new))
		vz_buf_add(&r->text, r->theirs->data, r->theirs->len);
	else
		rc = merge(&m, err);
	vz_units_release(&m.base);
	vz_units_release(&m.theirs);
	vz_units_release(&m.new);
	vz_units_release(&m.ids);
	return rc;
}
