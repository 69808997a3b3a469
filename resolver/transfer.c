/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/transfer.h"

#define CURL_DISABLE_TYPECHECK           /* macros that call by name */
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/late.h"
#include "config.h"

#define MAX_HEAD (64u << 10)
#define ERROR_BODY (64u << 10)           /* of an error page, read to keep the connection */

/* A curl handle and what it is at. */
struct vz_transfer_work {
	CURL *easy;
	struct vz_transfer *t;           /* NULL: idle */
	bool ranged, judged;
	int64_t range_start;             /* what Content-Range says, or -1 */
	uint64_t error_body;
	uint64_t sent;                   /* of the upload */
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
};

struct vz_transfers {
	CURLM *multi;
	unsigned parallel;
	struct vz_network network;
	struct vz_transfer_work *works;
};

/* Every second library that the command would load is there for this one alone, and most commands fetch nothing. */
#define CALLS(X) X(curl_easy_cleanup) X(curl_easy_getinfo) X(curl_easy_init) X(curl_easy_reset) \
	X(curl_easy_setopt) X(curl_easy_strerror) X(curl_global_init) X(curl_multi_add_handle) X(curl_multi_cleanup) \
	X(curl_multi_info_read) X(curl_multi_init) X(curl_multi_perform) X(curl_multi_poll) X(curl_multi_remove_handle) \
	X(curl_multi_setopt) X(curl_multi_strerror) X(curl_slist_append) X(curl_slist_free_all)
static struct { CALLS(VZ_LATE_MEMBER) } late;

static const char *const names[] = { CALLS(VZ_LATE_NAME) NULL };

static void init_curl(void)
{
	late.curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct vz_transfers *vz_transfers_new(unsigned parallel, const struct vz_network *network)
{
	struct vz_transfers *all = vz_new(struct vz_transfers);

	all->parallel = parallel;
	all->network = network ? *network : (struct vz_network){0};
	all->works = vz_alloc(parallel * sizeof *all->works);
	return all;
}

/* With the first that is started. */
static int begin(struct vz_transfers *all, struct vz_err *err)
{
	static struct vz_late curl = VZ_LATE(CURL_SONAME, names, &late, init_curl);

	if (all->multi)
		return 0;
	if (vz_late_open(&curl, err) < 0)
		return -1;
	all->multi = late.curl_multi_init();
	for (unsigned i = 0; i < all->parallel; i++)
		if (!all->multi || !(all->works[i].easy = late.curl_easy_init()))
			abort();
	late.curl_multi_setopt(all->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)all->parallel);
	late.curl_multi_setopt(all->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)all->parallel);
	late.curl_multi_setopt(all->multi, CURLMOPT_MAXCONNECTS, (long)all->parallel);
	return 0;
}

void vz_transfers_free(struct vz_transfers *all)
{
	if (!all)
		return;
	for (unsigned i = 0; all->multi && i < all->parallel; i++) {
		if (all->works[i].t)
			vz_transfer_stop(all, all->works[i].t);
		late.curl_easy_cleanup(all->works[i].easy);
		late.curl_slist_free_all(all->works[i].headers);
	}
	if (all->multi)
		late.curl_multi_cleanup(all->multi);
	free(all->works);
	free(all);
}

static bool is_http(const struct vz_transfer_work *w)
{
	char *scheme = NULL;

	late.curl_easy_getinfo(w->easy, CURLINFO_SCHEME, &scheme);
	return scheme && strncasecmp(scheme, "http", 4) == 0;
}

/* Schemes without such a thing are taken to say 200. */
static long status_of(const struct vz_transfer_work *w)
{
	long status = 0;

	late.curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &status);
	return is_http(w) ? status : 200;
}

__attribute__((format(printf, 3, 4)))
static int end_as(struct vz_transfer *t, enum vz_outcome outcome, const char *fmt, ...)
{
	va_list ap;

	t->outcome = outcome;
	va_start(ap, fmt);
	vsnprintf(t->cause, sizeof t->cause, fmt, ap);
	va_end(ap);
	return -1;
}

static bool is_good(const struct vz_transfer *t, long status)
{
	return status == 200 || status == 206 || (t->method && status >= 200 && status < 300);
}

