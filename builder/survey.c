/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/survey.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/texts.h"
#include "builder/inode.h"
#include "builder/overlay.h"

#define DEPTH_LIMIT 512          /* directories within directories; a level costs a descriptor and some stack */

struct dir {
	int fd;                  /* -1: it is sealed */
	bool impure;             /* overlayfs says that something may have come here from below */
	struct vz_node *node;
	const struct vz_node *from, *to;
	struct vz_survey_lower merged;
};

struct reader {
	struct vz_survey *s;
	unsigned depth;
	bool thorough, skipped;
};

void vz_survey_release(struct vz_survey *s)
{
	vz_tree_free(s->tree);
	free(s->entries);
	s->tree = NULL;
	s->entries = NULL;
	s->n = s->cap = 0;
}

/* ---- what is below ---- */

static const struct vz_node *child_of(const struct vz_node *dir, const char *name)
{
	return dir && vz_node_is_dir(dir) ? vz_node_child(dir, name, strlen(name)) : NULL;
}

static struct vz_survey_lower below(const struct vz_survey_lower *dir, const char *name)
{
	return (struct vz_survey_lower){ child_of(dir->layer, name), child_of(dir->from, name), child_of(dir->to, name) };
}

static struct vz_survey_lower below_root(const struct vz_survey *s, const char *path)
{
	return (struct vz_survey_lower){
		s->layer ? vz_tree_find(s->layer, path) : NULL, vz_tree_find(s->from, path), vz_tree_find(s->to, path),
	};
}

/* What of it a directory merges with. */
static struct vz_survey_lower directories(struct vz_survey_lower l)
{
	if (l.layer && !vz_node_is_dir(l.layer))
		return (struct vz_survey_lower){0};
	if (l.from && !vz_node_is_dir(l.from))
		l.from = NULL;
	if (l.to && !vz_node_is_dir(l.to))
		l.to = NULL;
	return l;
}

static bool same_lower(const struct vz_survey_lower *a, const struct vz_survey_lower *b)
{
	return a->layer == b->layer && a->from == b->from && a->to == b->to;
}

/* ---- entries ---- */

/* Takes the marks off the node. */
static void take_marks(const struct dir *parent, struct vz_survey *s, struct vz_survey_entry *e)
{
	struct vz_node *n = e->node;
	const struct vz_xattr *redirect = vz_node_xattr(n, VZ_OVERLAY_MARK "redirect");
	struct vz_survey_lower origin = e->under;
	uint32_t i = 0;

	if (redirect && redirect->value[0] == '/')
		origin = below_root(s, redirect->value);
	else if (redirect && parent)
		origin = below(&parent->merged, redirect->value);
	e->whiteout = vz_overlay_is_whiteout(n);
	e->opaque = vz_node_is_dir(n) && vz_overlay_is_opaque(n);
	e->metacopy = vz_node_is_file(n) && !e->whiteout && vz_node_xattr(n, VZ_OVERLAY_MARK "metacopy");
	e->impure = vz_node_xattr(n, VZ_OVERLAY_MARK "impure");
	e->renamed = (e->metacopy || vz_node_is_dir(n)) && !same_lower(&origin, &e->under);
	if (vz_node_is_dir(n) && !e->opaque)
		e->origin = directories(origin);
	else if (e->metacopy)
		e->origin = origin;
	while (i < n->n_xattrs)
		if (strncmp(n->xattrs[i].key, VZ_OVERLAY_MARK, strlen(VZ_OVERLAY_MARK)) == 0)
			vz_node_remove_xattr(n, n->xattrs[i].key);
		else
			i++;
}

static struct vz_survey_entry *add_entry(struct vz_survey *s, struct vz_node *n)
{
	vz_grow(s->entries, s->n, s->cap);
	n->owner = (uint32_t)s->n;
	s->entries[s->n] = (struct vz_survey_entry){ .node = n };
	return &s->entries[s->n++];
}

static struct vz_upper_seen seen(const struct stat *st)
{
	return (struct vz_upper_seen){
		.there = true, .ino = st->st_ino, .size = (uint64_t)st->st_size, .changed = st->st_ctim,
	};
}

/* ---- the walk ---- */

static bool has_counterpart(const struct dir *d, const char *name)
{
	return child_of(d->merged.from, name) || child_of(d->merged.to, name) || child_of(d->merged.layer, name) ||
	       child_of(d->from, name) || child_of(d->to, name);
}

/*
 * A tenant's own file matters only if its content is not in it.  Such files come
 * to a directory by renaming and linking.  overlayfs notes on the directory
 * that they did, but not after a link into it, nor for what had several names
 * below; see may_have_moved().
 */
static bool is_metacopy(int dir, const char *name)
{
	char path[32 + NAME_MAX];

	snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
	return lgetxattr(path, VZ_OVERLAY_MARK "metacopy", NULL, 0) >= 0;
}

