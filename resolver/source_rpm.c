/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RPM repositories: repomd.xml, by metalink or from whatever mirror has a right one, then what it lists. */
#include "resolver/source.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fd.h"
#include "resolver/keyring.h"
#include "resolver/locate.h"
#include "resolver/repomd.h"
#include "resolver/source_rpm.h"
#include "resolver/trust.h"
#include "resolver/trust_rpm.h"

#define NAME "repomd.xml"
#define PATH "repodata/" NAME
#define CACHE_LIMIT (11 << 20)

static const char *arch_rpm(const char *arch)
{
	return strcmp(arch, "armv7l") == 0 ? "armv7hl" : arch;
}

/* A repomd.xml and what became of it. */
struct listing {
	struct vz_buf text, signature;   /* as they came; an empty signature: there is none */
	struct vz_repomd *r;             /* NULL until the text is judged */
	int64_t modified;
	bool fresh;                      /* came over the network just now */
};

static void listing_release(struct listing *l)
{
	vz_buf_release(&l->text);
	vz_buf_release(&l->signature);
	vz_repomd_free(l->r);
	memset(l, 0, sizeof *l);
}

/* Whose key is good for this has one that is good for packages, too, and mostly it is theirs. */
static int judge_signature(const struct vz_source *s, const struct listing *l, struct vz_err *err)
{
	auto_buf struct vz_buf keyring = {0}, binary = {0};

	if (vz_keyring_read(s->repo, &keyring, err) < 0 || vz_trust_detached(&keyring, &l->text, &l->signature, err) < 0)
		return -1;
	if (vz_trust_dearmor(&l->signature, &binary))
		vz_signers_learn(s->signers, &keyring, &l->text, &binary);
	return 0;
}

static int check_signature(const struct vz_source *s, const struct listing *l, struct vz_err *err)
{
	enum vz_recipe_trust trust = s->repo->trust;

	if (!s->repo->key)
		return 0;
	if (l->signature.len)
		return judge_signature(s, l, err);
	if (trust == VZ_TRUST_METADATA || trust == VZ_TRUST_BOTH) {
		vz_err_set(err, VZ_UNTRUSTED, "'%s' is not signed: there is no '%s.asc'", PATH, PATH);
		return vz_err_hint(err, "where each package is signed instead, say 'trust = packages' in the recipe");
	}
	if (s->state.was_signed) {
		vz_err_set(err, VZ_UNTRUSTED, "'%s' is not signed, but was when it was last seen", PATH);
		return vz_err_hint(err, "the mirror lacks '%s.asc', or somebody took it away; try another mirror", PATH);
	}
	return 0;
}

/* May it be used? Only then is it read. */
static int judge(const struct vz_source *s, struct listing *l, struct vz_err *err)
{
	if (check_signature(s, l, err) < 0)
		return -1;
	vz_repomd_free(l->r);
	l->r = vz_repomd_read(l->text.data ? l->text.data : "", l->text.len, err);
	return l->r ? vz_source_check_dates(s, l->r->date, 0, err) : -1;
}

static bool read_cached(const struct vz_source *s, struct listing *l)
{
	struct vz_err err;

	if (vz_read_file(s->dir, NAME, CACHE_LIMIT, &l->text, &err) < 0)
		return false;
	if (s->repo->key && vz_read_file(s->dir, NAME ".asc", CACHE_LIMIT, &l->signature, &err) < 0)
		vz_buf_clear(&l->signature);
	l->modified = s->state.modified;
	return true;
}

/* After a crash in between they do not fit, and both are fetched again. */
static int put_cached(struct vz_source *s, const struct listing *l, struct vz_err *err)
{
	if (!l->signature.len)
		unlinkat(s->dir, NAME ".asc", 0);
	else if (vz_write_file(s->dir, NAME ".asc", l->signature.data, l->signature.len, 0600, err) < 0)
		return -1;
	return vz_write_file(s->dir, NAME, l->text.data, l->text.len, 0600, err);
}

