/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Survey: what a private area has, and what it lies over, before an environment
 * moves from one composition to another.
 *
 *     struct vz_survey s = { .upper_fd = fd, .from = old, .to = new };
 *     vz_survey_read(&s, &err);
 *     vz_survey_place(&s, "/etc/passwd", &place);
 *
 * The private area is the upper directory and, below that, an image of sealed
 * files (link/mount.h).  Only what has a counterpart in one of the compositions
 * is entered, and files that overlayfs keeps without content: a tenant's own
 * files usually cost a look at their name each, and no file is opened before
 * somebody asks for its content.  What the marks of overlayfs mean is told as overlayfs
 * would take them: a whiteout hides, an opaque directory shows nothing of what
 * is below it, a renamed directory shows what is below its old place, and a file
 * copied up by metadata only shows the content that it came from.
 *
 * The tenant may be changing it meanwhile.  Each entry says what was seen, and
 * content is read only while that is still there (VZ_BUSY).  Everything goes by
 * descriptor; no link in the upper is followed, and nothing but regular files
 * and directories is opened.
 */
#ifndef BUILDER_SURVEY_H
#define BUILDER_SURVEY_H

#include "base/buf.h"
#include "link/upper.h"
#include "store/store.h"
#include "store/tree.h"

#define VZ_SURVEY_MAX (64u << 20)    /* a larger file counts as changed, and is not read */

/* What is below a private area, at one place. The sealed files lie over both compositions. */
struct vz_survey_lower {
	const struct vz_node *layer, *from, *to;
};

/* Which node of these shows, before and after. NULL: nothing. */
static inline const struct vz_node *vz_survey_before(const struct vz_survey_lower *l)
{
	return l->layer ? l->layer : l->from;
}
static inline const struct vz_node *vz_survey_after(const struct vz_survey_lower *l)
{
	return l->layer ? l->layer : l->to;
}

struct vz_survey_entry {
	struct vz_node *node;            /* attributes, without marks; content only after vz_survey_fill() */
	struct vz_upper_seen seen;       /* not there: the entry is a sealed file's or directory's */
	bool whiteout, opaque, impure;
	bool metacopy;                   /* a file whose content is its origin's */
	bool linked;                     /* a file with several names */
	bool renamed;                    /* its origin is not at its own place */
	const struct vz_node *from, *to; /* what the compositions have at this path */
	struct vz_survey_lower under;    /* what would show here if the upper had nothing here */
	struct vz_survey_lower origin;   /* of a directory: what it shows besides its own; of a metacopy: the content */
};

struct vz_survey {
	int upper_fd;
	const struct vz_tree *layer;     /* sealed files, or NULL */
	const struct vz_tree *from, *to;
	/* result */
	struct vz_tree *tree;            /* a node's entry: vz_survey_entry() */
	struct vz_survey_entry *entries;
	size_t n, cap;
};

/* Fills the result. The trees have to stay. */
int vz_survey_read(struct vz_survey *s, struct vz_err *err);
void vz_survey_release(struct vz_survey *s);
#define auto_survey __attribute__((cleanup(vz_survey_release)))

static inline struct vz_survey_entry *vz_survey_entry(const struct vz_survey *s, const struct vz_node *n)
{
	return &s->entries[n->owner];
}

/* One path, as it is seen inside, without following links. */
struct vz_survey_place {
	const struct vz_survey_entry *entry;     /* what is private there, or NULL */
	bool blocked;                            /* a private file or whiteout stands in the place of a directory on the way */
	bool cut;                                /* a directory on the way is opaque, or was renamed */
	const struct vz_node *from, *to;         /* what the compositions have at this path */
	struct vz_survey_lower under;            /* what shows there if there is no entry */
};
void vz_survey_place(const struct vz_survey *s, const char *path, struct vz_survey_place *ret);

/* Reads a file's content, so that vz_node_same_content() can say whether it is that of a tree's node. A file larger
 * than VZ_SURVEY_MAX stays without, and is like none. VZ_BUSY: it has changed. */
int vz_survey_fill(const struct vz_survey *s, const struct vz_survey_entry *e, struct vz_err *err);
/* The bytes of the regular file; `ret` is empty before. VZ_FAILED for one larger than VZ_SURVEY_MAX. */
int vz_survey_content(const struct vz_survey *s, const struct vz_store *store, const struct vz_survey_entry *e,
		      struct vz_buf *ret, struct vz_err *err);
/* Has it the type and content of `n`? Reads it only if type and size are right. */
int vz_survey_same(const struct vz_survey *s, const struct vz_survey_entry *e, const struct vz_node *n, bool *ret,
		   struct vz_err *err);

#endif
