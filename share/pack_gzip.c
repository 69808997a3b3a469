/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/pack.h"

#include <pthread.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/pool.h"

#define LEVEL 5                          /* a third faster than 6, and 1 % larger, on a Debian's files */
#define PIECE ((size_t)256 << 10)        /* compressed by itself … */
#define DICTIONARY ((size_t)32 << 10)    /* … knowing so much of what is before it */
#define SLOTS 16                         /* pieces under way at most */

struct piece {
	struct gzip *gzip;
	char *in;                        /* the dictionary, then the piece */
	size_t before, len;
	bool last, busy;                 /* `busy` belongs to gzip->lock */
	struct vz_buf out;
};

struct gzip {
	struct vz_pool *pool;            /* NULL: on the caller's thread */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct piece pieces[SLOTS];
	size_t first, n;                 /* those that are full: a ring */
	bool begun;
	uLong crc;
	uint64_t size;
};

static void *gzip_new(enum vz_pack_width width)
{
	struct gzip *g = vz_new(struct gzip);

	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->changed, NULL);
	g->pool = width == VZ_PACK_WIDE ? vz_pool_new(0) : NULL;
	g->crc = crc32(0, NULL, 0);
	for (size_t i = 0; i < SLOTS; i++) {
		g->pieces[i].gzip = g;
		g->pieces[i].in = vz_alloc(DICTIONARY + PIECE);
	}
	return g;
}

/* Fails only without memory, or on misuse. */
static void must(bool good)
{
	if (!good)
		abort();
}

/* A piece of a raw deflate stream, ending on a byte boundary so that the next can follow. */
static void deflate_piece(struct piece *p)
{
	z_stream z = {0};
	size_t room;
	int r;

	must(deflateInit2(&z, LEVEL, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
	if (p->before)
		must(deflateSetDictionary(&z, (const Bytef *)p->in, (uInt)p->before) == Z_OK);
	room = deflateBound(&z, (uLong)p->len) + 64;
	vz_buf_clear(&p->out);
	vz_buf_reserve(&p->out, room);
	z.next_in = (Bytef *)p->in + p->before;
	z.avail_in = (uInt)p->len;
	z.next_out = (Bytef *)p->out.data;
	z.avail_out = (uInt)room;
	r = deflate(&z, p->last ? Z_FINISH : Z_SYNC_FLUSH);
	must(r == (p->last ? Z_STREAM_END : Z_OK) && !z.avail_in);
	p->out.len = room - z.avail_out;
	deflateEnd(&z);
}

static int run_piece(void *arg, struct vz_err *err)
{
	struct piece *p = arg;

	(void)err;
	deflate_piece(p);
	pthread_mutex_lock(&p->gzip->lock);
	p->busy = false;
	pthread_cond_broadcast(&p->gzip->changed);
	pthread_mutex_unlock(&p->gzip->lock);
	return 0;
}

/* Hands the oldest piece on, waiting for it. */
static int take_first(struct gzip *g, vz_pack_sink sink, void *ctx, struct vz_err *err)
{
	/* deflate, no name, no time, the system that made it unsaid */
	static const char head[10] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";
	struct piece *p = &g->pieces[g->first % SLOTS];

	pthread_mutex_lock(&g->lock);
	while (p->busy)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
	if (!g->begun && sink(ctx, head, sizeof head, err) < 0)
		return -1;
	g->begun = true;
	g->first++;
	g->n--;
	return sink(ctx, p->out.data, p->out.len, err);
}

/* The piece being filled is full, or the last one. */
static void start_piece(struct gzip *g, bool last)
{
	struct piece *p = &g->pieces[(g->first + g->n) % SLOTS], *next = &g->pieces[(g->first + g->n + 1) % SLOTS];
	size_t keep = p->before + p->len < DICTIONARY ? p->before + p->len : DICTIONARY;

	p->last = last;
	g->crc = crc32(g->crc, (const Bytef *)p->in + p->before, (uInt)p->len);
	g->size += p->len;
	memcpy(next->in, p->in + p->before + p->len - keep, keep);
	next->before = keep;
	next->len = 0;
	g->n++;
	if (!g->pool) {
		deflate_piece(p);
		return;
	}
	p->busy = true;
	vz_pool_add(g->pool, run_piece, p);
}

static int gzip_add(void *state, const void *data, size_t len, vz_pack_sink sink, void *ctx, struct vz_err *err)
{
	struct gzip *g = state;
	const char *at = data;

	while (len) {
		struct piece *p = &g->pieces[(g->first + g->n) % SLOTS];
		size_t n = PIECE - p->len < len ? PIECE - p->len : len;

		memcpy(p->in + p->before + p->len, at, n);
		p->len += n;
		at += n;
		len -= n;
		if (p->len < PIECE)
			break;
		start_piece(g, false);
		/* the one being filled and the one it gives its end to are not among those under way */
		while (g->n > (g->pool ? SLOTS - 2 : 0))
			if (take_first(g, sink, ctx, err) < 0)
				return -1;
	}
	return 0;
}

static int gzip_end(void *state, vz_pack_sink sink, void *ctx, struct vz_err *err)
{
	struct gzip *g = state;
	auto_buf struct vz_buf tail = {0};

	start_piece(g, true);
	while (g->n)
		if (take_first(g, sink, ctx, err) < 0)
			return -1;
	vz_buf_le32(&tail, (uint32_t)g->crc);
	vz_buf_le32(&tail, (uint32_t)g->size);
	return sink(ctx, tail.data, tail.len, err);
}

static void gzip_free(void *state)
{
	struct gzip *g = state;

	vz_pool_free(g->pool);
	for (size_t i = 0; i < SLOTS; i++) {
		free(g->pieces[i].in);
		vz_buf_release(&g->pieces[i].out);
	}
	pthread_cond_destroy(&g->changed);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

const struct vz_packer_ops vz_packer_gzip = { "gzip", gzip_new, gzip_add, gzip_end, gzip_free };

static void *gunzip_new(void)
{
	z_stream *z = vz_new(z_stream);

	must(inflateInit2(z, 15 + 16) == Z_OK);
	return z;
}

static int gunzip_step(void *state, const char *in, size_t *from, size_t to, char *out, size_t *len, bool *ended,
		       struct vz_err *err)
{
	z_stream *z = state;
	int r;

	/* a file may have several members */
	if (*ended && *from < to)
		inflateReset(z);
	z->next_in = (Bytef *)in + *from;
	z->avail_in = (uInt)(to - *from);
	z->next_out = (Bytef *)out;
	z->avail_out = (uInt)*len;
	r = inflate(z, Z_NO_FLUSH);
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return vz_err_set(err, VZ_UNTRUSTED, "damaged compressed data: %s", z->msg ? z->msg : "not gzip");
	*from = to - z->avail_in;
	*len -= z->avail_out;
	*ended = r == Z_STREAM_END;
	return 0;
}

static void gunzip_free(void *state)
{
	inflateEnd(state);
	free(state);
}

const struct vz_unpacker_ops vz_unpacker_gzip = { "\x1f\x8b", 2, gunzip_new, gunzip_step, gunzip_free };