/* From the mirror that the text is from, so that they fit. */
static int get_signature(struct vz_source *s, const char *from, struct listing *l, struct vz_err *err)
{
	struct vz_mirrors one = { (char **)&from, 1 };
	struct vz_fetch_request r = { .mirrors = &one, .path = PATH ".asc", .optional = true };

	vz_buf_clear(&l->signature);
	return s->repo->key ? vz_source_get_request(s, &r, &l->signature, err) : 0;
}

/* Gets it from the first of `m` that gives something, and judges it. 1: not modified. `ret_from` is always set. */
static int get_from(struct vz_source *s, const struct vz_mirrors *m, const struct vz_metalink_file *promised, int64_t since,
		    struct listing *l, const char **ret_from, struct vz_err *err)
{
	struct vz_fetch_request r = { .mirrors = m, .path = PATH, .speeds = vz_source_speeds(s),
				      .if_modified_since = (time_t)since };
	int rc;

	if (promised) {
		r.digest = promised->digest;
		r.size = promised->size;
	}
	vz_buf_clear(&l->text);
	rc = vz_source_get_request(s, &r, &l->text, err);
	*ret_from = r.from;
	if (rc)
		return rc;
	l->modified = vz_source_modified(&r);
	l->fresh = true;
	return get_signature(s, r.from, l, err) < 0 ? -1 : judge(s, l, err);
}

/* From the mirrors in turn, until one has what may be used. */
static int get_any(struct vz_source *s, const struct vz_metalink_file *promised, int64_t since, struct listing *l,
		   struct vz_err *err)
{
	auto_free char **urls = vz_alloc((s->mirrors.n + 1) * sizeof *urls);
	struct vz_mirrors left = { urls, s->mirrors.n };
	struct vz_err why;
	bool refused = false;

	memcpy(urls, s->mirrors.urls, left.n * sizeof *urls);
	while (left.n) {
		const char *from = NULL;
		struct vz_err now;
		int rc = get_from(s, &left, promised, since, l, &from, &now);
		size_t i = 0;

		if (rc >= 0)
			return rc;
		if (!refused || (why.code != VZ_UNTRUSTED && now.code == VZ_UNTRUSTED))
			why = now;
		refused = true;
		if (!from)
			break;
		vz_report_debug(s->report, "repository '%s': mirror '%s': %s", s->repo->id, from, now.msg);
		while (left.urls[i] != from)
			i++;
		left.n--;
		memmove(urls + i, urls + i + 1, (left.n - i) * sizeof *urls);
	}
	*err = why;
	return -1;
}

/* What the metalink promises now, else one of what it promised before. */
static int get_promised(struct vz_source *s, const struct vz_metalink *link, struct listing *l, struct vz_err *err)
{
	if (get_any(s, &link->files[0], 0, l, err) >= 0)
		return 0;
	for (size_t i = 1; i < link->n; i++) {
		struct vz_err other;

		if (link->files[i].timestamp < s->state.date && link->files[i].timestamp)
			continue;
		if (get_any(s, &link->files[i], 0, l, &other) >= 0)
			return 0;
	}
	return -1;
}

static bool has_digest(const struct vz_buf *text, const char *digest)
{
	struct vz_hash *h = vz_hash_new(vz_hash_algo(digest));
	char hex[VZ_HASH_MAX];

	vz_hash_add(h, text->data, text->len);
	vz_hash_end_hex(h, hex);
	vz_hash_free(h);
	return strcmp(hex, digest) == 0;
}

