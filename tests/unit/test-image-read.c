/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/vectors.h"

#include "store/erofs.h"

/* An exact copy on the heap, so that a sanitizer sees a read past its end. */
static struct vz_tree *read_copy(const char *image, size_t len, struct vz_err *err)
{
	char *copy = malloc(len ? len : 1);
	struct vz_tree *t;

	if (len)
		memcpy(copy, image, len);
	t = vz_image_read(copy, len, err);
	free(copy);
	return t;
}

static void check_equal(const struct vz_buf *a, const struct vz_buf *b, const char *what)
{
	ck_assert_msg(a->len == b->len && memcmp(a->data, b->data, a->len) == 0, "%s differs", what);
}

/* The format cannot give back the name that a hard link's inode had if it was not the first in tree
 * order (09), nor xattrs that have the names of the writer's own marks for whiteouts (14, 29, 30). */
static bool is_exact(const struct vector *v)
{
	static const char *const inexact[] = { "09-", "14-", "29-", "30-" };

	for (size_t i = 0; i < 4; i++)
		if (strncmp(v->file, inexact[i], 3) == 0)
			return false;
	return true;
}

/* An image reads as a tree that gives the same image, and whose dump gives it too. */
static void check_round_trip(const struct vector *v)
{
	auto_tree struct vz_tree *dumped = vector_tree(v->file), *t = NULL, *u = NULL, *w = NULL;
	auto_buf struct vz_buf image = {0}, again = {0}, third = {0}, text = {0}, text_again = {0};
	struct vector exact = *v;
	struct vz_err err;

	exact.min = exact.max = v->version;
	vector_image(v, dumped, &image);
	t = read_copy(image.data, image.len, &err);
	ck_assert_msg(t != NULL, "%s: %s", v->file, err.msg);
	vector_image(&exact, t, &again);
	if (is_exact(v))
		check_equal(&image, &again, v->file);

	vz_dump_write(t, &text);
	u = vz_dump_read(text.data, text.len, &err);
	ck_assert_msg(u != NULL, "%s: %s", v->file, err.msg);
	vector_image(&exact, u, &third);
	check_equal(&again, &third, v->file);
	w = read_copy(third.data, third.len, &err);
	ck_assert_msg(w != NULL, "%s: %s", v->file, err.msg);
	vz_dump_write(w, &text_again);
	/* 09 has a whiteout with two names: when the roles swap, another directory is marked for it */
	if (strncmp(v->file, "09", 2) != 0)
		check_equal(&text, &text_again, v->file);
}

START_TEST(test_round_trip)
{
	ck_assert_uint_ge(vectors_each(check_round_trip), 39);
}
END_TEST

/* 09: the roles of hard links settle at the first round */
START_TEST(test_links_settle)
{
	auto_tree struct vz_tree *t = vector_tree("09-hardlinks.dump"), *u = NULL;
	auto_buf struct vz_buf a = {0}, b = {0};
	struct vz_err err;

	vz_tree_order_links(t);
	must(vz_image_write(t, NULL, &a, &err));
	u = read_copy(a.data, a.len, &err);
	ck_assert_ptr_nonnull(u);
	must(vz_image_write(u, NULL, &b, &err));
	check_equal(&a, &b, "09");
}
END_TEST

/* the smallest image with every kind of part: data block, tail, shared and own xattrs, chunks */
static void make_image(struct vz_buf *ret)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *d, *f;
	struct vz_err err;

	d = vz_node_add(t->root, "d", S_IFDIR | 0755);
	vz_node_set_symlink(vz_node_add(d, "s", S_IFLNK | 0777), "target");
	f = vz_node_add(d, "f", S_IFREG | 0644);
	vz_node_set_content(f, "hello", 5);
	vz_node_set_xattr(f, "user.own", "1", 1);
	vz_node_set_xattr(f, "user.shared", "2", 1);
	f->mtime = 7;
	vz_node_set_link(vz_node_add(t->root, "link", S_IFREG), f);
	f = vz_node_add(t->root, "o", S_IFREG | 0644);
	vz_node_set_object(f, &(struct vz_digest){ { 1, 2, 3 } }, 100000);
	vz_node_set_xattr(f, "user.shared", "2", 1);
	vz_node_add(d, "w", S_IFCHR);
	vz_node_add(d, "b", S_IFBLK)->rdev = 5;
	vz_tree_count_links(t);
	must(vz_image_write(t, NULL, ret, &err));
}

