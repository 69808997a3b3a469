/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/drift.h"

#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/merge.h"
#include "builder/survey.h"

/* What is the environment's own by its nature. */
static const char *const own[] = { "/boot", "/dev", "/etc", "/home", "/media", "/mnt", "/opt", "/proc", "/root", "/run",
				   "/srv", "/sys", "/tmp", "/usr/lib/sysimage", "/usr/local", "/var" };

struct walk {
	struct vz_survey survey;
	struct vz_drift *found;
	struct vz_err *err;
};

const char *vz_drift_name(enum vz_drift_kind kind)
{
	static const char *const names[] = {
		[VZ_DRIFT_CONFLICT] = "conflict", [VZ_DRIFT_OUTDATED] = "outdated", [VZ_DRIFT_MASKED] = "masked",
		[VZ_DRIFT_REMOVED] = "removed",
	};

	return names[kind];
}

void vz_drift_release(struct vz_drift *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->files[i].path);
	free(d->files);
	*d = (struct vz_drift){0};
}

static void add(struct vz_drift *d, enum vz_drift_kind kind, const char *path)
{
	vz_grow(d->files, d->n, d->cap);
	d->files[d->n++] = (struct vz_drift_file){ vz_strdup(path), kind };
}

static bool is_own(const char *path)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		const size_t len = strlen(own[i]);

		if (strncmp(path, own[i], len) == 0 && (path[len] == '/' || !path[len]))
			return true;
	}
	return false;
}

/* Both are there; the inodes' content is not read. */
static bool looks_same(const struct walk *w, const struct vz_survey_entry *e, const struct vz_node *to)
{
	const struct vz_node *mine = vz_node_inode(e->node), *theirs = vz_node_inode(to);

	if (vz_node_is_dir(theirs) || (mine->mode & S_IFMT) != (theirs->mode & S_IFMT))
		return false;
	if (!vz_node_same_attributes(mine, theirs))
		return false;
	if (!vz_node_is_file(mine))
		return vz_survey_fill(&w->survey, e, w->err) == 0 && vz_node_same_content(mine, theirs);
	return e->metacopy ? e->origin.to == to : mine->size == theirs->size && mine->mtime == theirs->mtime;
}

static int has_beside(struct walk *w, const char *path)
{
	auto_free char *beside = vz_printf("%s" VZ_MERGE_BESIDE, path);
	struct vz_upper_seen seen;

	return vz_upper_look(w->survey.upper_fd, beside, &seen, w->err) < 0 ? -1 : seen.there;
}

static int visit(struct vz_node *n, void *ctx)
{
	struct walk *w = ctx;
	const struct vz_survey_entry *e = vz_survey_entry(&w->survey, n);
	auto_free char *path = vz_node_path(n);
	const bool changed = e->from && e->to && !vz_node_same_content(e->from, e->to);
	int beside;

	if (!e->to || (vz_node_is_dir(n) && !e->whiteout && vz_node_is_dir(e->to)))
		return 0;
	beside = has_beside(w, path);
	if (beside < 0)
		return -1;
	if (beside)
		add(w->found, VZ_DRIFT_CONFLICT, path);
	else if (is_own(path))
		return 0;
	else if (e->whiteout)
		add(w->found, VZ_DRIFT_REMOVED, path);
	else if (!looks_same(w, e, e->to))
		add(w->found, changed ? VZ_DRIFT_OUTDATED : VZ_DRIFT_MASKED, path);
	return 0;
}

/* The composition that it was moved from, if that is still known; else, what it has. */
static const struct vz_tree *tree_before(struct vz_trees *trees, const struct vz_env *e, struct vz_err *err)
{
	auto_env struct vz_env before = {0};
	struct vz_err none = {0};

	if (!e->from || vz_env_generation(trees->store, e->name, e->from, &before, &none) < 0)
		return vz_trees_get(trees, &e->shows.image, err);
	return vz_trees_get(trees, &before.shows.image, err);
}

int vz_drift_find(struct vz_trees *trees, const struct vz_env *e, struct vz_drift *ret, struct vz_err *err)
{
	static const struct vz_digest none;
	auto_free char *path = vz_printf("envs/%s/upper", e->name);
	auto_fd int upper = vz_path_open_beneath(vz_store_fd(trees->store), path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, err);
	struct walk w = { .found = ret, .err = err, .survey = { .upper_fd = upper } };
	int rc = -1;

	/* not there before it was first mounted */
	if (upper < 0 && err->code == VZ_NOTFOUND)
		return 0;
	if (upper < 0)
		return vz_err_wrap(err, "private area of environment '%s'", e->name);
	w.survey.from = tree_before(trees, e, err);
	w.survey.to = w.survey.from ? vz_trees_get(trees, &e->shows.image, err) : NULL;
	if (!w.survey.to)
		return -1;
	if (vz_digest_cmp(&e->layer, &none) != 0 && !(w.survey.layer = vz_trees_get(trees, &e->layer, err)))
		return -1;
	rc = vz_survey_read(&w.survey, err);
	if (rc == 0)
		rc = vz_node_walk(w.survey.tree->root, visit, &w);
	vz_survey_release(&w.survey);
	return rc < 0 ? vz_err_wrap(err, "private area of environment '%s'", e->name) : 0;
}
