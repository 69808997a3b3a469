/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transfers: single attempts to get one URL into a body, several at a time;
 * the only file that knows libcurl.  Other methods than GET and a body of the
 * request are there for servers that one gives something to, as registries are.
 *
 *     vz_transfer_start(all, &t, err)          as many as vz_transfers_new() was told
 *     t = vz_transfers_next(all, ms, …)        the next that ended, or NULL after that time
 *
 * An attempt is never repeated here, but it says what its end means for the
 * next one.  It takes nothing that cannot be right: not another range than
 * was asked for, not another length than the body has, not one byte too many.
 */
#ifndef RESOLVER_TRANSFER_H
#define RESOLVER_TRANSFER_H

#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "resolver/body.h"
#include "resolver/network.h"

enum vz_outcome {
	VZ_GOT_WHOLE,        /* the body is there and right */
	VZ_GOT_UNCHANGED,    /* not modified since; nothing came */
	VZ_GOT_ASKEW,        /* to be had from its start and without a range, at once */
	VZ_GOT_MIXED,        /* wrong, but part of it was there before: the same, and not the server's fault */
	VZ_GOT_BROKEN,       /* may go better in a moment */
	VZ_GOT_DEAD,         /* no connection */
	VZ_GOT_ABSENT,       /* the server does not have it */
	VZ_GOT_REFUSED,      /* asking this server again is no use */
	VZ_GOT_WRONG,        /* other bytes than were asked for; the body is to be emptied */
	VZ_GOT_LOCAL,        /* our own side failed, see `err` */
};

struct vz_upload {
	int fd;                          /* read without moving its offset */
	uint64_t size;                   /* from its start */
};

struct vz_transfer {
	/* asked */
	char *url;
	struct vz_body *body;            /* begun; goes on where it ends */
	bool no_range;                   /* rather empty the body first */
	time_t if_modified_since;        /* 0: no */
	const char *method;              /* NULL: GET. Others than GET and HEAD are not redirected */
	const char *const *headers;      /* more of the request, "Name: value", ended by NULL; or NULL. None that says who we
	                                  * are goes to another host */
	const struct vz_upload *upload;  /* body of the request, or NULL */
	struct vz_buf *head;             /* gets the last response's head, at most 64 KiB; or NULL */

	/* how it ended */
	enum vz_outcome outcome;
	long status;                     /* that the server answered, or 0 */
	char cause[384];                 /* "the server answers 503", without the URL */
	unsigned retry_after;            /* seconds the server asks for, or 0 */
	time_t modified;                 /* Last-Modified, or 0 */
	unsigned first_ms, total_ms;     /* until the first byte came, and the last */
	struct vz_err err;

	struct vz_transfer_work *work;   /* while it runs */
};

struct vz_transfers;
/* `network` is copied, but for the text of its proxy, which must outlive them. NULL: as it comes. */
struct vz_transfers *vz_transfers_new(unsigned parallel, const struct vz_network *network);
void vz_transfers_free(struct vz_transfers *all);

int vz_transfer_start(struct vz_transfers *all, struct vz_transfer *t, struct vz_err *err);
/* Ends it if it runs. */
void vz_transfer_stop(struct vz_transfers *all, struct vz_transfer *t);
/* Works for at most `ms`, less if a transfer ends; that one is put into `ret`, else NULL. */
int vz_transfers_next(struct vz_transfers *all, int ms, struct vz_transfer **ret, struct vz_err *err);

#endif
