/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/record.h"
#include "tests/unit/scratch.h"

#define KEY "1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef"

static struct vz_record *some_record(void)
{
	struct vz_record *r = vz_record_new("deb");
	struct vz_node *n;

	r->size = 1234;
	vz_record_add(r, "control", "Package: x\n", 11);
	vz_record_add(r, "conffile-md5", "", 0);
	vz_record_add(r, "raw", "a\0b\nend x\n", 10);
	r->tree = vz_tree_new();
	n = vz_node_add(r->tree->root, "f", S_IFREG | 0644);
	vz_node_set_content(n, "hello", 5);
	vz_tree_count_links(r->tree);
	return r;
}

START_TEST(test_round_trip)
{
	auto_record struct vz_record *r = some_record(), *again = NULL;
	auto_buf struct vz_buf a = {0}, b = {0};
	struct vz_err err = {0};

	vz_record_format(r, &a);
	again = vz_record_parse(a.data, a.len, &err);
	ck_assert_msg(again != NULL, "%s", err.msg);
	ck_assert_str_eq(again->family, "deb");
	ck_assert_uint_eq(again->size, 1234);
	ck_assert_uint_eq(again->n_members, 3);
	ck_assert_uint_eq(vz_record_member(again, "raw")->len, 10);
	ck_assert_mem_eq(vz_record_member(again, "raw")->data, "a\0b\nend x\n", 11);
	ck_assert_ptr_null(vz_record_member(again, "preinst"));
	ck_assert_uint_eq(vz_tree_find(again->tree, "/f")->size, 5);
	vz_record_format(again, &b);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.data, b.data, a.len);
}
END_TEST

START_TEST(test_store)
{
	auto_scratch char *dir = scratch_new();
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);
	auto_record struct vz_record *r = some_record(), *again = NULL;
	auto_free char *path = vz_printf("%s/packages/" KEY, dir);

	ck_assert(!vz_record_has(s, KEY));
	ck_assert_ptr_null(vz_record_read(s, KEY, &err));
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	must(vz_record_put(s, KEY, r, &err));
	must(vz_record_put(s, KEY, r, &err));
	ck_assert(vz_record_has(s, KEY));
	again = vz_record_read(s, KEY, &err);
	ck_assert_ptr_nonnull(again);
	must_fail(vz_record_put(s, "../../x", r, &err), VZ_FAILED, "'../../x' is not a digest");
	ck_assert(!vz_record_has(s, "../version"));
	ck_assert_ptr_null(vz_record_read(s, "../version", &err));
	must(vz_write_file(AT_FDCWD, path, "half", 4, 0600, &err));
	ck_assert_ptr_null(vz_record_read(s, KEY, &err));
	ck_assert_int_eq(err.code, VZ_DAMAGED);
	ck_assert_ptr_nonnull(strstr(err.msg, KEY));
}
END_TEST

/* Whichever bit flips, and wherever it is cut, it is no record any more. */
START_TEST(test_damage)
{
	auto_record struct vz_record *r = some_record();
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	vz_record_format(r, &text);
	for (size_t i = 0; i < text.len * 8; i++) {
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
		ck_assert_ptr_null(vz_record_parse(text.data, text.len, &err));
		ck_assert_int_eq(err.code, VZ_DAMAGED);
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
	}
	for (size_t len = 0; len < text.len; len++)
		ck_assert_ptr_null(vz_record_parse(text.data, len, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "checksum"));
}
END_TEST

/* Bodies with a right checksum that are still none. */
START_TEST(test_malformed)
{
	static const char *const bodies[] = {
		"",
		"family deb\nsize 1\n",
		"family deb\nsize 1\nmember x 1\na\n",
		"family DEB\nsize 1\ntree 0\n\n",
		"family deb\nsize 01\ntree 0\n\n",
		"family deb\nsize -1\ntree 0\n\n",
		"family deb\nsize 99999999999999999999\ntree 0\n\n",
		"family deb\nsize 1\nmember a/b 1\nx\ntree 0\n\n",
		"family deb\nsize 1\nmember a 1\nx\nmember a 1\nx\ntree 0\n\n",
		"family deb\nsize 1\nmember a 99999\nx\ntree 0\n\n",
		"family deb\nsize 1\nmember a 18446744073709551615\nx\ntree 0\n\n",
		"family deb\nsize 1\ntree 5\nhello\n",
		"family deb\nsize 1\ntree 5\nhello\nmore",
	};

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		auto_buf struct vz_buf text = {0};
		char hex[VZ_HEX_LEN + 1];
		struct vz_digest d;
		struct vz_err err = {0};

		vz_buf_printf(&text, "vzpkg-record 1\n%s", bodies[i]);
		vz_sha256(text.data, text.len, &d);
		vz_digest_hex(&d, hex);
		vz_buf_printf(&text, "end %s\n", hex);
		ck_assert_msg(!vz_record_parse(text.data, text.len, &err), "case %zu", i);
		ck_assert_msg(err.code == VZ_DAMAGED && strstr(err.msg, "malformed"), "case %zu: %s", i, err.msg);
	}
}
END_TEST

UNIT_MAIN("record", test_round_trip, test_store, test_damage, test_malformed)
