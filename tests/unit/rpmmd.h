/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rpm-md text from stanzas, for cases of the solver:
 *
 *     Package: NAME                 Version: [E:]V-R, 1-1 if unsaid; Arch: x86_64 if unsaid
 *     Requires: a >= 1, (b if c)    and Requires(pre), Provides, Conflicts, Obsoletes, Recommends, Suggests,
 *                                   Supplements, Enhances
 *     Files: /usr/bin/x             in the primary index
 *     More: /usr/share/x            in the complete list of files only
 *     Module: m:1 m:2               the streams it belongs to; "default" among them: one is
 *
 *     Advisory: ID                  Kind: "security" if unsaid; Fixes: NAME EVR, NAME EVR (of x86_64)
 *     Group: ID                     Mandatory, Default, Optional: a, b; Conditional: a if b
 */
#ifndef TESTS_RPMMD_H
#define TESTS_RPMMD_H

#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_comps.h>
#include <solv/repo_rpmmd.h>
#include <solv/repo_updateinfoxml.h>
#include <solv/repo_write.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "tests/unit/unit.h"

/* The value of a line "KEY: value", to be freed; NULL: there is none. */
static char *rpmmd_value(const char *stanza, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = stanza; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (strncmp(p, key, len) == 0 && p[len] == ':')
			return vz_strndup(p + len + 1 + strspn(p + len + 1, " "), strcspn(p + len + 1 + strspn(p + len + 1, " "), "\n"));
	return NULL;
}

static void rpmmd_put(struct vz_buf *b, const char *text)
{
	for (; *text; text++) {
		const char *entity = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : *text == '"' ? "&quot;" : NULL;

		if (entity)
			vz_buf_puts(b, entity);
		else
			vz_buf_putc(b, *text);
	}
}

static void rpmmd_put_evr(struct vz_buf *b, const char *evr, const char *version, const char *release)
{
	const char *colon = strchr(evr, ':'), *rest = colon ? colon + 1 : evr, *dash = strrchr(rest, '-');

	vz_buf_printf(b, " epoch=\"%.*s\" %s=\"%.*s\"", colon ? (int)(colon - evr) : 1, colon ? evr : "0", version,
		      (int)(dash ? (size_t)(dash - rest) : strlen(rest)), rest);
	if (dash)
		vz_buf_printf(b, " %s=\"%s\"", release, dash + 1);
}

static void rpmmd_put_dep(struct vz_buf *b, const char *dep, bool pre)
{
	static const struct { const char *op, *flag; } ops[] = {
		{ ">=", "GE" }, { "<=", "LE" }, { ">", "GT" }, { "<", "LT" }, { "=", "EQ" } };
	auto_free char *name = vz_strndup(dep, *dep == '(' ? strlen(dep) : strcspn(dep, " "));
	const char *rest = dep + strlen(name);

	vz_buf_puts(b, "<rpm:entry name=\"");
	rpmmd_put(b, name);
	vz_buf_puts(b, "\"");
	for (size_t i = 0; *rest && i < sizeof ops / sizeof *ops; i++) {
		size_t len = strlen(ops[i].op);

		if (strncmp(rest + 1, ops[i].op, len) != 0 || rest[1 + len] != ' ')
			continue;
		vz_buf_printf(b, " flags=\"%s\"", ops[i].flag);
		rpmmd_put_evr(b, rest + 2 + len, "ver", "rel");
		break;
	}
	vz_buf_puts(b, pre ? " pre=\"1\"/>" : "/>");
}

static void rpmmd_put_deps(struct vz_buf *b, const char *stanza, const char *key, const char *tag)
{
	auto_free char *normal = rpmmd_value(stanza, key), *pre_key = vz_printf("%s(pre)", key), *pre = rpmmd_value(stanza, pre_key);
	char *const values[] = { normal, pre };
	char *save;

	vz_buf_printf(b, "<rpm:%s>", tag);
	for (int i = 0; i < 2; i++)
		for (char *dep = values[i] ? strtok_r(values[i], ",", &save) : NULL; dep; dep = strtok_r(NULL, ",", &save))
			rpmmd_put_dep(b, dep + strspn(dep, " "), i == 1);
	vz_buf_printf(b, "</rpm:%s>", tag);
}

