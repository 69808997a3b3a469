/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The image format's test vectors, tests/fixtures/vectors: dumps, and what the reference tool makes of them. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stdio.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "store/dump.h"
#include "store/image.h"
#include "tests/unit/unit.h"

struct vector {
	char file[64];
	unsigned min, max, version;
	size_t size;
	char sha256[65], verity[65];
};

/* Reads a file of the vectors, unpacking it if it is packed. */
static inline void vector_load(const char *name, struct vz_buf *ret)
{
	auto_free char *path = vz_printf("%s/tests/fixtures/vectors/%s", getenv("top_srcdir"), name);
	gzFile f = gzopen(path, "r");
	char part[65536];
	int n;

	ck_assert_msg(f != NULL, "cannot open %s", path);
	while ((n = gzread(f, part, sizeof part)) > 0)
		vz_buf_add(ret, part, (size_t)n);
	ck_assert_int_eq(n, 0);
	gzclose(f);
}

/* Calls `check` for each line of vectors.tsv; returns how many there were. */
static inline unsigned vectors_each(void (*check)(const struct vector *v))
{
	auto_buf struct vz_buf table = {0};
	unsigned n = 0;

	vector_load("vectors.tsv", &table);
	for (char *line = strchr(table.data, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		struct vector v;

		ck_assert_int_eq(sscanf(line + 1, "%63s %u %u %u %zu %64s %64s", v.file, &v.min, &v.max, &v.version, &v.size,
					v.sha256, v.verity), 7);
		check(&v);
		n++;
	}
	return n;
}

static inline struct vz_tree *vector_tree(const char *name)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err err;
	struct vz_tree *t;

	vector_load(name, &text);
	t = vz_dump_read(text.data, text.len, &err);
	ck_assert_msg(t != NULL, "%s: %s", name, err.msg);
	return t;
}

static inline void vector_image(const struct vector *v, const struct vz_tree *t, struct vz_buf *ret)
{
	struct vz_image_options o = { .min_version = v->min, .max_version = v->max, .exact = true };
	struct vz_err err;

	if (vz_image_write(t, &o, ret, &err) < 0)
		ck_abort_msg("%s: %s", v->file, err.msg);
}

#endif
