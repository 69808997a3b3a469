/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/registry_call.h"

#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>

#include "base/fd.h"
#include "base/proc.h"
#include "share/oci_image.h"

#define TRIES 3
#define PAUSE_MS 250
#define MAX_PAUSE_S 60

void vz_registry_call_release(struct vz_registry_call *c)
{
	vz_buf_release(&c->head);
	vz_buf_release(&c->body);
}

char *vz_registry_header(const struct vz_buf *head, const char *name, unsigned nth)
{
	size_t len = strlen(name);

	for (const char *line = head->len ? head->data : NULL, *end; line; line = end ? end + 1 : NULL) {
		size_t n = strcspn(line, "\r\n");

		end = strchr(line, '\n');
		if (n <= len || line[len] != ':' || strncasecmp(line, name, len) != 0 || nth--)
			continue;
		line += len + 1;
		n -= len + 1;
		while (n && (*line == ' ' || *line == '\t'))
			line++, n--;
		return vz_strndup(line, n);
	}
	return NULL;
}

/* Is the URL one of the registry's own host, so that it may see who we are? */
static bool is_home(const struct vz_registry *r, const char *url)
{
	size_t n = strlen(r->base) - strlen(r->name.repository) - strlen("/v2/");

	return strncmp(url, r->base, n) == 0 && (!url[n] || strchr("/?#", url[n]));
}

static char *whole_url(const struct vz_registry *r, const char *url)
{
	return *url == '/' ? vz_printf("%s://%s%s", r->options.plain_http ? "http" : "https", r->name.host, url) : vz_strdup(url);
}

/* One attempt. 1: it may go better in a moment. */
static int attempt(struct vz_registry *r, struct vz_transfer *t, struct vz_err *err)
{
	struct vz_transfer *ended = NULL;

	if (vz_transfer_start(r->transfers, t, err) < 0)
		return -1;
	while (!ended)
		if (vz_interrupted(err) < 0 || vz_transfers_next(r->transfers, 1000, &ended, err) < 0) {
			vz_transfer_stop(r->transfers, t);
			return -1;
		}
	switch (t->outcome) {
	case VZ_GOT_LOCAL:
		*err = t->err;
		return -1;
	case VZ_GOT_BROKEN: case VZ_GOT_DEAD: case VZ_GOT_ASKEW: case VZ_GOT_MIXED:
		return 1;
	case VZ_GOT_WRONG:
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' answers with more than 4 MiB", r->name.host);
	default:
		return t->status ? 0 : 1;
	}
}

static void pause_before(unsigned tries, unsigned asked)
{
	unsigned ms = PAUSE_MS << tries;
	struct timespec t;

	if (asked)
		ms = (asked < MAX_PAUSE_S ? asked : MAX_PAUSE_S) * 1000;
	t = (struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 };
	nanosleep(&t, NULL);
}

int vz_registry_call_once(struct vz_registry *r, struct vz_registry_call *c, struct vz_err *err)
{
	auto_free char *url = whole_url(r, c->url);
	auto_fd int fd = memfd_create("answer", MFD_CLOEXEC);
	const char *headers[5] = {0};
	struct vz_body body = { .fd = fd, .limit = VZ_OCI_DOCUMENT_MAX };
	struct vz_transfer t = {
		.url = url, .body = &body, .no_range = true, .method = c->method, .headers = headers, .upload = c->upload,
		.head = &c->head,
	};
	size_t n = 0;
	int rc = 1;

	for (size_t i = 0; i < sizeof c->headers / sizeof *c->headers; i++)
		if (c->headers[i])
			headers[n++] = c->headers[i];
	if (r->authorization && is_home(r, url))
		headers[n] = r->authorization;
	if (fd < 0)
		return vz_err_sys(err, "make room for an answer");
	for (unsigned tries = 0; rc == 1 && tries < TRIES; tries++) {
		if (tries)
			pause_before(tries, t.retry_after);
		if (vz_body_begin(&body, false, err) < 0)
			return -1;
		rc = attempt(r, &t, err);
		vz_body_end(&body);
	}
	if (rc == 1)
		return vz_err_set(err, VZ_NETWORK, "'%s': %s", r->name.host, t.cause);
	vz_buf_clear(&c->body);
	c->status = t.status;
	return rc < 0 || lseek(fd, 0, SEEK_SET) < 0 ? -1 : vz_read_fd(fd, VZ_OCI_DOCUMENT_MAX, &c->body, err);
}

int vz_registry_refused(const struct vz_registry *r, const struct vz_registry_call *c, const char *what, struct vz_err *err)
{
	switch (c->status) {
	case 404:
		return vz_err_set(err, VZ_NOTFOUND, "'%s' has no %s", r->name.host, what);
	case 401: case 403:
		vz_err_set(err, VZ_FAILED, "'%s' refuses access to '%s'", r->name.host, r->name.repository);
		return vz_err_hint(err, "'podman login %s' keeps a user and password where vzpkg finds them", r->name.host);
	default:
		return vz_err_set(err, VZ_NETWORK, "'%s' answers %ld when asked for %s", r->name.host, c->status, what);
	}
}
