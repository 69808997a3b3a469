/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include <string.h>

#include "base/table.h"
#include "builder/content.h"

#define FILE_TRIGGERS VZ_DPKG_DIR "/triggers/File"

/* Interests as dpkg keeps them: file triggers in one file, "PATH PACKAGE[/noawait]"
 * a line; each other trigger in a file of its name, "PACKAGE[/noawait]" a line. */
struct interests {
	struct vz_table files;       /* path below triggers/ -> struct vz_buf, lines to add */
	const char *package;         /* whose declarations are read */
};

static void interests_release(struct interests *in)
{
	for (size_t i = 0; i < in->files.n; i++) {
		vz_buf_release(in->files.items[i].value);
		free(in->files.items[i].value);
	}
	vz_table_release(&in->files);
}

static void add_interest(void *ctx, const char *trigger, bool await)
{
	struct interests *in = ctx;
	const char *name = trigger[0] == '/' ? "File" : trigger;
	struct vz_buf *lines = vz_table_get(&in->files, name);

	if (!lines) {
		lines = vz_new(struct vz_buf);
		vz_table_put(&in->files, name, lines);
	}
	if (trigger[0] == '/')
		vz_buf_printf(lines, "%s ", trigger);
	vz_buf_printf(lines, "%s%s\n", in->package, await ? "" : "/noawait");
}

static int write_interests(const struct vz_configure *c, const struct interests *in, struct vz_tree *t,
			   struct vz_err *err)
{
	for (size_t i = 0; i < in->files.n; i++) {
		auto_free char *path = vz_printf(VZ_DPKG_DIR "/triggers/%s", in->files.items[i].key);
		const struct vz_buf *lines = in->files.items[i].value;
		auto_buf struct vz_buf text = {0};
		struct vz_content_file f = { .path = path, .mode = 0644, .date = c->date };

		if (vz_content_read(c->store, t, path, &text, err) < 0)
			return -1;
		vz_buf_add(&text, lines->data, lines->len);
		f.data = text.data;
		f.len = text.len;
		if (vz_content_write(c->store, t, &f, err) < 0)
			return -1;
	}
	return 0;
}

/* Appends the packages that have something at or below `path`. */
static void add_activators(const struct vz_configure *c, const struct vz_dpkg_packages *packages, const char *path,
			   bool await, struct vz_buf *line)
{
	for (size_t i = 0; i < c->n; i++) {
		auto_free char *name = NULL;

		if (!vz_tree_find(c->packages[i].record->tree, path))
			continue;
		name = vz_dpkg_info_name(&packages->items[i]);
		vz_buf_printf(line, " %s", await ? name : "-");
		if (!await)
			return;
	}
}

/* Activations that wait to be taken over, "TRIGGER PACKAGE…" a line, "-" for a
 * package that does not wait: dpkg finds out by itself who is interested.
 * Interests of new packages count only once those are configured.  Were the
 * file missing, dpkg would take every trigger of every package as activated. */
static int activate(const struct vz_configure *c, const struct vz_dpkg_packages *packages, struct vz_tree *t,
		    struct vz_err *err)
{
	auto_buf struct vz_buf files = {0}, deferred = {0}, line = {0};
	struct vz_content_file f = { .path = VZ_DPKG_DIR "/triggers/Unincorp", .mode = 0644, .date = c->date };
	char *save = NULL;

	if (vz_content_read(c->store, t, FILE_TRIGGERS, &files, err) < 0)
		return -1;
	for (char *l = files.len ? strtok_r(files.data, "\n", &save) : NULL; l; l = strtok_r(NULL, "\n", &save)) {
		char *who = strchr(l, ' ');

		if (l[0] != '/' || !who)
			return vz_err_set(err, VZ_FAILED, "the parent's list of file triggers is damaged at '%s'", l);
		*who++ = 0;
		vz_buf_clear(&line);
		add_activators(c, packages, l, !strstr(who, "/noawait"), &line);
		if (line.len)
			vz_buf_printf(&deferred, "%s%s\n", l, line.data);
	}
	f.data = deferred.data;
	f.len = deferred.len;
	return vz_content_write(c->store, t, &f, err);
}

int vz_deb_triggers(const struct vz_configure *c, const struct vz_dpkg_packages *packages, struct vz_tree *t,
		    struct vz_err *err)
{
	__attribute__((cleanup(interests_release))) struct interests in = {0};

	if (activate(c, packages, t, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		const struct vz_record_member *m = vz_record_member(c->packages[i].record, "triggers");
		auto_free char *name = vz_dpkg_info_name(&packages->items[i]);

		in.package = name;
		if (m && vz_dpkg_triggers_read(m->data, m->len, add_interest, &in, err) < 0)
			return vz_err_wrap(err, "package '%s'", name);
	}
	return write_interests(c, &in, t, err);
}
