/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/capture.h"
#include "builder/ids.h"
#include "builder/overlay.h"
#include "builder/recording.h"
#include "builder/recording_place.h"
#include "link/upper_file.h"

/* Where what the merge changes is put together, below the stage. */
#define SCRATCH "recording"

static struct vz_tree *part(const struct vz_tree *recording, const char *name)
{
	const struct vz_node *n = vz_node_child(recording->root, name, strlen(name));
	struct vz_tree *t = vz_tree_new();
	struct vz_place p = { .root = t->root };

	if (n && vz_node_is_dir(n))
		vz_place_below(&p, n);
	vz_place_release(&p);
	return t;
}

/* A directory of the recording must not come to stand where the tree has a link to one: all that is there would be gone
 * from its place. Where the recording has made a directory of a link, it is meant. */
static int check_dirs(const struct vz_node *n, const struct vz_node *before, const struct vz_node *there, struct vz_err *err)
{
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct vz_node *c = n->children[i], *at = vz_node_child(there, c->name, c->name_len);
		const struct vz_node *was = before ? vz_node_child(before, c->name, c->name_len) : NULL;
		auto_free char *path = NULL;

		if (!vz_node_is_dir(c) || !at)
			continue;
		if (vz_node_is_dir(at)) {
			if (check_dirs(c, was && vz_node_is_dir(was) ? was : NULL, at, err) < 0)
				return -1;
			continue;
		}
		path = vz_node_path(c);
		if (vz_node_is_symlink(vz_node_inode(at)) && !(was && vz_node_is_symlink(vz_node_inode(was))))
			return vz_err_set(err, VZ_UNRESOLVED, "it has a directory '%s', which is a symbolic link here", path);
	}
	return 0;
}

/* Users are who they are by name. */
static int settle_ids(struct vz_recording_apply *a, struct vz_tree *files, struct vz_err *err)
{
	auto_ids struct vz_ids here = {0}, theirs = {0}, changes = {0};

	if (vz_ids_of_tree(a->store, a->tree, &here, err) < 0 || vz_ids_of_tree(a->store, files, &theirs, err) < 0)
		return -1;
	vz_ids_choose(&here, &theirs, a->tree, &changes);
	return changes.n ? vz_ids_map(a->store, files, &changes, err) : 0;
}

/* ---- what merging changes ---- */

static int make_change(const struct vz_store *s, int upper, const struct vz_upper_change *c, struct vz_err *err)
{
	auto_free char *parent = vz_strndup(c->path, (size_t)(strrchr(c->path, '/') - c->path));
	auto_fd int dir = -1;

	/* nothing is there that could go */
	if (c->kind == VZ_UPPER_DROP)
		return 0;
	dir = vz_path_open_beneath(upper, *parent ? parent : "/", O_RDONLY | O_DIRECTORY, err);
	if (dir < 0)
		return -1;
	if (c->kind == VZ_UPPER_DIR && faccessat(dir, strrchr(c->path, '/') + 1, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return vz_upper_make(s, dir, strrchr(c->path, '/') + 1, c, err);
}

static int make_changes(struct vz_recording_apply *a, int upper, const struct vz_upper_plan *plan, struct vz_err *err)
{
	for (size_t i = 0; i < plan->n_conflicts; i++)
		vz_buf_printf(a->log, "%s: %s\n", plan->conflicts[i].path, plan->conflicts[i].what);
	/* what the tree has besides needs no copy of its own in a composition */
	for (size_t i = 0; i < plan->n; i++)
		if (plan->changes[i].why != VZ_UPPER_BESIDE && make_change(a->store, upper, &plan->changes[i], err) < 0)
			return -1;
	return 0;
}

static int merge(struct vz_recording_apply *a, int upper, const struct vz_tree *files, const struct vz_tree *before, struct vz_err *err)
{
	const struct vz_merge m = {
		.store = a->store, .family = a->family, .upper_fd = upper, .layer = files, .from = before, .to = a->tree,
	};
	struct vz_capture capture = { .store = a->store, .upper_fd = upper, .date = INT64_MAX };
	auto_upper_plan struct vz_upper_plan plan = {0};
	auto_ids struct vz_ids unsettled = {0};

	if (vz_merge_plan(&m, &plan, &a->again, &unsettled, err) < 0)
		return -1;
	if (make_changes(a, upper, &plan, err) < 0 || vz_overlay_apply(a->tree, files, err) < 0)
		return -1;
	return vz_capture(&capture, a->tree, err);
}

/* ---- what is gone ---- */

/* A directory goes only if nothing else is in it. */
static void take_away(struct vz_tree *t, const struct vz_node *removed, struct vz_node *there)
{
	for (uint32_t i = 0; i < removed->n_children; i++) {
		const struct vz_node *r = removed->children[i];
		struct vz_node *n = vz_node_child(there, r->name, r->name_len);

		if (!n || vz_node_is_dir(r) != vz_node_is_dir(n))
			continue;
		if (vz_node_is_dir(n))
			take_away(t, r, n);
		if (!vz_node_is_dir(n) || (!(r->mode & 07777) && !n->n_children))
			vz_tree_remove(t, n);
	}
}

/* ---- the whole ---- */

static int apply(struct vz_recording_apply *a, int upper, struct vz_err *err)
{
	auto_tree struct vz_tree *files = part(a->recording, "files"), *before = part(a->recording, "before");
	const struct vz_node *removed = vz_tree_find(a->recording, "/removed");

	vz_node_copy_inode(files->root, a->tree->root);
	if (check_dirs(files->root, before->root, a->tree->root, err) < 0 || settle_ids(a, files, err) < 0)
		return -1;
	vz_tree_count_links(files);
	vz_tree_count_links(before);
	if (merge(a, upper, files, before, err) < 0)
		return -1;
	if (removed && vz_node_is_dir(removed))
		take_away(a->tree, removed, a->tree->root);
	return 0;
}

int vz_recording_apply(struct vz_recording_apply *a, struct vz_err *err)
{
	auto_recording_about struct vz_recording_about about = {0};
	int stage = vz_store_stage(a->store, err), rc;
	auto_fd int upper = -1;

	if (stage < 0 || vz_recording_about(a->store, a->recording, &about, err) < 0)
		return -1;
	if (strcmp(about.family, a->family) != 0)
		return vz_err_set(err, VZ_UNRESOLVED, "it was captured from an environment with packages of family '%s'", about.family);
	if (vz_remove_tree(stage, SCRATCH, err) < 0 || vz_make_dirs(stage, SCRATCH, 0755, err) < 0)
		return -1;
	upper = vz_open_dir(stage, SCRATCH, err);
	if (upper < 0)
		return -1;
	rc = apply(a, upper, err);
	return vz_remove_tree(stage, SCRATCH, err) < 0 ? -1 : rc;
}