static void rpmmd_put_files(struct vz_buf *b, const char *stanza, const char *key)
{
	auto_free char *files = rpmmd_value(stanza, key);
	char *save;

	for (char *file = files ? strtok_r(files, " ", &save) : NULL; file; file = strtok_r(NULL, " ", &save))
		vz_buf_printf(b, "<file>%s</file>", file);
}

static void rpmmd_put_package(struct vz_buf *b, const char *stanza, bool all_files)
{
	static const char *const deps[][2] = { { "Provides", "provides" }, { "Requires", "requires" }, { "Conflicts", "conflicts" },
		{ "Obsoletes", "obsoletes" }, { "Recommends", "recommends" }, { "Suggests", "suggests" },
		{ "Supplements", "supplements" }, { "Enhances", "enhances" } };
	auto_free char *name = rpmmd_value(stanza, "Package"), *version = rpmmd_value(stanza, "Version"), *arch = rpmmd_value(stanza, "Arch");
	static unsigned count;

	count++;
	vz_buf_printf(b, "<package type=\"rpm\"><name>%s</name><arch>%s</arch><version", name, arch ? arch : "x86_64");
	rpmmd_put_evr(b, version ? version : "1-1", "ver", "rel");
	vz_buf_printf(b, "/><checksum type=\"sha256\" pkgid=\"YES\">%064x</checksum><summary>x</summary><size package=\"10\"/>"
		      "<location href=\"Packages/%s-%u.rpm\"/><format>", count, name, count);
	for (size_t i = 0; i < sizeof deps / sizeof *deps; i++)
		rpmmd_put_deps(b, stanza, deps[i][0], deps[i][1]);
	rpmmd_put_files(b, stanza, "Files");
	if (all_files)
		rpmmd_put_files(b, stanza, "More");
	vz_buf_puts(b, "</format></package>\n");
}

static void rpmmd_put_group(struct vz_buf *b, const char *stanza)
{
	static const char *const kinds[][2] = { { "Mandatory", "mandatory" }, { "Default", "default" }, { "Optional", "optional" },
						{ "Conditional", "conditional" } };
	auto_free char *id = rpmmd_value(stanza, "Group");

	vz_buf_printf(b, "<group><id>%s</id><name>%s</name><packagelist>", id, id);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		auto_free char *value = rpmmd_value(stanza, kinds[i][0]);
		char *save;

		for (char *m = value ? strtok_r(value, ",", &save) : NULL; m; m = strtok_r(NULL, ",", &save)) {
			char *when = strstr(m, " if ");

			m += strspn(m, " ");
			vz_buf_printf(b, "<packagereq type=\"%s\"", kinds[i][1]);
			if (when) {
				*when = 0;
				vz_buf_printf(b, " requires=\"%s\"", when + 4);
			}
			vz_buf_printf(b, ">%s</packagereq>", m);
		}
	}
	vz_buf_puts(b, "</packagelist></group>\n");
}

static void rpmmd_put_advisory(struct vz_buf *b, const char *stanza)
{
	auto_free char *id = rpmmd_value(stanza, "Advisory"), *kind = rpmmd_value(stanza, "Kind"), *fixes = rpmmd_value(stanza, "Fixes");
	char *save;

	vz_buf_printf(b, "<update from=\"x\" status=\"final\" type=\"%s\" version=\"1\"><id>%s</id><title>t</title><pkglist>"
		      "<collection short=\"c\"><name>c</name>", kind ? kind : "security", id);
	for (char *fix = strtok_r(fixes, ",", &save); fix; fix = strtok_r(NULL, ",", &save)) {
		char *evr = strchr(fix += strspn(fix, " "), ' ');

		ck_assert_ptr_nonnull(evr);
		*evr++ = 0;
		vz_buf_printf(b, "<package name=\"%s\"", fix);
		rpmmd_put_evr(b, evr, "version", "release");
		vz_buf_puts(b, " arch=\"x86_64\"><filename>f.rpm</filename></package>");
	}
	vz_buf_puts(b, "</collection></pkglist></update>\n");
}

