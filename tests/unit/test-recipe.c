/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cases are files below tests/fixtures/recipe:
 *   bad/X.recipe     first line "; LINE: TEXT": the error is VZ_USAGE "FILE:LINE: TEXT…", with the hint in (…) behind it
 *   good/X.recipe    good/X.text is what it comes to, in canonical form
 * The recipes we ship must be good, too, and named as their file is.
 * @DIR@ stands for the directory of the case.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "resolver/recipe.h"

static char *fixtures(const char *kind)
{
	return vz_printf("%s/tests/fixtures/recipe/%s", getenv("top_srcdir"), kind);
}

/* `text` with @DIR@ replaced. */
static char *with_dir(const char *text, size_t len, const char *dir)
{
	auto_free char *s = vz_strndup(text, len);
	struct vz_buf b = {0};
	char *p = s, *at;

	for (; (at = strstr(p, "@DIR@")); p = at + 5) {
		vz_buf_add(&b, p, (size_t)(at - p));
		vz_buf_puts(&b, dir);
	}
	vz_buf_puts(&b, p);
	return vz_buf_steal(&b);
}

static unsigned each(const char *dir, void (*check)(const char *dir, const char *path))
{
	unsigned n = 0;
	struct dirent *e;
	DIR *d = opendir(dir);

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d))) {
		auto_free char *path = vz_printf("%s/%s", dir, e->d_name);
		const char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".recipe") != 0)
			continue;
		check(dir, path);
		n++;
	}
	closedir(d);
	return n;
}

static void check_bad(const char *dir, const char *path)
{
	struct vz_err err = {0};
	auto_recipe struct vz_recipe *r = vz_recipe_read(path, &err);
	auto_buf struct vz_buf text = {0};
	auto_free char *expected = NULL, *got = NULL, *start = NULL;

	ck_assert_msg(!r, "%s was accepted", path);
	must(vz_read_file(AT_FDCWD, path, 1 << 20, &text, &err));
	ck_assert(text.len > 2 && memcmp(text.data, "; ", 2) == 0);
	expected = with_dir(text.data + 2, strcspn(text.data, "\n") - 2, dir);
	r = vz_recipe_read(path, &err);
	ck_assert_msg(err.code == VZ_USAGE, "%s: code %d", path, err.code);
	start = vz_printf("%s:%s", path, expected);
	if (err.hint[0])
		got = vz_printf("%s (%s)", err.msg, err.hint);
	else
		got = vz_strdup(err.msg);
	ck_assert_msg(strncmp(got, start, strlen(start)) == 0, "got: %s\nexpected: %s", got, start);
}

static void check_good(const char *dir, const char *path)
{
	struct vz_err err = {0};
	auto_recipe struct vz_recipe *r = vz_recipe_read(path, &err), *again = NULL;
	auto_free char *golden = vz_printf("%.*s.text", (int)(strlen(path) - strlen(".recipe")), path);
	auto_buf struct vz_buf text = {0};
	auto_free char *expected = NULL;

	ck_assert_msg(r, "%s: %s", path, err.msg);
	must(vz_read_file(AT_FDCWD, golden, 1 << 20, &text, &err));
	expected = with_dir(text.data, text.len, dir);
	ck_assert_str_eq(r->text, expected);
	again = vz_recipe_parse(r->text, strlen(r->text), path, &err);
	ck_assert_msg(again, "canonical form of %s: %s", path, err.msg);
	ck_assert_str_eq(again->text, r->text);
}

/* What the recipes of applications have to know. */
static struct vz_recipe *systems[64];
static size_t n_systems;

static void check_shipped(const char *dir, const char *path)
{
	struct vz_err err = {0};
	auto_recipe struct vz_recipe *r = vz_recipe_read(path, &err);
	auto_free char *expected = NULL;

	ck_assert_msg(r, "%s", err.msg);
	expected = vz_printf("%s/%s.recipe", dir, r->name);
	ck_assert_str_eq(path, expected);
	ck_assert_ptr_nonnull(r->summary);
	for (size_t i = 0; i < r->n_repos; i++) {
		const struct vz_recipe_repo *repo = &r->repos[i];

		ck_assert(repo->key && !repo->unsigned_ok);
		for (size_t k = 0; k < repo->n_urls; k++)
			ck_assert_msg(!strchr(repo->urls[k], '$'), "%s: %s", path, repo->urls[k]);
		/* no package of this host brings the keys of the others */
		if (strcmp(repo->type, "rpm") == 0)
			ck_assert_msg(repo->n_fingerprints && repo->key_from && !strchr(repo->key_from, '$'), "%s: %s", path, repo->id);
	}
	if (strcmp(r->kind, "os") == 0 && n_systems < 64)
		systems[n_systems++] = steal(&r);
}

