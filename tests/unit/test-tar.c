/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "store/tar.h"
#include "tests/unit/archive.h"

struct source {
	const char *at;
	size_t left;
};

static ptrdiff_t read_source(void *ctx, void *buf, size_t len, struct vz_err *err)
{
	struct source *s = ctx;
	size_t n = s->left < len ? s->left : len;

	if (s->left == SIZE_MAX)
		return vz_err_set(err, VZ_DAMAGED, "source fails");
	if (n)
		memcpy(buf, s->at, n);
	s->at += n;
	s->left -= n;
	return (ptrdiff_t)n;
}

/* Reads all into text, one line an entry. `skip`: leaves the data alone. */
static int print_tar(const struct vz_buf *tar, bool skip, struct vz_buf *ret, struct vz_err *err)
{
	struct source s = { tar->data, tar->len };
	auto_tar struct vz_tar *t = vz_tar_new(read_source, &s);
	struct vz_tar_entry e;
	int r;

	while ((r = vz_tar_next(t, &e, err)) > 0) {
		const void *bytes;
		ptrdiff_t n;

		vz_buf_printf(ret, "%o %u:%u %llu @%lld %s%s%s%s ", e.mode, e.uid, e.gid, (unsigned long long)e.size,
			      (long long)e.mtime, e.name, e.link ? " -> " : "", e.link ? e.link : "",
			      e.hard_link ? " hard" : "");
		while (!skip && (n = vz_tar_data(t, &bytes, err)) != 0) {
			if (n < 0)
				return -1;
			vz_buf_add(ret, bytes, (size_t)n);
		}
		vz_buf_putc(ret, '\n');
	}
	return r;
}

