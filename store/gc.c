/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/usage.h"
#include "store/gc_objects.h"

#define HOUR 3600

void vz_gc_release(struct vz_gc *g)
{
	for (size_t i = 0; i < VZ_GC_KINDS; i++)
		vz_texts_release(&g->paths[i]);
	for (size_t i = 0; i < 256; i++)
		free(g->objects[i].v);
	vz_texts_release(&g->strange);
	*g = (struct vz_gc){ .held = g->held, .n_held = g->n_held };
}

/* What vz_write_file() calls a file until it is complete: "NAME.tmp.PID.NUMBER". */
static bool is_temporary(const char *name)
{
	const char *at = strstr(name, ".tmp.");

	if (!at)
		return false;
	for (at += 5; *at && (isdigit((unsigned char)*at) || *at == '.'); at++)
		;
	return !*at;
}

static uint64_t bytes_of(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : (uint64_t)st.st_blocks * 512;
}

static void add(struct vz_gc_sum *sum, uint64_t bytes)
{
	sum->n++;
	sum->bytes += bytes;
}

static void goes(const struct vz_store *s, struct vz_gc *g, enum vz_gc_kind kind, const char *path)
{
	vz_texts_add(&g->paths[kind], path);
	add(&g->goes[kind], bytes_of(vz_store_fd(s), path));
}

static void stays(const struct vz_store *s, struct vz_gc *g, enum vz_gc_kind kind, const char *path, uint32_t holder)
{
	uint64_t bytes = bytes_of(vz_store_fd(s), path);

	add(&g->stays[kind], bytes);
	if (g->held && holder < g->n_held)
		g->held[holder] += bytes;
}

/* ---- small kinds: a directory each ---- */

enum { NOT_OURS = UINT32_MAX };

/* Who holds the file `name`: a holder, 0, or NOT_OURS. */
typedef uint32_t (*holder_of)(const struct vz_live *l, const char *name);

static uint32_t outcome_holder(const struct vz_live *l, const char *name)
{
	struct vz_digest d;

	return vz_digest_parse(name, &d) ? vz_live_holder(&l->outcomes, name) : NOT_OURS;
}

static uint32_t record_holder(const struct vz_live *l, const char *name)
{
	uint32_t holder = vz_live_holder(&l->records, name);

	if (!vz_hash_algo(name))
		return NOT_OURS;
	return holder || !l->unknown_roots ? holder : VZ_LIVE_SHARED;
}

static uint32_t digest_holder(const struct vz_live *l, const struct vz_digests *of, const char *hex)
{
	struct vz_digest d;
	uint32_t holder;

	if (!vz_digest_parse(hex, &d))
		return NOT_OURS;
	holder = vz_digests_get(of, &d);
	return holder || !l->unknown_roots ? holder : VZ_LIVE_SHARED;
}

static uint32_t plan_holder(const struct vz_live *l, const char *name)
{
	return digest_holder(l, &l->plans, name);
}

static uint32_t image_holder(const struct vz_live *l, const char *name)
{
	const char *end = strstr(name, ".erofs");
	auto_free char *hex = end && !end[6] ? vz_strndup(name, (size_t)(end - name)) : NULL;

	return hex ? digest_holder(l, &l->images, hex) : NOT_OURS;
}

static int plan_dir(const struct vz_store *s, const struct vz_live *l, struct vz_gc *g, enum vz_gc_kind kind,
		    struct vz_err *err)
{
	static const struct { const char *dir; holder_of holder; } dirs[] = {
		[VZ_GC_OUTCOMES] = { "compositions", outcome_holder }, [VZ_GC_RECORDS] = { "packages", record_holder },
		[VZ_GC_PLANS] = { "plans", plan_holder },              [VZ_GC_IMAGES] = { "images", image_holder },
	};
	auto_texts struct vz_texts names = {0};

