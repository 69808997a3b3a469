/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debian repositories: InRelease, or Release and Release.gpg, then Packages indexes. */
#include "resolver/source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fd.h"
#include "resolver/index_deb.h"
#include "resolver/keyring.h"
#include "resolver/release.h"
#include "resolver/trust.h"
#include "resolver/unpack.h"

#define CACHE_LIMIT (11 << 20)
#define INDEX_LIMIT (1ULL << 30)
#define RATIO 200

static const char *arch_deb(const char *arch)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "armhf" }, { "i686", "i386" }, { "ppc64le", "ppc64el" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(arch, names[i][0]) == 0)
			return names[i][1];
	return arch;
}

static char *dists(const struct vz_source *s, const char *file)
{
	return vz_printf("dists/%s/%s", s->repo->suite, file);
}

/* The signed files in the forms that archives publish them, best first. */
enum form { INRELEASE, DETACHED, UNSIGNED };

struct signed_text {
	enum form form;
	struct vz_buf file, signature;   /* as they came */
	struct vz_buf text;              /* what of it is verified */
	int64_t modified;
	bool fresh;                      /* came over the network just now */
};

static void signed_text_release(struct signed_text *t)
{
	vz_buf_release(&t->file);
	vz_buf_release(&t->signature);
	vz_buf_release(&t->text);
	memset(t, 0, sizeof *t);
}

static int verify(const struct vz_source *s, struct signed_text *t, struct vz_err *err)
{
	auto_buf struct vz_buf keyring = {0};

	vz_buf_clear(&t->text);
	if (t->form != UNSIGNED && vz_keyring_read(s->repo, &keyring, err) < 0)
		return -1;
	if (t->form == INRELEASE)
		return vz_trust_clearsigned(&keyring, t->file.data ? t->file.data : "", t->file.len, &t->text, err);
	if (t->form == DETACHED && vz_trust_detached(&keyring, &t->file, &t->signature, err) < 0)
		return -1;
	vz_buf_add(&t->text, t->file.data, t->file.len);
	return 0;
}

/* What an earlier run kept; false if there is nothing. It is not verified yet. */
static bool read_cached(const struct vz_source *s, struct signed_text *t)
{
	struct vz_err err;

	if (!s->repo->key) {
		t->form = UNSIGNED;
		return vz_read_file(s->dir, "Release", CACHE_LIMIT, &t->file, &err) == 0;
	}
	t->form = INRELEASE;
	if (vz_read_file(s->dir, "InRelease", CACHE_LIMIT, &t->file, &err) == 0)
		return true;
	t->form = DETACHED;
	vz_buf_clear(&t->file);
	return vz_read_file(s->dir, "Release", CACHE_LIMIT, &t->file, &err) == 0 &&
	       vz_read_file(s->dir, "Release.gpg", CACHE_LIMIT, &t->signature, &err) == 0;
}

static int put_cached(struct vz_source *s, const struct signed_text *t, struct vz_err *err)
{
	static const char *const names[] = { "InRelease", "Release", "Release.gpg" };
	const struct vz_buf *content[] = { t->form == INRELEASE ? &t->file : NULL, t->form != INRELEASE ? &t->file : NULL,
					   t->form == DETACHED ? &t->signature : NULL };

	for (int i = 0; i < 3; i++) {
		if (!content[i])
			unlinkat(s->dir, names[i], 0);
		else if (vz_write_file(s->dir, names[i], content[i]->data, content[i]->len, 0600, err) < 0)
			return -1;
	}
	return 0;
}

/* InRelease, or where an archive has none, Release and Release.gpg. 1: not
 * modified since s->state. */
