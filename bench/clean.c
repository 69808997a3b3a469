/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clean ROOT N: a store with N objects of some hundred bytes, every other one
 * shown by a template of 20,000 files, the rest garbage.  For bench/clean.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "store/image.h"
#include "store/manifest.h"
#include "store/object.h"

#define FILES 20000                  /* a template */
#define DIRECTORY 200                /* files in one */

struct part {
	struct vz_store *store;
	unsigned number;
};

/* Object `i`: what it holds is its number. */
static int put(struct vz_store *s, unsigned long i, struct vz_digest *ret, size_t *ret_len, struct vz_err *err)
{
	char text[320];

	*ret_len = (size_t)snprintf(text, sizeof text, "%0300lu\n", i);
	return vz_object_put(s, text, *ret_len, ret, NULL, err);
}

static int publish(struct vz_store *s, unsigned number, const struct vz_tree *t, struct vz_err *err)
{
	auto_free char *name = vz_printf("t%u", number);
	auto_free char *lock = vz_printf("vzpkg-lock 1\ntemplate %s os\narch x86_64\nfamily deb\ndate 0\n", name);
	struct vz_manifest m = {
		.name = name, .kind = (char *)"os", .arch = (char *)"x86_64", .family = (char *)"deb", .lock = lock,
		.recipe = (char *)"[template]\nname = t\nkind = os\n",
	};
	auto_buf struct vz_buf image = {0};

	if (vz_image_write(t, NULL, &image, err) < 0 || vz_store_put_image(s, image.data, image.len, &m.image, err) < 0)
		return -1;
	m.image_size = image.len;
	return vz_manifest_publish(s, &m, t, "", err);
}

/* A template, and as much garbage. */
static int make_part(void *arg, struct vz_err *err)
{
	const struct part *p = arg;
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *dir = NULL;
	struct vz_digest d;
	size_t len;

	for (unsigned long i = 0; i < FILES; i++) {
		unsigned long object = 2 * (p->number * (unsigned long)FILES + i);
		auto_free char *name = vz_printf("f%05lu", i);

		if (i % DIRECTORY == 0)
			dir = vz_node_add(t->root, name, S_IFDIR | 0755);
		if (put(p->store, object, &d, &len, err) < 0)
			return -1;
		vz_node_set_object(vz_node_add(dir, name, S_IFREG | 0644), &d, len);
		if (put(p->store, object + 1, &d, &len, err) < 0)
			return -1;
	}
	vz_tree_count_links(t);
	return publish(p->store, p->number, t, err);
}

int main(int argc, char **argv)
{
	unsigned n_parts = argc > 2 ? (unsigned)(strtoul(argv[2], NULL, 10) / FILES / 2) : 0;
	struct part *parts = vz_alloc((n_parts + 1) * sizeof *parts);
	struct vz_err err = {0};
	auto_store struct vz_store *s = NULL;
	struct vz_pool *pool;
	int rc;

	if (!n_parts) {
		fprintf(stderr, "clean ROOT N: N is at least %u\n", 2 * FILES);
		return 2;
	}
	s = vz_store_open(argv[1], VZ_STORE_CHANGE, &err);
	pool = vz_pool_new(0);
	for (unsigned i = 0; s && i < n_parts; i++) {
		parts[i] = (struct part){ s, i };
		vz_pool_add(pool, make_part, &parts[i]);
	}
	rc = s ? vz_pool_finish(pool, &err) : -1;
	vz_pool_free(pool);
	free(parts);
	if (rc < 0)
		fprintf(stderr, "clean: %s\n", err.msg);
	return rc < 0;
}