static void rpmmd_load(Repo *repo, struct vz_buf *text, int (*add)(Repo *repo, FILE *f, int flags))
{
	FILE *f = fmemopen(text->data, text->len, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_msg(add(repo, f, 0) == 0, "%s in %s", pool_errstr(repo->pool), text->data);
	fclose(f);
}

static int rpmmd_add_primary(Repo *repo, FILE *f, int flags)
{
	return repo_add_rpmmd(repo, f, NULL, flags);
}

/* As resolver/index_rpm.h says. `package` counts those of the repository. */
static void rpmmd_mark_module(Repo *repo, Repodata *data, int package, const char *stanza)
{
	auto_free char *streams = rpmmd_value(stanza, "Module");
	char *save;

	for (char *s = streams ? strtok_r(streams, " ", &save) : NULL; s; s = strtok_r(NULL, " ", &save))
		if (strcmp(s, "default") == 0)
			repodata_set_void(data, repo->start + package, pool_str2id(repo->pool, "vzpkg:module-default", 1));
		else
			repodata_add_idarray(data, repo->start + package, pool_str2id(repo->pool, "vzpkg:module", 1),
					     pool_str2id(repo->pool, s, 1));
}

static void rpmmd_mark_modules(Repo *repo, const char *body)
{
	Repodata *data = repo_add_repodata(repo, 0);
	int package = 0;

	for (const char *p = body; p && *p; ) {
		const char *gap = strstr(p, "\n\n");
		auto_free char *stanza = gap ? vz_strndup(p, (size_t)(gap - p)) : vz_strdup(p);

		if (strncmp(stanza, "Package:", 8) == 0)
			rpmmd_mark_module(repo, data, package++, stanza);
		p = gap ? gap + 2 : NULL;
	}
	repodata_internalize(data);
}

/* Writes the stanzas of `body` as a .solv to `fd`. */
static void rpmmd_index(const char *body, bool all_files, int fd)
{
	struct vz_buf primary = {0}, comps = {0}, advisories = {0};
	Pool *pool = pool_create();
	Repo *repo;
	FILE *f = fdopen(dup(fd), "w");

	pool_setdisttype(pool, DISTTYPE_RPM);
	repo = repo_create(pool, "index");
	vz_buf_puts(&primary, "<?xml version=\"1.0\"?><metadata xmlns=\"http://linux.duke.edu/metadata/common\" "
		    "xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">\n");
	vz_buf_puts(&comps, "<?xml version=\"1.0\"?><comps>\n");
	vz_buf_puts(&advisories, "<?xml version=\"1.0\"?><updates>\n");
	for (const char *p = body; p && *p; ) {
		const char *gap = strstr(p, "\n\n");
		auto_free char *stanza = gap ? vz_strndup(p, (size_t)(gap - p)) : vz_strdup(p);

		if (strncmp(stanza, "Group:", 6) == 0)
			rpmmd_put_group(&comps, stanza);
		else if (strncmp(stanza, "Advisory:", 9) == 0)
			rpmmd_put_advisory(&advisories, stanza);
		else
			rpmmd_put_package(&primary, stanza, all_files);
		p = gap ? gap + 2 : NULL;
	}
	vz_buf_puts(&primary, "</metadata>\n");
	vz_buf_puts(&comps, "</comps>\n");
	vz_buf_puts(&advisories, "</updates>\n");
	rpmmd_load(repo, &primary, rpmmd_add_primary);
	rpmmd_mark_modules(repo, body);
	rpmmd_load(repo, &comps, repo_add_comps);
	rpmmd_load(repo, &advisories, repo_add_updateinfoxml);
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(repo_write(repo, f), 0);
	fclose(f);
	pool_free(pool);
	vz_buf_release(&primary);
	vz_buf_release(&comps);
	vz_buf_release(&advisories);
}

#endif
