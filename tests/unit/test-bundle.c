/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "link/bundle.h"
#include "link/cgroups.h"

static const struct vz_settings no_settings;

static struct vz_bundle bundle(const struct vz_settings *s)
{
	return (struct vz_bundle){
		.rootfs = "/run/vzpkg/1-2/web/root", .hostname = "web", .init = "/usr/bin/catatonit", .machine = "x86_64",
		.cgroup = "/vzpkg/1-2-web", .settings = s, .limits = ~0u,
		.open_files = 524288,
	};
}

/* Is the text what the file of that name has? */
static void check_golden(const char *name, const struct vz_buf *text)
{
	auto_free char *path = vz_printf("%s/tests/fixtures/bundle/%s", getenv("top_srcdir"), name);
	auto_buf struct vz_buf golden = {0};
	struct vz_err err = {0};

	must(vz_read_file(AT_FDCWD, path, 1 << 20, &golden, &err));
	ck_assert_str_eq(text->data, golden.data);
}

START_TEST(test_plain)
{
	struct vz_bundle b = bundle(&no_settings);
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	must(vz_bundle_format(&b, &text, &err));
	check_golden("plain.json", &text);
}
END_TEST

START_TEST(test_full)
{
	auto_settings struct vz_settings s = { .cpus = 1.5, .memory = UINT64_C(512) << 20, .pids = 100, .io_weight = 500 };
	struct vz_bundle b = bundle(&s);
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	vz_texts_add(&s.command, "nginx");
	vz_texts_add(&s.command, "-g");
	vz_texts_add(&s.command, "daemon off; # \"\xc3\xa4\"");
	b.resolv_conf = "/etc/resolv.conf";
	b.machine = "aarch64";
	b.open_files = 4096;
	must(vz_bundle_format(&b, &text, &err));
	check_golden("full.json", &text);
	s.command.v[0][0] = (char)0xff;
	must_fail(vz_bundle_format(&b, &text, &err), VZ_FAILED, "not UTF-8");
}
END_TEST

static json_int_t number(const json_t *j, const char *a, const char *b)
{
	const json_t *v = json_object_get(json_object_get(j, a), b);

	ck_assert_msg(json_is_integer(v), "no %s.%s", a, b);
	return json_integer_value(v);
}

static json_t *limits(const struct vz_bundle *b)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};
	json_t *j;

	must(vz_bundle_limits(b, &text, &err));
	j = json_loads(text.data, 0, NULL);
	ck_assert_ptr_nonnull(j);
	return j;
}

START_TEST(test_limits_lifted)
{
	struct vz_bundle b = bundle(&no_settings);
	json_t *j = limits(&b);

	ck_assert_int_eq(number(j, "cpu", "quota"), -1);
	ck_assert_int_eq(number(j, "memory", "limit"), -1);
	ck_assert_int_eq(number(j, "memory", "swap"), -1);
	ck_assert_int_eq(number(j, "pids", "limit"), -1);
	ck_assert_int_eq(number(j, "blockIO", "weight"), 100);
	json_decref(j);
}
END_TEST

START_TEST(test_limits_of_the_host)
{
	struct vz_settings s = { .cpus = 0.01, .memory = UINT64_C(16) << 20, .pids = 1, .io_weight = 1 };
	struct vz_bundle b = bundle(&s);
	json_t *j;

	b.limits = VZ_LIMIT_CPUS | VZ_LIMIT_MEMORY;
	j = limits(&b);
	ck_assert_uint_eq(json_object_size(j), 2);
	ck_assert_int_eq(number(j, "cpu", "quota"), 1000);
	ck_assert_int_eq(number(j, "memory", "limit"), 16 << 20);
	ck_assert_ptr_null(json_object_get(json_object_get(j, "memory"), "swap"));
	json_decref(j);
}
END_TEST

/* What a runtime makes of a weight on a host of version 2 is, but for its rounding, what was asked for. */
START_TEST(test_weights)
{
	struct vz_settings s = {0};
	struct vz_bundle b = bundle(&s);

	for (unsigned w = 1; w <= 10000; w += w < 20 ? 1 : 333) {
		json_t *j;
		long oci;

		s.io_weight = w;
		b.unified = false;
		j = limits(&b);
		oci = (long)number(j, "blockIO", "weight");
		ck_assert_int_eq(oci, w < 10 ? 10 : w > 1000 ? 1000 : w);
		json_decref(j);
		b.unified = true;
		j = limits(&b);
		oci = (long)number(j, "blockIO", "weight");
		ck_assert(oci >= 10 && oci <= 1000);
		ck_assert_int_lt(labs(1 + (oci - 10) * 9999 / 990 - (long)w), 11);
		json_decref(j);
	}
}
END_TEST

UNIT_MAIN("bundle", test_plain, test_full, test_limits_lifted, test_limits_of_the_host, test_weights)