START_TEST(test_good)
{
	static const struct item items[] = {
		{ .type = '5', .name = "./" },
		{ .name = "./a", .data = "hello", .uid = 10, .gid = 20, .mode = 04755 },
		{ .type = '1', .name = "./b", .link = "./a" },
		{ .type = '2', .name = "./c", .link = "a", .mode = 0777 },
		{ .name = "old/" },
		{ .name = "n", .prefix = "pre/fix" },
		{ .type = 'L', .name = "././@LongLink", .data = "long/name" },
		{ .type = 'K', .name = "././@LongLink", .data = "long/target" },
		{ .type = '2', .name = "long", .link = "lo" },
		{ .type = '6', .name = "fifo", .mtime = "\x80" },
		{ .type = '3', .name = "null", .major = 1, .minor = 3, .mtime = "17777777777" },
		{ .name = "neg", .mtime = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" },
	};
	static const char want[] = "40755 0:0 0 @64 ./ \n"
				   "104755 10:20 5 @64 ./a hello\n"
				   "100644 0:0 0 @64 ./b -> ./a hard \n"
				   "120777 0:0 0 @64 ./c -> a \n"
				   "40644 0:0 0 @64 old/ \n"
				   "100644 0:0 0 @64 pre/fix/n \n"
				   "120644 0:0 0 @64 long/name -> long/target \n"
				   "10644 0:0 0 @0 fifo \n"
				   "20644 0:0 0 @2147483647 null \n"
				   "100644 0:0 0 @-1 neg \n";
	auto_buf struct vz_buf tar = {0}, got = {0};
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		tar_add(&tar, &items[i]);
	tar_end(&tar);
	must(print_tar(&tar, false, &got, &err));
	ck_assert_str_eq(got.data, want);
	vz_buf_clear(&got);
	must(print_tar(&tar, true, &got, &err));
	vz_buf_zero(&tar, 10240 * 30 + 100);
	must(print_tar(&tar, true, &got, &err));
}
END_TEST

/* Longer than any buffer inside, so that headers and data fall on all borders of it. */
START_TEST(test_large)
{
	auto_buf struct vz_buf tar = {0}, got = {0}, data = {0};
	struct vz_err err = {0};

	for (size_t len = 100000; len < 160000; len += 997) {
		vz_buf_clear(&data);
		while (data.len < len)
			vz_buf_putc(&data, (char)('a' + data.len % 26));
		tar_add(&tar, &(struct item){ .name = "x", .data = data.data });
	}
	tar_end(&tar);
	must(print_tar(&tar, false, &got, &err));
	ck_assert_uint_gt(got.len, 61 * 100000);
	vz_buf_clear(&got);
	must(print_tar(&tar, true, &got, &err));
	ck_assert_uint_lt(got.len, 61 * 60);
}
END_TEST

START_TEST(test_bad)
{
	static const struct {
		struct item item[2];
		const char *text;
	} cases[] = {
		{ { { .name = "x", .spoil = 1 } }, "checksum" },
		{ { { .type = 'x', .name = "pax", .data = "12 path=evil\n" } }, "unknown type 0x78" },
		{ { { .type = 'g', .name = "pax", .data = "12 path=evil\n" } }, "unknown type 0x67" },
		{ { { .type = 'S', .name = "sparse" } }, "unknown type 0x53" },
		{ { { .type = '7', .name = "contiguous" } }, "unknown type 0x37" },
		{ { { .name = "x", .size = "0000000001x" } }, "bad number" },
		{ { { .name = "x", .size = "99999999999" } }, "bad number" },
		{ { { .name = "x", .size = "-0000000001" } }, "bad number" },
		{ { { .name = "x", .size = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" } }, "bad number" },
		{ { { .name = "x", .size = "\x80\x01\x01\x01\x7f\xff\xff\xff\xff\xff\xff\xff" } }, "bad number" },
		{ { { .name = "x", .size = "77777777777" } }, "breaks off in the data" },
		{ { { .type = '2', .name = "x", .link = "y", .size = "00000001000" } }, "has a size and is not a file" },
		{ { { .type = '1', .name = "x", .link = "y", .size = "00000001000" } }, "has a size and is not a file" },
		{ { { .type = '5', .name = "x", .data = "abc" } }, "has a size and is not a file" },
		{ { { .type = 'L', .name = "x", .data = "abc" } }, "a long name names nothing" },
		{ { { .type = 'L', .name = "x", .size = "00000020000", .data = "abc" } }, "longer than 4096" },
		{ { { .type = 'L', .name = "x", .size = "00000000000" } }, "bad number" },
		{ { { .type = 'L', .name = "x", .size = "00000001000", .data = "ab" }, { .name = "y" } }, "NUL byte" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_buf struct vz_buf tar = {0}, got = {0};
		struct vz_err err = {0};

		for (int n = 0; n < 2 && cases[i].item[n].name; n++)
			tar_add(&tar, &cases[i].item[n]);
		tar_end(&tar);
		must_fail(print_tar(&tar, i % 2, &got, &err), VZ_FAILED, cases[i].text);
	}
}
END_TEST

START_TEST(test_cut)
{
	auto_buf struct vz_buf tar = {0}, got = {0};
	struct vz_err err = {0};
	size_t whole;

	must_fail(print_tar(&tar, false, &got, &err), VZ_FAILED, "without an end mark");
	tar_add(&tar, &(struct item){ .name = "x", .data = "hello" });
	tar_add(&tar, &(struct item){ .name = "y", .data = "hello" });
	whole = tar.len;
	tar_end(&tar);
	for (tar.len = 0; tar.len < whole + 512; tar.len++)
		must_fail(print_tar(&tar, tar.len % 2, &got, &err), VZ_FAILED, "tar: ");
	must(print_tar(&tar, false, &got, &err));
	tar.len = whole + 1024;
	vz_buf_putc(&tar, 1);
	must_fail(print_tar(&tar, false, &got, &err), VZ_FAILED, "something follows");
}
END_TEST

START_TEST(test_source_fails)
{
	struct source s = { NULL, SIZE_MAX };
	auto_tar struct vz_tar *t = vz_tar_new(read_source, &s);
	struct vz_tar_entry e;
	struct vz_err err = {0};

	must_fail(vz_tar_next(t, &e, &err), VZ_DAMAGED, "source fails");
}
END_TEST

UNIT_MAIN("tar", test_good, test_large, test_bad, test_cut, test_source_fails)
