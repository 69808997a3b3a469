/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "resolver/release.h"

#include <dirent.h>

#include "base/fd.h"

static struct vz_err err;

static int fixtures(void)
{
	auto_free char *dir = vz_printf("%s/tests/fixtures/release", getenv("top_srcdir"));
	int fd = vz_open_dir(AT_FDCWD, dir, &err);

	must(fd);
	return fd;
}

START_TEST(test_good)
{
	auto_fd int dir = fixtures();
	auto_buf struct vz_buf text = {0};
	auto_release struct vz_release *r = NULL;
	const struct vz_release_file *f;

	must(vz_read_file(dir, "good", 1 << 20, &text, &err));
	r = vz_release_read(text.data, text.len, &err);
	ck_assert_msg(r != NULL, "%s", err.msg);
	ck_assert_str_eq(r->suite, "stable");
	ck_assert_str_eq(r->codename, "bookworm");
	ck_assert_int_eq(r->date, 1783764997);
	ck_assert_int_eq(r->valid_until, 1783764997 + 7 * 24 * 3600);
	ck_assert(r->by_hash);
	ck_assert(!r->all_is_apart);
	f = vz_release_file(r, "main/binary-amd64/Packages.xz");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->size, 8790396);
	ck_assert_str_eq(f->sha256, "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210");
	ck_assert_ptr_null(vz_release_file(r, "main/binary-amd64/Packages.gz"));
}
END_TEST

START_TEST(test_words)
{
	ck_assert(vz_release_has("main contrib", "main"));
	ck_assert(vz_release_has("main updates/contrib", "contrib"));
	ck_assert(!vz_release_has("main contrib", "mai"));
	ck_assert(!vz_release_has("domain", "main"));
	ck_assert(!vz_release_has("", "main"));
}
END_TEST

/* The first line of each file says what must be complained about. */
START_TEST(test_bad)
{
	auto_fd int fd = fixtures();
	DIR *d = fdopendir(dup(fd));
	unsigned seen = 0;

	for (struct dirent *e; (e = readdir(d)); ) {
		auto_buf struct vz_buf text = {0};
		auto_free char *expected = NULL;
		char *nl;

		if (!strstr(e->d_name, ".release"))
			continue;
		must(vz_read_file(fd, e->d_name, 1 << 20, &text, &err));
		nl = strchr(text.data, '\n');
		expected = vz_strndup(text.data + 2, (size_t)(nl - text.data) - 2);
		ck_assert_msg(!vz_release_read(nl + 1, text.len - (size_t)(nl + 1 - text.data), &err), "%s", e->d_name);
		ck_assert_msg(strstr(err.msg, expected), "%s: %s", e->d_name, err.msg);
		ck_assert_int_eq(err.code, VZ_UNTRUSTED);
		seen++;
	}
	closedir(d);
	ck_assert_uint_gt(seen, 20);
}
END_TEST

UNIT_MAIN("release", test_good, test_words, test_bad)
