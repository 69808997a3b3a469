/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A merge that is being planned: what its parts (merge_*.c) share.
 *
 * A part deals with paths: it says of each that the new composition shows there
 * (follow), that all stays as it was (pin), or what comes to be there (put).
 * What a part has dealt with it settles, and no later part looks at it.  The
 * parts come in this order: packages, record files, generated files, all else.
 */
#ifndef BUILDER_MERGING_H
#define BUILDER_MERGING_H

#include "base/table.h"
#include "builder/merge.h"
#include "builder/survey.h"

struct vz_merging {
	const struct vz_merge *m;
	struct vz_survey survey;
	struct vz_upper_plan *plan;
	struct vz_merge_again *again;
	struct vz_ids *ids;              /* that the new composition would have to have */
	struct vz_table settled;         /* paths */
};

void vz_merging_settle(struct vz_merging *g, const char *path);
bool vz_merging_is_settled(const struct vz_merging *g, const char *path);

/* The new composition's shows at `path`, or nothing if it has nothing there. Not for directories. Settles. */
void vz_merging_follow(struct vz_merging *g, enum vz_upper_why why, const char *path);
/* This file or symbolic link comes to be there; it needs no name of its own. Settles. */
void vz_merging_put(struct vz_merging *g, enum vz_upper_why why, const char *path, const struct vz_node *like);
/* A directory is there, with these attributes. Settles. */
void vz_merging_dir(struct vz_merging *g, enum vz_upper_why why, const char *path, const struct vz_node *like);
/* Nothing shows at `path`. Settles. */
void vz_merging_hide(struct vz_merging *g, enum vz_upper_why why, const char *path);
/* What shows at `path` stays what it was, with all below it: what came from the old composition becomes private. */
void vz_merging_pin(struct vz_merging *g, const char *path);
/* The new composition's file is put beside the private one. */
void vz_merging_beside(struct vz_merging *g, const char *path, const struct vz_node *new);
/* The tenant's own at `path`, of which no composition knows, goes. Settles. */
int vz_merging_drop(struct vz_merging *g, enum vz_upper_why why, const char *path, struct vz_err *err);
/* Nothing private is at `path`, and nothing must have come there when the plan is carried out. Settles. */
void vz_merging_guard(struct vz_merging *g, const char *path);

/* Puts the plan in order, with the directories that it needs. */
void vz_merging_finish(struct vz_merging *g);

/* An inode with the content of one node and the attributes of another, in a tree of its own. */
struct vz_tree *vz_merging_node(const struct vz_node *content, const struct vz_node *attributes, struct vz_node **ret);
/* `theirs` with attributes merged in three ways: permission bits, user, group, extended attributes. */
struct vz_tree *vz_merging_attributes(const struct vz_node *base, const struct vz_node *theirs, const struct vz_node *new,
				      struct vz_node **ret);

/* A private file that is merged as a text, with what the compositions have at its path. */
struct vz_merging_texts {
	const struct vz_survey_entry *entry;
	struct vz_buf base, theirs, new;         /* `base` is empty where the old composition has none */
};
void vz_merging_texts_release(struct vz_merging_texts *t);
#define auto_merging_texts __attribute__((cleanup(vz_merging_texts_release)))
/* 1: there is something to be merged. 0: both compositions have the same or the new one none, and whoever comes
 * later decides; or nothing can be merged, which was told, or guarded. */
int vz_merging_texts_read(struct vz_merging *g, const char *path, struct vz_merging_texts *ret, struct vz_err *err);
/* What came of it takes the place of the tenant's, or of as little of that as will do. Settles. */
void vz_merging_texts_put(struct vz_merging *g, const char *path, const struct vz_merging_texts *have,
			  const struct vz_buf *text);

/* The parts. */
int vz_merge_records(struct vz_merging *g, struct vz_err *err);
int vz_merge_made(struct vz_merging *g, struct vz_err *err);
int vz_merge_files(struct vz_merging *g, struct vz_err *err);

#endif
