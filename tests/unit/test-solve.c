/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs tests/fixtures/solve/NAME.case:
 *
 *     # what it shows
 *     == request                    lines "install = …", "exclude = …", "recommends = yes", "kind = app", "family = rpm",
 *                                   "arch = …", "modules = …" (of every repository), "security = yes": what security
 *                                   asks for takes the place of what is there; "security = itself": the same of a template
 *     == repository ID PRIORITY     perhaps with "security" behind it: a suite for security updates. Stanzas; Version, Architecture, Filename, Size and SHA256 may be left out;
 *                                   for rpm as in rpmmd.h
 *     == present                    stanzas of what is there already (rpm: of the fields of rpmmd.h Requires and Conflicts), with "Present: template", "Present: template base",
 *                                   "Present: added" or "Present: file"; it came from the first repository
 *     == expect                     the plan in order: NAME[.ARCH][=VERSION][@REPOSITORY] [FLAGS], where the version is
 *                                   not 1.0 (rpm: 1-1), the repository not the first, and the architecture not usual
 *  or == error                      the whole message; a second line is the hint
 *  or == …with files                it took complete lists of files
 */
#include "tests/unit/unit.h"

#include "resolver/solve.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "resolver/index_deb.h"
#include "tests/unit/rpmfile.h"
#include "tests/unit/rpmmd.h"

#define REPOS 8
#define WORDS 64

static struct vz_err err;

struct section {
	char *head, *body;
};

static void card_deb(const char *stanza, struct vz_present *p), card_rpm(const char *stanza, struct vz_present *p);

static const struct family {
	const char *name, *arch, *version, *archs[2];   /* the defaults */
	const struct vz_policy *policy;
	void (*card)(const char *stanza, struct vz_present *p);
} families[] = {
	{ "deb", "amd64", "1.0", { "amd64", "all" }, &vz_policy_deb, card_deb },
	{ "rpm", "x86_64", "1-1", { "x86_64", "x86_64" }, &vz_policy_rpm, card_rpm },
};

struct test_case {
	const char *name, *arch;
	const struct family *family;
	struct section sections[REPOS + 4];
	size_t n_sections;
	struct vz_recipe recipe;
	struct vz_recipe_repo repos[REPOS];
	struct vz_recipe_packages packages;
	char *install[WORDS], *exclude[WORDS], *modules[WORDS];   /* the modules of every repository */
	size_t n_modules;
	struct vz_present_list present;
	bool secure[REPOS];
};

/* Cuts the text at its "== " lines. */
static void parse(struct test_case *c, char *text)
{
	for (char *p = strstr(text, "\n== "); p; ) {
		struct section *s = &c->sections[c->n_sections++];

		s->head = p + 4;
		s->body = strchr(s->head, '\n');
		ck_assert_ptr_nonnull(s->body);
		*s->body++ = 0;
		p = strncmp(s->body, "== ", 3) == 0 ? s->body - 1 : strstr(s->body, "\n== ");
		if (p)
			*p = 0;
	}
}

static size_t words(char *text, char **ret)
{
	size_t n = 0;
	char *save;

	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		ck_assert_uint_lt(n, WORDS);
		ret[n++] = w;
	}
	return n;
}