	if (vz_list_dir(vz_store_fd(s), dirs[kind].dir, &names, err) < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	for (size_t i = 0; i < names.n; i++) {
		auto_free char *path = vz_printf("%s/%s", dirs[kind].dir, names.v[i]);
		uint32_t holder = dirs[kind].holder(l, names.v[i]);

		if (is_temporary(names.v[i]))
			goes(s, g, VZ_GC_LEFTOVERS, path);
		else if (holder == NOT_OURS)
			vz_texts_add(&g->strange, path);
		else if (holder)
			stays(s, g, kind, path, holder);
		else
			goes(s, g, kind, path);
	}
	return 0;
}

/* ---- leftovers ---- */

/* Of the directory `dir`; those that changed after `until` are somebody's. */
static void plan_temporaries(const struct vz_store *s, struct vz_gc *g, const char *dir, time_t until)
{
	auto_texts struct vz_texts names = {0};
	struct vz_err unused;
	struct stat st;

	if (vz_list_dir(vz_store_fd(s), dir, &names, &unused) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		auto_free char *path = vz_printf("%s/%s", dir, names.v[i]);

		if (is_temporary(names.v[i]) && fstatat(vz_store_fd(s), path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_ctime <= until)
			goes(s, g, VZ_GC_LEFTOVERS, path);
	}
}

/* In the directories DIR/<name> and, if there is a `below`, in DIR/<name>/<below>. */
static void plan_temporaries_below(const struct vz_store *s, struct vz_gc *g, const char *dir, const char *below,
				   time_t until)
{
	auto_texts struct vz_texts names = {0};
	struct vz_err unused;

	if (vz_list_dir(vz_store_fd(s), dir, &names, &unused) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		auto_free char *path = vz_printf("%s/%s", dir, names.v[i]);
		auto_free char *deeper = below ? vz_printf("%s/%s", path, below) : NULL;

		plan_temporaries(s, g, path, until);
		if (deeper)
			plan_temporaries(s, g, deeper, until);
	}
}

/* Is `locks/<name>` of something that is not there any more, or goes? */
static bool is_stale(const struct vz_store *s, const struct vz_live *l, const char *name)
{
	static const char *const kinds[][2] = { { "template-", "templates" }, { "env-", "envs" } };

	if (!strncmp(name, "composition-", 12))
		return !vz_live_holder(&l->outcomes, name + 12);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t len = strlen(kinds[i][0]);
		auto_free char *path = NULL;

		if (strncmp(name, kinds[i][0], len))
			continue;
		path = vz_printf("%s/%s", kinds[i][1], name + len);
		return faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
	}
	return false;
}

static int plan_leftovers(const struct vz_store *s, const struct vz_live *l, struct vz_gc *g, struct vz_err *err)
{
	auto_texts struct vz_texts trash = {0}, locks = {0};
	const time_t now = time(NULL);

	if (vz_list_dir(vz_store_fd(s), "trash", &trash, err) < 0 || vz_list_dir(vz_store_fd(s), "locks", &locks, err) < 0)
		return -1;
	for (size_t i = 0; i < trash.n; i++) {
		auto_free char *path = vz_printf("trash/%s", trash.v[i]);

		vz_texts_add(&g->paths[VZ_GC_LEFTOVERS], path);
		g->goes[VZ_GC_LEFTOVERS].n++;
		if (vz_usage(vz_store_fd(s), path, &g->goes[VZ_GC_LEFTOVERS].bytes, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < locks.n; i++) {
		auto_free char *path = vz_printf("locks/%s", locks.v[i]);

		if (is_stale(s, l, locks.v[i]))
			goes(s, g, VZ_GC_LEFTOVERS, path);
	}
	plan_temporaries(s, g, ".", now);
	plan_temporaries_below(s, g, "templates", NULL, now);
	plan_temporaries_below(s, g, "repos", NULL, now);
	/* an environment's files are written also by those who do not hold the store's lock */
	plan_temporaries_below(s, g, "envs", "generations", now - HOUR);
	return 0;
}

int vz_gc_plan(const struct vz_store *s, const struct vz_live *l, struct vz_gc *g, const struct vz_report *report,
	       struct vz_err *err)
{
	for (enum vz_gc_kind kind = 0; kind < VZ_GC_OBJECTS; kind++)
		if (kind != VZ_GC_LEFTOVERS && plan_dir(s, l, g, kind, err) < 0)
			return -1;
	if (plan_leftovers(s, l, g, err) < 0)
		return -1;
	return vz_gc_plan_objects(s, l, g, report, err);
}

/* ---- doing it ---- */

/* Locks go only while nobody has them; who gets one afterwards sees that it is gone (vz_store_lock()). */
static int remove_path(const struct vz_store *s, const char *path, struct vz_err *err)
{
	auto_fd int lock = -1;

	if (!strncmp(path, "trash/", 6))
		return vz_remove_tree(vz_store_fd(s), path, err);
	if (!strncmp(path, "locks/", 6)) {
		lock = openat(vz_store_fd(s), path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
			return 0;
	}
	return unlinkat(vz_store_fd(s), path, 0) < 0 && errno != ENOENT ? vz_err_sys(err, "remove '%s'", path) : 0;
}

int vz_gc_run(struct vz_store *s, const struct vz_gc *g, const struct vz_report *report, struct vz_err *err)
{
	for (enum vz_gc_kind kind = 0; kind < VZ_GC_OBJECTS; kind++) {
		for (size_t i = 0; i < g->paths[kind].n; i++)
			if (vz_interrupted(err) < 0 || remove_path(s, g->paths[kind].v[i], err) < 0)
				return -1;
		/* before images go, and before objects do */
		if ((kind == VZ_GC_LEFTOVERS || kind == VZ_GC_IMAGES) && vz_store_sync(s, err) < 0)
			return -1;
	}
	if (vz_gc_run_objects(s, g, report, err) < 0)
		return -1;
	return vz_store_sync(s, err);
}
