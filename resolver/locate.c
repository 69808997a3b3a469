/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/locate.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "resolver/url.h"

#define METALINK "metalink+"
#define MIRRORLIST "mirrorlist+"
#define RUNNERS 5                        /* mirrors that are measured against each other */

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool is_list(const char *url)
{
	return begins(url, METALINK) || begins(url, MIRRORLIST);
}

bool vz_locate_is_due(const struct vz_source *s)
{
	for (size_t i = 0; i < s->mirrors.n; i++)
		if (is_list(s->mirrors.urls[i]))
			return true;
	return false;
}

/* Gets a URL that may have a query. */
static int get(struct vz_source *s, const char *url, struct vz_buf *ret, struct vz_err *err)
{
	size_t path = strcspn(url, "?#"), host = (size_t)(strstr(url, "://") + 3 - url);
	auto_free char *base = NULL;
	struct vz_mirrors server = { .urls = &base, .n = 1 };
	struct vz_fetch_request r = { .mirrors = &server };

	while (path > host && url[path - 1] != '/')
		path--;
	if (path == host)
		return vz_err_set(err, VZ_USAGE, "'%s' has no path", url);
	base = vz_strndup(url, path - 1);
	r.path = url + path;
	return vz_source_get_request(s, &r, ret, err);
}

/* Adds what the list at `url` names. */
static int add_list(struct vz_source *s, const char *url, struct vz_metalink *all, struct vz_err *err)
{
	const char *address = strchr(url, '+') + 1;
	auto_free char *public = vz_url_public(address);
	auto_buf struct vz_buf text = {0};
	struct vz_metalink link = {0};
	int failed = get(s, address, &text, err);

	if (!failed && begins(url, METALINK))
		failed = vz_metalink_read(text.data ? text.data : "", text.len, &link, err);
	else if (!failed)
		failed = vz_mirrorlist_read(text.data ? text.data : "", text.len, &link.mirrors, err);
	for (size_t i = 0; !failed && i < link.mirrors.n; i++)
		vz_mirrors_add(&all->mirrors, link.mirrors.urls[i]);
	for (size_t i = 0; !failed && i < link.n; i++) {
		all->files = vz_realloc(all->files, all->n + 1, sizeof *all->files);
		all->files[all->n++] = link.files[i];
	}
	vz_metalink_release(&link);
	return failed ? vz_err_wrap(err, "mirrors from '%s'", public) : 0;
}

static int stop(void *ctx, struct vz_fetch_request *r, struct vz_err *err)
{
	(void)r;
	*(bool *)ctx = true;
	return vz_err_set(err, VZ_FAILED, "one is enough");
}

/* Asks the first mirrors at once until one has answered. What it sends is not looked at. */
static void race(struct vz_source *s, const char *probe, const struct vz_mirrors *m)
{
	struct vz_fetch_request r[RUNNERS];
	struct vz_mirrors one[RUNNERS];
	struct vz_err errs[RUNNERS], err;
	size_t n = m->n < RUNNERS ? m->n : RUNNERS;
	bool won = false;

	for (size_t i = 0; i < n; i++) {
		one[i] = (struct vz_mirrors){ &m->urls[i], 1 };
		r[i] = (struct vz_fetch_request){ .mirrors = &one[i], .path = probe, .fd = memfd_create("probe", MFD_CLOEXEC),
						  .speeds = &s->speeds, .failure = &errs[i], .done = stop, .ctx = &won };
	}
	vz_fetch_run(s->fetch, r, n, &err);
	for (size_t i = 0; i < n; i++) {
		if (won && r[i].from)
			vz_report_debug(s->report, "repository '%s': of %zu mirrors asked, '%s' was first", s->repo->id, n, r[i].from);
		close(r[i].fd);
	}
}

int vz_locate(struct vz_source *s, const char *probe, struct vz_metalink *ret_link, struct vz_err *err)
{
	struct vz_metalink all = {0};
	struct vz_err last;
	bool is_link, lost = false;

	if (!vz_locate_is_due(s))
		return 0;
	for (size_t i = 0; i < s->mirrors.n; i++) {
		const char *url = s->mirrors.urls[i];

		is_link = begins(url, METALINK);
		if (!is_list(url)) {
			vz_mirrors_add(&all.mirrors, url);
		} else if (add_list(s, url, &all, is_link ? err : &last) < 0) {
			/* without its digests, a metalink's repository could be any */
			if (is_link) {
				vz_metalink_release(&all);
				return -1;
			}
			lost = true;
			vz_report_debug(s->report, "repository '%s': %s", s->repo->id, last.msg);
		}
	}
	if (!all.mirrors.n && lost) {
		*err = last;
		vz_metalink_release(&all);
		return -1;
	}
	s->located = all.mirrors.n > 1;
	if (s->located && !vz_speeds_knows(&s->speeds, &all.mirrors, time(NULL)))
		race(s, probe, &all.mirrors);
	vz_speeds_order(&s->speeds, &all.mirrors);
	vz_mirrors_release(&s->mirrors);
	s->mirrors = all.mirrors;
	all.mirrors = (struct vz_mirrors){0};
	if (ret_link) {
		*ret_link = all;
		all = (struct vz_metalink){0};
	}
	vz_metalink_release(&all);
	return 0;
}
