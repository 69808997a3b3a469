/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/artifact.h"

#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/pool.h"
#include "base/table.h"
#include "share/adopt.h"
#include "share/parcel.h"
#include "store/dump.h"
#include "store/object.h"
#include "store/record.h"

#define AT_ONCE 200                      /* files that are open for what arrives */
#define RATIO 200
#define LEAST_MAX ((uint64_t)256 << 20)
#define MAX_TEXT ((size_t)1 << 30)

/* A parcel that is on its way. */
struct delivery {
	struct vz_store *store;
	struct vz_pool *pool;
	const struct vz_oci_descriptor *what;
	const char *package;                 /* whose record is to be kept, or NULL */
	const struct vz_table *wanted;       /* NULL: all of it */
	int fd;
	uint64_t new_bytes;
};

struct pulling {
	struct vz_pull *p;
	struct vz_oci_manifest manifest;
	struct vz_arrival arrival;
	struct vz_table wanted;              /* contents that are not here: hex → size */
	struct vz_err *err;
};

static void pulling_release(struct pulling *g)
{
	vz_oci_manifest_release(&g->manifest);
	vz_arrival_release(&g->arrival);
	vz_table_release(&g->wanted);
}

void vz_pull_release(struct vz_pull *p)
{
	vz_manifest_release(&p->manifest);
}

static uint64_t most_of(uint64_t size)
{
	return size > LEAST_MAX / RATIO ? size * RATIO : LEAST_MAX;
}

static int stage_file(struct vz_store *s, struct vz_err *err)
{
	int stage = vz_store_stage(s, err);

	return stage < 0 ? -1 : vz_store_begin_file(s, stage, err);
}

/* The text that the only layer of that type holds. */
static int get_text(struct pulling *g, const char *type, struct vz_buf *ret)
{
	const struct vz_oci_descriptor *d = NULL;
	struct vz_registry_blob blob;
	char unused[VZ_HEX_LEN + 1];
	auto_blob_reader struct vz_blob_reader *r = NULL;
	auto_fd int fd = -1;
	ptrdiff_t n;

	for (size_t i = 0; i < g->manifest.n; i++)
		if (strcmp(g->manifest.layers[i].type, type) == 0) {
			if (d)
				return vz_err_set(g->err, VZ_UNTRUSTED, "the manifest names two layers of type '%s'", type);
			d = &g->manifest.layers[i];
		}
	if (!d)
		return vz_err_set(g->err, VZ_UNTRUSTED, "the manifest names no layer of type '%s'", type);
	fd = stage_file(g->p->store, g->err);
	blob = (struct vz_registry_blob){ .what = d, .fd = fd };
	if (fd < 0 || vz_registry_get_blobs(g->p->registry, &blob, 1, g->err) < 0)
		return -1;
	g->p->fetched += d->size;
	r = vz_blob_reader_new(fd, 0, d->size, most_of(d->size) < MAX_TEXT ? most_of(d->size) : MAX_TEXT);
	do {
		vz_buf_reserve(ret, 1 << 20);
		n = vz_blob_reader_read(r, ret->data + ret->len, 1 << 20, g->err);
		if (n < 0)
			return -1;
		ret->len += (size_t)n;
		ret->data[ret->len] = 0;
	} while (n == 1 << 20);
	return vz_blob_reader_end(r, unused, g->err);
}

static int read_manifest(struct pulling *g)
{
	const struct vz_registry_name *from = g->p->from;
	auto_free char *reference = *from->digest ? vz_printf("sha256:%s", from->digest) : vz_strdup(from->tag);
	auto_buf struct vz_buf text = {0};

	if (vz_registry_get_manifest(g->p->registry, reference, &text, g->p->digest, g->err) < 0)
		return -1;
	g->p->fetched += text.len;
	if (g->p->key && vz_artifact_check(g->p->registry, g->p->digest, g->p->key, g->err) < 0)
		return -1;
	if (vz_oci_manifest_read(text.data, text.len, &g->manifest, g->err) < 0)
		return -1;
	if (g->manifest.artifact_type && strcmp(g->manifest.artifact_type, VZ_ARTIFACT) == 0)
		return 0;
	vz_err_set(g->err, VZ_FAILED, "what is there is not a template that vzpkg pushed");
	return vz_err_hint(g->err, "images of others can be fetched with skopeo, and imported");
}