/* A transfer has several responses where there are redirects; the last counts. */
static size_t on_header(char *line, size_t one, size_t len, void *ctx)
{
	static const char name[] = "content-range: bytes ";
	struct vz_transfer_work *w = ctx;
	struct vz_buf *head = w->t->head;
	const size_t n = sizeof name - 1;
	bool first = len > 5 && memcmp(line, "HTTP/", 5) == 0;

	(void)one;
	if (first)
		w->range_start = -1;
	if (first && head)
		vz_buf_clear(head);
	if (head && head->len + len <= MAX_HEAD)
		vz_buf_add(head, line, len);
	if (len > n && strncasecmp(line, name, n) == 0 && line[n] >= '0' && line[n] <= '9') {
		auto_free char *number = vz_strndup(line + n, len - n);

		w->range_start = strtoll(number, NULL, 10);
	}
	return len;
}

/* Looks at the response's head before the first byte of its body is taken. */
static int judge_head(struct vz_transfer_work *w)
{
	struct vz_transfer *t = w->t;
	struct vz_body *b = t->body;
	long status = status_of(w);
	curl_off_t length = -1;

	w->judged = true;
	if (!is_good(t, status) || (t->method && strcmp(t->method, "HEAD") == 0))
		return 0;
	if (status == 206 && (!w->ranged || w->range_start != (int64_t)b->have))
		return end_as(t, VZ_GOT_ASKEW, "the server sends another range than was asked for");
	if (w->ranged && status == 200 && is_http(w) && vz_body_restart(b, &t->err) < 0)
		return end_as(t, VZ_GOT_LOCAL, "cannot write");
	late.curl_easy_getinfo(w->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length < 0)
		return 0;
	if ((uint64_t)length > b->limit - b->have || (b->exact && (uint64_t)length != b->limit - b->have))
		return end_as(t, VZ_GOT_WRONG, "wrong size");
	return 0;
}

static size_t on_body(char *data, size_t one, size_t len, void *ctx)
{
	struct vz_transfer_work *w = ctx;
	struct vz_transfer *t = w->t;
	long status = status_of(w);

	(void)one;
	if (!w->judged && judge_head(w) < 0)
		return 0;
	if (!is_good(t, status)) {
		w->error_body += len;
		return w->error_body <= ERROR_BODY ? len : 0;
	}
	if (len > t->body->limit - t->body->have) {
		end_as(t, VZ_GOT_WRONG, "wrong size");
		return 0;
	}
	if (vz_body_add(t->body, data, len, &t->err) < 0) {
		end_as(t, VZ_GOT_LOCAL, "cannot write");
		return 0;
	}
	return len;
}

static size_t on_upload(char *to, size_t one, size_t len, void *ctx)
{
	struct vz_transfer_work *w = ctx;
	const struct vz_upload *u = w->t->upload;
	uint64_t left = u->size - w->sent;
	ssize_t n;

	len *= one;
	do
		n = pread(u->fd, to, len < left ? len : left, (off_t)w->sent);
	while (n < 0 && errno == EINTR);
	if (n < 0 || (n == 0 && left)) {
		end_as(w->t, VZ_GOT_LOCAL, "cannot read");
		vz_err_set(&w->t->err, VZ_FAILED, "read what is to be sent: %s", n < 0 ? strerror(errno) : "it is too short");
		return CURL_READFUNC_ABORT;
	}
	w->sent += (uint64_t)n;
	return (size_t)n;
}

static int on_rewind(void *ctx, curl_off_t offset, int origin)
{
	struct vz_transfer_work *w = ctx;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > w->t->upload->size)
		return CURL_SEEKFUNC_FAIL;
	w->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* What makes it another request than a plain GET. */
static void set_request(struct vz_transfer_work *w)
{
	const struct vz_transfer *t = w->t;
	CURL *e = w->easy;

	late.curl_slist_free_all(w->headers);
	w->headers = NULL;
	for (size_t i = 0; t->headers && t->headers[i]; i++)
		w->headers = late.curl_slist_append(w->headers, t->headers[i]);
	if (w->headers)
		late.curl_easy_setopt(e, CURLOPT_HTTPHEADER, w->headers);
	if (t->method && strcmp(t->method, "HEAD") == 0) {
		late.curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
		return;
	}
	if (!t->method)
		return;
	late.curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	if (t->upload) {
		late.curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
		late.curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->upload->size);
		late.curl_easy_setopt(e, CURLOPT_READFUNCTION, on_upload);
		late.curl_easy_setopt(e, CURLOPT_READDATA, w);
		late.curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_rewind);
		late.curl_easy_setopt(e, CURLOPT_SEEKDATA, w);
	} else {
		late.curl_easy_setopt(e, CURLOPT_POSTFIELDS, "");
	}
	late.curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, t->method);
}

