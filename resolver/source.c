/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/source.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fd.h"

#define SMALL_LIMIT (10 << 20)
#define MINUTE 60
#define DAY (24 * 60 * MINUTE)
#define HEAD 256                     /* bytes before the .solv proper, filled up with spaces */
#define NEW_INDEX "new.solv"

static const struct vz_source_ops *const all_ops[] = { &vz_source_deb, &vz_source_rpm };

const struct vz_source_ops *vz_source_ops(const char *type, struct vz_err *err)
{
	for (size_t i = 0; i < sizeof all_ops / sizeof *all_ops; i++)
		if (strcmp(all_ops[i]->type, type) == 0)
			return all_ops[i];
	vz_err_set(err, VZ_USAGE, "repositories of type '%s' are not supported", type);
	return NULL;
}

/* The directory's name: what makes two recipes mean the same repository. */
static char *key_of(const struct vz_recipe_repo *repo)
{
	auto_buf struct vz_buf b = {0};
	struct vz_digest d;
	char hex[VZ_HEX_LEN + 1];

	vz_buf_printf(&b, "%s\n%s\n", repo->type, repo->suite ? repo->suite : "");
	for (size_t i = 0; i < repo->n_urls; i++)
		vz_buf_printf(&b, "%s\n", repo->urls[i]);
	vz_sha256(b.data, b.len, &d);
	vz_digest_hex(&d, hex);
	return vz_strndup(hex, 32);
}

/* A state that cannot be read must not be taken for none: dates could go back. */
static int read_state(struct vz_source *s, struct vz_err *err)
{
	if (vz_source_state_read(s->dir, &s->state, err) == 0)
		return 0;
	if (err->code != VZ_DAMAGED)
		return -1;
	vz_err_set(err, VZ_DAMAGED, "the state of repository '%s' cannot be read", s->repo->id);
	return vz_err_hint(err, "remove its directory below repos/ in the store, and it is fetched again");
}

int vz_source_put_state(struct vz_source *s, const struct vz_source_state *state, struct vz_err *err)
{
	if (state->date == s->state.date && state->modified == s->state.modified && state->was_signed == s->state.was_signed)
		return 0;
	if (vz_source_state_write(s->dir, state, err) < 0)
		return -1;
	s->state = *state;
	return 0;
}

static void read_speeds(struct vz_source *s)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err unused;

	if (!s->speeds.mirrors.n && vz_read_file(s->dir, "mirrors", SMALL_LIMIT, &text, &unused) == 0 && text.len)
		vz_speeds_read(&s->speeds, text.data, text.len);
}

/* It is only advice; a store that is full is told of by what matters. */
static void write_speeds(struct vz_source *s)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err unused;

	if (!s->speeds.changed)
		return;
	vz_speeds_write(&s->speeds, &text);
	vz_write_file(s->dir, "mirrors", text.data, text.len, 0600, &unused);
	s->speeds.changed = false;
}

/* Calls `work` with the repository's directory open and locked, and its state read. */
static int in_directory(struct vz_source *s, int repos, int (*work)(struct vz_source *s, struct vz_err *err), struct vz_err *err)
{
	auto_free char *key = key_of(s->repo);
	auto_fd int dir = -1, lock = -1;
	int failed;

	if (vz_make_dirs(repos, key, 0700, err) < 0 || (dir = vz_open_dir(repos, key, err)) < 0 ||
	    (lock = vz_open(dir, "lock", O_RDWR | O_CREAT, 0600, err)) < 0 ||
	    vz_lock_fd(lock, VZ_LOCK_EXCLUSIVE, true, s->repo->id, err) < 0)
		return -1;
	/* the lock's time is when the directory was last of use (resolver/repos.h) */
	futimens(lock, NULL);
	s->dir = dir;
	failed = read_state(s, err);
	if (!failed) {
		read_speeds(s);
		failed = work(s, err);
		write_speeds(s);
	}
	s->dir = -1;
	return failed < 0 ? vz_err_wrap(err, "repository '%s'", s->repo->id) : 0;
}

int vz_source_refresh(struct vz_source *s, int repos, struct vz_err *err)
{
	const struct vz_source_ops *ops = vz_source_ops(s->repo->type, err);

	return ops ? in_directory(s, repos, ops->refresh, err) : -1;
}