static bool matters(struct reader *r, const struct dir *d, const struct dirent *e)
{
	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return false;
	if (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN || has_counterpart(d, e->d_name))
		return true;
	if (e->d_type != DT_REG)
		return false;
	if (d->impure || r->thorough)
		return is_metacopy(d->fd, e->d_name);
	r->skipped = true;
	return false;
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Names of the directory that matter, in byte order. */
static int read_names(struct reader *r, const struct dir *d, struct vz_texts *ret, struct vz_err *err)
{
	int fd = d->fd < 0 ? -1 : openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__attribute__((cleanup(close_dir))) DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (d->fd >= 0 && !stream) {
		vz_err_sys(err, "read directory '%s'", d->node->name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (stream && (errno = 0, e = readdir(stream)))
		if (matters(r, d, e))
			vz_texts_add(ret, e->d_name);
	if (stream && errno)
		return vz_err_sys(err, "read directory '%s'", d->node->name);
	for (uint32_t i = 0; d->merged.layer && i < d->merged.layer->n_children; i++)
		vz_texts_add(ret, d->merged.layer->children[i]->name);
	vz_texts_sort(ret);
	return 0;
}

/* A directory that has nothing to do with the compositions. */
static void forget_if_own(struct vz_survey *s, size_t index)
{
	const struct vz_survey_entry *e = &s->entries[index];

	if (s->n != index + 1 || e->from || e->to || e->renamed || vz_survey_before(&e->under) || vz_survey_after(&e->under))
		return;
	vz_tree_remove(s->tree, e->node);
	s->n--;
}

static int open_failed(const char *name, struct vz_err *err)
{
	bool changed = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;

	vz_err_sys(err, "open '%s' of a private area", name);
	if (changed)
		err->code = VZ_BUSY;
	return -1;
}

static int read_dir(struct reader *r, const struct dir *d, struct vz_err *err);

static int read_below(struct reader *r, const struct dir *parent, size_t index, struct vz_err *err)
{
	const struct vz_survey_entry *e = &r->s->entries[index];
	struct dir d = {
		.fd = -1, .impure = e->impure, .node = e->node, .from = e->from, .to = e->to, .merged = e->origin,
	};
	int rc;

	if (e->seen.there) {
		d.fd = openat(parent->fd, e->node->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (d.fd < 0)
			return open_failed(e->node->name, err);
	}
	rc = read_dir(r, &d, err);
	if (d.fd >= 0)
		close(d.fd);
	if (rc == 0)
		forget_if_own(r->s, index);
	return rc;
}

/* `fd`: an O_PATH descriptor of it; -1: it is sealed. */
static int read_entry(struct reader *r, const struct dir *d, const char *name, int fd, struct vz_err *err)
{
	struct vz_survey_lower under = below(&d->merged, name);
	struct vz_node *n = vz_node_add(d->node, name, S_IFREG);
	struct vz_survey_entry *e = add_entry(r->s, n);
	size_t index = r->s->n - 1;
	struct stat st;

	e->from = child_of(d->from, name);
	e->to = child_of(d->to, name);
	e->under = under;
	if (fd < 0) {
		n->mode = under.layer->mode;
		vz_node_copy_inode(n, under.layer);
		if (vz_node_is_dir(n))
			e->origin = directories(under);
	} else {
		if (fstat(fd, &st) < 0)
			return vz_err_sys(err, "stat '%s'", name);
		if (vz_inode_read(fd, &st, n, err) < 0)
			return -1;
		n->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
		e->seen = seen(&st);
		e->linked = S_ISREG(st.st_mode) && st.st_nlink > 1;
		take_marks(d, r->s, e);
	}
	return vz_node_is_dir(n) ? read_below(r, d, index, err) : 0;
}

static int read_dir(struct reader *r, const struct dir *d, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};

	if (r->depth == DEPTH_LIMIT)
		return vz_err_set(err, VZ_FAILED, "directories are nested deeper than %d", DEPTH_LIMIT);
	if (vz_interrupted(err) < 0 || read_names(r, d, &names, err) < 0)
		return -1;
	r->depth++;
	for (size_t i = 0; i < names.n; i++) {
		auto_fd int fd = d->fd < 0 ? -1 : openat(d->fd, names.v[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && d->fd >= 0 && errno != ENOENT)
			return open_failed(names.v[i], err);
		/* gone meanwhile, or sealed */
		if (fd < 0 && !child_of(d->merged.layer, names.v[i]))
			continue;
		if (read_entry(r, d, names.v[i], fd, err) < 0)
			return -1;
	}
	r->depth--;
	return 0;
}

static int read_all(struct reader *r, struct vz_err *err)
{
	struct vz_survey *s = r->s;
	struct dir top = { .fd = s->upper_fd, .impure = true, .from = s->from->root, .to = s->to->root };
	struct vz_survey_entry *root;
	struct stat st;

	s->tree = vz_tree_new();
	top.node = s->tree->root;
	top.merged = (struct vz_survey_lower){ s->layer ? s->layer->root : NULL, top.from, top.to };
	root = add_entry(s, top.node);
	root->from = top.from;
	root->to = top.to;
	root->under = root->origin = top.merged;
	if (fstat(s->upper_fd, &st) < 0)
		return vz_err_sys(err, "stat the private area");
	if (vz_inode_read(s->upper_fd, &st, root->node, err) < 0)
		return -1;
	root->seen = seen(&st);
	return read_dir(r, &top, err);
}

/* May a file whose content is below this entry, and changes, have got another name that nobody noted? */
static bool may_have_moved(const struct vz_survey_entry *e)
{
	const struct vz_node *before = vz_survey_before(&e->under), *after = vz_survey_after(&e->under);

	if (vz_node_is_dir(e->node) || !before || before == after || (e->metacopy && !e->linked))
		return false;
	return vz_node_is_dir(before) || (vz_node_is_file(vz_node_inode(before)) && !(after && vz_node_same_content(before, after)));
}

int vz_survey_read(struct vz_survey *s, struct vz_err *err)
{
	struct reader r = { .s = s };
	bool moved = false;

	if (read_all(&r, err) < 0)
		return -1;
	for (size_t i = 0; r.skipped && i < s->n; i++)
		moved = moved || may_have_moved(&s->entries[i]);
	if (!moved)
		return 0;
	vz_survey_release(s);
	r = (struct reader){ .s = s, .thorough = true };
	return read_all(&r, err);
}
