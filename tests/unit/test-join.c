/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "resolver/join.h"

static struct vz_err err;

#define OS(type) "[template]\nname = debian-12\nkind = os\narch = x86_64\n[repository main]\ntype = " type "\nurl = http://a.example/d\n" \
	"trust = unsigned\n"
#define DEB OS("deb") "suite = s\ncomponents = main\n[packages]\ninstall = base\n"
#define APP(name) "[template]\nname = " name "\nkind = app\narch = x86_64\n"

static struct vz_recipe *recipe(const char *text)
{
	struct vz_recipe *r = vz_recipe_parse(text, strlen(text), "/x/test.recipe", &err);

	ck_assert_msg(r != NULL, "%s", err.msg);
	return r;
}

static struct vz_recipe *join(const char *os, const char *app, const char *package)
{
	auto_recipe struct vz_recipe *o = recipe(os), *a = recipe(app);
	auto_texts struct vz_texts packages = {0};

	if (package)
		vz_texts_add(&packages, package);
	return vz_recipe_join(o, &a, 1, &packages, &err);
}

START_TEST(test_join)
{
	auto_recipe struct vz_recipe *r = join(DEB, APP("web") "[repository main]\ntype = deb\nurl = http://b.example/d\nsuite = s\n"
		"components = main\ntrust = unsigned\n[repository more]\ntype = deb\nurl = http://c.example/d\nsuite = s\ncomponents = main\n"
		"trust = unsigned\n[packages]\ninstall = nginx\n[packages debian-*]\ninstall = deb-only\n[packages fedora-*]\ninstall = no\n",
		"less");

	ck_assert_msg(r != NULL, "%s", err.msg);
	ck_assert_str_eq(r->name, "debian-12");
	ck_assert_str_eq(r->kind, "os");
	ck_assert_uint_eq(r->n_repos, 3);
	ck_assert_str_eq(r->repos[0].urls[0], "http://a.example/d");
	ck_assert_str_eq(r->repos[1].id, "web-main");
	ck_assert_str_eq(r->repos[2].id, "more");
	ck_assert(!r->repos[0].added && r->repos[1].added && r->repos[2].added);
	ck_assert_uint_eq(r->n_packages, 4);
	ck_assert_str_eq(r->packages[1].install[0], "nginx");
	ck_assert_str_eq(r->packages[2].install[0], "deb-only");
	ck_assert_ptr_null(r->packages[2].template_glob);
	ck_assert_str_eq(r->packages[3].install[0], "less");
}
END_TEST

/* The same repository, written twice, is one. */
START_TEST(test_same_repository)
{
	auto_recipe struct vz_recipe *r = join(DEB, APP("web") "[repository main]\ntype = deb\nurl = http://a.example/d\nsuite = s\n"
		"components = main\ntrust = unsigned\n[packages]\ninstall = nginx\n", NULL);

	ck_assert_msg(r != NULL, "%s", err.msg);
	ck_assert_uint_eq(r->n_repos, 1);
}
END_TEST

START_TEST(test_refused)
{
	static const struct { const char *os, *app, *package; enum vz_code code; const char *why; } cases[] = {
		{ DEB, APP("web") "[packages fedora-*]\ninstall = nginx\n", NULL, VZ_UNRESOLVED, "no packages for templates like 'debian-12'" },
		{ OS("rpm"), APP("web") "[repository r]\ntype = deb\nurl = http://b.example/d\nsuite = s\ncomponents = main\ntrust = unsigned\n",
		  NULL, VZ_UNRESOLVED, "application 'web' has repositories of type deb" },
		{ DEB, DEB, NULL, VZ_USAGE, "'debian-12' is not an application" },
		{ DEB, "[template]\nname = web\nkind = app\narch = aarch64\n", NULL, VZ_UNRESOLVED, "for aarch64" },
		{ DEB, APP("web"), "/etc/passwd", VZ_USAGE, "not a package's name" },
		{ DEB, APP("web"), "../x", VZ_USAGE, "not a package's name" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_ptr_null(join(cases[i].os, cases[i].app, cases[i].package));
		ck_assert_msg(err.code == cases[i].code && strstr(err.msg, cases[i].why), "%zu: %d %s", i, err.code, err.msg);
	}
}
END_TEST

UNIT_MAIN("join", test_join, test_same_repository, test_refused)
