/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fd.h"
#include "shim/apt.h"

START_TEST(test_versions)
{
	static const struct { const char *a, *b; int order; } cases[] = {
		{ "1.0", "1.0", 0 },          { "1.0", "1.0-1", -1 },      { "1.0~rc1", "1.0", -1 },
		{ "1:0.1", "2.0", 1 },        { "0:1.0", "1.0", 0 },       { "1.10", "1.9", 1 },
		{ "1.0+b1", "1.0", 1 },       { "1.0-1.1", "1.0-1", 1 },   { "1.0a", "1.0+", -1 },
		{ "5.36.0-7+deb12u3", "5.36.0-7+deb12u2", 1 },             { "1.0-0", "1.0", 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int c = vz_apt_version_cmp(cases[i].a, cases[i].b), r = vz_apt_version_cmp(cases[i].b, cases[i].a);

		ck_assert_msg((c > 0) - (c < 0) == cases[i].order, "%s : %s gives %d", cases[i].a, cases[i].b, c);
		ck_assert_int_eq((r > 0) - (r < 0), -cases[i].order);
	}
}
END_TEST

static int print_field(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err)
{
	if (!strcmp(name, "Stop"))
		return vz_err_set(err, VZ_UNTRUSTED, "told to stop");
	vz_buf_printf(ctx, "%u<%s><%s>", stanza, name, value);
	return 0;
}

static const char *read_text(struct vz_buf *b, const char *text)
{
	struct vz_err err = {0};

	vz_buf_clear(b);
	vz_buf_puts(b, "");
	must(vz_apt_control_read(text, strlen(text), print_field, b, &err));
	return b->data;
}

START_TEST(test_control)
{
	auto_buf struct vz_buf b = {0};
	struct vz_err err = {0};

	ck_assert_str_eq(read_text(&b, "A: 1\nB:2\n"), "0<A><1>0<B><2>");
	ck_assert_str_eq(read_text(&b, "A: 1"), "0<A><1>");
	ck_assert_str_eq(read_text(&b, "\n\nA: x  \n more\n .\n\n\n\nB:\n c\n"), "0<A><x  \n more\n .>1<B><\n c>");
	ck_assert_str_eq(read_text(&b, ""), "");
	ck_assert_str_eq(read_text(&b, "\n"), "");
	must_fail(vz_apt_control_read("A: 1\nStop: 2\n", 13, print_field, &b, &err), VZ_UNTRUSTED, "told to stop");
	must_fail(vz_apt_control_read("A: 1\0\n", 6, print_field, &b, &err), VZ_FAILED, "NUL");
	must_fail(vz_apt_control_read("A: 1\nno field\n", 14, print_field, &b, &err), VZ_FAILED, "control text");
	must_fail(vz_apt_control_read(" x\nA: 1\n", 8, print_field, &b, &err), VZ_FAILED, "control text");
	must_fail(vz_apt_control_read(": 1\n", 4, print_field, &b, &err), VZ_FAILED, "control text");
}
END_TEST

/* The host's apt configuration is replaced by one of our own. */
START_TEST(test_host_uris)
{
	static const char sources[] =
		"deb http://one.example/debian bookworm main\n"
		"deb http://one.example/debian/ bookworm-updates main\n"
		"deb [arch=amd64] https://two.example/mirror/debian/ sid main contrib\n"
		"deb http://one.example/debian-security bookworm-security main\n"
		"deb http://one.example/notdebian bookworm main\n"
		"deb http://one.example/debian/x bookworm main\n"
		"deb cdrom:[x]/debian bookworm main\n"
		"deb-src http://three.example/debian bookworm main\n"
		"deb file:/srv/debian bookworm main\n";
	static const char *const want[] = { "http://one.example/debian", "https://two.example/mirror/debian",
					    "http://three.example/debian", "file:/srv/debian", NULL };
	char dir[] = "/tmp/vz-test-apt-XXXXXX";
	auto_free char *conf = NULL, *text = NULL;
	struct vz_err err = {0};
	char **got;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	fd = vz_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, &err);
	conf = vz_printf("%s/apt.conf", dir);
	text = vz_printf("Dir::Etc::sourcelist \"%s/list\"; Dir::Etc::sourceparts \"/dev/null\";\n", dir);
	must(vz_write_file(fd, "list", sources, strlen(sources), 0644, &err));
	must(vz_write_file(fd, "apt.conf", text, strlen(text), 0644, &err));
	setenv("APT_CONFIG", conf, 1);
	got = vz_apt_host_uris("debian", &err);
	ck_assert_msg(got != NULL, "%s", err.msg);
	for (size_t i = 0; want[i]; i++) {
		ck_assert_msg(got[i] != NULL, "missing: %s", want[i]);
		ck_assert_str_eq(got[i], want[i]);
	}
	ck_assert_ptr_null(got[4]);
	vz_apt_uris_free(got);
	got = vz_apt_host_uris("ubuntu", &err);
	ck_assert_ptr_null(got[0]);
	vz_apt_uris_free(got);
	close(fd);
	must(vz_remove_tree(AT_FDCWD, dir, &err));
}
END_TEST

START_TEST(test_host_arch)
{
	ck_assert_uint_gt(strlen(vz_apt_host_arch()), 2);
	ck_assert_ptr_null(strchr(vz_apt_host_arch(), ' '));
}
END_TEST

UNIT_MAIN("apt", test_versions, test_control, test_host_uris, test_host_arch)
