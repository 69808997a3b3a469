/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/merge_deb.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/content.h"

/* ---- a package's files ---- */

/* Adds the lines of info/NAME.list as seen before the move, or as the new composition has it. */
static int add_list(struct vz_merging *g, const char *name, bool new, struct vz_texts *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf(VZ_DPKG_INFO "/%s.list", name);
	auto_buf struct vz_buf text = {0};
	struct vz_survey_place p;
	const struct vz_node *n;
	int rc = 0;

	vz_survey_place(&g->survey, path, &p);
	n = new ? p.to : p.entry ? NULL : vz_survey_before(&p.under);
	if (n && vz_node_is_file(vz_node_inode(n)))
		rc = vz_content_get(g->m->store, n, &text, err);
	else if (!new && p.entry && vz_node_is_file(p.entry->node) && !p.entry->whiteout && p.entry->seen.size <= VZ_SURVEY_MAX)
		rc = vz_survey_content(&g->survey, g->m->store, p.entry, &text, err);
	for (char *line = text.data, *end; rc == 0 && line && *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = 0;
		if (*line == '/' && vz_path_is_sane(line))
			vz_texts_add(ret, line);
	}
	return rc;
}

static void add_names(const struct vz_node *dir, const char *prefix, struct vz_texts *ret)
{
	for (uint32_t i = 0; dir && i < dir->n_children; i++) {
		const char *name = dir->children[i]->name;

		/* "NAME.list", not "NAME.more.list" */
		if (strncmp(name, prefix, strlen(prefix)) == 0 && !strchr(name + strlen(prefix), '.')) {
			auto_free char *path = vz_printf(VZ_DPKG_INFO "/%s", name);

			vz_texts_add(ret, path);
		}
	}
}

/* The package's files of info/ in either composition. */
static void add_info(const struct vz_merging *g, const char *name, struct vz_texts *ret)
{
	auto_free char *prefix = vz_printf("%s.", name);

	add_names(vz_tree_find(g->m->from, VZ_DPKG_INFO), prefix, ret);
	add_names(vz_tree_find(g->m->to, VZ_DPKG_INFO), prefix, ret);
	vz_texts_sort(ret);
}

/* Files that instances of the package for several architectures share are the other one's, too. */
static bool is_shared(const struct vz_merging *g, const char *name)
{
	size_t len = strcspn(name, ":");
	const struct vz_node *info = vz_tree_find(g->m->to, VZ_DPKG_INFO);

	for (uint32_t i = 0; name[len] && info && i < info->n_children; i++) {
		const char *other = info->children[i]->name, *end = strstr(other, ".list");

		if (strncmp(other, name, len + 1) == 0 && end && !end[5] && strncmp(other, name, (size_t)(end - other)) != 0)
			return true;
	}
	return false;
}

int vz_merge_deb_pin(struct vz_merging *g, const char *name, struct vz_err *err)
{
	auto_texts struct vz_texts paths = {0};

	add_info(g, name, &paths);
	if (add_list(g, name, false, &paths, err) < 0 || (!is_shared(g, name) && add_list(g, name, true, &paths, err) < 0))
		return -1;
	vz_texts_sort(&paths);
	vz_merge_pin_files(g, &paths);
	return 0;
}

