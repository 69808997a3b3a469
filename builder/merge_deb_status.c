/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/merge_deb.h"

#define UPDATES VZ_DPKG_DIR "/updates"
#define UPDATE_MAX (1u << 20)

struct status {
	struct vz_merging *g;
	struct vz_stanzas base, theirs, new;
	struct vz_buf text;
	bool all_new;            /* what is in `text` is the new composition's, every stanza of it */
};

/* The name that files of info/ begin with: at most one package has it. */
static char *info_name(const struct vz_unit *u)
{
	auto_free char *name = vz_stanza_field(u, "Package"), *arch = vz_stanza_field(u, "Architecture");
	auto_free char *multi = vz_stanza_field(u, "Multi-Arch");
	struct vz_dpkg_package p = { .name = name, .arch = arch, .multi_arch_same = multi && strcmp(multi, "same") == 0 };

	if (!name || !vz_dpkg_name_is_sane(name) || (p.multi_arch_same && (!arch || !vz_dpkg_name_is_sane(arch))))
		return NULL;
	return vz_dpkg_info_name(&p);
}

/* Its version, or NULL if its files are not there. */
static char *installed(const struct vz_unit *u)
{
	auto_free char *status = u ? vz_stanza_field(u, "Status") : NULL;
	const char *state = status ? strrchr(status, ' ') : NULL;

	if (!state || strcmp(state, " not-installed") == 0 || strcmp(state, " config-files") == 0)
		return NULL;
	return vz_stanza_field(u, "Version");
}

/* ---- what an interrupted dpkg left ---- */

static int read_update(struct vz_merging *g, int dir, const char *name, struct vz_buf *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf(UPDATES "/%s", name);
	struct stat st;
	auto_fd int fd = vz_path_open_entry(dir, name, &st, err);

	if (fd < 0 || vz_read_fd(fd, UPDATE_MAX, ret, err) < 0)
		return vz_err_wrap(err, "'%s' of a private area", path);
	vz_buf_puts(ret, "\n\n");
	return vz_merging_drop(g, VZ_UPPER_MERGED, path, err);
}