/* They have been read. */
static void rewind_indexes(struct vz_source *s)
{
	for (size_t i = 0; i < s->n_indexes; i++)
		lseek(s->indexes[i], HEAD, SEEK_SET);
}

int vz_source_with_files(struct vz_source *s, int repos, struct vz_err *err)
{
	const struct vz_source_ops *ops = vz_source_ops(s->repo->type, err);
	int failed;

	if (!ops)
		return -1;
	if (!ops->with_files)
		return 0;
	rewind_indexes(s);
	failed = in_directory(s, repos, ops->with_files, err);
	rewind_indexes(s);
	return failed;
}

int vz_source_locate(struct vz_source *s, int repos, struct vz_err *err)
{
	const struct vz_source_ops *ops = vz_source_ops(s->repo->type, err);

	if (!ops)
		return -1;
	return ops->locate ? in_directory(s, repos, ops->locate, err) : 0;
}

static int nothing_more(struct vz_source *s, struct vz_err *err)
{
	(void)s;
	(void)err;
	return 0;
}

int vz_source_remember(struct vz_source *s, int repos, struct vz_err *err)
{
	return s->speeds.changed ? in_directory(s, repos, nothing_more, err) : 0;
}

void vz_source_release(struct vz_source *s)
{
	vz_speeds_release(&s->speeds);
	vz_source_drop_indexes(s);
	vz_mirrors_release(&s->mirrors);
	vz_signers_free(s->signers);
}

void vz_source_drop_indexes(struct vz_source *s)
{
	for (size_t i = 0; i < s->n_indexes; i++)
		close(s->indexes[i]);
	free(s->indexes);
	s->indexes = NULL;
	s->n_indexes = 0;
}

int64_t vz_source_modified(const struct vz_fetch_request *r)
{
	/* a file that was changed just now may be changed again within the same second */
	return r->modified < time(NULL) - MINUTE ? r->modified : 0;
}

struct vz_speeds *vz_source_speeds(struct vz_source *s)
{
	return s->located ? &s->speeds : NULL;
}

int vz_source_get_request(struct vz_source *s, struct vz_fetch_request *r, struct vz_buf *ret, struct vz_err *err)
{
	auto_fd int fd = memfd_create("download", MFD_CLOEXEC);

	if (fd < 0)
		return vz_err_sys(err, "make a file in memory");
	r->fd = fd;
	r->max_size = SMALL_LIMIT;
	if (vz_fetch_run(s->fetch, r, 1, err) < 0)
		return -1;
	if (r->missing || r->not_modified)
		return r->not_modified;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return vz_err_sys(err, "read '%s'", r->path);
	return vz_read_fd(fd, SMALL_LIMIT, ret, err);
}

int vz_source_get(struct vz_source *s, const char *path, int64_t *since, bool *missing, struct vz_buf *ret,
		  struct vz_err *err)
{
	struct vz_fetch_request r = { .mirrors = &s->mirrors, .path = path, .optional = missing != NULL,
				      .if_modified_since = since ? (time_t)*since : 0 };
	int rc = vz_source_get_request(s, &r, ret, err);

	if (rc < 0)
		return -1;
	if (missing)
		*missing = r.missing;
	if (rc == 0 && since && !r.missing)
		*since = vz_source_modified(&r);
	return rc;
}

static const char *date_text(int64_t date, char ret[32])
{
	time_t t = (time_t)date;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(ret, 32, "%Y-%m-%d %H:%M:%S UTC", &tm);
	return ret;
}

int vz_source_check_dates(const struct vz_source *s, int64_t date, int64_t valid_until, struct vz_err *err)
{
	int64_t now = time(NULL);
	char a[32], b[32];

	if (date > now + DAY) {
		vz_err_set(err, VZ_UNTRUSTED, "its metadata is dated %s, which is in the future", date_text(date, a));
		return vz_err_hint(err, "this host's clock says %s; is that right?", date_text(now, b));
	}
	if (date < s->state.date) {
		vz_err_set(err, VZ_UNTRUSTED, "its metadata is dated %s, but %s was seen before", date_text(date, a),
			   date_text(s->state.date, b));
		return vz_err_hint(err, "the mirror is behind, or somebody plays back old metadata; try another mirror");
	}
	if (valid_until && now > valid_until && !s->repo->outlived) {
		vz_err_set(err, s->offline ? VZ_NETWORK : VZ_UNTRUSTED, "its %smetadata is not valid any more since %s",
			   s->offline ? "cached " : "", date_text(valid_until, a));
		return vz_err_hint(err, s->offline ? "run without --offline to fetch it again" :
				   "the mirror is not updated any more, or this host's clock is wrong; a snapshot of the past needs "
				   "'valid-until = ignore' in the recipe");
	}
	return 0;
}

