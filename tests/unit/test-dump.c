/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/vectors.h"

/* An exact copy on the heap, so that a sanitizer sees a read past its end. */
static struct vz_tree *read_text(const char *text, size_t len, struct vz_err *err)
{
	char *copy = malloc(len ? len : 1);
	struct vz_tree *t;

	memcpy(copy, text, len);
	t = vz_dump_read(copy, len, err);
	free(copy);
	return t;
}

static void check_refused(const char *text, const char *why)
{
	struct vz_err err;
	struct vz_tree *t = read_text(text, strlen(text), &err);

	ck_assert_msg(!t, "accepted: %s", text);
	ck_assert_msg(strstr(err.msg, why) != NULL, "%s", err.msg);
	ck_assert_int_eq(err.code, VZ_FAILED);
}

static void check_same(const char *text, const char *want)
{
	auto_buf struct vz_buf out = {0};
	auto_tree struct vz_tree *t = NULL;
	struct vz_err err;

	t = read_text(text, strlen(text), &err);
	ck_assert_msg(t != NULL, "%s", err.msg);
	vz_dump_write(t, &out);
	ck_assert_str_eq(out.data, want);
}

/* Image and digest do not depend on the text alone, so canonical text must read back as itself. */
static void check_round_trip(const struct vector *v)
{
	auto_tree struct vz_tree *t = vector_tree(v->file), *u = NULL;
	auto_buf struct vz_buf a = {0}, b = {0};
	struct vz_err err;

	vz_dump_write(t, &a);
	u = read_text(a.data, a.len, &err);
	ck_assert_msg(u != NULL, "%s: %s", v->file, err.msg);
	vz_dump_write(u, &b);
	ck_assert_msg(a.len == b.len && memcmp(a.data, b.data, a.len) == 0, "%s", v->file);
}

START_TEST(test_round_trip)
{
	ck_assert_uint_ge(vectors_each(check_round_trip), 39);
}
END_TEST