static void read_request(struct test_case *c, char *body)
{
	char *save;

	for (char *line = strtok_r(body, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strstr(line, " = ");

		ck_assert_msg(value != NULL, "%s: '%s'", c->name, line);
		*value = 0;
		value += 3;
		if (strcmp(line, "install") == 0)
			c->packages.n_install = words(value, c->install);
		else if (strcmp(line, "exclude") == 0)
			c->packages.n_exclude = words(value, c->exclude);
		else if (strcmp(line, "modules") == 0)
			c->n_modules = words(value, c->modules);
		else if (strcmp(line, "recommends") == 0)
			c->packages.recommends = strcmp(value, "yes") == 0;
		else if (strcmp(line, "kind") == 0)
			c->recipe.kind = value;
		else if (strcmp(line, "family") == 0)
			c->family = &families[strcmp(value, "rpm") == 0];
		else if (strcmp(line, "security") == 0) {
			c->present.fixes = true;
			c->present.itself = strcmp(value, "itself") == 0;
		} else if (strcmp(line, "arch") == 0)
			c->arch = value;
		else
			ck_abort_msg("%s: '%s'", c->name, line);
	}
}

/* A stanza with what it leaves out. */
static void add_stanza(struct vz_buf *b, const char *repo, const char *stanza)
{
	static unsigned count;
	char name[128];

	ck_assert_msg(sscanf(stanza, "Package: %127s", name) == 1, "stanza '%s'", stanza);
	vz_buf_printf(b, "%s\n", stanza);
	if (!strstr(stanza, "\nVersion:"))
		vz_buf_puts(b, "Version: 1.0\n");
	if (!strstr(stanza, "\nArchitecture:"))
		vz_buf_puts(b, "Architecture: amd64\n");
	vz_buf_printf(b, "Filename: pool/%s/%s.deb\nSize: 10\nSHA256: %064x\n\n", repo, name, ++count);
}

static void index_deb(const struct test_case *c, const char *id, char *body, int fd)
{
	auto_index_deb struct vz_index_deb *x = vz_index_deb_new(c->arch);
	auto_buf struct vz_buf text = {0};
	size_t bad;

	for (char *p = body; p && *p; ) {
		char *gap = strstr(p, "\n\n");

		if (gap)
			*gap = 0;
		add_stanza(&text, id, p);
		p = gap ? gap + 2 : NULL;
	}
	must(vz_index_deb_add(x, text.data, text.len, &err));
	must(vz_index_deb_end(x, fd, &bad, &err));
	ck_assert_msg(bad == 0, "%s: %zu malformed packages", c->name, bad);
}

static void add_repo(const struct test_case *c, struct vz_universe *u, int number, const char *text, bool all_files)
{
	const struct vz_recipe_repo *repo = &c->repos[number];
	auto_fd int fd = memfd_create("index", MFD_CLOEXEC);
	auto_free char *body = vz_strdup(text + strspn(text, "\n"));

	for (size_t len = strlen(body); len && body[len - 1] == '\n'; len--)
		body[len - 1] = 0;
	if (c->family->policy == &vz_policy_deb)
		index_deb(c, repo->id, body, fd);
	else
		rpmmd_index(body, all_files, fd);
	lseek(fd, 0, SEEK_SET);
	must(vz_universe_add(u, number, repo->priority, fd, &err));
	if (c->secure[number])
		vz_universe_secure(u, number);
}

static void put_plan(const struct test_case *c, const struct vz_plan *plan, struct vz_buf *ret)
{
	static const char *const flags[] = { "base", "requested", "essential", "added" };

	for (size_t i = 0; i < plan->n_packages; i++) {
		const struct vz_plan_package *p = &plan->packages[i];
		bool any = false;

		vz_buf_puts(ret, p->name);
		if (strcmp(p->arch, c->family->archs[0]) != 0 && strcmp(p->arch, c->family->archs[1]) != 0)
			vz_buf_printf(ret, ".%s", p->arch);
		if (strcmp(p->version, c->family->version) != 0)
			vz_buf_printf(ret, "=%s", p->version);
		if (strcmp(p->repo, c->repos[0].id) != 0)
			vz_buf_printf(ret, "@%s", p->repo);
		for (int f = 0; f < 4; f++)
			if (p->flags & 1u << f) {
				vz_buf_printf(ret, "%s%s", any ? "," : " ", flags[f]);
				any = true;
			}
		vz_buf_putc(ret, '\n');
	}
}

/* The value of a stanza's field, to be freed; NULL: it has none. */
static char *field(const char *stanza, const char *name)
{
	auto_free char *line = vz_printf("\n%s: ", name);
	const char *at = strncmp(stanza, line + 1, strlen(line) - 1) == 0 ? stanza - 1 : strstr(stanza, line);

	return at ? vz_strndup(at + strlen(line), strcspn(at + strlen(line), "\n")) : NULL;
}

/* The names of a list of dependencies in a header, their versions and how they compare. */
static void put_deps(struct rpm_header *h, const char *deps, const uint32_t tags[3])
{
	static const struct { const char *op; char flag; } ops[] = { { ">=", 12 }, { "<=", 10 }, { ">", 4 }, { "<", 2 }, { "=", 8 } };
	auto_buf struct vz_buf names = {0}, flags = {0}, versions = {0};
	auto_free char *copy = vz_strdup(deps);
	uint32_t n = 0;
	char *save;

	for (char *dep = strtok_r(copy, ",", &save); dep; dep = strtok_r(NULL, ",", &save), n++) {
		char name[64], op[4] = "", version[64] = "";
		size_t i = 0;

		ck_assert_int_ge(sscanf(dep, "%63s %3s %63s", name, op, version), 1);
		while (*op && strcmp(ops[i].op, op) != 0)
			i++;
		vz_buf_add(&names, name, strlen(name) + 1);
		vz_buf_add(&versions, version, strlen(version) + 1);
		be_put(&flags, *op ? (uint64_t)ops[i].flag : 0, 4);
	}
	header_add(h, tags[0], T_STRINGS, n, names.data, names.len);
	header_add(h, tags[1], T_INT32, n, flags.data, flags.len);
	header_add(h, tags[2], T_STRINGS, n, versions.data, versions.len);
}

static void card_rpm(const char *stanza, struct vz_present *p)
{
	static const uint32_t requires[] = { 1049, 1048, 1050 }, conflicts[] = { 1054, 1053, 1055 };
	auto_free char *needs = rpmmd_value(stanza, "Requires"), *refuses = rpmmd_value(stanza, "Conflicts");
	auto_free char *version = vz_strdup(p->package.version);
	struct rpm_header signature = {0}, h = {0};
	char *dash = strchr(version, '-');
	auto_buf struct vz_buf b = {0};

	*dash = 0;
	header_add(&signature, 1000, T_INT32, 1, "\0\0\0\0", 4);
	header_end(&signature, 62, &b);
	vz_buf_zero(&b, -b.len % 8);
	header_string(&h, 1000, p->package.name);
	header_string(&h, 1001, version);
	header_string(&h, 1002, dash + 1);
	header_string(&h, 1022, p->package.arch);
	header_string(&h, 1044, "x.src.rpm");
	if (needs)
		put_deps(&h, needs, requires);
	if (refuses)
		put_deps(&h, refuses, conflicts);
	header_end(&h, 63, &b);
	p->len = b.len;
	p->card = vz_buf_steal(&b);
}

static void card_deb(const char *stanza, struct vz_present *p)
{
	p->card = vz_printf("%s\n%s%s", stanza, strstr(stanza, "\nVersion:") ? "" : "Version: 1.0\n",
			    strstr(stanza, "\nArchitecture:") ? "" : "Architecture: amd64\n");
	p->len = strlen(p->card);
}

static void read_present_one(struct test_case *c, const char *stanza)
{
	auto_free char *how = field(stanza, "Present");
	struct vz_present *p;

	ck_assert_msg(how != NULL, "%s: '%s'", c->name, stanza);
	vz_grow(c->present.v, c->present.n, c->present.cap);
	p = &c->present.v[c->present.n++];
	*p = (struct vz_present){
		.package = { .name = field(stanza, "Package"), .version = field(stanza, "Version"), .arch = field(stanza, "Architecture"),
			     .repo = c->repos[0].id, .location = (char *)"pool/there.deb", .size = 10 },
		.how = strncmp(how, "template", 8) == 0 ? VZ_PRESENT_TEMPLATE :
		       strcmp(how, "added") == 0 ? VZ_PRESENT_ADDED : VZ_PRESENT_FILE,
	};
	p->package.flags = strstr(how, " base") ? VZ_PLAN_BASE : 0;
	p->package.digest = vz_printf("%064zx", 0xf000 + c->present.n);
	if (!p->package.version)
		p->package.version = vz_strdup(c->family->version);
	if (!p->package.arch)
		p->package.arch = vz_strdup(c->family->arch);
	c->family->card(stanza, p);
}

static void read_present(struct test_case *c, char *body)
{
	for (char *p = body; p && *p; ) {
		char *gap = strstr(p, "\n\n");

		if (gap)
			*gap = 0;
		read_present_one(c, p);
		p = gap ? gap + 2 : NULL;
	}
}

static void release_present(struct vz_present_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].package.name);
		free(l->v[i].package.version);
		free(l->v[i].package.arch);
		free(l->v[i].package.digest);
		free((char *)l->v[i].card);
	}
	free(l->v);
}