/* What stands before the .solv of an index: both digests, and the rules' version. */
static void format_head(const char *sha256, const char *body, char ret[HEAD])
{
	memset(ret, ' ', HEAD);
	ret[HEAD - 1] = '\n';
	memcpy(ret, "vzpkg-index 1 ", 14);
	memcpy(ret + 14, sha256, 64);
	memcpy(ret + 14 + 65, body, 64);
}

/* SHA-256 of `fd` behind the head. */
static int hash_body(int fd, char ret[129], struct vz_err *err)
{
	auto_free char *piece = vz_alloc(256 << 10);
	struct vz_hash *h = vz_hash_new("SHA256");
	off_t at = HEAD;
	ssize_t n;

	while ((n = pread(fd, piece, 256 << 10, at)) > 0) {
		vz_hash_add(h, piece, (size_t)n);
		at += n;
	}
	vz_hash_end_hex(h, ret);
	vz_hash_free(h);
	return n < 0 ? vz_err_sys(err, "read index") : 0;
}

static char *index_name(const struct vz_source *s, const char *sha256)
{
	return vz_printf("%s.%s.solv", sha256, s->arch);
}

static void add_index(struct vz_source *s, int fd)
{
	s->indexes = vz_realloc(s->indexes, s->n_indexes + 1, sizeof *s->indexes);
	s->indexes[s->n_indexes++] = fd;
}

bool vz_source_open_index(struct vz_source *s, const char *sha256)
{
	auto_free char *name = index_name(s, sha256);
	auto_fd int fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC);
	char head[HEAD], expected[HEAD], body[129];
	struct vz_err err;

	if (fd < 0 || pread(fd, head, HEAD, 0) != HEAD || hash_body(fd, body, &err) < 0)
		return false;
	format_head(sha256, body, expected);
	if (memcmp(head, expected, HEAD) != 0 || lseek(fd, HEAD, SEEK_SET) < 0)
		return false;
	add_index(s, steal_fd(&fd));
	return true;
}

int vz_source_new_index(struct vz_source *s, struct vz_err *err)
{
	auto_fd int fd = vz_open(s->dir, NEW_INDEX, O_RDWR | O_CREAT | O_TRUNC, 0600, err);

	if (fd < 0)
		return -1;
	if (lseek(fd, HEAD, SEEK_SET) < 0)
		return vz_err_sys(err, "write '%s'", NEW_INDEX);
	return steal_fd(&fd);
}

/* Not synced: what a power cut leaves of it does not match its digest. */
int vz_source_put_index(struct vz_source *s, int fd, const char *sha256, struct vz_err *err)
{
	auto_free char *name = index_name(s, sha256);
	auto_fd int keep = -1;
	char head[HEAD], body[129];

	if (hash_body(fd, body, err) < 0)
		return -1;
	format_head(sha256, body, head);
	if (pwrite(fd, head, HEAD, 0) != HEAD)
		return vz_err_sys(err, "write '%s'", name);
	keep = vz_open(s->dir, NEW_INDEX, O_RDONLY, 0, err);
	if (keep < 0)
		return -1;
	if (renameat(s->dir, NEW_INDEX, s->dir, name) < 0)
		return vz_err_sys(err, "rename to '%s'", name);
	if (lseek(keep, HEAD, SEEK_SET) < 0)
		return vz_err_sys(err, "read '%s'", name);
	add_index(s, steal_fd(&keep));
	return 0;
}

void vz_source_prune(struct vz_source *s, bool (*keep)(const void *ctx, const char *sha256), const void *ctx)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d)); ) {
		char *dot = strchr(e->d_name, '.');
		auto_free char *digest = NULL;

		if (!dot || dot - e->d_name != VZ_HEX_LEN || !strstr(dot, ".solv"))
			continue;
		digest = vz_strndup(e->d_name, VZ_HEX_LEN);
		if (!keep(ctx, digest))
			unlinkat(s->dir, e->d_name, 0);
	}
	closedir(d);
}
