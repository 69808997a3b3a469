/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include <string.h>

#include "builder/content.h"

#define INFO VZ_DPKG_DIR "/info"

/* Begins `line` with the word? Then it moves behind it and the white space that follows. */
static bool skip_word(const char **line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*line, word, len) != 0 || !strchr(" \t", (*line)[len]))
		return false;
	*line += len + strspn(*line + len, " \t");
	return true;
}

/* "rm_conffile /etc/x 1.2\~ -- "$@"" and the like: words that the shell takes as they stand, and the arguments.
 * dpkg-maintscript-helper(1) does nothing for "install" without a version. */
static bool is_idle_call(const char *line)
{
	static const char *const commands[] = { "rm_conffile", "mv_conffile", "symlink_to_dir", "dir_to_symlink" };
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+:~@%,=-";
	bool known = false;

	for (size_t i = 0; i < sizeof commands / sizeof *commands && !known; i++)
		known = skip_word(&line, commands[i]);
	while (known && strcmp(line, "-- \"$@\"") != 0) {
		if (*line == '\\' && line[1] && strchr(plain, line[1]))
			line += 2;
		else if (*line && strchr(plain, *line))
			line++;
		else if (*line == ' ' || *line == '\t')
			line++;
		else
			return false;
	}
	return known;
}

static bool is_idle_line(const char *line)
{
	static const char *const idle[] = { "", "set -e", "exit 0", ":" };

	for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
		if (strcmp(line, idle[i]) == 0)
			return true;
	return *line == '#' || (skip_word(&line, "dpkg-maintscript-helper") && is_idle_call(line));
}

bool vz_deb_preinst_runs(const struct vz_compose_package *p)
{
	const struct vz_record_member *m = vz_record_member(p->record, "preinst");
	auto_free char *text = m ? vz_strndup(m->data, m->len) : NULL;
	char *save = NULL;
	bool shell = false;

	if (!m || strlen(text) != m->len || vz_configure_plain())
		return m != NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t len = strlen(line);

		while (len && strchr(" \t", line[len - 1]))
			line[--len] = 0;
		line += strspn(line, " \t");
		if (!shell && (line != text || (strcmp(line, "#!/bin/sh") != 0 && strcmp(line, "#!/bin/sh -e") != 0)))
			return true;
		shell = true;
		if (!is_idle_line(line))
			return true;
	}
	return !shell;
}

static int add_member(const struct vz_configure *c, const struct vz_compose_package *p, const char *name, uint32_t mode,
		      struct vz_tree *t, struct vz_err *err)
{
	const struct vz_record_member *m = vz_record_member(p->record, name);
	auto_free char *path = vz_printf(VZ_DEB_CONTROL "/%s:%s/%s", p->name, p->arch, name);
	const struct vz_content_file f = { path, mode, c->date, m->data, m->len };

	return vz_content_write(c->store, t, &f, err);
}

/* The control archive of `p`: what its record has, and what that put into info/. */
static int add_control(const struct vz_configure *c, const struct vz_compose_package *p, struct vz_tree *t,
		       struct vz_err *err)
{
	const struct vz_node *info = vz_tree_find(p->record->tree, INFO);
	auto_free char *path = vz_printf(VZ_DEB_CONTROL "/%s:%s", p->name, p->arch);
	struct vz_node *dir;

	if (add_member(c, p, "control", 0644, t, err) < 0 || add_member(c, p, "preinst", 0755, t, err) < 0)
		return -1;
	dir = vz_tree_find(t, path);
	for (uint32_t i = 0; info && i < info->n_children; i++) {
		const struct vz_node *from = info->children[i];
		const char *member = strrchr(from->name, '.');

		if (member && member[1] && strcmp(member, ".list") != 0 && !vz_node_child(dir, member + 1, strlen(member + 1)))
			vz_node_copy_inode(vz_node_add(dir, member + 1, from->mode), from);
	}
	return 0;
}

int vz_deb_preinst_prepare(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	for (size_t i = 0; i < c->n; i++)
		if (vz_deb_preinst_runs(&c->packages[i]) && add_control(c, &c->packages[i], t, err) < 0)
			return vz_err_wrap(err, "package '%s'", c->packages[i].name);
	return 0;
}
