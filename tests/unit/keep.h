/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store with objects, images and records of a few letters, for the tests of what keeps and checks one. */
#ifndef TESTS_KEEP_H
#define TESTS_KEEP_H

#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "store/image.h"
#include "store/object.h"
#include "store/record.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

struct keep {
	char *dir;
	struct vz_store *store;
};

static inline struct keep keep_new(void)
{
	struct keep k = { .dir = scratch_new() };
	struct vz_err err = {0};

	k.store = vz_store_open(k.dir, VZ_STORE_CHANGE, &err);
	ck_assert_msg(k.store != NULL, "%s", err.msg);
	return k;
}

static inline void keep_release(struct keep *k)
{
	vz_store_close(k->store);
	scratch_free(&k->dir);
}
#define auto_keep __attribute__((cleanup(keep_release)))

/* What object 'a' holds: some hundred bytes of that letter. */
static inline struct vz_digest keep_object(const struct keep *k, char letter)
{
	char text[200];
	struct vz_digest d;
	struct vz_err err = {0};

	memset(text, letter, sizeof text);
	must(vz_object_put(k->store, text, sizeof text, &d, NULL, &err));
	return d;
}

static inline bool keep_has(const struct keep *k, char letter)
{
	char text[200];
	struct vz_digest d;

	memset(text, letter, sizeof text);
	vz_verity_bytes(text, sizeof text, &d);
	return vz_object_has(k->store, &d);
}

/* A tree with a file for each letter. */
static inline struct vz_tree *keep_tree(const struct keep *k, const char *letters)
{
	struct vz_tree *t = vz_tree_new();

	for (; *letters; letters++) {
		struct vz_digest d = keep_object(k, *letters);

		vz_node_set_object(vz_node_add(t->root, (char[]){ *letters, 0 }, S_IFREG | 0644), &d, 200);
	}
	vz_tree_count_links(t);
	return t;
}

static inline struct vz_digest keep_image(const struct keep *k, const char *letters)
{
	auto_tree struct vz_tree *t = keep_tree(k, letters);
	auto_buf struct vz_buf image = {0};
	struct vz_err err = {0};
	struct vz_digest d;

	must(vz_image_write(t, NULL, &image, &err));
	must(vz_store_put_image(k->store, image.data, image.len, &d, &err));
	return d;
}

/* The record of a package whose digest is 64 times the character `name`. */
static inline char *keep_record(const struct keep *k, char name, const char *letters)
{
	auto_record struct vz_record *r = vz_record_new("deb");
	char digest[VZ_HEX_LEN + 1] = "";
	struct vz_err err = {0};

	memset(digest, name, VZ_HEX_LEN);
	r->tree = keep_tree(k, letters);
	vz_record_add(r, "control", "Package: x\n", 11);
	must(vz_record_put(k->store, digest, r, &err));
	return vz_strdup(digest);
}

static inline bool keep_has_file(const struct keep *k, const char *dir, const char *name)
{
	auto_free char *path = vz_printf("%s/%s", dir, name);

	return faccessat(vz_store_fd(k->store), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline bool keep_has_image(const struct keep *k, const struct vz_digest *d)
{
	char hex[VZ_HEX_LEN + 1];
	auto_free char *name = NULL;

	vz_digest_hex(d, hex);
	name = vz_printf("%s.erofs", hex);
	return keep_has_file(k, "images", name);
}

#endif