static void add_present(const struct test_case *c, struct vz_universe *u)
{
	auto_fd int fd = memfd_create("present", MFD_CLOEXEC);

	if (!c->present.n)
		return;
	must(vz_present_index(c->family->name, c->arch, &c->present, fd, &err));
	lseek(fd, 0, SEEK_SET);
	must(vz_universe_add_present(u, (int)c->recipe.n_repos, fd, &err));
}

/* Solves as resolver/resolve.c does. */
static int solve(struct test_case *c, struct vz_plan *plan, bool *all_files)
{
	bool wanted = false;
	int failed;

	do {
		auto_universe struct vz_universe *u = vz_universe_new(c->family->name, c->arch);

		*all_files = wanted;
		for (size_t i = 0; i < c->recipe.n_repos; i++)
			add_repo(c, u, (int)i, c->sections[i + 1].body, *all_files);
		add_present(c, u);
		failed = vz_solve(&(struct vz_solve){ u, c->family->policy, &c->recipe, c->arch, c->present.n ? &c->present : NULL },
				  plan, *all_files ? NULL : &wanted, &err);
		if (wanted && !*all_files) {
			struct vz_plan *again = vz_new(struct vz_plan), old = *plan;

			*plan = *again;
			*again = old;
			vz_plan_free(again);
		}
	} while (wanted && !*all_files);
	return failed;
}

