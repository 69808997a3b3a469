/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "store/tar.h"
#include "store/tar_pax.h"
#include "tests/unit/archive.h"

struct source {
	const char *at;
	size_t left;
};

static ptrdiff_t read_source(void *ctx, void *buf, size_t len, struct vz_err *err)
{
	struct source *s = ctx;
	size_t n = s->left < len ? s->left : len;

	(void)err;
	memcpy(buf, s->at, n);
	s->at += n;
	s->left -= n;
	return (ptrdiff_t)n;
}

/* The archive of up to four items as text. */
static int print_tar(const struct item *items, struct vz_buf *ret, struct vz_err *err)
{
	auto_buf struct vz_buf tar = {0};
	auto_tar struct vz_tar *t = NULL;
	struct source s;
	struct vz_tar_entry e;
	int r;

	for (int i = 0; i < 4 && items[i].name; i++)
		tar_add(&tar, &items[i]);
	tar_end(&tar);
	s = (struct source){ tar.data, tar.len };
	t = vz_tar_new(read_source, &s);
	vz_tar_allow_pax(t);
	while ((r = vz_tar_next(t, &e, err)) > 0) {
		const void *bytes;
		ptrdiff_t n;

		vz_buf_printf(ret, "%o %u:%u %llu @%lld.%09u %s%s%s", e.mode, e.uid, e.gid, (unsigned long long)e.size,
			      (long long)e.mtime, e.mtime_nsec, e.name, e.link ? " -> " : "", e.link ? e.link : "");
		for (size_t i = 0; i < e.n_xattrs; i++)
			vz_buf_printf(ret, " %s=%s/%u", e.xattrs[i].key, e.xattrs[i].value, e.xattrs[i].len);
		if (e.size == 4)
			ck_assert(memcmp(tar.data + e.offset, "data", 4) == 0);
		while ((n = vz_tar_data(t, &bytes, err)) != 0)
			if (n < 0)
				return -1;
		vz_buf_putc(ret, '\n');
	}
	return r;
}

START_TEST(test_good)
{
	static const struct item items[] = {
		{ .type = 'g', .name = "pax_global_header", .data = "19 comment=abcdefg\n" },
		{ .type = 'x', .name = "PaxHeaders",
		  .data = "15 path=long/n\n15 uid=3000000\n18 gid=4000000000\n20 mtime=1700000.25\n26 SCHILY.xattr.user.a=bc\n32 SCHILY.xattr.user.p%25%3D=x=\n24 SCHILY.xattr.user.e=\n14 uname=root\n9 size=4\n" },
		{ .name = "short", .data = "data" },
		{ .name = "plain" },
	};
	static const struct item link[] = {
		{ .type = 'x', .name = "PaxHeaders", .data = "16 linkpath=t/u\n14 mtime=-1.5\n" },
		{ .type = '2', .name = "l", .link = "x" }, { 0 },
	};
	static const char want[] = "100644 3000000:4000000000 4 @1700000.250000000 long/n user.a=bc/2 user.p%==x=/2 user.e=/0\n"
				   "100644 0:0 0 @64.000000000 plain\n"
				   "120644 0:0 0 @-2.500000000 l -> t/u\n";
	auto_buf struct vz_buf got = {0};
	struct vz_err err = {0};

	must(print_tar(items, &got, &err));
	must(print_tar(link, &got, &err));
	ck_assert_str_eq(got.data, want);
}
END_TEST

static const struct {
	struct item items[4];
	const char *text;
} bad[] = {
	{ { { .type = 'x', .name = "P", .data = "9 path=a\n9 path=b\n" }, { .name = "x" } }, "'path': is there twice" },
	{ { { .type = 'x', .name = "P", .data = "8 path=\n" }, { .name = "x" } }, "'path': not a path" },
	{ { { .type = 'x', .name = "P", .data = "4108 path=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" }, { .name = "x" } }, "'path': not a path" },
	{ { { .type = 'x', .name = "P", .data = "9 uid=-1\n" }, { .name = "x" } }, "'uid': not a number" },
	{ { { .type = 'x', .name = "P", .data = "18 uid=4294967295\n" }, { .name = "x" } }, "'uid': out of range" },
	{ { { .type = 'x', .name = "P", .data = "8 size=\n" }, { .name = "x" } }, "'size': out of range" },
	{ { { .type = 'x', .name = "P", .data = "29 size=99999999999999999999\n" }, { .name = "x" } }, "'size': not a number" },
	{ { { .type = 'x', .name = "P", .data = "14 size=10000\n" }, { .name = "x" } }, "breaks off" },
	{ { { .type = 'x', .name = "P", .data = "14 mtime=1.5x\n" }, { .name = "x" } }, "'mtime': not a number" },
	{ { { .type = 'x', .name = "P", .data = "11 mtime=.\n" }, { .name = "x" } }, "'mtime': out of range" },
	{ { { .type = 'x', .name = "P", .data = "19 SCHILY.xattr.=x\n" }, { .name = "x" } }, "too large" },
	{ { { .type = 'x', .name = "P", .data = "20 SCHILY.xattr.a=x\n20 SCHILY.xattr.a=y\n" }, { .name = "x" } }, "is there twice" },
	{ { { .type = 'x', .name = "P", .data = "22 GNU.sparse.major=1\n" }, { .name = "x" } }, "sparse files are not understood" },
	{ { { .type = 'g', .name = "P", .data = "8 uid=5\n" }, { .name = "x" } }, "a global pax header says something" },
	{ { { .type = 'x', .name = "P", .data = "9 path=a\n" }, }, "names nothing" },
	{ { { .type = 'x', .name = "P", .data = "9 path=a\n" }, { .type = 'L', .name = "L", .data = "b" }, { .name = "x" } }, "two long names" },
	{ { { .type = 'x', .name = "P", .data = "9 size=5\n" }, { .type = '5', .name = "d" } }, "has a size and is not a file" },
};

START_TEST(test_bad)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_buf struct vz_buf got = {0};
		struct vz_err err = {0};

		must_fail(print_tar(bad[i].items, &got, &err), VZ_FAILED, bad[i].text);
	}
}
END_TEST

/* Records that no archive could bring, as their bytes are counted. */
START_TEST(test_records)
{
	static const char *const malformed[] = {
		"x", "5", "5 ", "5 a=b", "7 a=b\n", "5 a=b\n", "6 =ab\n", "6 abc\n", "06 a=\n6 a=b", "-6 a=b\n", "99999999999 a=b\n", "0 a=b\n",
	};

	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
		struct vz_pax p = {0};
		struct vz_err err = {0};

		must_fail(vz_pax_read(malformed[i], strlen(malformed[i]), &p, &err), VZ_FAILED, "malformed");
		vz_pax_release(&p);
	}
	{
		struct vz_pax p = {0};
		struct vz_err err = {0};

		must_fail(vz_pax_read("8 a\0b=c\n", 9, &p, &err), VZ_FAILED, "malformed");
		must(vz_pax_read("6 a=b\n", 6, &p, &err));
		ck_assert(vz_pax_is_empty(&p));
		must_fail(vz_pax_read("10 path=\0\n", 10, &p, &err), VZ_FAILED, "not a path");
		vz_pax_release(&p);
	}
}
END_TEST

UNIT_MAIN("tar-pax", test_good, test_bad, test_records)
