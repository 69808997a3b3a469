/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file a repository, as sources.list(5) of apt 2.6 wants it; not where a package or the parent has that file. */
#include "builder/configure_deb.h"

#include <string.h>

#include "builder/content.h"

/* apt reads keyrings as another user than root. */
static int write_file(const struct vz_configure *c, struct vz_tree *t, const char *path, const struct vz_buf *text,
		      struct vz_err *err)
{
	const struct vz_content_file f = { path, 0644, c->date, text->data, text->len };

	return vz_content_write(c->store, t, &f, err);
}

/* The distribution's own keyring, where it is the one that the recipe names; a copy of any other. */
static int add_key(const struct vz_configure *c, const struct vz_source_line *line, struct vz_tree *t, struct vz_buf *text,
		   struct vz_err *err)
{
	const struct vz_recipe_repo *repo = line->repo;
	auto_free char *copy = vz_printf("/etc/apt/keyrings/%s.gpg", repo->id);

	if (!repo->key) {
		vz_buf_puts(text, "Trusted: yes\n");
		return 0;
	}
	if (!repo->n_fingerprints && repo->key[0] == '/' && vz_tree_lookup(t, repo->key, true)) {
		vz_buf_printf(text, "Signed-By: %s\n", repo->key);
		return 0;
	}
	if (!line->keyring.len) {
		*err = line->no_keyring;
		return -1;
	}
	vz_buf_printf(text, "Signed-By: %s\n", copy);
	return vz_tree_lookup(t, copy, false) ? 0 : write_file(c, t, copy, &line->keyring, err);
}

static int add_source(const struct vz_configure *c, const struct vz_source_line *line, struct vz_tree *t, struct vz_err *err)
{
	auto_free char *path = vz_printf("/etc/apt/sources.list.d/%s.sources", line->repo->id);
	auto_buf struct vz_buf text = {0};

	if (vz_tree_lookup(t, path, false))
		return 0;
	vz_buf_printf(&text, "Types: deb\nURIs: %s\nSuites: %s\nComponents:", line->url, line->repo->suite);
	for (size_t i = 0; i < line->repo->n_components; i++)
		vz_buf_printf(&text, " %s", line->repo->components[i]);
	vz_buf_puts(&text, line->repo->outlived ? "\nCheck-Valid-Until: no\n" : "\n");
	return add_key(c, line, t, &text, err) < 0 ? -1 : write_file(c, t, path, &text, err);
}

int vz_deb_sources(const struct vz_configure *c, const struct vz_sources *s, struct vz_tree *t, struct vz_err *err)
{
	const struct vz_node *apt = vz_tree_lookup(t, "/etc/apt", true);

	for (size_t i = 0; apt && i < s->n; i++)
		if (add_source(c, &s->items[i], t, err) < 0)
			return vz_err_wrap(err, "sources of repository '%s'", s->items[i].repo->id);
	return 0;
}
