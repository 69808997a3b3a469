/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/registry.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "resolver/fetch.h"
#include "share/registry_call.h"

#define PARALLEL 6
#define PATH_LEN (sizeof "blobs/sha256:" + VZ_HEX_LEN)

struct vz_registry *vz_registry_open(const struct vz_registry_name *n, const struct vz_registry_options *o, struct vz_err *err)
{
	struct vz_registry *r;

	if (o->offline) {
		vz_err_set(err, VZ_NETWORK, "'%s' would be needed, and --offline forbids the network", n->host);
		return NULL;
	}
	r = vz_new(struct vz_registry);
	r->name = (struct vz_registry_name){
		.host = vz_strdup(n->host), .repository = vz_strdup(n->repository), .tag = vz_strdup(n->tag),
	};
	r->options = *o;
	r->options.plain_http = o->plain_http || vz_registry_name_is_local(n);
	r->base = vz_printf("%s://%s/v2/%s", r->options.plain_http ? "http" : "https", n->host, n->repository);
	r->transfers = vz_transfers_new(1, o->network);
	return r;
}

void vz_registry_close(struct vz_registry *r)
{
	if (!r)
		return;
	vz_transfers_free(r->transfers);
	vz_registry_name_release(&r->name);
	free(r->base);
	free(r->authorization);
	free(r);
}

/* Is it what it was asked for as? */
static int check_digest(const struct vz_registry *r, const struct vz_buf *text, const char *want,
			char ret[VZ_HEX_LEN + 1], struct vz_err *err)
{
	struct vz_digest d;

	vz_sha256(text->data ? text->data : "", text->len, &d);
	vz_digest_hex(&d, ret);
	if (!want || strcmp(want, ret) == 0)
		return 0;
	return vz_err_set(err, VZ_UNTRUSTED, "'%s' gives something else than 'sha256:%s'", r->name.host, want);
}

int vz_registry_get_manifest(struct vz_registry *r, const char *reference, struct vz_buf *ret,
			     char ret_digest[VZ_HEX_LEN + 1], struct vz_err *err)
{
	auto_free char *url = vz_printf("%s/manifests/%s", r->base, reference);
	auto_free char *what = vz_printf("'%s:%s'", r->name.repository, reference);
	auto_registry_call struct vz_registry_call c = { .url = url, .headers = { "Accept: " VZ_OCI_MANIFEST } };
	const char *want = strncmp(reference, "sha256:", 7) == 0 ? reference + 7 : NULL;

	if (vz_registry_call(r, &c, err) < 0)
		return -1;
	if (c.status != 200)
		return vz_registry_refused(r, &c, what, err);
	if (check_digest(r, &c.body, want, ret_digest, err) < 0)
		return -1;
	vz_buf_add(ret, c.body.data, c.body.len);
	return 0;
}

/* What is in memory, as a file. */
static int memory_file(const void *data, size_t len, struct vz_err *err)
{
	auto_fd int fd = memfd_create("text", MFD_CLOEXEC);

	if (fd < 0)
		return vz_err_sys(err, "make room for a text");
	return vz_write_fd(fd, data, len, err) < 0 ? -1 : steal_fd(&fd);
}

int vz_registry_put_manifest(struct vz_registry *r, const char *reference, const struct vz_buf *text, struct vz_err *err)
{
	auto_free char *url = vz_printf("%s/manifests/%s", r->base, reference);
	auto_fd int fd = memory_file(text->data, text->len, err);
	struct vz_upload upload = { fd, text->len };
	auto_registry_call struct vz_registry_call c = {
		.method = "PUT", .url = url, .headers = { "Content-Type: " VZ_OCI_MANIFEST }, .upload = &upload,
	};

	if (fd < 0 || vz_registry_call(r, &c, err) < 0)
		return -1;
	return c.status == 201 || c.status == 200 ? 0 : vz_registry_refused(r, &c, "leave to put a manifest", err);
}

int vz_registry_get_text(struct vz_registry *r, const struct vz_oci_descriptor *d, struct vz_buf *ret, struct vz_err *err)
{
	auto_fd int fd = memory_file("", 0, err);
	struct vz_registry_blob blob = { .what = d, .fd = fd };

	if (d->size > VZ_OCI_DOCUMENT_MAX)
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' has a document of more than 4 MiB", r->name.host);
	return fd < 0 || vz_registry_get_blobs(r, &blob, 1, err) < 0 ? -1 : vz_read_fd(fd, VZ_OCI_DOCUMENT_MAX, ret, err);
}

/*
 * Blobs: downloads like those of packages, with the one registry as mirror.
 */

struct arriving {
	struct vz_registry_blob *blob;
	struct vz_err failure;
	char path[PATH_LEN];
	long status;                     /* the last answer */
	bool there;
};

static int on_done(void *ctx, struct vz_fetch_request *q, struct vz_err *err)
{
	struct arriving *a = ctx;

	(void)q;
	a->there = true;
	return a->blob->done ? a->blob->done(a->blob->ctx, a->blob, err) : 0;
}