START_TEST(test_invalid)
{
	auto_buf struct vz_buf table = {0};
	unsigned n = 0;

	vector_load("invalid.tsv", &table);
	for (char *line = strchr(table.data, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		auto_buf struct vz_buf text = {0};
		struct vz_err err;
		char file[64];

		ck_assert_int_eq(sscanf(line + 1, "%63s", file), 1);
		vector_load(file, &text);
		ck_assert_msg(!read_text(text.data ? text.data : "", text.len, &err), "%s", file);
		ck_assert_msg(strncmp(err.msg, "line ", 5) == 0, "%s: %s", file, err.msg);
		n++;
	}
	ck_assert_uint_eq(n, 24);
}
END_TEST

#define ROOT "/ 0 40755 2 0 0 0 0.0 - - -\n"
#define ROOT_OUT "/ 4096 40755 2 0 0 0 0.0 - - -\n"

/* what the reference takes by accident */
START_TEST(test_refused)
{
	check_refused(ROOT "/a 0 100644 1 5 x 0 0.0 - - -\n", "line 2: GID");
	check_refused(ROOT "/a 9 100644 1 0 0 0 0.0 - - abc\n", "line 2: DIGEST");
	check_refused(ROOT "/a 9 100644 1 0 0 0 0.0 - - \n", "line 2: DIGEST");
	check_refused(ROOT "/a 9 100644 1 0 0 0 0.0 - - "
		      "00000000000000000000000000000000000000000000000000000000000000000\n", "line 2: DIGEST");
	check_refused(ROOT "/a\\x00b 0 100644 1 0 0 0 0.0 - - -\n", "line 2: NUL byte in PATH");
	check_refused(ROOT "/a 0 120777 1 0 0 0 0.0 x\\x00 - -\n", "line 2: NUL byte in PAYLOAD");
	check_refused(ROOT "/a 0 100644 1 0 0 0 0.0 - - - user.\\x00=1\n", "line 2: NUL byte in the name");
	check_refused(ROOT "/d 0 40755 2 0 0 0 0.0 - - -\n/a 0 @100644 1 0 0 0 0.0 /d\n", "line 3: hard link to the directory");
	check_refused(ROOT "/a 0 @100644 1 0 0 0 0.0 /\n", "line 2: hard link to the directory");
	check_refused(ROOT "/a 0 @40755 1 0 0 0 0.0 /b\n", "line 2: hard link with the MODE");
	check_refused(ROOT "/a 0 @100644 1 0 0 0 0.0 a\n", "line 2: hard links lead in a circle");
	check_refused(ROOT "/a  @100644      b\n/b  @100644      c\n/c  @100644      b\n", "line 2: hard links lead in a circle");
	check_refused(ROOT "/a 18446744073709551615 100644 1 0 0 0 0.0 - - -\n", "line 2: SIZE");
	check_refused(ROOT "/a/ 0 100644 1 0 0 0 0.0 - - -\n", "line 2: ");
	check_refused(ROOT "/./a 0 100644 1 0 0 0 0.0 - - -\n", "line 2: ");
	check_refused(ROOT "\n", "line 2: PATH is empty");
	check_refused(ROOT "/a 0 100644 1 0 0 0 0.0 - - - x=1  y=2\n", "line 2: ");
	check_refused(ROOT "/a 0 100644 1 0 0 0 0.0 - - - =1\n", "line 2: ");
	check_refused(ROOT ROOT, "line 2: the root");
}
END_TEST

START_TEST(test_nul)
{
	static const char text[] = ROOT "/a 0 100644 1 0 0 0 0.0 - \0 -\n";
	struct vz_err err;

	ck_assert_ptr_null(read_text(text, sizeof text - 1, &err));
	ck_assert_str_eq(err.msg, "line 2: NUL byte");
}
END_TEST

START_TEST(test_canonical)
{
	check_same(ROOT "/b 1 100644 1 0 0 0 -1.5 - \\x2d - z.b==\\x01 a.b= \n/a 0 @100600 9 9 9 9 9.9 /b - -",
		   ROOT_OUT "/a 1 100644 1 0 0 0 -1.5 - \\x2d - a.b= z.b=\\x3d\\x01\n"
		   "/b 1 @100644 1 0 0 0 -1.5 /a \\x2d - a.b= z.b=\\x3d\\x01\n");
	check_same(ROOT "/\\x20\\\\\\n\xff= 3 120777 1 0 0 0 0.0 \\x2d - -\n",
		   ROOT_OUT "/\\x20\\\\\\n\\xff= 1 120777 1 0 0 0 0.0 \\x2d - -\n");
	check_same(ROOT "/f 0 100644 1 -1 0 7 0.0 x - y\n/g 5 20600 1 0 0 4294967303 0.0 x - y\n",
		   ROOT_OUT "/f 0 100644 1 4294967295 0 0 0.0 - - -\n/g 5 20600 1 0 0 7 0.0 - - -\n");
}
END_TEST

/* every prefix and every changed byte of a text with all kinds of lines is read or refused */
START_TEST(test_damaged)
{
	static const char text[] = ROOT "/a 1 100644 1 0 0 0 0.0 - \\x41 - user.a=\\x00 b=c\n/s 1 120777 1 0 0 0 1.2 \\x61 - -\n"
		"/d 0 40755 2 0 0 0 0.0 - - -\n/d/h 0 @100644 1 0 0 0 0.0 /d/i - -\n/d/i 0 @100644 1 0 0 0 0.0 /a - -\n"
		"/o 9 100644 1 0 0 0 0.0 00/1 - 1f1e0be0bd2f4b1c7e4d1a4ec1a1c1b6f5b9a0a3a2c4d5e6f708192a3b4c5d6e\n";
	char copy[sizeof text];
	struct vz_err err;

	for (size_t i = 0; i < sizeof text - 1; i++)
		vz_tree_free(read_text(text, i, &err));
	for (size_t i = 0; i < sizeof text - 1; i++)
		for (int c = 0; c < 256; c++) {
			memcpy(copy, text, sizeof text);
			copy[i] = (char)c;
			vz_tree_free(read_text(copy, sizeof text - 1, &err));
		}
}
END_TEST

/* order of lines does not matter as long as parents come first */
START_TEST(test_order)
{
	check_same(ROOT "/z 0 40755 2 0 0 0 0.0\n/z/b 0 100644 1 0 0 0 0.0\n/a 0 40755 2 0 0 0 0.0\n/z/a 0 100644 1 0 0 0 0.0\n",
		   "/ 4096 40755 4 0 0 0 0.0 - - -\n/a 27 40755 2 0 0 0 0.0 - - -\n/z 53 40755 2 0 0 0 0.0 - - -\n"
		   "/z/a 0 100644 1 0 0 0 0.0 - - -\n/z/b 0 100644 1 0 0 0 0.0 - - -\n");
}
END_TEST

UNIT_MAIN("dump", test_round_trip, test_invalid, test_refused, test_nul, test_canonical, test_damaged, test_order)
