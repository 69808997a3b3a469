/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/rpmdb_outline.h"

#include <string.h>

#include "base/path.h"
#include "builder/cell.h"
#include "builder/rpm_header.h"

void vz_rpmdb_outline_release(struct vz_rpmdb_outline *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->items[i].name);
		free(o->items[i].evr);
		vz_texts_release(&o->items[i].files);
	}
	free(o->items);
	*o = (struct vz_rpmdb_outline){0};
}

/* ---- in the cell ---- */

static void put(struct vz_buf *b, const char *text)
{
	vz_buf_add(b, text, strlen(text) + 1);
}

/* For each entry its name, its version, its files, and an empty text. */
static int tell(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	const struct vz_rpmdb_entries *e = arg;

	for (size_t i = 0; i < e->n; i++) {
		auto_rpm_package struct vz_rpm_package *p = vz_rpm_package_read(e->items[i].data, e->items[i].len, err);
		auto_free char *name = p && p->arch ? vz_printf("%s.%s", p->name, p->arch) : p ? vz_strdup(p->name) : NULL;

		if (!p)
			return -1;
		if (!*p->name || !*p->evr)
			return vz_err_set(err, VZ_DAMAGED, "a header in the package database has no name");
		put(ret, name);
		put(ret, p->evr);
		for (size_t k = 0; k < p->n_files; k++)
			put(ret, p->files[k]);
		put(ret, "");
	}
	return 0;
}

/* ---- and out of it ---- */

static const char *next(const struct vz_buf *b, size_t *at)
{
	const char *text = b->data + *at, *end = *at < b->len ? memchr(text, 0, b->len - *at) : NULL;

	if (!end)
		return NULL;
	*at += (size_t)(end - text) + 1;
	return text;
}

static bool take(const struct vz_buf *told, size_t *at, struct vz_rpmdb_package *ret)
{
	const char *name = next(told, at), *evr = name && *name ? next(told, at) : NULL, *file;

	if (!evr || !*evr)
		return false;
	ret->name = vz_strdup(name);
	ret->evr = vz_strdup(evr);
	while ((file = next(told, at)) && *file)
		if (*file == '/' && vz_path_is_sane(file))
			vz_texts_add(&ret->files, file);
	return file;
}

int vz_rpmdb_outline_read(const struct vz_rpmdb_entries *e, struct vz_rpmdb_outline *ret, struct vz_err *err)
{
	auto_buf struct vz_buf told = {0};
	size_t at = 0;

	if (!e->n)
		return 0;
	if (vz_cell_call(tell, (void *)e, &told, err) < 0)
		return -1;
	ret->items = vz_alloc(e->n * sizeof *ret->items);
	for (size_t i = 0; i < e->n; i++) {
		ret->n = i + 1;
		if (!take(&told, &at, &ret->items[i]))
			return vz_err_set(err, VZ_DAMAGED, "what the package database says is cut off");
	}
	return 0;
}