static int download(struct vz_source *s, struct signed_text *t, bool conditional, struct vz_err *err)
{
	auto_free char *inrelease = dists(s, "InRelease"), *release = dists(s, "Release"), *gpg = dists(s, "Release.gpg");
	bool missing = false;
	int rc;

	t->form = s->repo->key ? INRELEASE : UNSIGNED;
	t->modified = conditional ? s->state.modified : 0;
	t->fresh = true;
	if (t->form == UNSIGNED)
		return vz_source_get(s, release, &t->modified, NULL, &t->file, err);
	rc = vz_source_get(s, inrelease, &t->modified, &missing, &t->file, err);
	if (rc || !missing)
		return rc;
	t->form = DETACHED;
	t->modified = 0;
	missing = false;
	if (vz_source_get(s, release, NULL, NULL, &t->file, err) < 0)
		return -1;
	if (vz_source_get(s, gpg, NULL, &missing, &t->signature, err) < 0)
		return -1;
	if (!missing)
		return 0;
	vz_err_set(err, VZ_UNTRUSTED, "'%s' is not signed: there is neither InRelease nor Release.gpg", release);
	return vz_err_hint(err, "a repository without signature needs 'trust = unsigned' in the recipe");
}

static bool same_file(const struct signed_text *a, const struct signed_text *b)
{
	return a->form == b->form && a->file.len == b->file.len && memcmp(a->file.data, b->file.data, a->file.len) == 0;
}

static int get_cached(const struct vz_source *s, struct signed_text *t, struct vz_err *err)
{
	if (!read_cached(s, t))
		return vz_err_set(err, VZ_NETWORK, "no metadata is cached, and --offline forbids fetching it");
	return verify(s, t, err);
}

/* The newest signed text, verified. `cached` false: whatever is kept, fetch it again. */
static int get_release(struct vz_source *s, struct signed_text *t, bool cached, struct vz_err *err)
{
	struct signed_text old = {0};
	int rc;

	if (s->offline)
		return get_cached(s, t, err);
	cached = cached && read_cached(s, &old);
	rc = download(s, t, cached && s->state.modified, err);
	if (rc == 1) {
		signed_text_release(t);
		*t = old;
		t->modified = s->state.modified;
		if (verify(s, t, err) == 0)
			return 0;
		/* what was kept is damaged, or the recipe's key is another now */
		signed_text_release(t);
		return download(s, t, false, err) < 0 ? -1 : verify(s, t, err);
	}
	if (rc == 0 && cached)
		t->fresh = !same_file(t, &old) || t->modified != s->state.modified;
	signed_text_release(&old);
	return rc < 0 ? -1 : verify(s, t, err);
}

/* Is it the suite, with the components and the architecture, that the recipe asks for. */
static int check_contents(const struct vz_source *s, const struct vz_release *r, struct vz_err *err)
{
	const struct vz_recipe_repo *repo = s->repo;
	const char *arch = arch_deb(s->arch);

	if ((!r->suite || strcmp(r->suite, repo->suite) != 0) && (!r->codename || strcmp(r->codename, repo->suite) != 0)) {
		vz_err_set(err, VZ_UNTRUSTED, "the recipe asks for suite '%s', but the mirror gives suite '%s', codename '%s'",
			   repo->suite, r->suite ? r->suite : "", r->codename ? r->codename : "");
		return vz_err_hint(err, "name the suite in the recipe as its Release file does");
	}
	for (size_t i = 0; i < repo->n_components; i++)
		if (!vz_release_has(r->components, repo->components[i])) {
			vz_err_set(err, VZ_UNRESOLVED, "suite '%s' has no component '%s'", repo->suite, repo->components[i]);
			return vz_err_hint(err, "it has: %s", r->components);
		}
	if (!vz_release_has(r->architectures, arch)) {
		vz_err_set(err, VZ_UNRESOLVED, "suite '%s' has no architecture '%s'", repo->suite, arch);
		return vz_err_hint(err, "it has: %s", r->architectures);
	}
	return 0;
}

/* A form in which an index is published, and what it costs. */
struct candidate {
	char *path;
	const struct vz_release_file *file;
	double cost;
};

static int by_cost(const void *a, const void *b)
{
	double x = ((const struct candidate *)a)->cost, y = ((const struct candidate *)b)->cost;

	return x < y ? -1 : x > y;
}

/* Seconds: a line of 100 Mbit/s, then decompression at the compressed bytes a
 * second of each form, of which parsing takes as much again at the same time.
 * Plain indexes are listed by most archives but often not there. */
