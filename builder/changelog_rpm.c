/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The changelog in a header: times, names and texts, the newest first (rpm.org, "Package Header Tags"). */
#include <string.h>

#include "base/digest.h"
#include "builder/changelog.h"
#include "builder/package_file.h"
#include "shim/rpm.h"
#include "store/record.h"

/* NULL, with VZ_NOTFOUND where the store does not have it. */
static struct vz_rpm *header_of(const struct vz_store *s, const struct vz_plan_package *p, struct vz_err *err)
{
	auto_record struct vz_record *r = vz_record_read(s, p->digest, err);
	const struct vz_record_member *card = r ? vz_package_card(r) : NULL;

	if (r && !card)
		vz_err_set(err, VZ_DAMAGED, "its record has no header");
	return card ? vz_rpm_parse(card->data, card->len, err) : NULL;
}

static const char *text_at(struct vz_rpm *r, int tag, size_t i)
{
	return vz_rpm_string(r, VZ_RPM_HEADER, tag, i);
}

static uint64_t time_at(struct vz_rpm *r, size_t i)
{
	uint64_t t = 0;

	return vz_rpm_number_at(r, VZ_RPM_HEADER, VZ_RPM_CHANGELOGTIME, i, &t) ? t : 0;
}

/* "[E:]V-R" without its epoch, which entries leave out as often as not. */
static const char *without_epoch(const char *evr)
{
	const char *colon = strchr(evr, ':');

	return colon ? colon + 1 : evr;
}

/* Where the text of another package begins, or an entry ends in its version, there is nothing new any more. */
struct older {
	uint64_t time;
	char *name, *text;               /* NULL: the package is not at hand */
	const char *version;
};

static bool is_old(const struct older *o, uint64_t time, const char *name, const char *text)
{
	const size_t len = strlen(name), tail = strlen(o->version);

	if (o->name)
		return time < o->time || (time == o->time && strcmp(name, o->name) == 0 && strcmp(text, o->text) == 0);
	return len > tail && strcmp(name + len - tail, o->version) == 0 && strchr(" -:", name[len - tail - 1]);
}

static void look_at_older(const struct vz_store *s, const struct vz_plan_package *p, struct older *ret)
{
	struct vz_err ignored = {0};
	auto_rpm struct vz_rpm *r = header_of(s, p, &ignored);
	const char *name = r ? text_at(r, VZ_RPM_CHANGELOGNAME, 0) : NULL;

	*ret = (struct older){ .version = without_epoch(p->version) };
	if (!name)
		return;
	ret->name = vz_strdup(name);
	name = text_at(r, VZ_RPM_CHANGELOGTEXT, 0);
	ret->text = vz_strdup(name ? name : "");
	ret->time = time_at(r, 0);
}

int vz_changelog_read_rpm(const struct vz_store *s, const struct vz_plan *now, const struct vz_plan_change *c,
			  struct vz_changelog *ret, struct vz_err *err)
{
	auto_rpm struct vz_rpm *r = header_of(s, c->now, err);
	struct older older;

	(void)now;
	if (!r)
		return -1;
	look_at_older(s, c->before, &older);
	for (size_t i = 0; ; i++) {
		auto_free char *name = vz_strdup(text_at(r, VZ_RPM_CHANGELOGNAME, i));
		const char *text = text_at(r, VZ_RPM_CHANGELOGTEXT, i);

		if (!name || !text || is_old(&older, time_at(r, i), name, text))
			break;
		if (!vz_changelog_add(ret, steal(&name), (int64_t)time_at(r, i), vz_strdup(text)))
			break;
	}
	free(older.name);
	free(older.text);
	return 0;
}
