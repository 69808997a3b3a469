/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"
#include "store/object.h"
#include "store/tree.h"
#include "tests/unit/scratch.h"

static struct vz_store *new_store(const char *dir)
{
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

/* Bytes that differ from each other for each `seed`. */
static char *some_bytes(size_t len, unsigned seed)
{
	char *p = vz_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		p[i] = (char)(i * 31 + (i >> 8) * 7 + seed);
	return p;
}

static void check_content(struct vz_store *s, const struct vz_digest *d, const char *want, size_t len)
{
	struct vz_err err = {0};
	auto_buf struct vz_buf got = {0};
	auto_fd int fd = vz_object_open(s, d, &err);
	struct vz_digest again;

	must(fd);
	must(vz_read_fd(fd, len, &got, &err));
	ck_assert_uint_eq(got.len, len);
	ck_assert_mem_eq(got.data, want, len);
	vz_verity_bytes(want, len, &again);
	ck_assert_int_eq(vz_digest_cmp(d, &again), 0);
}

START_TEST(test_put)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_free char *bytes = some_bytes(5000, 1);
	struct vz_digest d, absent = {0};
	char path[VZ_HEX_LEN + 2];
	struct vz_err err = {0};
	bool fresh = false;
	struct stat st;

	must(vz_object_put(s, bytes, 5000, &d, &fresh, &err));
	ck_assert(fresh && vz_object_has(s, &d) && !vz_object_has(s, &absent));
	check_content(s, &d, bytes, 5000);
	vz_object_path(&d, path);
	ck_assert_uint_eq(strlen(path), VZ_HEX_LEN + 1);
	ck_assert_int_eq(fstatat(vz_store_objects_fd(s), path, &st, 0), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0644);
	must(vz_object_put(s, bytes, 5000, &d, &fresh, &err));
	ck_assert(!fresh);
	must_fail(vz_object_open(s, &absent, &err), VZ_DAMAGED, "object");
}
END_TEST

START_TEST(test_writer)
{
	static const size_t lengths[] = { 0, 1, VZ_INLINE_MAX, VZ_INLINE_MAX + 1, 4096, 4097, (1 << 20) - 1, 1 << 20,
					  (1 << 20) + 1, 3 << 20 };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_object_writer struct vz_object_writer *w = vz_object_writer_new(s);
	auto_free char *bytes = some_bytes(3 << 20, 2);
	struct vz_err err = {0};
	uint64_t total = 0;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
			const void *inlined = bytes;
			struct vz_digest d;
			uint64_t size = 99;

			for (size_t at = 0, n; at < lengths[i]; at += n) {
				n = lengths[i] - at < 300001 ? lengths[i] - at : 300001;
				must(vz_object_writer_add(w, bytes + at, n, &err));
			}
			must(vz_object_writer_end(w, &d, &size, &inlined, &err));
			ck_assert_uint_eq(size, lengths[i]);
			if (size <= VZ_INLINE_MAX) {
				ck_assert_ptr_nonnull(inlined);
				ck_assert_mem_eq(inlined, bytes, size);
				ck_assert(!vz_object_has(s, &d));
				continue;
			}
			ck_assert_ptr_null(inlined);
			check_content(s, &d, bytes, size);
			total += round ? 0 : size;
			ck_assert_uint_eq(vz_object_writer_new_bytes(w), total);
		}
	}
}
END_TEST

START_TEST(test_put_fd)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_free char *bytes = some_bytes(2 << 20, 3), *path = vz_printf("%s/trash/f", dir);
	struct vz_err err = {0};
	struct vz_digest d;
	uint64_t size;
	bool fresh;
	auto_fd int fd = -1;

	must(vz_write_file(AT_FDCWD, path, bytes, 2 << 20, 0600, &err));
	must(fd = vz_open(AT_FDCWD, path, O_RDONLY, 0, &err));
	must(vz_object_put_fd(s, fd, &d, &size, &fresh, &err));
	ck_assert(fresh && size == 2 << 20);
	check_content(s, &d, bytes, size);
	lseek(fd, (2 << 20) - 5, SEEK_SET);
	must(vz_object_put_fd(s, fd, &d, &size, NULL, &err));
	ck_assert_uint_eq(size, 5);
	check_content(s, &d, bytes + (2 << 20) - 5, size);
	must_fail(vz_object_put_fd(s, 9999, &d, &size, &fresh, &err), VZ_FAILED, "read");
}
END_TEST

struct crowd {
	struct vz_store *store;
	unsigned created;
};

/* Each job puts the same hundred contents: just one of all may be told "new" for each. */
static int put_hundred(void *arg, struct vz_err *err)
{
	struct crowd *c = arg;

	for (unsigned i = 0; i < 100; i++) {
		auto_free char *bytes = some_bytes(1000, i);
		struct vz_digest d;
		bool fresh;

		if (vz_object_put(c->store, bytes, 1000, &d, &fresh, err) < 0)
			return -1;
		__atomic_add_fetch(&c->created, fresh, __ATOMIC_RELAXED);
	}
	return 0;
}

/* Zeros at either end and in between, of less than a block and of many. */
START_TEST(test_holes)
{
	static const struct { size_t size, at, len; } cases[] = {
		{ 5000, 4900, 100 }, { 8192, 8191, 1 }, { 1 << 19, 3000, 9000 }, { 1 << 19, 0, 1 }, { 1 << 19, (1 << 19) - 1, 1 },
		{ 5 << 20, 1 << 20, 1 }, { (5 << 20) + 77, 0, 10 }, { (5 << 20) + 77, (5 << 20) + 70, 7 }, { 3 << 20, 0, 0 },
	};
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_object_writer struct vz_object_writer *w = vz_object_writer_new(s);
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_free char *bytes = vz_alloc(cases[i].size), *some = some_bytes(cases[i].len, (unsigned)i + 3);
		struct vz_digest d, again;
		const void *inlined;
		uint64_t size;
		struct stat st;

		memset(bytes, 0, cases[i].size);
		memcpy(bytes + cases[i].at, some, cases[i].len);
		must(vz_object_writer_add(w, bytes, cases[i].size, &err));
		must(vz_object_writer_end(w, &d, &size, &inlined, &err));
		ck_assert(!inlined && size == cases[i].size);
		check_content(s, &d, bytes, cases[i].size);
		must(vz_object_put(s, bytes, cases[i].size, &again, NULL, &err));
		ck_assert_int_eq(vz_digest_cmp(&d, &again), 0);
		{
			auto_fd int fd = vz_object_open(s, &d, &err);

			ck_assert_int_eq(fstat(fd, &st), 0);
			ck_assert_int_eq((int64_t)st.st_size, (int64_t)cases[i].size);
			ck_assert_msg((size_t)st.st_blocks * 512 <= cases[i].len + 3 * 4096, "case %zu takes %lld blocks", i,
				      (long long)st.st_blocks);
		}
	}
}
END_TEST

START_TEST(test_crowd)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	struct crowd c = { .store = s };
	struct vz_pool *pool = vz_pool_new(4);
	struct vz_err err = {0};

	for (int i = 0; i < 8; i++)
		vz_pool_add(pool, put_hundred, &c);
	must(vz_pool_finish(pool, &err));
	vz_pool_free(pool);
	ck_assert_uint_eq(c.created, 100);
}
END_TEST

UNIT_MAIN("object", test_put, test_writer, test_put_fd, test_holes, test_crowd)