static void check_case(struct test_case *c, char *text)
{
	auto_plan struct vz_plan *plan = vz_new(struct vz_plan);
	auto_buf struct vz_buf got = {0}, expected = {0};
	const struct section *last;
	bool all_files;

	parse(c, text);
	ck_assert_msg(c->n_sections >= 3, "%s: too few sections", c->name);
	c->family = &families[0];
	c->recipe.name = (char *)"case";
	c->recipe.kind = (char *)"os";
	c->recipe.repos = c->repos;
	c->recipe.packages = &c->packages;
	c->recipe.n_packages = 1;
	c->packages.install = c->install;
	c->packages.exclude = c->exclude;
	read_request(c, c->sections[0].body);
	if (!c->arch)
		c->arch = c->family->arch;
	for (size_t i = 1; i + 1 < c->n_sections; i++) {
		struct vz_recipe_repo *repo = &c->repos[c->recipe.n_repos];
		char id[64];

		if (strcmp(c->sections[i].head, "present") == 0) {
			read_present(c, c->sections[i].body);
			continue;
		}
		c->recipe.n_repos++;
		ck_assert_int_eq(sscanf(c->sections[i].head, "repository %63s %d", id, &repo->priority), 2);
		c->secure[c->recipe.n_repos - 1] = strstr(c->sections[i].head, " security");
		repo->id = vz_strdup(id);
		repo->modules = c->modules;
		repo->n_modules = c->n_modules;
	}
	last = &c->sections[c->n_sections - 1];
	vz_buf_printf(&expected, "== %s\n%s", last->head, last->body);
	if (solve(c, plan, &all_files) < 0) {
		ck_assert_int_eq(err.code, VZ_UNRESOLVED);
		vz_buf_printf(&got, "== error%s\n%s\n%s%s", all_files ? " with files" : "", err.msg, err.hint, *err.hint ? "\n" : "");
	} else {
		vz_buf_printf(&got, "== expect%s\n", all_files ? " with files" : "");
		put_plan(c, plan, &got);
	}
	if (getenv("SOLVE_SHOW"))
		printf("%s\n%s", c->name, got.data);
	else
		ck_assert_msg(strcmp(got.data, expected.data) == 0, "%s: expected:\n%s\ngot:\n%s", c->name, expected.data, got.data);
	for (size_t i = 0; i < c->recipe.n_repos; i++)
		free(c->repos[i].id);
	release_present(&c->present);
}

/* SOLVE_CASE=NAME runs one alone; SOLVE_SHOW=1 prints what comes out. */
START_TEST(test_cases)
{
	auto_free char *dir = vz_printf("%s/tests/fixtures/solve", getenv("top_srcdir"));
	auto_fd int fd = vz_open_dir(AT_FDCWD, dir, &err);
	DIR *d = fdopendir(dup(fd));
	const char *only = getenv("SOLVE_CASE");
	unsigned seen = 0;

	ck_assert_ptr_nonnull(d);
	for (struct dirent *e; (e = readdir(d)); ) {
		auto_buf struct vz_buf text = {0};
		auto_free struct test_case *c = vz_new(struct test_case);

		if (!strstr(e->d_name, ".case") || (only && strncmp(e->d_name, only, strlen(only)) != 0))
			continue;
		c->name = e->d_name;
		must(vz_read_file(fd, e->d_name, 1 << 20, &text, &err));
		check_case(c, text.data);
		seen++;
	}
	closedir(d);
	ck_assert_uint_ge(seen, only ? 1 : 180);
}
END_TEST

UNIT_MAIN("solve", test_cases)