static size_t candidates(const struct vz_release *r, const char *base, struct candidate ret[5])
{
	static const struct { const char *ending; double rate; } forms[] = {
		{ ".zst", 80e6 }, { ".gz", 45e6 }, { ".xz", 15e6 }, { ".bz2", 5e6 }, { "", 1e6 },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		auto_free char *path = vz_printf("%s%s", base, forms[i].ending);
		const struct vz_release_file *f = vz_release_file(r, path);

		if (f)
			ret[n++] = (struct candidate){ steal(&path), f, (double)f->size * (1 / 12.5e6 + 1 / forms[i].rate) };
	}
	qsort(ret, n, sizeof *ret, by_cost);
	return n;
}

/* 1 if no mirror has it. */
static int fetch_path(struct vz_source *s, const char *path, const struct vz_release_file *f, int fd, struct vz_err *err)
{
	auto_free char *full = dists(s, path);
	struct vz_fetch_request r = { .mirrors = &s->mirrors, .path = full, .fd = fd, .optional = true, .size = f->size,
				      .digest = f->sha256 };

	if (vz_fetch_run(s->fetch, &r, 1, err) < 0)
		return -1;
	return r.missing;
}

static int fetch_candidate(struct vz_source *s, const struct candidate *c, bool by_hash, int fd, struct vz_err *err)
{
	int rc = 1;

	if (by_hash) {
		const char *slash = strrchr(c->path, '/');
		auto_free char *path = vz_printf("%.*sby-hash/SHA256/%s", (int)(slash + 1 - c->path), c->path, c->file->sha256);

		rc = fetch_path(s, path, c->file, fd, err);
	}
	return rc == 1 ? fetch_path(s, c->path, c->file, fd, err) : rc;
}

static int feed(void *ctx, const char *data, size_t len, struct vz_err *err)
{
	return vz_index_deb_add(ctx, data, len, err);
}

/* Turns the downloaded index `fd` into the .solv for `sha256`. `plain` is what
 * Release says of the decompressed text, or NULL. */
static int make_index(struct vz_source *s, int fd, const struct candidate *c, const struct vz_release_file *plain,
		      struct vz_err *err)
{
	auto_index_deb struct vz_index_deb *x = vz_index_deb_new(arch_deb(s->arch));
	uint64_t limit = c->file->size * RATIO < INDEX_LIMIT ? c->file->size * RATIO : INDEX_LIMIT;
	auto_fd int out = -1;
	struct vz_unpacked got;
	size_t bad;

	if (plain && plain->size > limit)
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' would have %llu bytes, more than is allowed", c->path,
				  (unsigned long long)plain->size);
	if (vz_unpack(fd, c->path, plain ? plain->size : limit, feed, x, &got, err) < 0)
		return vz_err_wrap(err, "'%s'", c->path);
	if (plain && (got.size != plain->size || strcmp(got.sha256, plain->sha256) != 0))
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' does not decompress to what its Release promises", c->path);
	out = vz_source_new_index(s, err);
	if (out < 0 || vz_index_deb_end(x, out, &bad, err) < 0)
		return -1;
	if (bad)
		vz_report_note(s->report, "repository '%s': %zu malformed packages in '%s' are left out", s->repo->id, bad, c->path);
	return vz_source_put_index(s, out, plain ? plain->sha256 : c->file->sha256, err);
}

static int fetch_index(struct vz_source *s, const struct vz_release *r, const char *base, const struct candidate *c, size_t n,
		       struct vz_err *err)
{
	auto_fd int fd = vz_open(s->dir, ".", O_TMPFILE | O_RDWR, 0600, err);

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int rc = fetch_candidate(s, &c[i], r->by_hash, fd, err);

		if (rc <= 0)
			return rc < 0 ? -1 : make_index(s, fd, &c[i], vz_release_file(r, base), err);
	}
	return vz_err_set(err, VZ_NETWORK, "no mirror has the index '%s'", base);
}