START_TEST(test_truncated)
{
	auto_buf struct vz_buf image = {0};
	struct vz_err err;

	make_image(&image);
	for (size_t len = 0; len < image.len; len += len < 2000 ? 1 : 61)
		ck_assert_ptr_null(read_copy(image.data, len, &err));
	ck_assert_int_eq(err.code, VZ_DAMAGED);
}
END_TEST

/* Each byte with values that matter: the tree that comes out, if one does, can be written. */
START_TEST(test_flipped)
{
	static const uint8_t flips[] = { 1, 2, 4, 8, 16, 32, 64, 128, 255, 0x7f };
	auto_buf struct vz_buf image = {0};
	size_t refused = 0;
	struct vz_err err;

	make_image(&image);
	for (size_t i = 0; i < image.len; i++) {
		uint8_t *byte = (uint8_t *)&image.data[i], old = *byte;
		bool zero = !old && i > 8 && !image.data[i - 8] && i + 8 < image.len && !image.data[i + 8];

		for (size_t f = 0; f < (zero ? 1 : sizeof flips); f++) {
			auto_tree struct vz_tree *t = NULL;
			auto_buf struct vz_buf text = {0};

			*byte = old ^ flips[f];
			t = vz_image_read(image.data, image.len, &err);
			if (t)
				vz_dump_write(t, &text);
			refused += !t;
		}
		*byte = old;
	}
	ck_assert_uint_gt(refused, 1000);
}
END_TEST

static void check_refused(const struct vz_buf *image, const char *why)
{
	struct vz_err err;

	ck_assert_ptr_null(read_copy(image->data, image->len, &err));
	ck_assert_int_eq(err.code, VZ_DAMAGED);
	ck_assert_msg(strstr(err.msg, why) != NULL, "%s", err.msg);
}

/* The root's entry that begins with `name`: the image's only data block is the root's. */
static uint8_t *find_entry(struct vz_buf *image, const char *name)
{
	uint8_t *block = (uint8_t *)image->data + image->len - EROFS_BLOCK;
	size_t n = get16(block + DIRENT_NAME) / DIRENT_LEN;

	for (size_t i = 0; i < n; i++) {
		uint8_t *entry = block + i * DIRENT_LEN;

		if (memcmp(block + get16(entry + DIRENT_NAME), name, strlen(name)) == 0 && entry[DIRENT_TYPE] != 3)
			return entry;
	}
	ck_abort_msg("no entry %s", name);
}

START_TEST(test_cycles)
{
	auto_buf struct vz_buf image = {0};
	uint64_t root, d;

	make_image(&image);
	root = get64(find_entry(&image, "."));
	d = get64(find_entry(&image, "d"));
	put64(find_entry(&image, "d"), root);
	check_refused(&image, "two names");
	put64(find_entry(&image, "d"), d);
	put64(find_entry(&image, "."), d);
	check_refused(&image, "'.' or '..'");
}
END_TEST

/* ".." turned into a file called ".-" */
START_TEST(test_no_dots)
{
	auto_buf struct vz_buf image = {0};
	uint8_t *dots;

	make_image(&image);
	dots = find_entry(&image, ".") + DIRENT_LEN;
	image.data[image.len - EROFS_BLOCK + get16(dots + DIRENT_NAME) + 1] = '-';
	put64(dots, get64(find_entry(&image, "o")));
	dots[DIRENT_TYPE] = 1;
	check_refused(&image, "lacks '.' or '..'");
}
END_TEST

/* A small file whose parts overlap would make a huge tree. Here all files share one block. */
START_TEST(test_overlap)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_buf struct vz_buf image = {0};
	char name[16], content[EROFS_BLOCK] = "";
	uint32_t block = 0;
	struct vz_err err;

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "f%02d", i);
		vz_node_set_content(vz_node_add(t->root, name, S_IFREG | 0644), content, sizeof content);
	}
	must(vz_image_write(t, NULL, &image, &err));
	for (size_t at = 1152; at + EROFS_SLOT < image.len; at += EROFS_SLOT) {
		uint8_t *inode = (uint8_t *)image.data + at;

		if (get16(inode + INODE_MODE) == (S_IFREG | 0644) && get32(inode + INODE_SIZE) == sizeof content) {
			block = block ? block : get32(inode + INODE_U);
			put32(inode + INODE_U, block);
		}
	}
	ck_assert_uint_ne(block, 0);
	image.len = (block + 1) * EROFS_BLOCK;
	put32((uint8_t *)image.data + EROFS_SUPER_AT + SB_BLOCKS, block + 1);
	check_refused(&image, "overlap");
}
END_TEST

UNIT_MAIN("image-read", test_round_trip, test_links_settle, test_truncated, test_flipped, test_cycles, test_no_dots, test_overlap)
