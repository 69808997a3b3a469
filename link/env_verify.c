/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "link/env.h"
#include "link/journal.h"
#include "link/settings.h"
#include "store/verify.h"

#define MAX_RECORD 65536

/* What vanished meanwhile, with the environment or without, is no finding. */
static void add(const struct vz_store *s, struct vz_findings *f, enum vz_finding_kind kind, const char *path,
		const struct vz_err *why)
{
	struct vz_err damaged = *why;

	damaged.code = VZ_DAMAGED;
	if (faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		vz_findings_add(f, kind, path, &damaged);
}

static void check_plan(const struct vz_store *s, const struct vz_digest *d, struct vz_findings *f)
{
	auto_free char *path = NULL;
	char hex[VZ_HEX_LEN + 1];
	struct vz_err why;

	vz_digest_hex(d, hex);
	path = vz_printf("plans/%s", hex);
	if (faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	vz_err_set(&why, VZ_NOTFOUND, "'%s' is not there", path);
	vz_findings_add(f, VZ_FINDING_PLAN, path, &why);
}

static void check_version(const struct vz_store *s, const char *template, const char *version, struct vz_findings *f)
{
	auto_free char *path = vz_printf("templates/%s/%s/manifest", template, version);
	struct vz_err why;

	if (faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	vz_err_set(&why, VZ_NOTFOUND, "'%s' is not there", path);
	vz_findings_add(f, VZ_FINDING_MANIFEST, path, &why);
}

/* All that the record refers to is there. */
static void check_references(const struct vz_store *s, const struct vz_env *e, struct vz_findings *f)
{
	const struct vz_composition *c = &e->shows;
	auto_free char *version = vz_printf("%u", c->template_version);
	const struct vz_digest none = {0};

	vz_verify_image_is_there(s, &c->image, f);
	if (vz_digest_cmp(&e->layer, &none))
		vz_verify_image_is_there(s, &e->layer, f);
	check_plan(s, &c->plan, f);
	check_version(s, c->template_name, version, f);
	for (size_t i = 0; i < c->apps.n; i++) {
		const char *at = strchr(c->apps.v[i], '@');
		auto_free char *name = at ? vz_strndup(c->apps.v[i], (size_t)(at - c->apps.v[i])) : NULL;

		if (name)
			check_version(s, name, at + 1, f);
	}
}

/* `number`: what the record must say; 0: any. */
static int read_record(const struct vz_store *s, const char *name, const char *path, unsigned number, struct vz_env *ret,
		       struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	auto_env struct vz_env e = {0};

	if (vz_read_file(vz_store_fd(s), path, MAX_RECORD, &text, err) < 0)
		return -1;
	if (vz_env_parse(text.data, text.len, &e, err) < 0)
		return vz_err_wrap(err, "'%s'", path);
	if (strcmp(e.name, name) || (number && e.generation != number))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is generation %u of environment '%s'", path, e.generation, e.name);
	*ret = e;
	e = (struct vz_env){0};
	return 0;
}

/* What a move to a generation changed; `number` 0: of a move that is under way. */
static int read_journal(const struct vz_store *s, const char *name, const char *path, unsigned number, struct vz_err *err)
{
	auto_journal struct vz_journal j = {0};

	if (vz_journal_read(vz_store_fd(s), path, &j, err) < 0)
		return -1;
	if (strcmp(j.name, name) || (number && j.to != number))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is of generation %u of environment '%s'", path, j.to, j.name);
	return 0;
}

/* Below envs/<name>; of a move there need not be any. */
static void check_journal(const struct vz_store *s, const char *name, const char *dir, unsigned number, struct vz_findings *f)
{
	auto_free char *path = vz_printf("envs/%s/%s/journal", name, dir);
	struct vz_err why;

	if (read_journal(s, name, path, number, &why) == 0)
		vz_findings_checked(f, 0);
	else if (why.code != VZ_NOTFOUND)
		add(s, f, VZ_FINDING_JOURNAL, path, &why);
}

int vz_env_verify_path(const struct vz_store *s, enum vz_finding_kind kind, const char *path, struct vz_err *err)
{
	const char *start = path + strlen("envs/"), *slash = strchr(start, '/'), *last = strrchr(path, '/');
	auto_free char *name = slash ? vz_strndup(start, (size_t)(slash - start)) : vz_strdup(start);
	unsigned number = kind == VZ_FINDING_GENERATION ? (unsigned)strtoul(last + 1, NULL, 10) : 0;
	const char *undo = strstr(path, "/generations/");
	auto_settings struct vz_settings settings = {0};
	auto_env struct vz_env e = {0};

	if (kind == VZ_FINDING_SETTINGS)
		return vz_settings_read(s, name, &settings, err);
	if (kind == VZ_FINDING_JOURNAL)
		return read_journal(s, name, path, undo ? (unsigned)strtoul(undo + strlen("/generations/"), NULL, 10) : 0, err);
	return read_record(s, name, path, number, &e, err);
}

void vz_env_verify(const struct vz_store *s, const char *name, struct vz_findings *f)
{
	auto_free char *record = vz_printf("envs/%s/env.json", name), *settings = vz_printf("envs/%s/settings.json", name);
	auto_free char *dir = vz_printf("envs/%s/generations", name);
	auto_texts struct vz_texts generations = {0};
	auto_env struct vz_env now = {0};
	struct vz_err why;

	vz_findings_checked(f, 0);
	if (read_record(s, name, record, 0, &now, &why) < 0)
		add(s, f, VZ_FINDING_ENV, record, &why);
	else
		check_references(s, &now, f);
	if (vz_env_verify_path(s, VZ_FINDING_SETTINGS, settings, &why) < 0)
		add(s, f, VZ_FINDING_SETTINGS, settings, &why);
	check_journal(s, name, "moving", 0, f);
	if (vz_list_dir(vz_store_fd(s), dir, &generations, &why) < 0)
		return;
	for (size_t i = 0; i < generations.n; i++) {
		auto_free char *path = vz_printf("%s/%s", dir, generations.v[i]);
		auto_env struct vz_env e = {0};
		unsigned number = (unsigned)strtoul(generations.v[i], NULL, 10);

		if (!strcmp(generations.v[i] + strspn(generations.v[i], "0123456789"), ".undo")) {
			auto_free char *undo = vz_printf("generations/%s", generations.v[i]);

			check_journal(s, name, undo, number, f);
		}
		if (strspn(generations.v[i], "0123456789") != strlen(generations.v[i]))
			continue;
		vz_findings_checked(f, 0);
		if (read_record(s, name, path, number, &e, &why) < 0)
			add(s, f, VZ_FINDING_GENERATION, path, &why);
		else
			check_references(s, &e, f);
	}
}
