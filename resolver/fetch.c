/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/fetch.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/proc.h"
#include "base/table.h"
#include "resolver/body.h"
#include "resolver/transfer.h"
#include "resolver/url.h"

#define MAX_UNSAID_SIZE (64u << 20)      /* where a request names neither size nor limit */
#define MAX_PAUSE_MS 30000
#define PROGRESS_MS 100
#define GOOD_PROGRESS (256u << 10)       /* a break after that much does not count against the mirror */

/* A request on its way, running or waiting for its next attempt. */
struct slot {
	struct vz_fetch_request *r;      /* NULL: the slot is free */
	struct vz_body body;
	struct vz_transfer transfer;
	uint64_t due;                    /* when the next attempt begins, ms */
	bool *tried;                     /* which mirrors are done with */
	size_t mirror;                   /* at hand */
	size_t absent, wrong;            /* how many were */
	unsigned attempts;               /* failed, on this mirror */
	uint64_t best;                   /* most bytes that an attempt left */
};

struct vz_fetch {
	struct vz_fetch_options o;
	struct vz_transfers *transfers;
	struct vz_table bad;             /* mirrors that failed */
	struct slot *slots;
	uint64_t finished, total;        /* bytes of this run; total 0: unknown */
	uint64_t told;                   /* when progress was, ms */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct vz_fetch *vz_fetch_new(const struct vz_fetch_options *o)
{
	struct vz_fetch *f = vz_new(struct vz_fetch);
	struct vz_network network = o->network ? *o->network : (struct vz_network){0};

	f->o = *o;
	f->o.parallel = o->parallel ? o->parallel : 8;
	f->o.tries = o->tries ? o->tries : 3;
	f->o.backoff_ms = o->backoff_ms ? o->backoff_ms : 500;
	if (o->stall_seconds)
		network.stall_seconds = o->stall_seconds;
	f->transfers = vz_transfers_new(f->o.parallel, &network);
	f->slots = vz_alloc(f->o.parallel * sizeof *f->slots);
	return f;
}

/* Ends what the slot does and frees it for the next request. */
static void slot_clear(struct vz_fetch *f, struct slot *s)
{
	vz_transfer_stop(f->transfers, &s->transfer);
	vz_body_end(&s->body);
	free(s->transfer.url);
	free(s->tried);
	*s = (struct slot){0};
}

void vz_fetch_free(struct vz_fetch *f)
{
	if (!f)
		return;
	vz_transfers_free(f->transfers);
	vz_table_release(&f->bad);
	free(f->slots);
	free(f);
}

static const char *mirror_url(const struct slot *s)
{
	return s->r->mirrors->urls[s->mirror];
}

static bool is_bad(const struct vz_fetch *f, const char *url)
{
	return vz_table_has(&f->bad, url);
}

/* The next mirror to try: one that has not failed yet, if there is one. */
static bool next_mirror(const struct vz_fetch *f, struct slot *s)
{
	const struct vz_mirrors *m = s->r->mirrors;

	for (int bad = 0; bad < 2; bad++)
		for (size_t i = 0; i < m->n; i++)
			if (!s->tried[i] && is_bad(f, m->urls[i]) == (bad == 1)) {
				s->mirror = i;
				s->attempts = 0;
				s->transfer.no_range = false;
				return true;
			}
	return false;
}

static bool has_another(const struct slot *s)
{
	for (size_t i = 0; i < s->r->mirrors->n; i++)
		if (i != s->mirror && !s->tried[i])
			return true;
	return false;
}

/* The request is done, well. */
static int finish(struct vz_fetch *f, struct slot *s, struct vz_err *err)
{
	struct vz_fetch_request *r = s->r;

	f->finished += s->body.have;
	slot_clear(f, s);
	return r->done ? r->done(r->ctx, r, err) : 0;
}

/* For good: the end of all, or of this request only. */
static int fail(struct vz_fetch *f, struct slot *s, struct vz_err *err)
{
	if (!s->r->failure)
		return -1;
	*s->r->failure = *err;
	slot_clear(f, s);
	return 0;
}

static int give_up(struct vz_fetch *f, struct slot *s, struct vz_err *err)
{
	struct vz_fetch_request *r = s->r;
	size_t n = r->mirrors->n;
	auto_free char *base = vz_url_public(mirror_url(s));

	if (r->optional && s->absent == n) {
		r->missing = true;
		return finish(f, s, err);
	}
	if (s->wrong == n && r->digest)
		vz_err_set(err, VZ_UNTRUSTED, "'%s' has the wrong digest on every mirror, the last of them '%s'", r->path, base);
	else if (s->wrong)
		vz_err_set(err, VZ_UNTRUSTED, "'%s' is right on no mirror; the last, '%s': %s", r->path, base, s->transfer.cause);
	else
		vz_err_set(err, VZ_NETWORK, "download '%s/%s': %s", base, r->path, s->transfer.cause);
	if (s->wrong)
		vz_err_hint(err, "the mirror may be in the middle of an update, or someone changed the file on its way");
	else if (s->absent == n)
		vz_err_hint(err, "the mirror may be out of date, or the recipe names what is not there");
	else
		vz_err_hint(err, "is the network up? A proxy is taken from http_proxy and https_proxy");
	return fail(f, s, err);
}

/* A moment longer each time, and not all at the same time. */
static uint64_t pause_ms(const struct vz_fetch *f, const struct slot *s)
{
	uint64_t pause = f->o.backoff_ms, asked = (uint64_t)s->transfer.retry_after * 1000;

	for (unsigned i = 1; i < s->attempts && pause < MAX_PAUSE_MS; i++)
		pause *= 2;
	pause += (now_ms() * 2654435761u >> 8) % (pause / 2 + 1);
	pause = pause < asked ? asked : pause;
	return pause < MAX_PAUSE_MS ? pause : MAX_PAUSE_MS;
}

/* Shall the mirror at hand be asked again? */
static bool again(const struct vz_fetch *f, const struct slot *s, enum vz_outcome o)
{
	if (o == VZ_GOT_MIXED)
		return true;
	if (o != VZ_GOT_BROKEN && o != VZ_GOT_DEAD && o != VZ_GOT_ASKEW)
		return false;
	if (has_another(s) && (o == VZ_GOT_DEAD || is_bad(f, mirror_url(s))))
		return false;
	return s->attempts < f->o.tries;
}

/* What to do after an attempt that did not bring the file. */
static int go_on(struct vz_fetch *f, struct slot *s, struct vz_err *err)
{
	enum vz_outcome o = s->transfer.outcome;
	bool at_once = o == VZ_GOT_ASKEW || o == VZ_GOT_MIXED;

	s->absent += o == VZ_GOT_ABSENT;
	s->wrong += o == VZ_GOT_WRONG;
	s->attempts += o != VZ_GOT_MIXED;
	if (o == VZ_GOT_BROKEN && vz_body_can_resume(&s->body) && s->body.have >= s->best + GOOD_PROGRESS) {
		s->best = s->body.have;
		s->attempts = 1;
	}
	if ((at_once || o == VZ_GOT_WRONG) && vz_body_restart(&s->body, err) < 0)
		return -1;
	s->transfer.no_range = o == VZ_GOT_ASKEW;
	s->body.mixed = s->body.have > 0;
	if (again(f, s, o)) {
		s->due = at_once ? 0 : now_ms() + pause_ms(f, s);
		return 0;
	}
	if (o != VZ_GOT_ABSENT)
		vz_table_put(&f->bad, mirror_url(s), f);
	if (s->r->speeds && (o != VZ_GOT_ABSENT || !s->r->optional))
		vz_speeds_failed(s->r->speeds, mirror_url(s), time(NULL));
	s->tried[s->mirror] = true;
	vz_report_debug(f->o.report, "'%s': mirror %zu of %zu: %s", s->r->path, s->mirror + 1, s->r->mirrors->n,
			s->transfer.cause);
	s->due = 0;
	return next_mirror(f, s) ? 0 : give_up(f, s, err);
}

static int ended(struct vz_fetch *f, struct slot *s, struct vz_err *err)
{
	s->r->status = s->transfer.status ? s->transfer.status : s->r->status;
	switch (s->transfer.outcome) {
	case VZ_GOT_LOCAL:
		*err = s->transfer.err;
		return vz_err_wrap(err, "'%s'", s->r->path);
	case VZ_GOT_UNCHANGED:
		s->r->not_modified = true;
		break;
	case VZ_GOT_WHOLE:
		break;
	default:
		return go_on(f, s, err);
	}
	if (s->r->speeds)
		vz_speeds_answered(s->r->speeds, mirror_url(s), s->transfer.first_ms, s->body.mixed ? 0 : s->body.have,
				   s->transfer.total_ms, time(NULL));
	s->r->from = mirror_url(s);
	s->r->modified = s->transfer.modified;
	return finish(f, s, err);
}

static int begin(struct vz_fetch *f, struct slot *s, struct vz_fetch_request *r, struct vz_err *err)
{
	assert(r->mirrors->n > 0);
	r->missing = r->not_modified = false;
	r->status = 0;
	r->from = NULL;
	r->modified = 0;
	s->r = r;
	s->tried = vz_alloc(r->mirrors->n * sizeof *s->tried);
	s->body = (struct vz_body){ .fd = r->fd, .digest = r->digest, .exact = r->size > 0,
				    .limit = r->size ? r->size : r->max_size ? r->max_size : MAX_UNSAID_SIZE };
	s->transfer.body = &s->body;
	s->transfer.if_modified_since = r->if_modified_since;
	s->transfer.headers = f->o.headers;
	if (vz_body_begin(&s->body, r->resume, err) < 0)
		return vz_err_wrap(err, "'%s'", r->path);
	if (s->body.exact && s->body.have && vz_body_is_whole(&s->body)) {
		if (vz_body_is_right(&s->body))
			return finish(f, s, err);
		if (vz_body_restart(&s->body, err) < 0)
			return -1;
	}
	s->best = s->body.have;
	next_mirror(f, s);
	return 0;
}

static int start(struct vz_fetch *f, struct slot *s, struct vz_err *err)
{
	free(s->transfer.url);
	s->transfer.url = vz_printf("%s/%s", mirror_url(s), s->r->path);
	return vz_transfer_start(f->transfers, &s->transfer, err);
}

static void tell_progress(struct vz_fetch *f, bool at_end)
{
	uint64_t now = now_ms(), done = f->finished;

	if (!at_end && now < f->told + PROGRESS_MS)
		return;
	f->told = now;
	for (unsigned i = 0; i < f->o.parallel; i++)
		done += f->slots[i].body.have;
	vz_report_progress(f->o.report, "downloading", done, f->total);
}

/* Gives free slots their next request and waiting ones their next attempt. `ret_wait`: for how long nothing is due. */
static int fill(struct vz_fetch *f, struct vz_fetch_request **next, const struct vz_fetch_request *end,
		unsigned *ret_busy, int *ret_wait, struct vz_err *err)
{
	uint64_t now = now_ms();

	*ret_busy = 0;
	*ret_wait = PROGRESS_MS;
	for (unsigned i = 0; i < f->o.parallel; i++) {
		struct slot *s = &f->slots[i];

		while (!s->r && *next < end)
			if (begin(f, s, (*next)++, err) < 0)
				return -1;
		if (!s->r)
			continue;
		++*ret_busy;
		if (s->transfer.work)
			continue;
		if (s->due <= now && start(f, s, err) < 0)
			return -1;
		if (!s->transfer.work && s->due - now < PROGRESS_MS)
			*ret_wait = s->due - now < (uint64_t)*ret_wait ? (int)(s->due - now) : *ret_wait;
	}
	return 0;
}

static struct slot *slot_of(struct vz_fetch *f, const struct vz_transfer *t)
{
	for (unsigned i = 0; i < f->o.parallel; i++)
		if (&f->slots[i].transfer == t)
			return &f->slots[i];
	abort();
}

static int run(struct vz_fetch *f, struct vz_fetch_request *next, const struct vz_fetch_request *end, struct vz_err *err)
{
	struct vz_transfer *t;
	unsigned busy;
	int wait;

	for (;;) {
		if (f->o.stop && __atomic_load_n(f->o.stop, __ATOMIC_RELAXED))
			return vz_err_set(err, VZ_FAILED, "the downloads were stopped");
		if (vz_interrupted(err) < 0 || fill(f, &next, end, &busy, &wait, err) < 0)
			return -1;
		if (!busy)
			return 0;
		if (vz_transfers_next(f->transfers, wait, &t, err) < 0)
			return -1;
		if (t && ended(f, slot_of(f, t), err) < 0)
			return -1;
		tell_progress(f, false);
	}
}

int vz_fetch_run(struct vz_fetch *f, struct vz_fetch_request *requests, size_t n, struct vz_err *err)
{
	bool sizes_known = true;
	int rc;

	if (f->o.offline && n) {
		vz_err_set(err, VZ_NETWORK, "'%s' would have to be downloaded, but the network is not to be used", requests[0].path);
		return vz_err_hint(err, "run it once without --offline");
	}
	f->finished = f->total = f->told = 0;
	for (size_t i = 0; i < n; i++) {
		f->total += requests[i].size;
		sizes_known = sizes_known && requests[i].size;
	}
	f->total = sizes_known ? f->total : 0;
	rc = run(f, requests, requests + n, err);
	for (unsigned i = 0; i < f->o.parallel; i++)
		slot_clear(f, &f->slots[i]);
	if (rc == 0 && n)
		tell_progress(f, true);
	return rc;
}
