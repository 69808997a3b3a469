/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "base/fd.h"
#include "resolver/mirror.h"
#include "resolver/url.h"
#include "shim/apt.h"

/* The host's apt configuration, as this test wants it. */
char **vz_apt_host_uris(const char *archive, struct vz_err *err)
{
	char **uris = vz_alloc(5 * sizeof *uris);

	if (strcmp(archive, "broken") == 0) {
		vz_err_set(err, VZ_FAILED, "sources.list is broken");
		free(uris);
		return NULL;
	}
	if (strcmp(archive, "debian") == 0) {
		uris[0] = vz_strdup("http://host.example/debian/");
		uris[1] = vz_strdup("cdrom:[x]/");
		uris[2] = vz_strdup("mirror+file:/etc/mirrors");
		uris[3] = vz_strdup("https://two.example/debian");
	}
	return uris;
}

void vz_apt_uris_free(char **uris)
{
	for (size_t i = 0; uris && uris[i]; i++)
		free(uris[i]);
	free(uris);
}

static char dir[] = "/tmp/test-mirror.XXXXXX";

static void list(const char *path, const char *text)
{
	struct vz_err err = {0};
	auto_free char *whole = vz_printf("%s/%s", dir, path);

	must(vz_write_file(AT_FDCWD, whole, text, strlen(text), 0600, &err));
}

static int expand(const char *url, struct vz_mirrors *ret, struct vz_err *err)
{
	auto_free char *one = vz_printf("%s/one", dir), *two = vz_printf("%s/two", dir), *copy = vz_strdup(url);
	const char *const dirs[] = { one, two, NULL };
	struct vz_recipe_repo repo = { .id = (char *)"main", .urls = &copy, .n_urls = 1 };

	return vz_mirrors_expand(&repo, dirs, ret, err);
}

START_TEST(test_expand)
{
	struct vz_err err = {0};
	auto_mirrors struct vz_mirrors m = {0}, direct = {0};
	auto_free char *one = NULL, *two = NULL;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	one = vz_printf("%s/one", dir);
	two = vz_printf("%s/two", dir);
	must(vz_make_dirs(AT_FDCWD, one, 0700, &err));
	must(vz_make_dirs(AT_FDCWD, two, 0700, &err));
	list("two/debian", "# list\n\n  host-apt  # the host's\r\nhttp://two.example/debian\nhttps://two.example/debian/\nftp://f/d\n");
	list("two/other", "host-apt\n");
	list("one/override", "http://one\n");
	list("two/override", "http://two\n");
	list("one/bad", "http://ok\n\nhttp://user:secret@h/?q\n");
	list("one/broken", "host-apt\n");

	must(expand("mirror:debian", &m, &err));
	ck_assert_uint_eq(m.n, 4);
	ck_assert_str_eq(m.urls[0], "http://host.example/debian");
	ck_assert_str_eq(m.urls[1], "https://two.example/debian");
	ck_assert_str_eq(m.urls[2], "http://two.example/debian");
	ck_assert_str_eq(m.urls[3], "ftp://f/d");
	vz_mirrors_release(&m);
	must(expand("mirror:override", &m, &err));
	ck_assert_uint_eq(m.n, 1);
	ck_assert_str_eq(m.urls[0], "http://one");

	must_fail(expand("mirror:other", &direct, &err), VZ_NOTFOUND, "name no mirror");
	must_fail(expand("mirror:none", &direct, &err), VZ_NOTFOUND, "/one, ");
	must_fail(expand("mirror:broken", &direct, &err), VZ_FAILED, "sources.list is broken");
	must_fail(expand("mirror:bad", &direct, &err), VZ_USAGE, "/one/bad:3: mirror 'http://h/?q', expected");
	ck_assert_ptr_null(strstr(err.msg, "secret"));
	must_fail(expand("rsync://x/", &direct, &err), VZ_USAGE, "not an http");
	must(expand("metalink+http://x/?a", &direct, &err));
	ck_assert_str_eq(direct.urls[0], "metalink+http://x/?a");
	vz_mirrors_release(&direct);
	must_fail(expand("http://u:secret@h/#x", &direct, &err), VZ_USAGE, "'http://h/#x'");
	must(expand("http://u:p@h/x//", &direct, &err));
	ck_assert_str_eq(direct.urls[0], "http://u:p@h/x");
	must(vz_remove_tree(AT_FDCWD, dir, &err));
}
END_TEST

