/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/changelog.h"

#include <string.h>

static const struct {
	const char *family;
	int (*read)(const struct vz_store *s, const struct vz_plan *now, const struct vz_plan_change *c, struct vz_changelog *ret,
		    struct vz_err *err);
} families[] = { { "deb", vz_changelog_read_deb }, { "rpm", vz_changelog_read_rpm } };

void vz_changelog_release(struct vz_changelog *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].version);
		free(c->v[i].text);
	}
	free(c->v);
	*c = (struct vz_changelog){0};
}

bool vz_changelog_add(struct vz_changelog *c, char *version, int64_t time, char *text)
{
	const size_t bytes = strlen(version) + strlen(text);

	if (c->n == VZ_CHANGELOG_ENTRIES || bytes > VZ_CHANGELOG_BYTES - c->bytes) {
		free(version);
		free(text);
		c->cut = true;
		return false;
	}
	c->bytes += bytes;
	vz_grow(c->v, c->n, c->cap);
	c->v[c->n++] = (struct vz_changelog_entry){ version, time, text };
	return true;
}

int vz_changelog_read(const struct vz_store *s, const struct vz_plan *now, const struct vz_plan_change *c,
		      struct vz_changelog *ret, struct vz_err *err)
{
	auto_changelog struct vz_changelog read = {0};

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strcmp(families[i].family, now->family) == 0 && families[i].read(s, now, c, &read, err) < 0 &&
		    err->code != VZ_NOTFOUND)
			return vz_err_wrap(err, "the changelog of package '%s'", c->now->name);
	*ret = read;
	read = (struct vz_changelog){0};
	return 0;
}

void vz_changelog_vulnerabilities(const char *text, struct vz_texts *ret)
{
	for (const char *p = text; (p = strstr(p, "CVE-")); p += 4) {
		size_t year = strspn(p + 4, "0123456789"), number = p[4 + year] == '-' ? strspn(p + 5 + year, "0123456789") : 0;
		auto_free char *name = vz_strndup(p, 5 + year + number);

		if (year == 4 && number >= 4 && number <= 19 && !vz_texts_has(ret, name))
			vz_texts_add(ret, name);
	}
}
