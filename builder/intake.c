/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/intake.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pool.h"
#include "base/proc.h"
#include "base/table.h"
#include "store/ingest.h"

#define BEHIND 10                        /* how nice they are who open what nobody waits for yet */

struct vz_intake {
	struct vz_intake_options o;
	int stage;                       /* where files are while they are downloaded */
	const struct vz_plan_package **missing;
	size_t n;
	struct vz_pool *fetch;           /* the thread that downloads; the session has those that open */
	pthread_mutex_t lock;
	pthread_cond_t changed;          /* a package was opened, or nothing more will come */
	size_t opened;
	struct vz_intake_sums sums;
	int nice;                        /* how nice threads are while somebody waits */
	bool behind, stopped, ended, failed;
	struct vz_err err;
};

/* ---- in the background ---- */

/* Before each package: is it still wanted, and how much of a hurry is it in. */
static int look_up(struct vz_intake *in, struct vz_err *err)
{
	bool stopped;
	int nice;

	pthread_mutex_lock(&in->lock);
	stopped = in->stopped;
	nice = in->nice + (in->behind ? BEHIND : 0);
	pthread_mutex_unlock(&in->lock);
	/* of this thread alone; who may not be less nice again stays as he is */
	setpriority(PRIO_PROCESS, 0, nice);
	return stopped ? vz_err_set(err, VZ_FAILED, "nobody waits for it any more") : vz_interrupted(err);
}

static void tell(struct vz_intake *in, uint64_t new_bytes, const struct vz_err *failure)
{
	pthread_mutex_lock(&in->lock);
	in->sums.new_bytes += new_bytes;
	in->opened++;
	if (failure && !in->failed) {
		in->failed = true;
		in->err = *failure;
	}
	vz_report_progress(in->o.report, "open", in->opened, in->n);
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

/* On several threads at once. */
static int open_one(void *ctx, const struct vz_plan_package *p, int fd, struct vz_err *err)
{
	struct vz_intake *in = ctx;
	struct vz_ingest_result r = {0};
	auto_fd int file = fd;
	int rc = look_up(in, err);

	if (rc == 0)
		rc = vz_ingest(in->o.store, in->o.plan->family, file, p->digest, &r, err);
	if (rc < 0)
		vz_err_wrap(err, "package '%s'", p->name);
	tell(in, r.new_bytes, rc < 0 ? err : NULL);
	return rc;
}

static void end(struct vz_intake *in, const struct vz_err *failure)
{
	pthread_mutex_lock(&in->lock);
	if (failure && !in->failed) {
		in->failed = true;
		in->err = *failure;
	}
	in->ended = true;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

static int fetch_all(void *arg, struct vz_err *err)
{
	struct vz_intake *in = arg;
	int rc = vz_resolve_fetch(in->o.session, in->missing, in->n, in->stage, open_one, in, err);

	end(in, rc < 0 ? err : NULL);
	return rc < 0 ? -1 : vz_store_sync(in->o.store, err);
}

/* ---- what is to come ---- */

static int in_order(const void *a, const void *b)
{
	const struct vz_plan_package *x = *(const struct vz_plan_package *const *)a;
	const struct vz_plan_package *y = *(const struct vz_plan_package *const *)b;
	unsigned x_base = x->flags & VZ_PLAN_BASE, y_base = y->flags & VZ_PLAN_BASE;

	if (x_base != y_base)
		return x_base ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The packages that this host has not opened yet; each digest once. */
static void find_missing(struct vz_intake *in)
{
	auto_table struct vz_table seen = {0};

	in->missing = vz_alloc((in->o.plan->n_packages + 1) * sizeof *in->missing);
	for (size_t i = 0; i < in->o.plan->n_packages; i++) {
		const struct vz_plan_package *p = &in->o.plan->packages[i];

		if (vz_table_has(&seen, p->digest) || vz_record_has(in->o.store, p->digest))
			continue;
		vz_table_put(&seen, p->digest, NULL);
		in->missing[in->n++] = p;
		in->sums.fetched_bytes += p->size;
	}
	if (in->n)
		qsort(in->missing, in->n, sizeof *in->missing, in_order);
}

struct vz_intake *vz_intake_start(const struct vz_intake_options *o, struct vz_err *err)
{
	auto_intake struct vz_intake *in = vz_new(struct vz_intake);

	in->o = *o;
	in->nice = getpriority(PRIO_PROCESS, 0);
	pthread_mutex_init(&in->lock, NULL);
	pthread_cond_init(&in->changed, NULL);
	find_missing(in);
	in->stage = vz_store_stage(o->store, err);
	if (in->stage < 0)
		return NULL;
	in->ended = !in->n;
	if (!in->n)
		return steal(&in);
	vz_report_stage(o->report, "fetching %zu of %zu packages", in->n, o->plan->n_packages);
	in->fetch = vz_pool_new(1);
	vz_pool_add(in->fetch, fetch_all, in);
	return steal(&in);
}

/* ---- for those who wait ---- */

/* Called with the lock held. */
static bool is_there(const struct vz_intake *in, const struct vz_plan_package *const *packages, size_t n, size_t *next)
{
	if (!packages)
		return in->ended && !in->failed;
	while (*next < n && vz_record_has(in->o.store, packages[*next]->digest))
		++*next;
	return *next == n;
}

int vz_intake_wait(struct vz_intake *in, const struct vz_plan_package *const *packages, size_t n, struct vz_err *err)
{
	size_t next = 0;
	bool there;
	int rc;

	pthread_mutex_lock(&in->lock);
	in->behind = false;
	while (!(there = is_there(in, packages, n, &next)) && !in->failed && !in->ended)
		pthread_cond_wait(&in->changed, &in->lock);
	in->behind = true;
	rc = there || !in->failed ? 0 : -1;
	if (rc < 0)
		*err = in->err;
	pthread_mutex_unlock(&in->lock);
	return rc;
}

int vz_intake_finish(struct vz_intake *in, struct vz_intake_sums *ret, struct vz_err *err)
{
	if (in->fetch && vz_pool_finish(in->fetch, err) < 0)
		return -1;
	*ret = in->sums;
	ret->packages = in->n;
	return 0;
}

void vz_intake_free(struct vz_intake *in)
{
	if (!in)
		return;
	pthread_mutex_lock(&in->lock);
	in->stopped = true;
	pthread_mutex_unlock(&in->lock);
	vz_session_stop(in->o.session);
	vz_pool_free(in->fetch);
	pthread_cond_destroy(&in->changed);
	pthread_mutex_destroy(&in->lock);
	free(in->missing);
	free(in);
}
