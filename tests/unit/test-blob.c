/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "share/blob.h"

/* Reads the file as one blob; the content is added to `out`. */
static int read_all(int fd, uint64_t size, uint64_t most, struct vz_buf *out, char digest[VZ_HEX_LEN + 1], struct vz_err *err)
{
	auto_blob_reader struct vz_blob_reader *r = vz_blob_reader_new(fd, 0, size, most);
	char piece[50000];
	ptrdiff_t n;

	do {
		n = vz_blob_reader_read(r, piece, sizeof piece, err);
		if (n < 0)
			return -1;
		vz_buf_add(out, piece, (size_t)n);
	} while (n == sizeof piece);
	return vz_blob_reader_end(r, digest, err);
}

static void make_content(struct vz_buf *b, size_t len)
{
	uint32_t x = 7;

	while (b->len < len) {
		x = x * 1664525 + 1013904223;
		vz_buf_printf(b, "%u %u\n", x >> 24, (unsigned)b->len);
	}
	b->len = len;
}

START_TEST(test_round_trip)
{
	static const size_t sizes[] = { 0, 1, 5, 1000, 300000, 3000000 };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (int packing = VZ_PACKING_NONE; packing <= VZ_PACKING_ZSTD; packing++) {
			auto_fd int fd = memfd_create("blob", MFD_CLOEXEC);
			auto_blob_writer struct vz_blob_writer *w = vz_blob_writer_new(fd, (enum vz_packing)packing, VZ_PACK_NARROW);
			auto_buf struct vz_buf content = {0}, back = {0};
			char digest[VZ_HEX_LEN + 1];
			struct vz_err err = {0};
			struct vz_blob b;

			make_content(&content, sizes[i]);
			must(vz_blob_writer_add(w, content.data, content.len / 3, &err));
			must(vz_blob_writer_add(w, content.data + content.len / 3, content.len - content.len / 3, &err));
			must(vz_blob_writer_end(w, &b, &err));
			ck_assert_uint_eq(b.content_size, content.len);
			ck_assert_uint_eq((uint64_t)lseek(fd, 0, SEEK_END), b.size);
			must(vz_blob_check(fd, 0, b.size, b.digest, &err));
			must(read_all(fd, b.size, content.len, &back, digest, &err));
			ck_assert_str_eq(digest, b.content_digest);
			ck_assert(back.len == content.len && (!back.len || memcmp(back.data, content.data, back.len) == 0));
			if (sizes[i])
				must_fail(read_all(fd, b.size, content.len - 1, &back, digest, &err), VZ_UNTRUSTED, "unpacks to more");
			/* cut anywhere */
			for (uint64_t cut = packing ? 1 : b.size; sizes[i] <= 1000 && cut < b.size; cut++)
				if (cut >= 4)
					must_fail(read_all(fd, cut, content.len, &back, digest, &err), VZ_UNTRUSTED, "break off");
			must_fail(read_all(fd, b.size + 1, content.len, &back, digest, &err), VZ_UNTRUSTED, "breaks off");
			ck_assert_int_eq(ftruncate(fd, (off_t)b.size + 1), 0);
			must_fail(vz_blob_check(fd, 0, b.size + 1, b.digest, &err), VZ_UNTRUSTED, "does not have that digest");
			if (packing)
				must_fail(read_all(fd, b.size + 1, content.len, &back, digest, &err), VZ_UNTRUSTED, "");
		}
}
END_TEST

/* gzip files may be put one behind the other. */
START_TEST(test_members)
{
	for (int packing = VZ_PACKING_GZIP; packing <= VZ_PACKING_ZSTD; packing++) {
		auto_fd int fd = memfd_create("blob", MFD_CLOEXEC);
		auto_buf struct vz_buf back = {0};
		char digest[VZ_HEX_LEN + 1];
		struct vz_err err = {0};
		uint64_t size = 0;

		for (int i = 0; i < 3; i++) {
			auto_blob_writer struct vz_blob_writer *w = vz_blob_writer_new(fd, (enum vz_packing)packing, VZ_PACK_NARROW);
			struct vz_blob b;

			must(vz_blob_writer_add(w, "part.", 5, &err));
			must(vz_blob_writer_end(w, &b, &err));
			size += b.size;
		}
		must(read_all(fd, size, 100, &back, digest, &err));
		ck_assert_uint_eq(back.len, 15);
		ck_assert_int_eq(memcmp(back.data, "part.part.part.", 15), 0);
	}
}
END_TEST

UNIT_MAIN("blob", test_round_trip, test_members)