/* An application that is shipped is one for all systems that are. */
static void check_application(const char *dir, const char *path)
{
	struct vz_err err = {0};
	auto_recipe struct vz_recipe *r = vz_recipe_read(path, &err);

	(void)dir;
	ck_assert_msg(r, "%s", err.msg);
	for (size_t i = 0; i < n_systems && strcmp(r->kind, "app") == 0; i++) {
		size_t found = 0;

		for (size_t k = 0; k < r->n_packages; k++)
			if (!r->packages[k].template_glob || fnmatch(r->packages[k].template_glob, systems[i]->name, 0) == 0)
				found += r->packages[k].n_install;
		ck_assert_msg(found, "%s names no package for %s", path, systems[i]->name);
	}
}

/* URL as its repository is known to have it. */
static void check_url(const char *name, const char *id, const char *url)
{
	for (size_t i = 0; i < n_systems; i++)
		for (size_t k = 0; strcmp(systems[i]->name, name) == 0 && k < systems[i]->n_repos; k++)
			if (strcmp(systems[i]->repos[k].id, id) == 0) {
				ck_assert_str_eq(systems[i]->repos[k].urls[0], url);
				return;
			}
	ck_abort_msg("no repository %s of %s", id, name);
}

START_TEST(test_bad)
{
	auto_free char *dir = fixtures("bad");

	ck_assert_uint_ge(each(dir, check_bad), 50);
}
END_TEST

START_TEST(test_good)
{
	auto_free char *dir = fixtures("good");

	ck_assert_uint_ge(each(dir, check_good), 3);
}
END_TEST

START_TEST(test_shipped)
{
	auto_free char *dir = vz_printf("%s/recipes", getenv("top_srcdir"));

	ck_assert_uint_ge(each(dir, check_shipped), 22);
	ck_assert_uint_ge(n_systems, 13);
	each(dir, check_application);
	check_url("fedora-45-x86_64", "updates",
		  "metalink+https://mirrors.fedoraproject.org/metalink?repo=updates-released-f45&arch=x86_64");
	check_url("centos-stream-9-x86_64", "appstream",
		  "metalink+https://mirrors.centos.org/metalink?repo=centos-appstream-9-stream&arch=x86_64&protocol=https,http");
	check_url("almalinux-10-x86_64", "baseos", "mirrorlist+https://mirrors.almalinux.org/mirrorlist/10/baseos");
	check_url("rocky-9-x86_64", "appstream", "mirrorlist+https://mirrors.rockylinux.org/mirrorlist?arch=x86_64&repo=AppStream-9");
	check_url("opensuse-leap-16.0-x86_64", "oss", "https://download.opensuse.org/distribution/leap/16.0/repo/oss");
	check_url("opensuse-tumbleweed-x86_64", "oss", "https://download.opensuse.org/tumbleweed/repo/oss");
	while (n_systems)
		vz_recipe_free(systems[--n_systems]);
}
END_TEST

START_TEST(test_values)
{
	struct vz_err err = {0};
	auto_free char *dir = fixtures("good"), *path = vz_printf("%s/full.recipe", dir);
	auto_recipe struct vz_recipe *r = vz_recipe_read(path, &err);

	ck_assert_msg(r, "%s", err.msg);
	ck_assert_uint_eq(r->keep, 3);
	ck_assert_uint_eq(r->n_repos, 2);
	ck_assert_uint_eq(r->repos[0].line, 13);
	ck_assert_str_eq(r->repos[0].file, path);
	ck_assert_int_eq(r->repos[0].priority, 10);
	ck_assert(r->repos[1].unsigned_ok && !r->repos[1].key);
	ck_assert_uint_eq(r->n_packages, 2);
	ck_assert_ptr_null(r->packages[0].template_glob);
	ck_assert_int_eq(r->packages[0].recommends, 0);
	ck_assert_str_eq(r->packages[1].template_glob, "debian-1[23]-*");
	ck_assert_uint_eq(r->n_scripts, 1);
	ck_assert_str_eq(r->scripts[0].when, "post-install");
	ck_assert_str_eq(r->scripts[0].text, "#!/bin/sh\necho done\n");
	ck_assert_int_eq(r->automatic, VZ_AUTO_BUILD);
	ck_assert_uint_eq(r->health.timeout, 5);
	ck_assert_uint_eq(r->health.n_checks, 3);
}
END_TEST