static int fetch(struct vz_registry *r, struct arriving *all, size_t n, struct vz_err *err)
{
	const char *headers[2] = { r->authorization };
	struct vz_fetch_options options = {
		.parallel = PARALLEL, .headers = headers, .network = r->options.network, .report = r->options.report,
	};
	auto_free struct vz_fetch_request *requests = vz_alloc((n + 1) * sizeof *requests);
	auto_fetch struct vz_fetch *f = vz_fetch_new(&options);
	struct vz_mirrors mirrors = { &r->base, 1 };
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (!all[i].there)
			requests[left++] = (struct vz_fetch_request){
				.mirrors = &mirrors, .path = all[i].path, .fd = all[i].blob->fd, .size = all[i].blob->what->size,
				.digest = all[i].blob->what->digest, .failure = &all[i].failure, .done = on_done, .ctx = &all[i],
			};
	if (vz_fetch_run(f, requests, left, err) < 0)
		return -1;
	for (size_t i = 0; i < left; i++)
		((struct arriving *)requests[i].ctx)->status = requests[i].status;
	return 0;
}

/* A token that has run out is renewed by whoever asks next. */
static int renew(struct vz_registry *r, const struct arriving *a, struct vz_err *err)
{
	auto_free char *url = vz_printf("%s/%s", r->base, a->path);
	auto_registry_call struct vz_registry_call c = { .method = "HEAD", .url = url };

	if (vz_registry_call(r, &c, err) < 0)
		return -1;
	return c.status == 200 ? 0 : vz_registry_refused(r, &c, "a blob", err);
}

/* The first of them that is not there, or NULL. */
static const struct arriving *missing(const struct arriving *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!all[i].there)
			return &all[i];
	return NULL;
}

int vz_registry_get_blobs(struct vz_registry *r, struct vz_registry_blob *blobs, size_t n, struct vz_err *err)
{
	auto_free struct arriving *all = vz_alloc((n + 1) * sizeof *all);
	struct vz_registry_call absent = { .status = 404 };
	const struct arriving *a;

	for (size_t i = 0; i < n; i++) {
		all[i].blob = &blobs[i];
		snprintf(all[i].path, sizeof all[i].path, "blobs/sha256:%s", blobs[i].what->digest);
	}
	if (fetch(r, all, n, err) < 0)
		return -1;
	a = missing(all, n);
	if (a && a->status == 401 && (renew(r, a, err) < 0 || fetch(r, all, n, err) < 0))
		return -1;
	a = missing(all, n);
	if (!a)
		return 0;
	if (a->status == 404)
		return vz_registry_refused(r, &absent, a->path, err);
	*err = a->failure;
	err->hint[0] = 0;                /* which speaks of mirrors */
	return -1;
}

/*
 * Sending.
 */

static int has_blob(struct vz_registry *r, const char *digest, struct vz_err *err)
{
	auto_free char *url = vz_printf("%s/blobs/sha256:%s", r->base, digest);
	auto_registry_call struct vz_registry_call c = { .method = "HEAD", .url = url };

	if (vz_registry_call(r, &c, err) < 0)
		return -1;
	if (c.status == 404)
		return 0;
	return c.status == 200 ? 1 : vz_registry_refused(r, &c, "a blob", err);
}

/* Where the registry wants to have it. */
static char *begin_upload(struct vz_registry *r, const char *digest, struct vz_err *err)
{
	auto_free char *url = vz_printf("%s/blobs/uploads/", r->base), *place = NULL;
	auto_registry_call struct vz_registry_call c = { .method = "POST", .url = url };

	if (vz_registry_call(r, &c, err) < 0)
		return NULL;
	if (c.status != 202) {
		vz_registry_refused(r, &c, "leave to send a blob", err);
		return NULL;
	}
	place = vz_registry_header(&c.head, "Location", 0);
	if (place && (*place == '/' || strncmp(place, "https://", 8) == 0 || strncmp(place, "http://", 7) == 0))
		return vz_printf("%s%cdigest=sha256:%s", place, strchr(place, '?') ? '&' : '?', digest);
	vz_err_set(err, VZ_NETWORK, "'%s' does not say where a blob is to be sent", r->name.host);
	return NULL;
}

int vz_registry_put_blob(struct vz_registry *r, const char *digest, int fd, uint64_t size, bool *ret_sent,
			 struct vz_err *err)
{
	struct vz_upload upload = { fd, size };
	auto_free char *url = NULL;
	int there = has_blob(r, digest, err);

	*ret_sent = false;
	if (there)
		return there < 0 ? -1 : 0;
	url = begin_upload(r, digest, err);
	if (url) {
		auto_registry_call struct vz_registry_call c = {
			.method = "PUT", .url = url, .headers = { "Content-Type: application/octet-stream" }, .upload = &upload,
		};

		if (vz_registry_call(r, &c, err) < 0)
			return -1;
		*ret_sent = true;
		return c.status == 201 ? 0 : vz_registry_refused(r, &c, "room for a blob", err);
	}
	return -1;
}