/* libcurl reads up to a hundred buffers before it looks at the rate: a second's worth at most. */
static long buffer_for(uint64_t rate)
{
	const uint64_t most = 256 << 10, least = 1024, part = rate / 100;

	return (long)(!rate || part > most ? most : part < least ? least : part);
}

static void set_network(CURL *e, const struct vz_network *n)
{
	late.curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, n->connect_seconds ? (long)n->connect_seconds : 15L);
	late.curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1024L);
	late.curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, n->stall_seconds ? (long)n->stall_seconds : 30L);
	if (n->proxy)
		late.curl_easy_setopt(e, CURLOPT_PROXY, n->proxy);
	late.curl_easy_setopt(e, CURLOPT_BUFFERSIZE, buffer_for(n->rate));
}

/* Each of those that run gets its part of the rate. */
static void share_rate(struct vz_transfers *all)
{
	unsigned n = 0;

	for (unsigned i = 0; i < all->parallel; i++)
		n += all->works[i].t != NULL;
	for (unsigned i = 0; all->network.rate && i < all->parallel; i++)
		if (all->works[i].t)
			late.curl_easy_setopt(all->works[i].easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)(all->network.rate / n + 1));
}

static void set_options(struct vz_transfer_work *w, const struct vz_network *network)
{
	CURL *e = w->easy;

	late.curl_easy_reset(e);
	late.curl_easy_setopt(e, CURLOPT_URL, w->t->url);
	late.curl_easy_setopt(e, CURLOPT_PRIVATE, w);
	late.curl_easy_setopt(e, CURLOPT_ERRORBUFFER, w->error);
	late.curl_easy_setopt(e, CURLOPT_USERAGENT, "vzpkg/" PACKAGE_VERSION);
	late.curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	late.curl_easy_setopt(e, CURLOPT_FILETIME, 1L);
	late.curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	late.curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https,ftp,file");
	late.curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
	late.curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	late.curl_easy_setopt(e, CURLOPT_MAXREDIRS, 5L);
	set_network(e, network);
	late.curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	late.curl_easy_setopt(e, CURLOPT_HEADERDATA, w);
	late.curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	late.curl_easy_setopt(e, CURLOPT_WRITEDATA, w);
	if (w->t->if_modified_since) {
		late.curl_easy_setopt(e, CURLOPT_TIMECONDITION, (long)CURL_TIMECOND_IFMODSINCE);
		late.curl_easy_setopt(e, CURLOPT_TIMEVALUE_LARGE, (curl_off_t)w->t->if_modified_since);
	}
	set_request(w);
}

int vz_transfer_start(struct vz_transfers *all, struct vz_transfer *t, struct vz_err *err)
{
	struct vz_transfer_work *w = all->works;
	bool ranged = !t->no_range && vz_body_can_resume(t->body);
	CURLMcode rc;

	if (begin(all, err) < 0)
		return -1;
	while (w->t)
		w++;
	if (!ranged && t->body->have && vz_body_restart(t->body, err) < 0)
		return -1;
	*w = (struct vz_transfer_work){
		.easy = w->easy, .headers = w->headers, .t = t, .ranged = ranged, .range_start = -1,
	};
	t->outcome = VZ_GOT_WHOLE;
	t->status = 0;
	t->cause[0] = 0;
	set_options(w, &all->network);
	share_rate(all);
	if (ranged) {
		auto_free char *range = vz_printf("%" PRIu64 "-", t->body->have);

		late.curl_easy_setopt(w->easy, CURLOPT_RANGE, range);
	}
	rc = late.curl_multi_add_handle(all->multi, w->easy);
	if (rc != CURLM_OK) {
		w->t = NULL;
		return vz_err_set(err, VZ_FAILED, "start a download: %s", late.curl_multi_strerror(rc));
	}
	t->work = w;
	return 0;
}

void vz_transfer_stop(struct vz_transfers *all, struct vz_transfer *t)
{
	if (!t->work)
		return;
	late.curl_multi_remove_handle(all->multi, t->work->easy);
	t->work->t = NULL;
	t->work = NULL;
	share_rate(all);
}

static void judge_status(struct vz_transfer_work *w, long status)
{
	enum vz_outcome o = status == 404 || status == 410 ? VZ_GOT_ABSENT :
			    status == 416 && w->ranged ? VZ_GOT_ASKEW :
			    status == 408 || status == 429 || status >= 500 ? VZ_GOT_BROKEN : VZ_GOT_REFUSED;

	end_as(w->t, o, "the server answers %ld%s", status, status == 404 ? " (not found)" : "");
}

