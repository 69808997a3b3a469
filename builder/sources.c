/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/sources.h"

#include <string.h>

#include "base/digest.h"
#include "resolver/keyring.h"
#include "resolver/mirror.h"

void vz_sources_release(struct vz_sources *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].url);
		vz_buf_release(&s->items[i].keyring);
	}
	free(s->items);
	*s = (struct vz_sources){0};
}

int vz_sources_read(const struct vz_recipe *r, const char *const *dirs, bool added, struct vz_sources *ret,
		    struct vz_err *err)
{
	auto_sources struct vz_sources s = { .items = vz_alloc((r->n_repos + 1) * sizeof *s.items) };

	for (size_t i = 0; i < r->n_repos; i++) {
		struct vz_source_line *line = &s.items[s.n];

		if (r->repos[i].added != added)
			continue;
		*line = (struct vz_source_line){ .repo = &r->repos[i] };
		if (vz_mirrors_public(&r->repos[i], dirs, &line->url, err) < 0)
			return -1;
		if (!line->url)
			continue;
		s.n++;
		if (r->repos[i].key)
			vz_keyring_read(&r->repos[i], &line->keyring, &line->no_keyring);
	}
	*ret = s;
	s = (struct vz_sources){0};
	return 0;
}

void vz_sources_describe(const struct vz_sources *s, struct vz_buf *ret)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct vz_source_line *line = &s->items[i];
		char hex[VZ_HEX_LEN + 1];
		struct vz_digest d;

		vz_sha256(line->keyring.data, line->keyring.len, &d);
		vz_digest_hex(&d, hex);
		vz_buf_printf(ret, "source %s %s %s %s%s %s\n", line->repo->id, line->url, line->repo->suite,
			      line->repo->unsigned_ok ? "unsigned" : line->repo->key,
			      line->repo->n_fingerprints ? " pinned" : "", hex);
		if (line->repo->outlived)
			vz_buf_puts(ret, "outlived\n");
		for (size_t k = 0; k < line->repo->n_components; k++)
			vz_buf_printf(ret, "component %s\n", line->repo->components[k]);
	}
}
