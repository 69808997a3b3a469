/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private areas as text, and as real directories with overlayfs' marks.  Lines
 * are as in trees.h, besides
 *
 *     o /dir             an opaque directory       r /dir TARGET    a renamed one
 *     m /file            a metadata copy           m /file TARGET   a renamed one
 *     p /file            a FIFO
 *
 * A kind may be followed by permission bits and owners: "f0600:33:33 /x TEXT".
 * private_text() writes trees this way, with what is not 0644 (0755, 0777) and root's.
 */
#ifndef TESTS_PRIVATE_H
#define TESTS_PRIVATE_H

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

#define PRIVATE_MARK "trusted.overlay."

__attribute__((constructor)) static void private_needs(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return;
	puts("needs root and a mount namespace");
	exit(getenv("VZ_MUST_WORK") ? EXIT_FAILURE : 77);
}

/* One line as a node of a tree, with marks as attributes. */
static inline struct vz_node *private_node(struct vz_tree *t, const char *kind, const char *path, const char *rest)
{
	static const char plain[][2] = { { 'o', 'd' }, { 'r', 'd' }, { 'm', 'f' }, { 'p', 'c' } };
	char as = *kind, *end;
	struct vz_node *n;

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (plain[i][0] == *kind)
			as = plain[i][1];
	n = trees_add(t, as, path, *kind == 'm' ? "" : rest);
	if (*kind == 'p')
		n->mode = S_IFIFO | 0644;
	if (*kind == 'o')
		vz_node_set_xattr(n, PRIVATE_MARK "opaque", "y", 1);
	if (*kind == 'm')
		vz_node_set_xattr(n, PRIVATE_MARK "metacopy", "", 0);
	if ((*kind == 'r' || *kind == 'm') && *rest)
		vz_node_set_xattr(n, PRIVATE_MARK "redirect", rest, strlen(rest));
	if (kind[1] && kind[1] != ':')
		n->mode = (n->mode & S_IFMT) | (uint32_t)strtoul(kind + 1, NULL, 8);
	if (strchr(kind, ':')) {
		n->uid = (uint32_t)strtoul(strchr(kind, ':') + 1, &end, 10);
		n->gid = (uint32_t)strtoul(end + 1, NULL, 10);
	}
	return n;
}

static inline struct vz_tree *private_read(const char *text)
{
	struct vz_tree *t = vz_tree_new();
	auto_free char *copy = vz_strdup(text);
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *path = strchr(line, ' '), *rest;

		ck_assert_msg(path, "'%s'", line);
		*path++ = 0;
		rest = strchr(path, ' ');
		if (rest)
			*rest++ = 0;
		private_node(t, line, path, rest ? rest : "");
	}
	return t;
}

static inline int private_line(struct vz_node *n, void *ctx)
{
	static const struct { uint32_t type, usual; char kind; } kinds[] = {
		{ S_IFDIR, 0755, 'd' }, { S_IFREG, 0644, 'f' }, { S_IFLNK, 0777, 'l' }, { S_IFIFO, 0644, 'p' }, { S_IFCHR, 0, 'w' },
	};
	struct vz_buf *b = ctx;
	auto_free char *path = vz_node_path(n);

	for (size_t i = 0; n->parent && i < sizeof kinds / sizeof *kinds; i++) {
		if ((n->mode & S_IFMT) != kinds[i].type)
			continue;
		vz_buf_putc(b, kinds[i].kind);
		if ((n->mode & 07777) != kinds[i].usual)
			vz_buf_printf(b, "%04o", n->mode & 07777);
		if (n->uid || n->gid)
			vz_buf_printf(b, ":%u:%u", n->uid, n->gid);
		vz_buf_printf(b, " %s%s", path, vz_node_is_symlink(n) || n->content ? " " : "");
		if (vz_node_is_symlink(n))
			vz_buf_puts(b, n->payload);
		for (size_t k = 0; n->content && k < n->size; k++)
			vz_buf_putc(b, n->content[k] == '\n' ? '~' : n->content[k]);
		vz_buf_putc(b, '\n');
	}
	return 0;
}

static inline char *private_text(const struct vz_tree *t)
{
	struct vz_buf b = {0};

	vz_node_walk(t->root, private_line, &b);
	return vz_buf_steal(&b);
}

static inline int private_write_node(struct vz_node *n, void *ctx)
{
	const int *dir = ctx;
	auto_free char *path = vz_node_path(n);
	char self[300];
	const char *at = path + 1;
	int fd;

	if (!n->parent)
		return 0;
	if (vz_node_is_dir(n)) {
		ck_assert_int_eq(mkdirat(*dir, at, 0700), 0);
	} else if (vz_node_is_symlink(n)) {
		ck_assert_int_eq(symlinkat(n->payload, *dir, at), 0);
	} else if (vz_node_is_file(n)) {
		ck_assert_int_ge(fd = openat(*dir, at, O_WRONLY | O_CREAT | O_EXCL, 0600), 0);
		ck_assert_int_eq(write(fd, n->content, n->size), (ssize_t)n->size);
		close(fd);
	} else {
		ck_assert_int_eq(mknodat(*dir, at, n->mode, makedev(0, 0)), 0);
	}
	ck_assert_int_eq(fchownat(*dir, at, n->uid, n->gid, AT_SYMLINK_NOFOLLOW), 0);
	if (!vz_node_is_symlink(n))
		ck_assert_int_eq(fchmodat(*dir, at, n->mode & 07777, 0), 0);
	snprintf(self, sizeof self, "/proc/self/fd/%d/%s", *dir, at);
	for (uint32_t i = 0; i < n->n_xattrs; i++)
		ck_assert_int_eq(lsetxattr(self, n->xattrs[i].key, n->xattrs[i].value, n->xattrs[i].len, 0), 0);
	return 0;
}

/* Writes the tree, marks included, below the directory `fd`. */
static inline void private_write(int fd, const struct vz_tree *t)
{
	vz_node_walk(t->root, private_write_node, &fd);
}

#endif