static int want(struct vz_node *n, void *ctx)
{
	struct pulling *g = ctx;
	char hex[VZ_HEX_LEN + 1];

	if (n->link || !vz_node_is_file(n) || !n->has_digest || !n->size || n->content || vz_object_has(g->p->store, &n->digest))
		return 0;
	vz_digest_hex(&n->digest, hex);
	if (!vz_table_has(&g->wanted, hex))
		vz_table_put(&g->wanted, hex, &n->size);
	return 0;
}

/* The tree, and what of it is not here. */
static int read_arrival(struct pulling *g)
{
	auto_buf struct vz_buf own = {0}, lock = {0}, tree = {0};

	if (vz_registry_get_text(g->p->registry, &g->manifest.config, &own, g->err) < 0 || get_text(g, VZ_ARTIFACT_LOCK, &lock) < 0 ||
	    get_text(g, VZ_ARTIFACT_TREE, &tree) < 0)
		return -1;
	g->p->fetched += g->manifest.config.size;
	vz_buf_putc(&lock, 0);
	if (strlen(lock.data) != lock.len - 1)
		return vz_err_set(g->err, VZ_UNTRUSTED, "the lock has a zero byte");
	if (vz_arrival_read(&g->arrival, own.data ? own.data : "", own.len, lock.data, g->err) < 0)
		return -1;
	g->arrival.tree = vz_dump_read(tree.data, tree.len, g->err);
	if (!g->arrival.tree) {
		g->err->code = VZ_UNTRUSTED;
		return -1;
	}
	vz_tree_count_links(g->arrival.tree);
	return vz_node_walk(g->arrival.tree->root, want, g);
}

/*
 * Parcels: taken apart on other threads while the next ones arrive.
 */

static int take(void *arg, struct vz_err *err)
{
	struct delivery *c = arg;
	uint64_t size = c->what->size;
	auto_blob_reader struct vz_blob_reader *r = vz_blob_reader_new(c->fd, 0, size, most_of(size));
	struct vz_parcel_take t = { .store = c->store, .wanted = c->wanted, .record = c->package };

	if (vz_parcel_take(&t, r, err) < 0)
		return vz_err_wrap(err, "blob 'sha256:%s'", c->what->digest);
	c->new_bytes = t.new_bytes;
	close(steal_fd(&c->fd));
	return 0;
}

static int on_blob(void *ctx, struct vz_registry_blob *b, struct vz_err *err)
{
	struct delivery *c = ctx;

	(void)b;
	if (vz_pool_failed(c->pool))
		return vz_err_set(err, VZ_FAILED, "what came could not be taken");   /* the pool knows why */
	vz_pool_add(c->pool, take, c);
	return 0;
}

static int fetch_some(struct pulling *g, struct delivery *deliveries, size_t n)
{
	auto_free struct vz_registry_blob *blobs = vz_alloc((n + 1) * sizeof *blobs);
	struct vz_pool *pool = vz_pool_new(0);
	struct vz_err pool_err = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		deliveries[i].store = g->p->store;
		deliveries[i].pool = pool;
		deliveries[i].fd = stage_file(g->p->store, g->err);
		blobs[i] = (struct vz_registry_blob){ deliveries[i].what, deliveries[i].fd, on_blob, &deliveries[i] };
		rc = deliveries[i].fd < 0 ? -1 : 0;
	}
	rc = rc < 0 ? -1 : vz_registry_get_blobs(g->p->registry, blobs, n, g->err);
	if (vz_pool_finish(pool, &pool_err) < 0) {
		*g->err = pool_err;
		rc = -1;
	}
	vz_pool_free(pool);
	for (size_t i = 0; i < n; i++) {
		vz_fd_close_indirect(&deliveries[i].fd);
		g->p->fetched += deliveries[i].what->size;
		g->arrival.new_bytes += deliveries[i].new_bytes;
	}
	return rc;
}

static int fetch_all(struct pulling *g, struct delivery *deliveries, size_t n)
{
	for (size_t i = 0; i < n; i += AT_ONCE) {
		size_t some = n - i < AT_ONCE ? n - i : AT_ONCE;

		for (size_t k = i; k < i + some; k++)
			deliveries[k].fd = -1;
		if (g->p->dry_run)
			for (size_t k = i; k < i + some; k++)
				g->p->fetched += deliveries[k].what->size;
		else if (fetch_some(g, deliveries + i, some) < 0)
			return -1;
	}
	return 0;
}