int vz_merge_deb_follow(struct vz_merging *g, const char *name, struct vz_err *err)
{
	auto_free char *prefix = vz_printf("%s.", name), *list = vz_printf(VZ_DPKG_INFO "/%s.list", name);
	auto_texts struct vz_texts paths = {0}, names = {0};
	struct vz_survey_place p;
	auto_fd int dir = -1;

	vz_survey_place(&g->survey, list, &p);
	if (p.blocked || !p.entry || !p.entry->seen.there)
		return 0;
	add_info(g, name, &paths);
	for (size_t i = 0; i < paths.n; i++)
		vz_merging_follow(g, VZ_UPPER_TAKEN, paths.v[i]);
	/* and what only the tenant's version had */
	dir = vz_path_open_beneath(g->m->upper_fd, VZ_DPKG_INFO, O_RDONLY | O_DIRECTORY, err);
	if (dir < 0 || vz_list_dir(dir, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		auto_free char *path = vz_printf(VZ_DPKG_INFO "/%s", names.v[i]);

		if (strncmp(names.v[i], prefix, strlen(prefix)) == 0 && !strchr(names.v[i] + strlen(prefix), '.') &&
		    !vz_texts_has(&paths, path) && vz_merging_drop(g, VZ_UPPER_TAKEN, path, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the other files ---- */

typedef int (*merge_text)(const struct vz_merging_texts *t, struct vz_buf *ret, struct vz_err *err);

static int merge_file(struct vz_merging *g, const char *path, merge_text merge, struct vz_err *err)
{
	auto_merging_texts struct vz_merging_texts t = {0};
	auto_buf struct vz_buf text = {0};
	int rc = vz_merging_texts_read(g, path, &t, err);
	struct vz_err why = {0};

	if (rc <= 0)
		return rc;
	if (merge(&t, &text, &why) == 0) {
		vz_merging_texts_put(g, path, &t, &text);
		return 0;
	}
	vz_upper_conflict(g->plan, path, "%s, and stays as it is here", why.msg);
	vz_merging_settle(g, path);
	return 0;
}

/* extended_states of apt-mark(8) */
static char *package_and_arch(const struct vz_unit *u)
{
	auto_free char *name = vz_stanza_field(u, "Package"), *arch = vz_stanza_field(u, "Architecture");

	return name && arch ? vz_printf("%s:%s", name, arch) : NULL;
}

/* debconf's databases, debconf-devel(7) */
static char *question(const struct vz_unit *u)
{
	return vz_stanza_field(u, "Name");
}

static int merge_states(const struct vz_merging_texts *t, struct vz_buf *ret, struct vz_err *err)
{
	return vz_stanzas_merge(&t->base, &t->theirs, &t->new, package_and_arch, ret, err);
}

static int merge_questions(const struct vz_merging_texts *t, struct vz_buf *ret, struct vz_err *err)
{
	return vz_stanzas_merge(&t->base, &t->theirs, &t->new, question, ret, err);
}

static void put_line(void *ctx, const struct vz_unit *u)
{
	vz_buf_add(ctx, u->text, u->len);
	vz_buf_putc(ctx, '\n');
}

typedef bool (*cut_text)(const struct vz_buf *text, struct vz_units *ret);

static int merge_pieces(const struct vz_merging_texts *t, cut_text cut, struct vz_buf *ret, struct vz_err *err)
{
	auto_units struct vz_units b = {0}, h = {0}, n = {0};

	if (!cut(&t->base, &b) || !cut(&t->theirs, &h) || !cut(&t->new, &n))
		return vz_err_set(err, VZ_FAILED, "it is too large");
	vz_units_index(&b);
	vz_units_index(&h);
	vz_units_index(&n);
	vz_units_merge(&b, &h, &n, put_line, ret);
	return 0;
}

/* A line is its own name: architectures, triggers. */
static bool cut_lines(const struct vz_buf *text, struct vz_units *ret)
{
	return vz_units_add_lines(ret, text->data, text->len, 0);
}

/* "USER GROUP MODE PATH", dpkg-statoverride(1): the path is the name. */
static bool cut_overrides(const struct vz_buf *text, struct vz_units *ret)
{
	const char *p = text->data, *end = p ? p + text->len : NULL;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
		const char *path = memchr(p, '/', (size_t)(stop - p));

		if (!vz_units_add(ret, p, (size_t)(stop - p), path, path ? (size_t)(stop - path) : 0))
			return false;
		p = nl ? nl + 1 : end;
	}
	return true;
}

/* Three lines each, dpkg-divert(1): the first one, the path, is the name. */
static bool cut_diversions(const struct vz_buf *text, struct vz_units *ret)
{
	const char *p = text->data, *end = p ? p + text->len : NULL;

	while (p < end) {
		const char *first = memchr(p, '\n', (size_t)(end - p)), *stop = first;

		for (int i = 0; i < 2 && stop; i++)
			stop = memchr(stop + 1, '\n', (size_t)(end - stop - 1));
		if (!stop)
			return vz_units_add(ret, p, (size_t)(end - p) - (end[-1] == '\n'), p, 0);
		if (!vz_units_add(ret, p, (size_t)(stop - p), p, (size_t)(first - p)))
			return false;
		p = stop + 1;
	}
	return true;
}

static int merge_lines(const struct vz_merging_texts *t, struct vz_buf *ret, struct vz_err *err)
{
	return merge_pieces(t, cut_lines, ret, err);
}

static int merge_overrides(const struct vz_merging_texts *t, struct vz_buf *ret, struct vz_err *err)
{
	return merge_pieces(t, cut_overrides, ret, err);
}

static int merge_diversions(const struct vz_merging_texts *t, struct vz_buf *ret, struct vz_err *err)
{
	return merge_pieces(t, cut_diversions, ret, err);
}

/* Who is interested in which trigger; a file a trigger. */
static int merge_triggers(struct vz_merging *g, struct vz_err *err)
{
	const struct vz_node *dir = vz_tree_find(g->m->to, VZ_DPKG_DIR "/triggers");

	for (uint32_t i = 0; dir && i < dir->n_children; i++) {
		auto_free char *path = vz_node_path(dir->children[i]);

		if (merge_file(g, path, merge_lines, err) < 0)
			return -1;
	}
	return 0;
}

static int merge_packages(struct vz_merging *g, struct vz_err *err)
{
	static const struct { const char *path; merge_text merge; } files[] = {
		{ VZ_DPKG_DIR "/arch", merge_lines }, { VZ_DPKG_DIR "/diversions", merge_diversions },
		{ VZ_DPKG_DIR "/statoverride", merge_overrides }, { "/var/lib/apt/extended_states", merge_states },
		{ "/var/cache/debconf/config.dat", merge_questions }, { "/var/cache/debconf/passwords.dat", merge_questions },
		{ "/var/cache/debconf/templates.dat", merge_questions },
	};

	if (vz_merge_deb_status(g, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (merge_file(g, files[i].path, files[i].merge, err) < 0)
			return -1;
	return merge_triggers(g, err);
}

const struct vz_merge_ops vz_merge_deb = { "deb", merge_packages };
