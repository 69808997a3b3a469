/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc_objects.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/pool.h"
#include "base/proc.h"
#include "store/object.h"

#define DIRS 256

/* What the jobs of one call share. */
struct sweep {
	const struct vz_store *store;
	const struct vz_live *live;      /* while planning */
	struct vz_gc *plan;
	const struct vz_gc *run;
	const struct vz_report *report;
	pthread_mutex_t lock;            /* of what is below, and of the plan's sums */
	unsigned done;
};

struct job {
	struct sweep *sweep;
	unsigned dir;
};

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define auto_dir __attribute__((cleanup(dir_close)))

/* What one directory adds to the plan. */
struct found {
	struct vz_gc_sum stays, goes;
	struct vz_texts strange;
};

static void look(const struct sweep *w, unsigned dir, int fd, const char *name, struct found *f)
{
	struct vz_gc_objects *goes = &w->plan->objects[dir];
	char hex[VZ_HEX_LEN + 1] = "";
	struct vz_digest d;
	struct stat st;
	uint64_t bytes = 0;
	uint32_t holder;

	if (strlen(name) == VZ_HEX_LEN - 2)
		snprintf(hex, sizeof hex, "%02x%s", dir, name);
	if (!vz_digest_parse(hex, &d)) {
		vz_texts_add(&f->strange, name);
		return;
	}
	holder = vz_digests_get(&w->live->objects, &d);
	if (!holder && (w->live->unknown_roots || w->live->unknown_objects))
		holder = VZ_LIVE_SHARED;
	if ((!holder || w->plan->held) && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		bytes = (uint64_t)st.st_blocks * 512;
	if (holder) {
		f->stays.n++;
		f->stays.bytes += bytes;
		if (holder < w->plan->n_held)
			__atomic_add_fetch(&w->plan->held[holder], bytes, __ATOMIC_RELAXED);
		return;
	}
	f->goes.n++;
	f->goes.bytes += bytes;
	vz_grow(goes->v, goes->n, goes->cap);
	goes->v[goes->n++] = d;
}

static void add_up(struct sweep *w, unsigned dir, const struct found *f)
{
	struct vz_gc *g = w->plan;

	pthread_mutex_lock(&w->lock);
	g->stays[VZ_GC_OBJECTS].n += f->stays.n;
	g->stays[VZ_GC_OBJECTS].bytes += f->stays.bytes;
	g->goes[VZ_GC_OBJECTS].n += f->goes.n;
	g->goes[VZ_GC_OBJECTS].bytes += f->goes.bytes;
	for (size_t i = 0; i < f->strange.n; i++) {
		auto_free char *path = vz_printf("objects/%02x/%s", dir, f->strange.v[i]);

		vz_texts_add(&g->strange, path);
	}
	vz_report_progress(w->report, "objects", ++w->done, DIRS);
	pthread_mutex_unlock(&w->lock);
}

static int plan_dir(void *arg, struct vz_err *err)
{
	const struct job *job = arg;
	char name[3];
	int fd;
	auto_dir DIR *d = NULL;
	struct found f = {0};
	struct dirent *e;

	snprintf(name, sizeof name, "%02x", job->dir);
	fd = openat(vz_store_objects_fd(job->sweep->store), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return vz_err_sys(err, "open 'objects/%s'", name);
	if (fd >= 0 && !(d = fdopendir(fd)))
		return vz_err_sys(err, "read 'objects/%s'", name);
	while (d && (errno = 0, e = readdir(d)))
		if (e->d_name[0] != '.')
			look(job->sweep, job->dir, fd, e->d_name, &f);
	if (d && errno)
		return vz_err_sys(err, "read 'objects/%s'", name);
	add_up(job->sweep, job->dir, &f);
	vz_texts_release(&f.strange);
	return vz_interrupted(err);
}

static int remove_dir(void *arg, struct vz_err *err)
{
	const struct job *job = arg;
	struct sweep *w = job->sweep;
	const struct vz_gc_objects *goes = &w->run->objects[job->dir];

	for (size_t i = 0; i < goes->n; i++) {
		char path[VZ_HEX_LEN + 2];

		vz_object_path(&goes->v[i], path);
		if (vz_interrupted(err) < 0)
			return -1;
		if (unlinkat(vz_store_objects_fd(w->store), path, 0) < 0 && errno != ENOENT)
			return vz_err_sys(err, "remove object '%s'", path);
	}
	pthread_mutex_lock(&w->lock);
	vz_report_progress(w->report, "remove", ++w->done, DIRS);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

static int for_all_dirs(struct sweep *w, vz_pool_job work, struct vz_err *err)
{
	struct vz_pool *pool = vz_pool_new(0);
	struct job jobs[DIRS];
	int rc;

	pthread_mutex_init(&w->lock, NULL);
	for (unsigned i = 0; i < DIRS; i++) {
		jobs[i] = (struct job){ w, i };
		vz_pool_add(pool, work, &jobs[i]);
	}
	rc = vz_pool_finish(pool, err);
	vz_pool_free(pool);
	pthread_mutex_destroy(&w->lock);
	return rc;
}

int vz_gc_plan_objects(const struct vz_store *s, const struct vz_live *l, struct vz_gc *g, const struct vz_report *report,
		       struct vz_err *err)
{
	struct sweep w = { .store = s, .live = l, .plan = g, .report = report };

	return for_all_dirs(&w, plan_dir, err);
}

int vz_gc_run_objects(struct vz_store *s, const struct vz_gc *g, const struct vz_report *report, struct vz_err *err)
{
	struct sweep w = { .store = s, .run = g, .report = report };

	return for_all_dirs(&w, remove_dir, err);
}