/* The newest there is. `cached` false: whatever is kept, fetch it again. */
static int get_listing(struct vz_source *s, bool cached, struct listing *l, struct vz_err *err)
{
	struct vz_metalink link = {0};
	struct listing old = {0};
	struct vz_err unused;
	int rc = vz_locate(s, PATH, &link, err);

	cached = cached && rc == 0 && read_cached(s, &old) && old.text.len && judge(s, &old, &unused) == 0;
	if (rc == 0 && cached && link.n && has_digest(&old.text, link.files[0].digest))
		rc = 1;
	else if (rc == 0 && link.n)
		rc = get_promised(s, &link, l, err);
	else if (rc == 0)
		rc = get_any(s, NULL, cached ? s->state.modified : 0, l, err);
	if (rc == 1) {
		listing_release(l);
		*l = old;
		memset(&old, 0, sizeof old);
	} else if (rc == 0 && cached) {
		l->fresh = l->text.len != old.text.len || memcmp(l->text.data, old.text.data, old.text.len) != 0 ||
			   l->signature.len != old.signature.len || l->modified != s->state.modified;
	}
	listing_release(&old);
	vz_metalink_release(&link);
	return rc < 0 ? -1 : 0;
}

static int get_cached(struct vz_source *s, struct listing *l, struct vz_err *err)
{
	if (!read_cached(s, l))
		return vz_err_set(err, VZ_NETWORK, "no metadata is cached, and --offline forbids fetching it");
	return judge(s, l, err);
}

/* Everything that follows from one listing that was judged. */
static int use(struct vz_source *s, const struct listing *l, struct vz_err *err)
{
	struct vz_source_state state = { l->r->date > s->state.date ? l->r->date : s->state.date, l->modified,
					 s->state.was_signed || l->signature.len };
	struct vz_digest d;

	/* the date counts as seen once it is verified, whatever happens later */
	if (l->fresh && (put_cached(s, l, err) < 0 || vz_source_put_state(s, &state, err) < 0))
		return -1;
	if (vz_source_rpm_indexes(s, l->r, err) < 0)
		return -1;
	vz_sha256(l->text.data, l->text.len, &d);
	vz_digest_hex(&d, s->sha256);
	s->date = l->r->date;
	return 0;
}

static int refresh_rpm(struct vz_source *s, struct vz_err *err)
{
	struct listing l = {0}, again = {0};
	struct vz_err other;
	int failed;

	if (!s->repo->key && s->state.was_signed) {
		vz_err_set(err, VZ_UNTRUSTED, "it was signed when it was last seen, and the recipe has no key for it");
		return vz_err_hint(err, "give the recipe its 'key'");
	}
	failed = s->offline ? get_cached(s, &l, err) : get_listing(s, true, &l, err);
	if (!failed)
		failed = use(s, &l, err);
	/* a repository that changes between the two downloads gives files that are not those listed */
	if (failed && l.r && !s->offline && (err->code == VZ_UNTRUSTED || err->code == VZ_NETWORK) &&
	    get_listing(s, false, &again, &other) == 0 &&
	    (again.text.len != l.text.len || memcmp(again.text.data, l.text.data, l.text.len) != 0))
		failed = use(s, &again, err);
	listing_release(&l);
	listing_release(&again);
	return failed;
}

/* What the last refresh put there. */
static int with_files_rpm(struct vz_source *s, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	auto_repomd struct vz_repomd *r = NULL;

	if (vz_read_file(s->dir, NAME, CACHE_LIMIT, &text, err) < 0)
		return -1;
	if (!text.len || !has_digest(&text, s->sha256))
		return vz_err_set(err, VZ_BUSY, "another process refreshed it in the meantime");
	r = vz_repomd_read(text.data, text.len, err);
	return r ? vz_source_rpm_files(s, r, err) : -1;
}

static int locate_rpm(struct vz_source *s, struct vz_err *err)
{
	return vz_locate(s, PATH, NULL, err);
}

const struct vz_source_ops vz_source_rpm = {
	.type = "rpm", .refresh = refresh_rpm, .with_files = with_files_rpm, .locate = locate_rpm,
	.check_package = vz_trust_rpm_package, .arch = arch_rpm, .policy = &vz_policy_rpm,
};
