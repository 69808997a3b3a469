/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Downloads: many at once over libcurl's multi interface.
 *
 * A request names a path below any of several base URLs (mirrors), a file to
 * write, and what must come: size and digest are enforced while the bytes
 * arrive, so an endless or wrong body is cut off.  A transfer that breaks is
 * retried with back-off from where it stopped (range request, if there is a
 * digest that will tell whether the parts fit), then from the next mirror.  A wrong digest or size moves to the next mirror and is
 * VZ_UNTRUSTED if none is right; anything else VZ_NETWORK.  A mirror that failed
 * is tried last by later requests of the same session.
 *
 * Redirects: at most 5, to http and https only.  Proxies are what
 * resolver/network.h or else the environment says (http_proxy …).
 */
#ifndef RESOLVER_FETCH_H
#define RESOLVER_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/report.h"
#include "resolver/mirror.h"
#include "resolver/network.h"
#include "resolver/speed.h"

struct vz_fetch_options {
	bool offline;                /* any request fails with VZ_NETWORK, saying so */
	const bool *stop;            /* once another thread sets it, runs fail with VZ_FAILED; or NULL */
	unsigned parallel;           /* 0: 8 */
	unsigned stall_seconds;      /* less than 1 KiB/s for this long is a failure; 0: the network's */
	unsigned tries;              /* for each mirror; 0: 3 */
	unsigned backoff_ms;         /* first pause, doubled each time; 0: 500 */
	const struct vz_network *network;    /* how to reach it; NULL: as the environment says */
	const char *const *headers;  /* with each request, as in struct vz_transfer; or NULL */
	const struct vz_report *report;
};

struct vz_fetch;
struct vz_fetch *vz_fetch_new(const struct vz_fetch_options *o);
void vz_fetch_free(struct vz_fetch *f);
VZ_AUTO(struct vz_fetch, vz_fetch_free)
#define auto_fetch VZ_CLEANUP(vz_fetch_free)

struct vz_fetch_request {
	const struct vz_mirrors *mirrors;
	const char *path;            /* below a mirror's base URL, already safe to append */
	int fd;                      /* written from offset 0 without moving its offset, which may be elsewhere */
	bool resume;                 /* what the file holds may be the start of it; needs a digest */
	struct vz_speeds *speeds;    /* told how the mirrors do; NULL: nobody is */
	struct vz_err *failure;      /* not NULL: where it fails for good, that goes here and the others go on */
	bool optional;               /* 404 everywhere: `missing` is set, no error */
	uint64_t size;               /* exact; 0: unknown */
	uint64_t max_size;           /* where size is 0; 0: 64 MiB */
	const char *digest;          /* lower-case hex, algorithm by length (vz_hash_algo()), or NULL */
	time_t if_modified_since;    /* 0: no */
	/* Called on the thread that runs vz_fetch_run() as soon as the file is complete and checked;
	 * a failure ends the run. May be NULL. */
	int (*done)(void *ctx, struct vz_fetch_request *r, struct vz_err *err);
	void *ctx;
	/* results */
	bool missing, not_modified;
	long status;                 /* the last that a server answered, or 0 */
	time_t modified;             /* Last-Modified of what came; 0: unsaid */
	const char *from;            /* mirror that served it; NULL if the file held it already */
};

/* Runs all requests to the end. The first that fails for good ends the others, unless it has a place for its failure. */
int vz_fetch_run(struct vz_fetch *f, struct vz_fetch_request *requests, size_t n, struct vz_err *err);

#endif
