/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/mman.h>

#include "share/parcel.h"
#include "store/object.h"
#include "tests/unit/scratch.h"

#define PACKAGE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct fixture {
	char *dir;
	struct vz_store *from, *to;
	struct vz_digest object;
};

static struct vz_store *open_store(const char *dir, const char *name)
{
	auto_free char *root = vz_printf("%s/%s", dir, name);
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s, "%s", err.msg);
	return s;
}

/* A package with one content of 100,000 bytes, which two files have. */
static struct fixture setup(void)
{
	struct fixture f = { .dir = scratch_new() };
	auto_record struct vz_record *r = vz_record_new("deb");
	auto_free char *content = vz_alloc(100000);
	struct vz_err err = {0};

	f.from = open_store(f.dir, "from");
	f.to = open_store(f.dir, "to");
	for (size_t i = 0; i < 100000; i++)
		content[i] = (char)(i * i >> 7);
	must(vz_object_put(f.from, content, 100000, &f.object, NULL, &err));
	r->tree = vz_tree_new();
	vz_record_add(r, "control", "Package: x\n", 11);
	for (int i = 0; i < 2; i++)
		vz_node_set_object(vz_node_add(r->tree->root, i ? "b" : "a", S_IFREG | 0644), &f.object, 100000);
	must(vz_record_put(f.from, PACKAGE, r, &err));
	return f;
}

static void teardown(struct fixture *f)
{
	vz_store_close(f->from);
	vz_store_close(f->to);
	scratch_free(&f->dir);
}

/* The package's parcel, as it is without compression. */
static void write_parcel(const struct fixture *f, struct vz_buf *ret)
{
	auto_fd int fd = memfd_create("parcel", MFD_CLOEXEC);
	auto_blob_writer struct vz_blob_writer *to = vz_blob_writer_new(fd, VZ_PACKING_NONE, VZ_PACK_NARROW);
	auto_parcel_writer struct vz_parcel_writer *w = vz_parcel_writer_new(f->from, to);
	struct vz_err err = {0};
	struct vz_blob blob;

	must(vz_parcel_add_package(w, PACKAGE, &err));
	must(vz_parcel_end(w, &err));
	must(vz_blob_writer_end(to, &blob, &err));
	ck_assert_int_eq((int)lseek(fd, 0, SEEK_SET), 0);
	must(vz_read_fd(fd, 1 << 20, ret, &err));
}

static int take(const struct fixture *f, const void *data, size_t len, struct vz_parcel_take *t, struct vz_err *err)
{
	auto_fd int fd = memfd_create("parcel", MFD_CLOEXEC);
	auto_blob_reader struct vz_blob_reader *r = NULL;

	ck_assert_int_eq(vz_write_fd(fd, data, len, err), 0);
	r = vz_blob_reader_new(fd, 0, len, len);
	t->store = f->to;
	return vz_parcel_take(t, r, err);
}

START_TEST(test_round_trip)
{
	struct fixture f = setup();
	auto_buf struct vz_buf text = {0};
	struct vz_parcel_take t = { .record = PACKAGE };
	auto_record struct vz_record *r = NULL;
	struct vz_err err = {0};

	write_parcel(&f, &text);
	ck_assert_uint_lt(text.len, 101000);         /* the content stands there once */
	must(take(&f, text.data, text.len, &t, &err));
	ck_assert_uint_eq(t.new_bytes, 100000);
	ck_assert(vz_object_has(f.to, &f.object));
	r = vz_record_read(f.to, PACKAGE, &err);
	ck_assert_msg(r, "%s", err.msg);
	ck_assert(vz_record_member(r, "control"));
	must(take(&f, text.data, text.len, &t, &err));
	ck_assert_uint_eq(t.new_bytes, 0);
	teardown(&f);
}
END_TEST

START_TEST(test_wanted)
{
	struct fixture f = setup();
	auto_table struct vz_table wanted = {0};
	auto_buf struct vz_buf text = {0};
	struct vz_parcel_take t = { .wanted = &wanted };
	char hex[VZ_HEX_LEN + 1];
	uint64_t size = 99999;
	struct vz_err err = {0};

	write_parcel(&f, &text);
	must(take(&f, text.data, text.len, &t, &err));
	ck_assert(!vz_object_has(f.to, &f.object) && !vz_record_has(f.to, PACKAGE));
	vz_digest_hex(&f.object, hex);
	vz_table_put(&wanted, hex, &size);
	must_fail(take(&f, text.data, text.len, &t, &err), VZ_UNTRUSTED, "another size");
	size = 100000;
	must(take(&f, text.data, text.len, &t, &err));
	ck_assert(vz_object_has(f.to, &f.object));
	teardown(&f);
}
END_TEST

START_TEST(test_cut)
{
	struct fixture f = setup();
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	write_parcel(&f, &text);
	for (size_t len = 4; len < text.len; len += len < 700 || len > text.len - 20 ? 1 : 9973) {
		struct vz_parcel_take t = { .record = PACKAGE };

		must_fail(take(&f, text.data, len, &t, &err), VZ_UNTRUSTED, "");
		ck_assert(!vz_record_has(f.to, PACKAGE));
	}
	teardown(&f);
}
END_TEST

START_TEST(test_other_content)
{
	struct fixture f = setup();
	auto_buf struct vz_buf text = {0};
	struct vz_parcel_take t = { .record = PACKAGE };
	struct vz_err err = {0};

	write_parcel(&f, &text);
	text.data[text.len - 50000] ^= 1;
	must_fail(take(&f, text.data, text.len, &t, &err), VZ_UNTRUSTED, "another content than its name says");
	ck_assert(!vz_object_has(f.to, &f.object) && !vz_record_has(f.to, PACKAGE));
	teardown(&f);
}
END_TEST

/* Malformed ones, each behind the magic line. */
START_TEST(test_malformed)
{
	static const struct { const char *text, *why; } bad[] = {
		{ "end 1\n", "malformed" },              { "end 00\n", "malformed" },
		{ "end 0\n\n", "malformed" },            { "text x 1\nab", "malformed" },
		{ "text x 01\na\nend 1\n", "malformed" },  { "Text x 1\na\nend 1\n", "malformed" },
		{ "text  1\na\nend 1\n", "malformed" },    { "text x\ty 1\na\nend 1\n", "malformed" },
		{ "text x 99999999999999999999\n", "malformed" }, { "text x 18446744073709551615\na\n", "breaks off" },
		{ "object zz 1\na\nend 1\n", "malformed" }, { "", "breaks off" },
	};
	struct fixture f = setup();
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_free char *text = vz_printf("vzpkg-parcel 1\n%s", bad[i].text);
		struct vz_parcel_take t = {0};

		must_fail(take(&f, text, strlen(text), &t, &err), VZ_UNTRUSTED, bad[i].why);
	}
	teardown(&f);
}
END_TEST

UNIT_MAIN("parcel", test_round_trip, test_wanted, test_cut, test_other_content, test_malformed)
