/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/inventory.h"

#include <string.h>

#define WORD_MAX 1024

void vz_inventory_release(struct vz_inventory *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct vz_inventory_package *p = &v->items[i];

		free(p->name);
		free(p->version);
		free(p->arch);
		vz_texts_release(&p->files);
	}
	free(v->items);
	*v = (struct vz_inventory){0};
}

/* What can stand in a line with others. */
static bool is_word(const char *s)
{
	size_t n = 0;

	while (s[n] > ' ' && s[n] < 0x7f)
		n++;
	return n && n <= WORD_MAX && !s[n];
}

struct vz_inventory_package *vz_inventory_add(struct vz_inventory *v, const char *name, const char *version, const char *arch)
{
	struct vz_inventory_package *p;

	if (!is_word(name) || !is_word(version) || !is_word(arch))
		return NULL;
	vz_grow(v->items, v->n, v->cap);
	p = &v->items[v->n++];
	*p = (struct vz_inventory_package){ .name = vz_strdup(name), .version = vz_strdup(version), .arch = vz_strdup(arch) };
	return p;
}

static int compare(const struct vz_inventory_package *a, const char *name, const char *arch)
{
	int c = strcmp(a->name, name);

	return c ? c : strcmp(a->arch, arch);
}

static int by_name(const void *a, const void *b)
{
	const struct vz_inventory_package *y = b;
	int c = compare(a, y->name, y->arch);

	return c ? c : strcmp(((const struct vz_inventory_package *)a)->version, y->version);
}

int vz_inventory_read(const struct vz_store *s, const char *family, const struct vz_tree *t, struct vz_inventory *ret,
		      struct vz_err *err)
{
	static const struct vz_inventory_ops *const families[] = { &vz_inventory_deb, &vz_inventory_rpm };

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		if (strcmp(families[i]->family, family) != 0)
			continue;
		if (families[i]->read(s, t, ret, err) < 0)
			return vz_err_wrap(err, "read which packages are installed");
		if (ret->n)
			qsort(ret->items, ret->n, sizeof *ret->items, by_name);
		return 0;
	}
	return vz_err_set(err, VZ_FAILED, "what packages of family '%s' are installed cannot be told", family);
}

const struct vz_inventory_package *vz_inventory_find(const struct vz_inventory *v, const char *name, const char *arch)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&v->items[middle], name, arch) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < v->n && compare(&v->items[low], name, arch) == 0 ? &v->items[low] : NULL;
}