static enum vz_outcome meaning(const struct vz_transfer_work *w, CURLcode code)
{
	double connected = 0;

	late.curl_easy_getinfo(w->easy, CURLINFO_CONNECT_TIME, &connected);
	switch (code) {
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
		return VZ_GOT_BROKEN;
	case CURLE_OPERATION_TIMEDOUT:
		return connected > 0 ? VZ_GOT_BROKEN : VZ_GOT_DEAD;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
		return VZ_GOT_DEAD;
	case CURLE_FILE_COULDNT_READ_FILE:
	case CURLE_REMOTE_FILE_NOT_FOUND:
		return VZ_GOT_ABSENT;
	case CURLE_BAD_DOWNLOAD_RESUME:
	case CURLE_RANGE_ERROR:
		return VZ_GOT_ASKEW;
	default:
		return VZ_GOT_REFUSED;
	}
}

static void judge_whole(struct vz_transfer_work *w)
{
	struct vz_transfer *t = w->t;
	bool mixed;

	if (!w->judged && judge_head(w) < 0)
		return;
	if (!vz_body_is_whole(t->body)) {
		end_as(t, VZ_GOT_BROKEN, "it ends after %" PRIu64 " of %" PRIu64 " bytes", t->body->have, t->body->limit);
		return;
	}
	mixed = t->body->mixed;
	if (!vz_body_is_right(t->body))
		end_as(t, mixed ? VZ_GOT_MIXED : VZ_GOT_WRONG, "wrong digest");
}

static void judge(struct vz_transfer_work *w, CURLcode code)
{
	struct vz_transfer *t = w->t;
	long status = status_of(w), unmet = 0;
	curl_off_t retry_after = 0, modified = 0, first = 0, total = 0;

	t->status = is_http(w) ? status : 0;
	late.curl_easy_getinfo(w->easy, CURLINFO_CONDITION_UNMET, &unmet);
	late.curl_easy_getinfo(w->easy, CURLINFO_FILETIME_T, &modified);
	t->modified = modified > 0 ? modified : 0;
	late.curl_easy_getinfo(w->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
	late.curl_easy_getinfo(w->easy, CURLINFO_TOTAL_TIME_T, &total);
	t->first_ms = (unsigned)(first / 1000);
	t->total_ms = (unsigned)(total / 1000);
	late.curl_easy_getinfo(w->easy, CURLINFO_RETRY_AFTER, &retry_after);
	t->retry_after = retry_after > 0 && retry_after < 3600 ? (unsigned)retry_after : retry_after > 0 ? 3600 : 0;
	if (t->outcome != VZ_GOT_WHOLE)
		return;
	if (t->if_modified_since && code == CURLE_OK && (unmet || status == 304))
		t->outcome = VZ_GOT_UNCHANGED;
	else if ((code == CURLE_OK || code == CURLE_WRITE_ERROR) && !is_good(t, status))
		judge_status(w, status);
	else if (code == CURLE_OK)
		judge_whole(w);
	else
		end_as(t, meaning(w, code), "%s", w->error[0] ? w->error : late.curl_easy_strerror(code));
}

static struct vz_transfer *ended(struct vz_transfers *all)
{
	struct vz_transfer_work *w = NULL;
	struct vz_transfer *t;
	int left;
	CURLMsg *msg = late.curl_multi_info_read(all->multi, &left);

	if (!msg)
		return NULL;
	late.curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &w);
	t = w->t;
	judge(w, msg->data.result);
	vz_transfer_stop(all, t);
	return t;
}

int vz_transfers_next(struct vz_transfers *all, int ms, struct vz_transfer **ret, struct vz_err *err)
{
	CURLMcode rc = CURLM_OK;
	int running;

	*ret = NULL;
	if (!all->multi)
		return 0;
	for (int i = 0; i < 2; i++) {
		*ret = ended(all);
		if (*ret)
			return 0;
		if (i == 1)
			rc = late.curl_multi_poll(all->multi, NULL, 0, ms, NULL);
		if (rc == CURLM_OK)
			rc = late.curl_multi_perform(all->multi, &running);
		if (rc != CURLM_OK)
			return vz_err_set(err, VZ_FAILED, "downloads: %s", late.curl_multi_strerror(rc));
	}
	*ret = ended(all);
	return 0;
}
