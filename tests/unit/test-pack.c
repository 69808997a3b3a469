/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "share/pack.h"

static int gather(void *ctx, const void *data, size_t len, struct vz_err *err)
{
	(void)err;
	vz_buf_add(ctx, data, len);
	return 0;
}

static int refuse(void *ctx, const void *data, size_t len, struct vz_err *err)
{
	(void)ctx, (void)data, (void)len;
	return vz_err_set(err, VZ_FAILED, "no room");
}

/* Text that shrinks, but not to nothing. */
static void make_text(struct vz_buf *b, size_t len)
{
	uint32_t x = 1;

	vz_buf_clear(b);
	while (b->len < len) {
		x = x * 1664525 + 1013904223;
		vz_buf_printf(b, "%x line %u\n", x >> 20, (unsigned)b->len);
	}
	b->len = len;
}

static void pack(enum vz_packing packing, enum vz_pack_width width, const struct vz_buf *in, struct vz_buf *out)
{
	struct vz_packer *p = vz_packer_new(packing, width, gather, out);
	struct vz_err err = {0};
	size_t at = 0;

	/* in pieces of no round size */
	while (at < in->len) {
		size_t n = in->len - at < 70001 ? in->len - at : 70001;

		must(vz_packer_add(p, in->data + at, n, &err));
		at += n;
	}
	must(vz_packer_end(p, &err));
	vz_packer_free(p);
}

static void gunzip(const struct vz_buf *in, struct vz_buf *out)
{
	z_stream z = { .next_in = (Bytef *)in->data, .avail_in = (uInt)in->len };
	int r = Z_OK;

	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	while (r == Z_OK) {
		vz_buf_reserve(out, 1 << 16);
		z.next_out = (Bytef *)out->data + out->len;
		z.avail_out = 1 << 16;
		r = inflate(&z, Z_NO_FLUSH);
		out->len += (1 << 16) - z.avail_out;
	}
	ck_assert_int_eq(r, Z_STREAM_END);       /* one stream: sums and sizes were checked */
	ck_assert_uint_eq(z.avail_in, 0);
	inflateEnd(&z);
}

static const size_t sizes[] = { 0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 9 * 1024 * 1024 + 17 };
#define N_SIZES (sizeof sizes / sizeof *sizes)

START_TEST(test_gzip)
{
	for (size_t i = 0; i < N_SIZES; i++) {
		auto_buf struct vz_buf in = {0}, wide = {0}, narrow = {0}, back = {0};

		make_text(&in, sizes[i]);
		pack(VZ_PACKING_GZIP, VZ_PACK_WIDE, &in, &wide);
		pack(VZ_PACKING_GZIP, VZ_PACK_NARROW, &in, &narrow);
		ck_assert_uint_eq(wide.len, narrow.len);
		ck_assert_int_eq(memcmp(wide.data, narrow.data, wide.len), 0);
		gunzip(&wide, &back);
		ck_assert_uint_eq(back.len, in.len);
		ck_assert(!in.len || memcmp(back.data, in.data, in.len) == 0);
		ck_assert(in.len < 1000 || wide.len < in.len / 2);
	}
}
END_TEST

START_TEST(test_zstd)
{
	for (size_t i = 0; i < N_SIZES; i++)
		for (int width = VZ_PACK_NARROW; width <= VZ_PACK_WIDE; width++) {
			auto_buf struct vz_buf in = {0}, out = {0}, again = {0};
			auto_free char *back = vz_alloc(sizes[i] + 1);

			make_text(&in, sizes[i]);
			pack(VZ_PACKING_ZSTD, (enum vz_pack_width)width, &in, &out);
			pack(VZ_PACKING_ZSTD, (enum vz_pack_width)width, &in, &again);
			ck_assert_uint_eq(out.len, again.len);
			ck_assert_int_eq(memcmp(out.data, again.data, out.len), 0);
			ck_assert_uint_eq(ZSTD_decompress(back, in.len, out.data, out.len), in.len);
			ck_assert(!in.len || memcmp(back, in.data, in.len) == 0);
		}
}
END_TEST

START_TEST(test_plain_and_names)
{
	auto_buf struct vz_buf in = {0}, out = {0};
	enum vz_packing p = VZ_PACKING_NONE;
	struct vz_err err = {0};

	make_text(&in, 100);
	pack(VZ_PACKING_NONE, VZ_PACK_WIDE, &in, &out);
	ck_assert(out.len == in.len && memcmp(out.data, in.data, in.len) == 0);
	must(vz_packing_parse("zstd", &p, &err));
	ck_assert_int_eq(p, VZ_PACKING_ZSTD);
	ck_assert_str_eq(vz_packing_name(VZ_PACKING_GZIP), "gzip");
	must_fail(vz_packing_parse("xz", &p, &err), VZ_USAGE, "'xz'");
	ck_assert_int_eq(vz_packing_of_file("a.tar.gz"), VZ_PACKING_GZIP);
	ck_assert_int_eq(vz_packing_of_file("a.tgz"), VZ_PACKING_GZIP);
	ck_assert_int_eq(vz_packing_of_file("a.tar.zst"), VZ_PACKING_ZSTD);
	ck_assert_int_eq(vz_packing_of_file("a.tar"), VZ_PACKING_NONE);
}
END_TEST

START_TEST(test_sink_fails)
{
	auto_buf struct vz_buf in = {0};

	make_text(&in, 9 << 20);
	for (int packing = VZ_PACKING_NONE; packing <= VZ_PACKING_ZSTD; packing++) {
		struct vz_packer *p = vz_packer_new((enum vz_packing)packing, VZ_PACK_WIDE, refuse, NULL);
		struct vz_err err = {0};

		if (vz_packer_add(p, in.data, in.len, &err) == 0)
			must_fail(vz_packer_end(p, &err), VZ_FAILED, "no room");
		ck_assert_str_eq(err.msg, "no room");
		vz_packer_free(p);
	}
}
END_TEST

UNIT_MAIN("pack", test_gzip, test_zstd, test_plain_and_names, test_sink_fails)