struct needs {
	const struct vz_table *wanted;
	bool any;
};

static int is_wanted(struct vz_node *n, void *ctx)
{
	struct needs *k = ctx;
	char hex[VZ_HEX_LEN + 1];

	if (vz_node_is_file(n) && n->has_digest) {
		vz_digest_hex(&n->digest, hex);
		k->any = k->any || vz_table_has(k->wanted, hex);
	}
	return 0;
}

static bool needs_object(const struct pulling *g, const char *hex)
{
	struct vz_digest d;

	return vz_digest_parse(hex, &d) && vz_table_has(&g->wanted, hex) && !vz_object_has(g->p->store, &d);
}

static bool lacks_any(const struct pulling *g)
{
	for (size_t i = 0; i < g->wanted.n; i++)
		if (needs_object(g, g->wanted.items[i].key))
			return true;
	return false;
}

/* Is the package's parcel of use here? A record comes with it, if somebody signed for it: where one is kept, the package
 * is not asked for again, whatever repository it is to come from. */
static bool needs_package(const struct pulling *g, const char *digest)
{
	struct needs k = { &g->wanted, false };
	auto_record struct vz_record *r = NULL;
	struct vz_err unused = {0};

	if (!vz_hash_algo(digest))
		return false;
	r = vz_record_has(g->p->store, digest) ? vz_record_read(g->p->store, digest, &unused) : NULL;
	if (!r)
		return g->p->key || lacks_any(g);
	vz_node_walk(r->tree->root, is_wanted, &k);
	return k.any;
}

/* Packages first, since they may have what the others have as well; then larger contents; then the rest if that is still
 * needed. */
enum round { PACKAGES, LARGE, REST, ROUNDS };

static bool is_needed(const struct pulling *g, const struct vz_oci_descriptor *d, enum round round)
{
	const char *package = vz_oci_pair(&d->annotations, VZ_ARTIFACT_PACKAGE);
	const char *object = vz_oci_pair(&d->annotations, VZ_ARTIFACT_OBJECT);

	if (strcmp(d->type, VZ_ARTIFACT_PARCEL) != 0)
		return false;
	if (package)
		return round == PACKAGES && needs_package(g, package);
	if (object)
		return round == LARGE && needs_object(g, object);
	return round == REST && lacks_any(g);
}

static int fetch_round(struct pulling *g, enum round round)
{
	auto_free struct delivery *deliveries = vz_alloc((g->manifest.n + 1) * sizeof *deliveries);
	size_t n = 0;

	for (size_t i = 0; i < g->manifest.n; i++) {
		const struct vz_oci_descriptor *d = &g->manifest.layers[i];
		const char *package = vz_oci_pair(&d->annotations, VZ_ARTIFACT_PACKAGE);

		if (is_needed(g, d, round))
			deliveries[n++] = (struct delivery){
				.what = d, .package = g->p->key ? package : NULL, .wanted = package ? NULL : &g->wanted, .fd = -1,
			};
	}
	return fetch_all(g, deliveries, n);
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int vz_pull(struct vz_pull *p, struct vz_err *err)
{
	__attribute__((cleanup(pulling_release))) struct pulling g = { .p = p, .err = err };
	auto_free char *origin = vz_printf("pulled from '%s/%s:%s'", p->from->host, p->from->repository, p->from->tag);
	struct vz_adopt adopt = { .store = p->store, .name = p->name, .origin = origin };
	double begun = seconds_now();

	p->fetched = 0;
	vz_report_stage(p->report, "pulling '%s' from '%s'", p->from->repository, p->from->host);
	if (read_manifest(&g) < 0 || read_arrival(&g) < 0)
		return vz_err_wrap(err, "'%s/%s'", p->from->host, p->from->repository);
	for (int round = PACKAGES; round < ROUNDS; round++)
		if (fetch_round(&g, (enum round)round) < 0)
			return -1;
	if (p->dry_run)
		return 0;
	adopt.seconds = seconds_now() - begun;
	return vz_adopt(&adopt, &g.arrival, &p->manifest, &p->changed, err);
}
