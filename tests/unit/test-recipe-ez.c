/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cases are below tests/fixtures/ez:
 *   good/X.text      the path of a template below that directory, its notes ("! …"), and what it comes to in canonical form
 *   bad/X            a metafile, first line "# …": the error is VZ_USAGE, "FILE…", with the hint in (…) behind it
 * @DIR@ stands for the directory of the template, which for a bad one is that of the file.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "resolver/recipe.h"
#include "resolver/recipe_ez.h"

static char *fixtures(const char *below)
{
	return vz_printf("%s/tests/fixtures/ez/%s", getenv("top_srcdir"), below);
}

/* `text` with `from` for each `to`. */
static char *replaced(const char *text, const char *from, const char *to)
{
	struct vz_buf b = {0};
	const char *at;

	for (; (at = strstr(text, from)); text = at + strlen(from)) {
		vz_buf_add(&b, text, (size_t)(at - text));
		vz_buf_puts(&b, to);
	}
	vz_buf_puts(&b, text);
	return vz_buf_steal(&b);
}

static unsigned each(const char *below, void (*check)(const char *path))
{
	auto_free char *dir = fixtures(below);
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d))) {
		auto_free char *path = vz_printf("%s/%s", dir, e->d_name);

		if (*e->d_name == '.')
			continue;
		check(path);
		n++;
	}
	closedir(d);
	return n;
}

/* As the files of good/ have it: notes, then the canonical form, places relative to the fixtures. */
static char *told(const struct vz_recipe *r)
{
	auto_free char *dir = fixtures(""), *text = NULL;
	auto_buf struct vz_buf b = {0};

	for (size_t i = 0; i < r->n_notes; i++)
		vz_buf_printf(&b, "! %s\n", r->notes[i]);
	vz_buf_puts(&b, r->text);
	text = vz_buf_steal(&b);
	return replaced(text, dir, "@EZ@/");
}

static void check_good(const char *path)
{
	struct vz_err err = {0};
	auto_buf struct vz_buf text = {0};
	auto_free char *below = NULL, *template = NULL, *got = NULL;
	auto_recipe struct vz_recipe *r = NULL;
	const char *expected;

	must(vz_read_file(AT_FDCWD, path, 1 << 20, &text, &err));
	expected = strchr(text.data, '\n') + 1;
	below = vz_strndup(text.data, (size_t)(expected - text.data) - 1);
	template = fixtures(below);
	r = vz_recipe_read(template, &err);
	ck_assert_msg(r, "%s: %s", path, err.msg);
	ck_assert_str_eq(r->path, template);
	got = told(r);
	ck_assert_str_eq(got, expected);
}

static void check_bad(const char *path)
{
	struct vz_err err = {0};
	auto_buf struct vz_buf text = {0};
	auto_ez struct vz_ez *ez = NULL;
	auto_recipe struct vz_recipe *r = NULL;
	auto_free char *first = NULL, *expected = NULL, *dir = vz_strndup(path, (size_t)(strrchr(path, '/') - path)), *got = NULL;

	must(vz_read_file(AT_FDCWD, path, 1 << 20, &text, &err));
	ck_assert(text.len > 2 && memcmp(text.data, "# ", 2) == 0);
	first = vz_printf("%s%.*s", path, (int)strcspn(text.data, "\n") - 2, text.data + 2);
	expected = replaced(first, "@DIR@", dir);
	ez = vz_ez_split(text.data, text.len, path);
	r = vz_recipe_ez_parse(ez, &err);
	ck_assert_msg(!r, "%s was accepted", path);
	ck_assert_msg(err.code == VZ_USAGE, "%s: code %d", path, err.code);
	got = *err.hint ? vz_printf("%s (%s)", err.msg, err.hint) : vz_strdup(err.msg);
	ck_assert_msg(strncmp(got, expected, strlen(expected)) == 0, "got: %s\nexpected: %s", got, expected);
}

START_TEST(test_good)
{
	ck_assert_uint_ge(each("good", check_good), 9);
}
END_TEST

