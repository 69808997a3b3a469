/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "resolver/index_deb.h"

#include <sys/mman.h>

#include "base/fd.h"
#include "resolver/universe.h"

#define FILE_FIELDS "Filename: pool/x.deb\nSize: 10\nSHA256: " \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"

static struct vz_err err;

/* How many packages of a text are taken, and how many are left out as malformed. */
static void index_text(const char *text, size_t piece, size_t *ret_good, size_t *ret_bad)
{
	auto_index_deb struct vz_index_deb *x = vz_index_deb_new("amd64");
	auto_universe struct vz_universe *u = vz_universe_new("deb", "amd64");
	auto_fd int fd = memfd_create("index", MFD_CLOEXEC);
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += piece)
		must(vz_index_deb_add(x, text + at, len - at < piece ? len - at : piece, &err));
	must(vz_index_deb_end(x, fd, ret_bad, &err));
	lseek(fd, 0, SEEK_SET);
	must(vz_universe_add(u, 0, 50, fd, &err));
	*ret_good = (size_t)vz_universe_count(u) - 2;    /* two numbers are libsolv's */
}

START_TEST(test_pieces)
{
	static const char text[] = "\n\nPackage: a\nVersion: 1\nArchitecture: all\nDescription: x\n .\n y\n" FILE_FIELDS
				   "\n\n\nPackage: b\nVersion: 1:2~3-4\nArchitecture: amd64\nDepends: a,\n c | d (>= 1),\n" FILE_FIELDS;
	size_t good, bad;

	for (size_t piece = 1; piece < sizeof text; piece += 13) {
		index_text(text, piece, &good, &bad);
		ck_assert_uint_eq(good, 2);
		ck_assert_uint_eq(bad, 0);
	}
	index_text("", 1, &good, &bad);
	ck_assert_uint_eq(good, 0);
}
END_TEST

START_TEST(test_malformed)
{
	static const char *const stanzas[] = {
		"Version: 1\nArchitecture: all\n" FILE_FIELDS,
		"Package: a\nArchitecture: all\n" FILE_FIELDS,
		"Package: a\nVersion: 1\n" FILE_FIELDS,
		"Package: a b\nVersion: 1\nArchitecture: all\n" FILE_FIELDS,
		"Package: -a\nVersion: 1\nArchitecture: all\n" FILE_FIELDS,
		"Package: a/b\nVersion: 1\nArchitecture: all\n" FILE_FIELDS,
		"Package: a\nVersion: 1 2\nArchitecture: all\n" FILE_FIELDS,
		"Package: a\nVersion: 1\nArchitecture: all\nDepends: b |\n" FILE_FIELDS,
		"Package: a\nVersion: 1\nArchitecture: all\nDepends: b (>= 1\n" FILE_FIELDS,
		"Package: a\nVersion: 1\nArchitecture: all\nDepends: b (1)\n" FILE_FIELDS,
		"Package: a\nVersion: 1\nArchitecture: all\nDepends: b (>=)\n" FILE_FIELDS,
		"Package: a\nVersion: 1\nArchitecture: all\nConflicts: b c\n" FILE_FIELDS,
		"Package: a\nVersion: 1\nArchitecture: all\nPre-Depends: b:\n" FILE_FIELDS,
		"Package: a\nVersion: 1\nArchitecture: all\nProvides: (= 1)\n" FILE_FIELDS,
		"Package: a\nVersion: 1\nArchitecture: all\nSize: 1\nSHA256: 00\nFilename: x\n",
		"Package: a\nVersion: 1\nArchitecture: all\n" FILE_FIELDS "Filename: ../x.deb\n",
		"Package: a\nVersion: 1\nArchitecture: all\n" FILE_FIELDS "Filename: http://x/y.deb\n",
		"Package: a\nVersion: 1\nArchitecture: all\n" FILE_FIELDS "Size: -1\n",
		"Package: a\nVersion: 1\nArchitecture: all\n" FILE_FIELDS "Size: 1234567890123456\n",
	};

	for (size_t i = 0; i < sizeof stanzas / sizeof *stanzas; i++) {
		size_t good, bad;

		index_text(stanzas[i], 4096, &good, &bad);
		ck_assert_msg(good == 0 && bad == 1, "stanza %zu: %zu taken, %zu malformed", i, good, bad);
	}
}
END_TEST

START_TEST(test_no_field)
{
	auto_index_deb struct vz_index_deb *x = vz_index_deb_new("amd64"), *y = vz_index_deb_new("amd64");
	static const char second[] = "Package: a\n\nnothing\n\n", first[] = " Package: a\n\n";

	must_fail(vz_index_deb_add(x, second, strlen(second), &err), VZ_UNTRUSTED, "line 3 of the index is not a field");
	must_fail(vz_index_deb_add(y, first, strlen(first), &err), VZ_UNTRUSTED, "line 1 of the index is not a field");
}
END_TEST

START_TEST(test_endless_stanza)
{
	auto_index_deb struct vz_index_deb *x = vz_index_deb_new("amd64");
	auto_buf struct vz_buf b = {0};
	int failed = 0;

	for (int i = 0; i < 1000; i++)
		vz_buf_printf(&b, "X-%0100d: x\n", i);
	for (int i = 0; i < 100 && !failed; i++)
		failed = vz_index_deb_add(x, b.data, b.len, &err);
	must_fail(failed, VZ_UNTRUSTED, "a stanza of the index is larger");
}
END_TEST

UNIT_MAIN("index_deb", test_pieces, test_malformed, test_no_field, test_endless_stanza)
