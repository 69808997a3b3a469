/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "link/oci.h"

/* A program that is a line of shell. */
static void program(const char *dir, const char *name, const char *line)
{
	auto_free char *path = vz_printf("%s/%s", dir, name), *text = vz_printf("#!/bin/sh\n%s\n", line);
	struct vz_err err = {0};

	must(vz_write_file(AT_FDCWD, path, text, strlen(text), 0755, &err));
}

START_TEST(test_find)
{
	auto_scratch char *dir = scratch_new();
	const char *dirs[] = { "/nowhere", dir, NULL };
	struct vz_cgroups unified = { .way = VZ_CGROUPS_UNIFIED }, none = {0};
	struct vz_cgroups mixed = { .way = VZ_CGROUPS_HYBRID, .mixed = true };
	auto_oci struct vz_oci o = {0};
	auto_free char *version = NULL, *runc = vz_printf("%s/runc", dir);
	struct vz_err err = {0};

	must_fail(vz_oci_find(dirs, &unified, &o, &err), VZ_FAILED, "runc: is not installed; crun: is not installed");
	ck_assert_str_eq(err.hint, "install the package 'runc' or 'crun'");
	program(dir, "crun", "echo crun version 1.8; echo more");
	must_fail(vz_oci_find(dirs, &mixed, &o, &err), VZ_FAILED, "crun: cannot work with hybrid control groups");
	must_fail(vz_oci_find(dirs, &unified, &o, &err), VZ_FAILED, "'catatonit' is not installed");
	program(dir, "catatonit", "");
	must_fail(vz_oci_find(dirs, &none, &o, &err), VZ_FAILED, "without control groups");
	must(vz_oci_find(dirs, &unified, &o, &err));
	ck_assert_str_eq(o.name, "crun");
	ck_assert_str_eq(o.why, "runc: is not installed");
	must(vz_oci_version(&o, &version, &err));
	ck_assert_str_eq(version, "crun version 1.8");
	vz_oci_release(&o);
	program(dir, "runc", "exit 1");
	must(vz_oci_find(dirs, &mixed, &o, &err));
	ck_assert_str_eq(o.path, runc);
	ck_assert_ptr_nonnull(strstr(o.why, "crun: cannot work with hybrid"));
	must_fail(vz_oci_version(&o, &version, &err), VZ_FAILED, "runc --version' failed");
	vz_oci_release(&o);
	must(vz_oci_find(dirs, &unified, &o, &err));
	ck_assert_str_eq(o.why, "crun: is not needed");
}
END_TEST

START_TEST(test_run)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *path = vz_printf("%s/runc", dir), *seen = vz_printf("%s/seen", dir), *want = NULL;
	const char *const options[] = { "--bundle", "b c", NULL };
	struct vz_oci_call c = {
		.path = path, .dir = dir, .verb = "create", .options = options, .id = "web", .stdin_fd = -1, .output_fd = -1,
	};
	auto_buf struct vz_buf got = {0};
	auto_fd int out = -1;
	struct vz_err err = {0};

	program(dir, "runc", "printf '%s|' \"$@\" >${0%/*}/seen; echo said");
	must(out = vz_open(AT_FDCWD, seen, O_WRONLY | O_CREAT, 0600, &err));
	must(vz_oci_run(&c, &err));
	must(vz_read_file(AT_FDCWD, seen, 4096, &got, &err));
	want = vz_printf("--root|%s/state|--log|%s/log|--log-format|json|create|--bundle|b c|web|", dir, dir);
	ck_assert_str_eq(got.data, want);

	/* what it is given as output is what it writes to */
	program(dir, "runc", "echo said; echo too >&2");
	ck_assert_int_eq(ftruncate(out, 0), 0);
	c.output_fd = out;
	must(vz_oci_run(&c, &err));
	vz_buf_clear(&got);
	must(vz_read_file(AT_FDCWD, seen, 4096, &got, &err));
	ck_assert_str_eq(got.data, "said\ntoo\n");

	program(dir, "runc", "echo '{\"level\":\"error\",\"msg\":\"it is full\"}' >$4; exit 1");
	must_fail(vz_oci_run(&c, &err), VZ_FAILED, "runc create' failed: it is full");
	program(dir, "runc", "exit 1");
	must_fail(vz_oci_run(&c, &err), VZ_FAILED, "does not say why");
}
END_TEST

START_TEST(test_last_error)
{
	static const struct { const char *log, *want; } cases[] = {
		{ "", NULL }, { "\n\n", NULL }, { "no json\n", NULL }, { "[1]\n", NULL }, { "{\"level\":\"error\"}", NULL },
		{ "{\"level\":\"warning\",\"msg\":\"w\"}\n", NULL }, { "{\"level\":\"error\",\"msg\":5}\n", NULL },
		{ "{\"level\":\"error\",\"msg\":\"a\"}\n{\"level\":\"fatal\",\"msg\":\"b\"}\n{\"level\":\"info\",\"msg\":\"c\"}\n", "b" },
		{ "{\"level\":\"error\",\"msg\":\"a\"}\n{\"level\":\"error\",\"msg\":\"cut", "a" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_free char *got = vz_oci_last_error(cases[i].log, strlen(cases[i].log));

		if (cases[i].want)
			ck_assert_str_eq(got, cases[i].want);
		else
			ck_assert_ptr_null(got);
	}
}
END_TEST

UNIT_MAIN("oci", test_find, test_run, test_last_error)