START_TEST(test_bad)
{
	ck_assert_uint_ge(each("bad", check_bad), 20);
}
END_TEST

/* What is there and how it is found by name. */
START_TEST(test_find)
{
	struct vz_err err = {0};
	auto_free char *area = fixtures("area"), *flat = fixtures("flat"), *found = NULL, *expected = NULL, *none = fixtures("area/conf");
	const char *const dirs[] = { flat, area, NULL };

	found = vz_recipe_find("demo-9-x86_64", dirs, &err);
	expected = vz_printf("%s/demo-9-x86_64-ez", flat);
	ck_assert_str_eq(found, expected);
	free(found);
	free(expected);
	found = vz_recipe_find("debian-8.0-x86_64", dirs, &err);
	expected = vz_printf("%s/debian/8.0/x86_64/config/os/default", area);
	ck_assert_str_eq(found, expected);
	free(found);
	found = vz_recipe_find("centos-7-x86_64-minimal", dirs, &err);
	ck_assert_ptr_nonnull(strstr(found, "config/os/minimal"));
	free(found);
	found = vz_recipe_find("centos-7-x86", dirs, &err);
	ck_assert_ptr_null(found);
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	ck_assert(!vz_ez_is(none));
	ck_assert_ptr_null(vz_ez_read(none, &err));
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.hint, "os_packages"));
}
END_TEST

/* Writes `r`, reads it again, and compares, but for the names of scripts' files where `renamed`. */
static struct vz_recipe *again(const struct vz_recipe *r, const char *dir, bool renamed)
{
	struct vz_err err = {0};
	auto_recipe struct vz_recipe *back = NULL;
	auto_free char *expected = vz_strdup(r->text);

	must(vz_recipe_ez_write(r, dir, &err));
	back = vz_recipe_read(dir, &err);
	ck_assert_msg(back, "%s: %s", r->path, err.msg);
	for (size_t i = 0; renamed && i < r->n_scripts; i++) {
		auto_free char *from = vz_printf("\n%s = %s\n", r->scripts[i].when, r->scripts[i].name);
		auto_free char *to = vz_printf("\n%s = %s\n", r->scripts[i].when, r->scripts[i].when);
		char *changed = replaced(expected, from, to);

		free(expected);
		expected = changed;
	}
	ck_assert_str_eq(back->text, expected);
	must_fail(vz_recipe_ez_write(r, dir, &err), VZ_EXISTS, dir);
	return steal(&back);
}

static void round_trip(const char *path)
{
	struct vz_err err = {0};
	char dir[] = "/tmp/test-ez.XXXXXX";
	auto_recipe struct vz_recipe *r = vz_recipe_read(path, &err), *once = NULL, *twice = NULL;
	auto_free char *a = NULL, *b = NULL;

	ck_assert_msg(r, "%s: %s", path, err.msg);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	a = vz_printf("%s/a", dir);
	b = vz_printf("%s/b", dir);
	once = again(r, a, true);
	twice = again(once, b, false);
	must(vz_remove_tree(AT_FDCWD, dir, &err));
}

static void round_trip_good(const char *path)
{
	struct vz_err err = {0};
	auto_buf struct vz_buf text = {0};
	auto_free char *below = NULL, *template = NULL;

	must(vz_read_file(AT_FDCWD, path, 1 << 20, &text, &err));
	below = vz_strndup(text.data, strcspn(text.data, "\n"));
	template = fixtures(below);
	round_trip(template);
}

static void round_trip_recipe(const char *path)
{
	size_t len = strlen(path);

	if (len > 7 && strcmp(path + len - 7, ".recipe") == 0)
		round_trip(path);
}

START_TEST(test_round_trip)
{
	ck_assert_uint_ge(each("good", round_trip_good), 9);
	ck_assert_uint_ge(each("../recipe/good", round_trip_recipe), 3);
	ck_assert_uint_ge(each("../../../recipes", round_trip_recipe), 3);
}
END_TEST

UNIT_MAIN("recipe-ez", test_good, test_bad, test_find, test_round_trip)