START_TEST(test_command)
{
	static const char *const lines[][6] = {
		{ "true", "true" },
		{ " \t nginx  -t ", "nginx", "-t" },
		{ "sh -c 'a \"b\" c' d\" e\"f", "sh", "-c", "a \"b\" c", "d ef" },
		{ "x '' \"\" \"'\"", "x", "", "", "'" },
		{ "a\\ b", "a\\", "b" },
	};
	static const char *const bad[] = { "", "  ", "''", "\"\" x", "x 'y", "x y\"", "'x\"" };
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		auto_texts struct vz_texts words = {0};

		must(vz_recipe_command(lines[i][0], &words, &err));
		for (size_t k = 0; k < words.n; k++)
			ck_assert_str_eq(words.v[k], lines[i][k + 1]);
		ck_assert_ptr_null(lines[i][words.n + 1]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_texts struct vz_texts words = {0};

		ck_assert_msg(vz_recipe_command(bad[i], &words, &err) < 0, "'%s' was taken", bad[i]);
		ck_assert_int_eq(err.code, VZ_USAGE);
		ck_assert_uint_eq(words.n, 0);
	}
}
END_TEST

/* What no fixture can say: other kinds of files, deep nesting. */
START_TEST(test_files)
{
	char dir[] = "/tmp/test-recipe.XXXXXX";
	struct vz_err err = {0};
	auto_free char *big = NULL, *fifo = NULL;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	big = vz_printf("%s/big.recipe", dir);
	fifo = vz_printf("%s/fifo.recipe", dir);
	must(vz_write_file(AT_FDCWD, big, "", 0, 0600, &err));
	ck_assert_int_eq(truncate(big, (1 << 20) + 1), 0);
	ck_assert_ptr_null(vz_recipe_read(big, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "larger than 1 MiB"));
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_ptr_null(vz_recipe_read(fifo, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "not a regular file"));
	for (int i = 0; i < 10; i++) {
		auto_free char *path = vz_printf("%s/%d.recipe", dir, i);
		auto_free char *text = i < 9 ? vz_printf("[template]\ninclude = %d.recipe\n", i + 1) :
					       vz_strdup("[template]\nname = x\nkind = app\n");

		must(vz_write_file(AT_FDCWD, path, text, strlen(text), 0600, &err));
	}
	for (int i = 0; i < 2; i++) {
		auto_free char *path = vz_printf("%s/%d.recipe", dir, i);
		auto_recipe struct vz_recipe *r = vz_recipe_read(path, &err);

		ck_assert_msg(!r == (i == 0), "%s", err.msg);
		if (!r)
			ck_assert_ptr_nonnull(strstr(err.msg, "more than 8 deep"));
	}
	must(vz_remove_tree(AT_FDCWD, dir, &err));
}
END_TEST

START_TEST(test_find)
{
	struct vz_err err = {0};
	auto_free char *good = fixtures("good"), *sub = vz_printf("%s/sub", good), *expected = vz_printf("%s/base.recipe", sub);
	const char *const dirs[] = { good, sub, NULL };
	auto_free char *found = vz_recipe_find("base", dirs, &err), *file = vz_recipe_find(expected, dirs, &err);

	ck_assert_str_eq(found, expected);
	ck_assert_str_eq(file, expected);
	ck_assert_ptr_null(vz_recipe_find("none", dirs, &err));
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.msg, good));
	ck_assert_ptr_nonnull(strstr(err.msg, sub));
	ck_assert_ptr_null(vz_recipe_find("./none", dirs, &err));
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	ck_assert_ptr_null(vz_recipe_find("none.recipe", dirs, &err));
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	ck_assert_ptr_null(vz_recipe_find("-x", dirs, &err));
	ck_assert_int_eq(err.code, VZ_USAGE);
}
END_TEST

START_TEST(test_keep)
{
	static const struct { const char *text; unsigned keep; } good[] = {
		{ "[template]\nname = x\nkeep = 0\n[scripts]\npost-install = gone.sh\n", 0 }, { "[template]\nkeep=9999\n", 9999 },
		{ "[template]\nname = x\n", 5 }, { "[other]\nkeep = 3\n", 5 },
	};
	struct vz_err err = {0};
	unsigned keep = 0;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		must(vz_recipe_keep(good[i].text, strlen(good[i].text), "x", &keep, &err));
		ck_assert_uint_eq(keep, good[i].keep);
	}
	must_fail(vz_recipe_keep("[template]\nkeep = many\n", 23, "x", &keep, &err), VZ_USAGE, "x:2: keep 'many'");
}
END_TEST

UNIT_MAIN("recipe", test_keep, test_bad, test_good, test_shipped, test_values, test_command, test_files, test_find)
