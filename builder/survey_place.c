/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/content.h"
#include "builder/survey.h"

/* ---- places ---- */

static const struct vz_node *step(const struct vz_node *dir, const char *name, size_t len)
{
	return dir && vz_node_is_dir(dir) ? vz_node_child(dir, name, len) : NULL;
}

/* One more component: what is under it, and what its entry changes about that. */
static void descend(const struct vz_survey *s, struct vz_survey_place *p, const struct vz_survey_lower *dir,
		    const char *name, size_t len)
{
	const struct vz_node *upper = p->entry ? step(p->entry->node, name, len) : NULL;

	p->entry = upper ? vz_survey_entry(s, upper) : NULL;
	p->from = step(p->from, name, len);
	p->to = step(p->to, name, len);
	p->under = (struct vz_survey_lower){
		step(dir->layer, name, len), step(dir->from, name, len), step(dir->to, name, len),
	};
}

void vz_survey_place(const struct vz_survey *s, const char *path, struct vz_survey_place *ret)
{
	*ret = (struct vz_survey_place){
		.entry = vz_survey_entry(s, s->tree->root), .from = s->from->root, .to = s->to->root,
		.under = vz_survey_entry(s, s->tree->root)->under,
	};
	for (size_t len; *(path += strspn(path, "/")); path += len) {
		const struct vz_survey_entry *e = ret->entry;
		struct vz_survey_lower dir = e ? e->origin : ret->under;

		if (e && !vz_node_is_dir(e->node))
			ret->blocked = true;
		if (e && (e->opaque || e->renamed))
			ret->cut = true;
		len = strcspn(path, "/");
		descend(s, ret, &dir, path, len);
	}
}

/* ---- content ---- */

static int changed(const char *path, struct vz_err *err)
{
	return vz_err_set(err, VZ_BUSY, "'%s' of a private area changed while it was read", path);
}

/* Is what is open what was seen? */
static bool is_seen(int fd, const struct vz_upper_seen *seen)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == seen->ino && (uint64_t)st.st_size == seen->size &&
	       st.st_ctim.tv_sec == seen->changed.tv_sec && st.st_ctim.tv_nsec == seen->changed.tv_nsec;
}

static int read_upper(const struct vz_survey *s, const struct vz_survey_entry *e, struct vz_buf *ret, struct vz_err *err)
{
	auto_free char *path = vz_node_path(e->node);
	struct stat st;
	auto_fd int fd = -1;

	if (e->seen.size > VZ_SURVEY_MAX)
		return vz_err_set(err, VZ_FAILED, "'%s' is larger than %u MiB", path, VZ_SURVEY_MAX >> 20);
	fd = vz_path_open_entry(s->upper_fd, path + 1, &st, err);
	if (fd < 0 || !is_seen(fd, &e->seen))
		return changed(path, err);
	if (vz_read_fd(fd, e->seen.size, ret, err) < 0 || ret->len != e->seen.size || !is_seen(fd, &e->seen))
		return changed(path, err);
	return 0;
}

static const struct vz_node *content_of(const struct vz_survey_entry *e)
{
	return e->metacopy ? vz_survey_before(&e->origin) : e->seen.there ? NULL : e->node;
}

int vz_survey_content(const struct vz_survey *s, const struct vz_store *store, const struct vz_survey_entry *e,
		      struct vz_buf *ret, struct vz_err *err)
{
	const struct vz_node *elsewhere = content_of(e);

	if (!elsewhere && !e->metacopy)
		return read_upper(s, e, ret, err);
	return elsewhere ? vz_content_get(store, elsewhere, ret, err) : 0;
}

static void take_content(struct vz_node *n, const struct vz_node *from)
{
	from = vz_node_inode(from);
	if (from->has_digest)
		vz_node_set_object(n, &from->digest, from->size);
	else
		vz_node_set_content(n, from->content, from->size);
}

int vz_survey_fill(const struct vz_survey *s, const struct vz_survey_entry *e, struct vz_err *err)
{
	struct vz_node *n = e->node;
	const struct vz_node *elsewhere = content_of(e);
	auto_buf struct vz_buf content = {0};
	struct vz_digest d;

	if (!vz_node_is_file(n) || e->whiteout || n->has_digest || n->content || elsewhere == n)
		return 0;
	if (e->metacopy) {
		if (elsewhere && vz_node_is_file(elsewhere))
			take_content(n, elsewhere);
		return 0;
	}
	if (e->seen.size > VZ_SURVEY_MAX)
		return 0;
	if (read_upper(s, e, &content, err) < 0)
		return -1;
	if (content.len <= VZ_INLINE_MAX) {
		vz_node_set_content(n, content.data, content.len);
		return 0;
	}
	vz_verity_bytes(content.data, content.len, &d);
	vz_node_set_object(n, &d, content.len);
	return 0;
}

int vz_survey_same(const struct vz_survey *s, const struct vz_survey_entry *e, const struct vz_node *n, bool *ret,
		   struct vz_err *err)
{
	*ret = false;
	n = vz_node_inode(n);
	if (e->whiteout || (e->node->mode & S_IFMT) != (n->mode & S_IFMT))
		return 0;
	if (vz_node_is_file(n) && !e->metacopy && e->node->size != n->size)
		return 0;
	if (vz_survey_fill(s, e, err) < 0)
		return -1;
	*ret = vz_node_same_content(e->node, n);
	return 0;
}
