/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One request to a registry and its answer, for the files that share/registry.h
 * is made of.
 *
 * What may go better in a moment (429, 5xx, a connection that breaks) is asked
 * again, after as long as the server wishes.  What then still fails is an error;
 * any other status is the caller's to judge.  Credentials go to the registry's
 * own host only.
 */
#ifndef SHARE_REGISTRY_CALL_H
#define SHARE_REGISTRY_CALL_H

#include "base/buf.h"
#include "resolver/transfer.h"
#include "share/registry.h"

struct vz_registry {
	struct vz_registry_name name;
	struct vz_registry_options options;
	char *base;                      /* "https://HOST/v2/REPOSITORY" */
	char *authorization;             /* header, once the registry asked for it; or NULL */
	struct vz_transfers *transfers;
};

struct vz_registry_call {
	const char *method;              /* NULL: GET */
	const char *url;                 /* whole, or from "/" */
	const char *headers[3];          /* more, "Name: value" */
	const struct vz_upload *upload;
	/* the answer */
	long status;
	struct vz_buf head, body;        /* of the body at most 4 MiB, and only with a status of success */
};

void vz_registry_call_release(struct vz_registry_call *c);
#define auto_registry_call __attribute__((cleanup(vz_registry_call_release)))

/* Without looking at 401. VZ_NETWORK. */
int vz_registry_call_once(struct vz_registry *r, struct vz_registry_call *c, struct vz_err *err);
/* The same, with credentials where the registry asks for them (share/registry_auth.c). */
int vz_registry_call(struct vz_registry *r, struct vz_registry_call *c, struct vz_err *err);
/* A header's value in an answer's head, from the `nth` line of that name; to be freed, NULL if absent. */
char *vz_registry_header(const struct vz_buf *head, const char *name, unsigned nth);
/* What a status that the caller did not hope for means. */
int vz_registry_refused(const struct vz_registry *r, const struct vz_registry_call *c, const char *what, struct vz_err *err);

#endif