/* Appends them, the latest first. */
static int read_updates(struct vz_merging *g, struct vz_buf *ret, struct vz_err *err)
{
	auto_fd int dir = vz_path_open_beneath(g->m->upper_fd, UPDATES, O_RDONLY | O_DIRECTORY, err);
	auto_texts struct vz_texts names = {0};

	if (dir < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	if (vz_list_dir(dir, ".", &names, err) < 0)
		return -1;
	for (size_t i = names.n; i-- > 0;)
		if (!names.v[i][strspn(names.v[i], "0123456789")] && read_update(g, dir, names.v[i], ret, err) < 0)
			return -1;
	return 0;
}

static void put_stanza(struct vz_buf *to, const struct vz_unit *u)
{
	vz_buf_add(to, u->text, u->len);
	vz_buf_puts(to, "\n\n");
}

/* The tenant's status as dpkg would read it. */
static int take_updates(struct vz_merging *g, const struct vz_buf *theirs, struct vz_buf *ret, struct vz_err *err)
{
	auto_buf struct vz_buf updates = {0};
	auto_stanzas struct vz_stanzas old = {0}, new = {0};

	if (read_updates(g, &updates, err) < 0)
		return -1;
	if (vz_stanzas_read(theirs, info_name, &old, err) < 0 || vz_stanzas_read(&updates, info_name, &new, err) < 0)
		return -1;
	for (size_t i = 0; i < old.units.n; i++)
		if (!vz_units_find(&new.units, &old.units.items[i]))
			put_stanza(ret, &old.units.items[i]);
	for (size_t i = 0; i < new.units.n; i++)
		if (new.units.items[i].key && !new.units.items[i].ordinal)
			put_stanza(ret, &new.units.items[i]);
	return 0;
}

/* ---- package by package ---- */

static char *wish_of(const struct vz_unit *u)
{
	char *status = u ? vz_stanza_field(u, "Status") : NULL;

	if (status)
		status[strcspn(status, " ")] = 0;
	return status;
}

/* The new stanza, with what the tenant wished of it. */
static void put_new(struct status *s, const struct vz_unit *base, const struct vz_unit *theirs, const struct vz_unit *new)
{
	auto_free char *was = wish_of(base), *wish = wish_of(theirs), *given = wish_of(new);
	const char *at;

	if (!base || !theirs || !was || !wish || !given || strcmp(was, wish) == 0 || strcmp(wish, given) == 0) {
		put_stanza(&s->text, new);
		return;
	}
	s->all_new = false;
	for (at = new->text; strncasecmp(at, "Status:", 7) != 0; at = strchr(at, '\n') + 1)
		;
	at = strstr(at, given);
	vz_buf_add(&s->text, new->text, (size_t)(at - new->text));
	vz_buf_puts(&s->text, wish);
	at += strlen(given);
	vz_buf_add(&s->text, at, (size_t)(new->text + new->len - at));
	vz_buf_puts(&s->text, "\n\n");
}

/* One package, of which one side has a stanza at least. */
static int merge_package(struct status *s, const char *key, const struct vz_unit *base, const struct vz_unit *theirs,
			 const struct vz_unit *new, struct vz_err *err)
{
	auto_free char *name = vz_strdup(key), *b = installed(base), *t = installed(theirs), *n = installed(new);
	const struct vz_merge_package p = { name, b, t, n };
	bool is_theirs = vz_merge_package_is_theirs(s->g, VZ_DPKG_STATUS, &p);
	/* what is left of a package that the tenant removed, of which the new composition knows nothing */
	bool left = !is_theirs && !new && theirs && !t && !vz_unit_same(theirs, base);

	if (is_theirs || left)
		s->all_new = false;
	if ((is_theirs && theirs) || left)
		put_stanza(&s->text, theirs);
	else if (!is_theirs && new)
		put_new(s, base, theirs, new);
	if (is_theirs)
		return vz_merge_deb_pin(s->g, name, err);
	return left ? 0 : vz_merge_deb_follow(s->g, name, err);
}

static int merge_all(struct status *s, struct vz_err *err)
{
	for (size_t i = 0; i < s->theirs.units.n; i++) {
		const struct vz_unit *u = &s->theirs.units.items[i];

		if (!u->key) {
			s->all_new = false;
			put_stanza(&s->text, u);
		} else if (merge_package(s, u->key, vz_units_find(&s->base.units, u), u, vz_units_find(&s->new.units, u), err) < 0) {
			return -1;
		}
	}
	for (size_t i = 0; i < s->new.units.n; i++) {
		const struct vz_unit *u = &s->new.units.items[i];

		if (u->key && !vz_units_find(&s->theirs.units, u) &&
		    merge_package(s, u->key, vz_units_find(&s->base.units, u), NULL, u, err) < 0)
			return -1;
	}
	return 0;
}

static int merge_status(struct status *s, const struct vz_merging_texts *have, struct vz_err *err)
{
	auto_buf struct vz_buf theirs = {0};
	struct vz_err why = {0};

	if (take_updates(s->g, &have->theirs, &theirs, err) < 0)
		return -1;
	if (vz_stanzas_read(&have->base, info_name, &s->base, &why) < 0 ||
	    vz_stanzas_read(&theirs, info_name, &s->theirs, &why) < 0 ||
	    vz_stanzas_read(&have->new, info_name, &s->new, &why) < 0) {
		vz_upper_conflict(s->g->plan, VZ_DPKG_STATUS, "%s, and stays as it is here", why.msg);
		vz_merging_settle(s->g, VZ_DPKG_STATUS);
		return 0;
	}
	s->all_new = true;
	if (merge_all(s, err) < 0)
		return -1;
	vz_merging_texts_put(s->g, VZ_DPKG_STATUS, have, s->all_new ? &have->new : &s->text);
	return 0;
}

int vz_merge_deb_status(struct vz_merging *g, struct vz_err *err)
{
	auto_merging_texts struct vz_merging_texts have = {0};
	struct status s = { .g = g };
	int rc = vz_merging_texts_read(g, VZ_DPKG_STATUS, &have, err);

	if (rc > 0)
		rc = merge_status(&s, &have, err);
	vz_stanzas_release(&s.base);
	vz_stanzas_release(&s.theirs);
	vz_stanzas_release(&s.new);
	vz_buf_release(&s.text);
	return rc;
}
