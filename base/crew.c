/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crew.h"

#include "base/alloc.h"
#include "base/pool.h"
#include "base/proc.h"

struct call {
	vz_crew_fn fn;
	void *arg;
	size_t number;
	struct vz_crew_member *member;
};

static int inside(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	const struct call *c = arg;

	return c->fn(c->arg, c->number, ret, err);
}

/* A thread for each process waits for it. The failure of one is no reason to drop others. */
static int supervise(void *arg, struct vz_err *err)
{
	struct call *c = arg;

	(void)err;
	c->member->rc = vz_proc_call(inside, c, &c->member->gave, &c->member->err);
	return 0;
}

void vz_crew_run(vz_crew_fn fn, void *arg, struct vz_crew_member *members, size_t n)
{
	auto_free struct call *calls = vz_alloc((n + 1) * sizeof *calls);
	struct vz_pool *pool = vz_pool_new((unsigned)(n ? n : 1));
	struct vz_err unused;

	for (size_t i = 0; i < n; i++) {
		calls[i] = (struct call){ fn, arg, i, &members[i] };
		vz_pool_add(pool, supervise, &calls[i]);
	}
	vz_pool_finish(pool, &unused);
	vz_pool_free(pool);
}
