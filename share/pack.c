/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/pack.h"

#include <string.h>

struct vz_packer {
	const struct vz_packer_ops *ops;
	void *state;
	vz_pack_sink sink;
	void *ctx;
};

static void *plain_new(enum vz_pack_width width)
{
	(void)width;
	return NULL;
}

static int plain_add(void *state, const void *data, size_t len, vz_pack_sink sink, void *ctx, struct vz_err *err)
{
	(void)state;
	return sink(ctx, data, len, err);
}

static int plain_end(void *state, vz_pack_sink sink, void *ctx, struct vz_err *err)
{
	(void)state, (void)sink, (void)ctx, (void)err;
	return 0;
}

static void plain_free(void *state)
{
	(void)state;
}

static const struct vz_packer_ops plain = { "none", plain_new, plain_add, plain_end, plain_free };
static const struct vz_packer_ops *const packers[] = {
	[VZ_PACKING_NONE] = &plain, [VZ_PACKING_GZIP] = &vz_packer_gzip, [VZ_PACKING_ZSTD] = &vz_packer_zstd,
};
#define N_PACKERS (sizeof packers / sizeof *packers)

const char *vz_packing_name(enum vz_packing p)
{
	return packers[p]->name;
}

int vz_packing_parse(const char *name, enum vz_packing *ret, struct vz_err *err)
{
	for (size_t i = 0; i < N_PACKERS; i++)
		if (strcmp(packers[i]->name, name) == 0) {
			*ret = (enum vz_packing)i;
			return 0;
		}
	return vz_err_set(err, VZ_USAGE, "compression '%s', expected gzip, zstd or none", name);
}

enum vz_packing vz_packing_of_file(const char *path)
{
	static const struct { const char *ending; enum vz_packing packing; } endings[] = {
		{ ".gz", VZ_PACKING_GZIP }, { ".tgz", VZ_PACKING_GZIP }, { ".zst", VZ_PACKING_ZSTD },
	};
	size_t len = strlen(path);

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i].ending);

		if (len > n && strcmp(path + len - n, endings[i].ending) == 0)
			return endings[i].packing;
	}
	return VZ_PACKING_NONE;
}

struct vz_packer *vz_packer_new(enum vz_packing packing, enum vz_pack_width width, vz_pack_sink sink, void *ctx)
{
	struct vz_packer *p = vz_new(struct vz_packer);

	p->ops = packers[packing];
	p->state = p->ops->new(width);
	p->sink = sink;
	p->ctx = ctx;
	return p;
}

int vz_packer_add(struct vz_packer *p, const void *data, size_t len, struct vz_err *err)
{
	return len ? p->ops->add(p->state, data, len, p->sink, p->ctx, err) : 0;
}

int vz_packer_end(struct vz_packer *p, struct vz_err *err)
{
	return p->ops->end(p->state, p->sink, p->ctx, err);
}

void vz_packer_free(struct vz_packer *p)
{
	if (!p)
		return;
	p->ops->free(p->state);
	free(p);
}