static int get_index(struct vz_source *s, const struct vz_release *r, const char *base, bool required, struct vz_err *err)
{
	const struct vz_release_file *plain = vz_release_file(r, base);
	struct candidate c[5];
	size_t n = candidates(r, base, c);
	int failed = 0;

	if (!n)
		failed = required ? vz_err_set(err, VZ_UNRESOLVED, "its Release lists no index '%s'", base) : 0;
	else if ((!plain || plain->size) && !vz_source_open_index(s, plain ? plain->sha256 : c[0].file->sha256))
		failed = s->offline ? vz_err_set(err, VZ_NETWORK, "the index '%s' is not cached, and --offline forbids fetching it", base) :
			 fetch_index(s, r, base, c, n, err);
	for (size_t i = 0; i < n; i++)
		free(c[i].path);
	return failed;
}

static int get_indexes(struct vz_source *s, const struct vz_release *r, struct vz_err *err)
{
	bool all = r->all_is_apart && vz_release_has(r->architectures, "all");

	vz_source_drop_indexes(s);
	for (size_t i = 0; i < s->repo->n_components; i++) {
		auto_free char *own = vz_printf("%s/binary-%s/Packages", s->repo->components[i], arch_deb(s->arch));
		auto_free char *shared = vz_printf("%s/binary-all/Packages", s->repo->components[i]);

		if (get_index(s, r, own, true, err) < 0 || (all && get_index(s, r, shared, false, err) < 0))
			return -1;
	}
	return 0;
}

static bool is_listed(const void *ctx, const char *sha256)
{
	const struct vz_release *r = ctx;

	for (size_t i = 0; i < r->files.n; i++)
		if (strcmp(((const struct vz_release_file *)r->files.items[i].value)->sha256, sha256) == 0)
			return true;
	return false;
}

/* Everything that follows from one signed text. */
static int use_release(struct vz_source *s, const struct signed_text *t, struct vz_err *err)
{
	auto_release struct vz_release *r = vz_release_read(t->text.data ? t->text.data : "", t->text.len, err);
	struct vz_source_state state = s->state;
	struct vz_digest d;

	if (!r || check_contents(s, r, err) < 0 || vz_source_check_dates(s, r->date, r->valid_until, err) < 0)
		return -1;
	/* the date counts as seen once it is verified, whatever happens later */
	state = (struct vz_source_state){ r->date, t->modified, t->form != UNSIGNED };
	if (t->fresh && (put_cached(s, t, err) < 0 || vz_source_put_state(s, &state, err) < 0))
		return -1;
	if (get_indexes(s, r, err) < 0)
		return -1;
	vz_sha256(t->text.data, t->text.len, &d);
	vz_digest_hex(&d, s->sha256);
	s->date = r->date;
	s->secure = vz_release_is_security(r) || vz_suite_is_security(s->repo->suite);
	vz_source_prune(s, is_listed, r);
	return 0;
}

static int refresh_deb(struct vz_source *s, struct vz_err *err)
{
	struct signed_text t = {0}, again = {0};
	struct vz_err other;
	int failed;

	if (!s->repo->key && s->state.was_signed) {
		vz_err_set(err, VZ_UNTRUSTED, "it was signed when it was last seen, and the recipe has no key for it");
		return vz_err_hint(err, "give the recipe its 'key'");
	}
	failed = get_release(s, &t, true, err) < 0 ? -1 : use_release(s, &t, err);
	/* an archive that changes between the two downloads gives indexes that are not those listed */
	if (failed && t.text.len && !s->offline && (err->code == VZ_UNTRUSTED || err->code == VZ_NETWORK) &&
	    get_release(s, &again, false, &other) == 0 &&
	    (again.text.len != t.text.len || memcmp(again.text.data, t.text.data, t.text.len) != 0))
		failed = use_release(s, &again, err);
	signed_text_release(&t);
	signed_text_release(&again);
	return failed;
}

const struct vz_source_ops vz_source_deb = {
	.type = "deb", .refresh = refresh_deb, .arch = arch_deb, .policy = &vz_policy_deb,
};
