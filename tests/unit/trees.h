/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small trees as text, for tests of what merges and changes them.  One line a
 * node, in any order in which parents come first:
 *
 *     d /usr             directory            f /usr/bin/x TEXT   file with that content
 *     l /bin usr/bin     symbolic link        h /b /a             hard link to /a
 *     c /null 259        character device     w /gone             overlay whiteout
 *
 * A ~ in a file's content stands for a newline.
 */
#ifndef TESTS_TREES_H
#define TESTS_TREES_H

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "store/tree.h"

static inline struct vz_node *trees_add(struct vz_tree *t, char kind, const char *path, const char *rest)
{
	static const struct { char kind; uint32_t mode; } kinds[] = {
		{ 'd', S_IFDIR | 0755 }, { 'f', S_IFREG | 0644 }, { 'h', S_IFREG | 0644 },
		{ 'l', S_IFLNK | 0777 }, { 'c', S_IFCHR | 0600 }, { 'w', S_IFCHR },
	};
	const char *slash = strrchr(path, '/');
	char *dir = vz_strndup(path, (size_t)(slash - path));
	struct vz_node *parent = vz_tree_find(t, *dir ? dir : "/"), *n;
	uint32_t mode = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].kind == kind)
			mode = kinds[i].mode;
	ck_assert_msg(parent && mode, "line for '%s'", path);
	free(dir);
	n = vz_node_add(parent, slash + 1, mode);
	if (kind == 'f') {
		vz_node_set_content(n, rest, strlen(rest));
		for (size_t i = 0; i < n->size; i++)
			if (n->content[i] == '~')
				n->content[i] = '\n';
	}
	if (kind == 'l')
		vz_node_set_symlink(n, rest);
	else if (kind == 'h')
		vz_node_set_link(n, vz_tree_find(t, rest));
	else if (kind == 'c')
		n->rdev = (uint32_t)atoi(rest);
	return n;
}

static inline struct vz_tree *trees_read(const char *text)
{
	struct vz_tree *t = vz_tree_new();
	char *copy = vz_strdup(text), *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *path = line + 2, *rest = strchr(path, ' ');

		if (rest)
			*rest++ = 0;
		trees_add(t, line[0], path, rest ? rest : "");
	}
	free(copy);
	return t;
}

static inline int trees_line(struct vz_node *n, void *ctx)
{
	struct vz_buf *b = ctx;
	char *path = vz_node_path(n), *to = n->link ? vz_node_path(n->link) : NULL;

	if (to) {
		vz_buf_printf(b, "h %s %s\n", path, to);
	} else if (vz_node_is_dir(n) && n->parent) {
		vz_buf_printf(b, "d %s\n", path);
	} else if (vz_node_is_file(n)) {
		vz_buf_printf(b, "f %s ", path);
		for (size_t i = 0; i < n->size; i++)
			vz_buf_putc(b, n->content[i] == '\n' ? '~' : n->content[i]);
		vz_buf_putc(b, '\n');
	} else if (vz_node_is_symlink(n)) {
		vz_buf_printf(b, "l %s %s\n", path, n->payload);
	} else if (S_ISCHR(n->mode)) {
		vz_buf_printf(b, "c %s %u\n", path, n->rdev);
	}
	free(path);
	free(to);
	return 0;
}

/* The same text, sorted as the tree is; links are written behind their inode's name. */
static inline char *trees_text(struct vz_tree *t)
{
	struct vz_buf b = {0};

	vz_tree_count_links(t);
	vz_node_walk(t->root, trees_line, &b);
	return vz_buf_steal(&b);
}

#define trees_equal(tree, expected) \
	do { \
		char *text_ = trees_text(tree); \
		ck_assert_str_eq(text_, (expected)); \
		free(text_); \
	} while (0)

#endif