/* Without directories given, a list lies beside the recipe. */
START_TEST(test_beside)
{
	struct vz_err err = {0};
	auto_mirrors struct vz_mirrors m = {0};
	char *url = (char *)"mirror:vzpkg-test-beside";
	auto_free char *sub = NULL, *file = NULL;
	struct vz_recipe_repo repo = { .id = (char *)"main", .urls = &url, .n_urls = 1 };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	sub = vz_printf("%s/mirrors", dir);
	repo.file = file = vz_printf("%s/x.recipe", dir);
	must_fail(vz_mirrors_expand(&repo, NULL, &m, &err), VZ_NOTFOUND, sub);
	must(vz_make_dirs(AT_FDCWD, sub, 0700, &err));
	list("mirrors/vzpkg-test-beside", "http://beside");
	must(vz_mirrors_expand(&repo, NULL, &m, &err));
	ck_assert_str_eq(m.urls[0], "http://beside");
	must(vz_remove_tree(AT_FDCWD, dir, &err));
}
END_TEST

static char *public(const char *url, const char *const *dirs)
{
	struct vz_err err = {0};
	auto_free char *copy = vz_strdup(url);
	struct vz_recipe_repo repo = { .id = (char *)"main", .urls = &copy, .n_urls = 1 };
	char *found = NULL;

	must(vz_mirrors_public(&repo, dirs, &found, &err));
	return found;
}

/* What others are told does not depend on this host. */
START_TEST(test_public)
{
	struct vz_err err = {0};
	auto_free char *one = NULL, *first = NULL, *host = NULL, *none = NULL, *bad = NULL;
	const char *dirs[] = { NULL, NULL };
	char *url = (char *)"mirror:bad";
	struct vz_recipe_repo repo = { .id = (char *)"main", .urls = &url, .n_urls = 1 };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	dirs[0] = one = vz_printf("%s/one", dir);
	must(vz_make_dirs(AT_FDCWD, one, 0700, &err));
	list("one/debian", "host-apt\nfile:///srv/debian\n/srv/two\nhttp://u:secret@two.example/debian/\nhttp://three.example/debian\n");
	list("one/broken", "host-apt\n");
	list("one/bad", "nonsense\n");
	first = public("mirror:debian", dirs);
	ck_assert_str_eq(first, "http://two.example/debian");
	host = public("mirror:broken", dirs);
	ck_assert_ptr_null(host);
	none = public("mirror:none", dirs);
	ck_assert_ptr_null(none);
	must_fail(vz_mirrors_public(&repo, dirs, &bad, &err), VZ_USAGE, "/one/bad:1: mirror 'nonsense'");
	must(vz_remove_tree(AT_FDCWD, dir, &err));
}
END_TEST

START_TEST(test_shipped)
{
	struct vz_err err = {0};
	auto_free char *lists = vz_printf("%s/recipes/mirrors", getenv("top_srcdir"));
	const char *const dirs[] = { lists, NULL };
	static const char *const names[] = { "mirror:debian", "mirror:debian-security" };

	for (size_t i = 0; i < 2; i++) {
		auto_mirrors struct vz_mirrors m = {0};
		auto_free char *public = NULL;
		char *url = (char *)names[i];
		struct vz_recipe_repo repo = { .id = (char *)"main", .urls = &url, .n_urls = 1 };

		must(vz_mirrors_expand(&repo, dirs, &m, &err));
		ck_assert_uint_ge(m.n, i ? 1 : 3);
		must(vz_mirrors_public(&repo, dirs, &public, &err));
		ck_assert_ptr_nonnull(public);
	}
}
END_TEST

START_TEST(test_urls)
{
	static const char *const good[] = { "http://h", "https://h:8/x", "ftp://h/", "file:///srv", "http://u:p@[::1]/x~+" };
	static const char *const bad[] = { "", "h", "//h", "http://", "http:///x", "file://h/x", "file:/x", "http://h/a b",
					   "http://h/\"", "HTTP://h", "gopher://h", "http://h/\x01", "http://h/\xc3\xa9", "http://u@/x", "file:///", "file:////x" };
	auto_free char *a = vz_url_public("http://u:p@h/x@y"), *b = vz_url_public("http://h/x@y"),
		       *c = vz_url_public("http://u:p@q@h"), *d = vz_url_public("word");

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_msg(vz_url_is_sane(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!vz_url_is_sane(bad[i]), "%s", bad[i]);
	ck_assert_str_eq(a, "http://h/x@y");
	ck_assert_str_eq(b, "http://h/x@y");
	ck_assert_str_eq(c, "http://h");
	ck_assert_str_eq(d, "word");
}
END_TEST

START_TEST(test_paths)
{
	static const char *const none[] = { "", "srv", "./srv", "//srv", "file:///srv" };
	auto_free char *a = vz_url_of_path("/srv/mirror"), *b = vz_url_of_path("/a b/%41#\xc3?/${arch}");

	ck_assert_str_eq(a, "file:///srv/mirror");
	ck_assert_str_eq(b, "file:///a%20b/%2541%23%C3%3F/${arch}");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_ptr_null(vz_url_of_path(none[i]));
}
END_TEST

UNIT_MAIN("mirror", test_expand, test_beside, test_public, test_shipped, test_urls, test_paths)
