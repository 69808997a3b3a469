/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/buf.h"
#include "resolver/modules.h"

static struct vz_err err;

static const char sample[] =
	"---\n"
	"document: modulemd\n"
	"version: 2\n"
	"data:\n"
	"  name: nginx\n"
	"  stream: \"1.24\"\n"
	"  version: 8060020\n"
	"  context: 9edba152\n"
	"  summary: name and stream\n"
	"  description: >-\n"
	"    A text with\n"
	"    name: other\n"
	"  dependencies:\n"
	"  - requires:\n"
	"      platform: [el9]\n"
	"  profiles:\n"
	"    common:\n"
	"      rpms:\n"
	"      - nginx\n"
	"  api:\n"
	"    rpms: [nginx]\n"
	"  components:\n"
	"    rpms:\n"
	"      nginx: {rationale: x, name: y}\n"
	"  artifacts:\n"
	"    rpms:\n"
	"    - nginx-1:1.24.0-1.module.x86_64\n"
	"    - nginx-filesystem-1:1.24.0-1.module.noarch\n"
	"...\n"
	"---\n"
	"document: modulemd\n"
	"version: 2\n"
	"data:\n"
	"  stream: 1.26\n"
	"  artifacts:\n"
	"    rpms: [nginx-1:1.26.0-1.module.x86_64, nginx-filesystem-1:1.24.0-1.module.noarch]\n"
	"  name: nginx\n"
	"...\n"
	"---\n"
	"document: modulemd-defaults\n"
	"version: 1\n"
	"data:\n"
	"  module: nginx\n"
	"  stream: '1.24'\n"
	"  profiles:\n"
	"    1.24: [common]\n"
	"...\n"
	"---\n"
	"document: modulemd-translations\n"
	"version: 1\n"
	"data:\n"
	"  module: php\n"
	"  stream: 8\n"
	"  name: php\n"
	"  artifacts: {rpms: [php-0:8-1.x86_64]}\n"
	"...\n";

START_TEST(test_reads)
{
	auto_modules struct vz_modules *m = vz_modules_read(sample, strlen(sample), &err);
	const struct vz_module_streams *s;

	ck_assert_msg(m != NULL, "%s", err.msg);
	s = vz_modules_of(m, "nginx-1:1.24.0-1.module.x86_64");
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->n, 1);
	ck_assert_str_eq(s->names[0], "nginx:1.24");
	s = vz_modules_of(m, "nginx-filesystem-1:1.24.0-1.module.noarch");
	ck_assert_uint_eq(s->n, 2);
	ck_assert_str_eq(s->names[1], "nginx:1.26");
	ck_assert_ptr_null(vz_modules_of(m, "nginx"));
	ck_assert_ptr_null(vz_modules_of(m, "php-0:8-1.x86_64"));
	ck_assert(vz_modules_is_default(m, "nginx:1.24"));
	ck_assert(!vz_modules_is_default(m, "nginx:1.26"));
	ck_assert(!vz_modules_is_default(m, "php:8"));
}
END_TEST

START_TEST(test_refuses)
{
	static const struct { const char *text, *why; } bad[] = {
		{ "a: &x [1]\nb: *x\n", "alias" },
		{ "a: [1\n", "line 2 of the YAML" },
		{ "{[a]: b}", "key that is no word" },
		{ "\x01", "YAML" },
		{ "a: \xff", "YAML" },
	};
	auto_buf struct vz_buf deep = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(!vz_modules_read(bad[i].text, strlen(bad[i].text), &err), "%s", bad[i].text);
		ck_assert_int_eq(err.code, VZ_UNTRUSTED);
		ck_assert_msg(strstr(err.msg, bad[i].why), "%s", err.msg);
	}
	for (int i = 0; i < 40; i++)
		vz_buf_putc(&deep, '[');
	ck_assert_ptr_null(vz_modules_read(deep.data, deep.len, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "deeper than 32"));
}
END_TEST

START_TEST(test_empty)
{
	auto_modules struct vz_modules *m = vz_modules_read("", 0, &err);

	ck_assert_msg(m != NULL, "%s", err.msg);
	ck_assert_ptr_null(vz_modules_of(m, "x"));
}
END_TEST

UNIT_MAIN("modules", test_reads, test_refuses, test_empty)
